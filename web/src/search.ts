import { Marker } from "maplibre-gl";
import type { Bounds } from "./api";
import { parseCoordinates } from "./coordinates";
import { element, isTyping } from "./dom";
import { Refused } from "./errors";
import { getMatches, type Collection, type Match } from "./features";
import { distance, place } from "./format";
import { grouped, type Found } from "./found";
import { middleOf, type Position } from "./geometry";
import { highlight } from "./highlight";
import { icon } from "./icons";
import { looksOf, kindOf } from "./feature";
import { lookAt } from "./look";
import { mark } from "./marks";
import { withShown } from "./off";
import type { Page } from "./page";
import { layerTitle } from "./titles";
import { why } from "./trouble";
import { subscribe } from "./words/language";
import { search } from "./words/search";

/** How long to wait for the next letter before the server is asked. */
const DELAY_MS = 150;

/** How many results are asked for. */
const LIMIT = 20;

/** The longest text that the server searches for, in characters. */
const MAX_LENGTH = 200;

/** How large a piece of the world around coordinates is looked at, in degrees. */
const AROUND = 0.004;

/** What the list shows: an answer to q, or why there is none. */
type Answer = { q: string; collection: Collection<Match> } | { q: string; trouble: unknown };

/** What choosing an option does. */
type Choice = () => void;

/**
 * The search box: a combobox after the pattern of the ARIA practices. The keyboard stays in the box,
 * the arrows go through the results, Enter takes one and Escape closes the list, then empties the box.
 */
export class Search {
  readonly #page: Page;
  readonly #box = element("input", {
    class: "field", type: "search", role: "combobox", id: "search-box", autocomplete: "off", autocapitalize: "off",
    spellcheck: "false", maxlength: String(MAX_LENGTH), enterkeyhint: "search", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "search-results",
  });
  readonly #clear = element("button", { type: "button", class: "icon-button clear" }, icon("close"));
  readonly #list = element("div", { class: "results", id: "search-results", role: "listbox" });
  readonly #note = element("p", { class: "note" });
  readonly #drop = element("div", { class: "drop", hidden: "" }, this.#list, this.#note);
  #choices: Choice[] = [];
  #active = -1;
  #pin: Marker | undefined;
  #answer: Answer | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #asked: AbortController | undefined;

  constructor(page: Page, host: HTMLElement) {
    this.#page = page;
    host.setAttribute("role", "search");
    host.replaceChildren(element("div", { class: "search-field" }, icon("search"), this.#box, this.#clear), this.#drop);
    this.#listen(host);
    page.state.subscribe((now, before) => {
      if (now.q !== before.q && now.q !== this.#box.value.trim()) this.#take(now.q);
    });
    page.subscribe((news) => news === "drawn" && this.#write());
    subscribe(() => {
      this.#label();
      this.#write();
    });
    this.#label();
    const { q, at } = page.state.get();
    // A link to a feature shows that, not how it was found.
    if (at) this.#box.value = q;
    else this.#take(q);
  }

  #listen(host: HTMLElement): void {
    const box = this.#box;
    box.addEventListener("input", () => this.#typed());
    box.addEventListener("keydown", (e) => this.#key(e));
    box.addEventListener("focus", () => {
      // Coming back to the box shows what it found before.
      if (this.#answer && this.#answer.q === box.value.trim()) this.#open();
    });
    host.addEventListener("focusout", (e) => {
      if (!(e.relatedTarget instanceof Node && host.contains(e.relatedTarget))) this.#close();
    });
    // A list that a link opened has no keyboard to lose.
    document.addEventListener("pointerdown", (e) => {
      if (!(e.target instanceof Node && host.contains(e.target))) this.#close();
    });
    // Pressing on a result must not take the keyboard from the box.
    this.#drop.addEventListener("mousedown", (e) => e.preventDefault());
    this.#clear.addEventListener("click", () => {
      box.value = "";
      this.#typed();
      box.focus();
    });
    document.addEventListener("keydown", (e) => {
      if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || isTyping(e.target)) return;
      e.preventDefault();
      box.focus();
      box.select();
    });
  }

  #label(): void {
    this.#box.placeholder = search().placeholder;
    this.#box.title = search().title;
    this.#box.setAttribute("aria-label", search().label);
    this.#list.setAttribute("aria-label", search().results);
    this.#clear.title = search().clear;
    this.#clear.setAttribute("aria-label", search().clear);
  }

  /** Searches for q, which somebody put into the address. */
  #take(q: string): void {
    this.#box.value = q;
    if (q !== "") void this.#ask(q);
    else this.#forget();
  }

  #typed(): void {
    const q = this.#box.value.trim();
    clearTimeout(this.#waiting);
    this.#asked?.abort();
    this.#page.state.update({ q });
    this.#pin?.remove();
    if (q === "") this.#forget();
    else this.#waiting = setTimeout(() => void this.#ask(q), DELAY_MS);
  }

  #forget(): void {
    clearTimeout(this.#waiting);
    this.#asked?.abort();
    this.#answer = undefined;
    this.#choices = [];
    this.#list.replaceChildren();
    this.#close();
  }

  async #ask(q: string): Promise<void> {
    this.#asked?.abort();
    const { signal } = (this.#asked = new AbortController());
    let answer: Answer;
    try {
      answer = { q, collection: await getMatches(q, this.#middle(), LIMIT, signal) };
    } catch (trouble) {
      if (signal.aborted) return;
      answer = { q, trouble };
    }
    if (signal.aborted) return;
    this.#answer = answer;
    this.#write();
    this.#open();
    this.#page.announce(this.#choices.length > 0 ? search().found(this.#choices.length) : (this.#note.textContent ?? ""));
  }

  #middle(): Position {
    return middleOf(this.#page.bounds());
  }

  /** Fills the list from the answer. */
  #write(): void {
    const answer = this.#answer;
    if (!answer) return;
    this.#choices = [];
    this.#activate(-1);
    this.#list.replaceChildren();
    const point = parseCoordinates(answer.q, this.#middle());
    if (point) this.#addPlace(point);
    const notes: string[] = [];
    if ("trouble" in answer) {
      const refused = answer.trouble instanceof Refused && answer.trouble.status === 400;
      notes.push(refused ? search().tooMuch : why(answer.trouble));
    } else {
      for (const group of grouped(answer.collection, (name) => this.#page.layer(name), this.#middle())) {
        const title = element("div", { class: "group", id: `search-group-${this.#list.childElementCount}` }, layerTitle(group.layer));
        const options = group.found.map((found) => this.#option(found, answer.q));
        this.#list.append(element("div", { role: "group", "aria-labelledby": title.id }, title, ...options));
      }
      if (answer.collection.complete === false) notes.push(search().cut);
      if (this.#choices.length === 0) notes.unshift(search().nothing(answer.q));
    }
    this.#note.textContent = notes.join(" ");
    this.#note.hidden = notes.length === 0;
    this.#list.hidden = this.#choices.length === 0;
  }

  #addPlace(point: Position): void {
    const text = place(point);
    const option = this.#optionFor(() => this.#goTo(point), icon("place"), element("span", { class: "name" }, search().goTo(text)));
    this.#list.append(element("div", { role: "group", "aria-label": search().coordinates }, option));
  }

  #option(found: Found, q: string): HTMLElement {
    const { match } = found;
    const drawn = this.#page.drawn().find((d) => d.name === found.layer);
    const looks = looksOf(drawn, match.properties ?? {}, kindOf(match.geometry?.type));
    const lines = element("span", { class: "lines" }, element("span", { class: "name" }, ...marked(found.name, q)));
    if (found.why) lines.append(element("span", { class: "why" }, ...marked(found.why, q)));
    const far = element("span", { class: "far" }, found.metres === null ? search().unplaced : distance(found.metres));
    return this.#optionFor(() => this.#choose(found), ...(looks ? [mark(looks, this.#page.sprite)] : []), lines, far);
  }

  /** An option that choosing runs choice. */
  #optionFor(choice: Choice, ...children: Node[]): HTMLElement {
    const n = this.#choices.push(choice) - 1;
    const option = element("div", { role: "option", class: "option", id: `search-option-${n}`, "aria-selected": "false" }, ...children);
    option.addEventListener("click", choice);
    option.addEventListener("mousemove", () => this.#active === n || this.#activate(n));
    return option;
  }

  #choose(found: Found): void {
    this.#close();
    const { state } = this.#page;
    const off = this.#page.off();
    // What somebody chose is to be seen.
    if (off.includes(found.layer)) state.update({ off: withShown(off, found.layer, true) });
    if (found.extent) lookAt(this.#page, found.extent);
    state.update({ at: { layer: found.layer, id: found.id } });
    this.#page.announce(found.extent ? search().went(found.name) : search().here(found.name));
  }

  #goTo([lon, lat]: Position): void {
    this.#close();
    this.#pin?.remove();
    const { map } = this.#page;
    if (map) {
      const pin = element("div", { class: "pin", role: "img" }, icon("place"));
      this.#pin = new Marker({ element: pin, anchor: "bottom" }).setLngLat([lon, lat]).addTo(map);
      pin.setAttribute("aria-label", place([lon, lat]));
    }
    const around: Bounds = [lon - AROUND, lat - AROUND / 2, lon + AROUND, lat + AROUND / 2];
    this.#page.state.update({ at: null });
    lookAt(this.#page, around);
    this.#page.announce(search().went(place([lon, lat])));
  }

  #key(e: KeyboardEvent): void {
    // Enter and the arrows of an input method choose among its own words.
    if (e.isComposing) return;
    if (["ArrowDown", "ArrowUp", "Enter"].includes(e.key) && this.#askAnew()) {
      e.preventDefault();
      return;
    }
    const open = !this.#drop.hidden && this.#choices.length > 0;
    const last = this.#choices.length - 1;
    switch (e.key) {
      case "ArrowDown":
        if (!open) this.#open();
        if (last >= 0) this.#activate(this.#active >= last ? 0 : this.#active + 1);
        break;
      case "ArrowUp":
        if (!open) this.#open();
        if (last >= 0) this.#activate(this.#active <= 0 ? last : this.#active - 1);
        break;
      case "Home":
      case "End":
        if (!open || this.#active < 0) return;
        this.#activate(e.key === "Home" ? 0 : last);
        break;
      case "Enter":
        if (!open) this.#open();
        else this.#choices[Math.max(0, this.#active)]?.();
        break;
      case "Escape":
        if (!this.#drop.hidden) this.#close();
        else if (this.#box.value !== "") this.#clear.click();
        else return;
        break;
      default:
        return;
    }
    e.preventDefault();
  }

  /** Asks at once, unless the list already answers what stands in the box; reports whether it asks. */
  #askAnew(): boolean {
    const q = this.#box.value.trim();
    const answered = this.#answer?.q === q && ("collection" in this.#answer || this.#choices.length > 0);
    if (q === "" || answered) return false;
    clearTimeout(this.#waiting);
    void this.#ask(q);
    return true;
  }

  #open(): void {
    if (!this.#answer) return;
    this.#drop.hidden = false;
    this.#box.setAttribute("aria-expanded", String(this.#choices.length > 0));
  }

  #close(): void {
    this.#drop.hidden = true;
    this.#box.setAttribute("aria-expanded", "false");
    this.#activate(-1);
  }

  /** Makes option n the one that Enter takes; -1 none. */
  #activate(n: number): void {
    this.#list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    this.#active = n;
    const option = n < 0 ? null : this.#list.querySelector(`#search-option-${n}`);
    if (!option) {
      this.#box.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    this.#box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
}

/** text as nodes in which the words of q are marked. */
function marked(text: string, q: string): Node[] {
  return highlight(text, q).map((s) => (s.hit ? element("mark", {}, s.text) : document.createTextNode(s.text)));
}
