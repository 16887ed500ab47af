import { newest } from "./ages";
import { serverNow, type Layer } from "./api";
import { LayerDetail } from "./detail";
import { element, keepFocus } from "./dom";
import type { Drawn } from "./drawn";
import { icon } from "./icons";
import { swatches } from "./marks";
import { withShown } from "./off";
import { shownTable, tableText } from "./tables";
import type { Viewer } from "./viewer";
import { agoText, count, dayText, shell } from "./words/shell";
import { time } from "./words/time";

/** A change longer ago than this does not make a layer live. */
const RECENT_MS = 3_600_000;

/** One layer in the list: whether it is shown, its looks, name, count and age, and what unfolds below. */
export class LayerEntry {
  readonly node: HTMLElement;
  readonly name: string;
  readonly role: string;
  readonly #viewer: Viewer;
  readonly #box: HTMLInputElement;
  readonly #count = element("span", { class: "count" });
  readonly #age = element("span", { class: "age" });
  readonly #drawn: Drawn;
  readonly #row: HTMLElement;
  #detail: LayerDetail;

  constructor(viewer: Viewer, drawn: Drawn, open: boolean) {
    this.#viewer = viewer;
    this.#drawn = drawn;
    this.name = drawn.name;
    this.role = drawn.role;
    this.#box = element("input", { type: "checkbox", name: drawn.name });
    this.#box.addEventListener("change", () => this.#toggle());
    // The name alone is its name for screen readers; what changes by the second only describes it.
    const name = element("span", { class: "name", id: `name-${drawn.name}` }, drawn.title);
    this.#count.id = `count-${drawn.name}`;
    this.#age.id = `age-${drawn.name}`;
    this.#box.setAttribute("aria-labelledby", name.id);
    this.#box.setAttribute("aria-describedby", `${this.#count.id} ${this.#age.id}`);
    const label = element("label", {}, this.#box, swatches(drawn), name, this.#count, this.#age);
    this.#row = element("div", { class: "row" }, label);
    this.node = element("li", { class: "layer", "data-layer": drawn.name }, this.#row);
    this.#detail = new LayerDetail(viewer, drawn);
    this.#unfold(open);
    this.refresh();
  }

  /** Shows what the state says. */
  sync(): void {
    const { filters, ages } = this.#viewer.state.get();
    const off = this.#viewer.off().includes(this.name);
    this.#box.checked = !off;
    this.node.dataset["off"] = String(off);
    this.node.dataset["filtered"] = String(filters.has(this.name) || ages.has(this.name));
    this.#detail.sync();
    this.tick();
  }

  /** Shows what the catalogue says. */
  refresh(): void {
    const layer = this.#viewer.layer(this.name);
    if (!layer) return;
    // Cells of all tables are no number that anybody looks for.
    this.#count.textContent = layer.tables ? "" : count(layer.count);
    const unlocated = layer.count - layer.located;
    if (!layer.tables) this.#count.title = shell().features(layer.count) + (unlocated > 0 ? `, ${shell().unlocated(unlocated)}` : "");
    if (this.#detail.outgrown()) this.#grow();
    else this.#detail.refresh();
    this.tick();
  }

  /** Counts the age on. */
  tick(): void {
    const layer = this.#viewer.layer(this.name);
    // Ground has no age that anybody looks for.
    const age = layer && this.role === "" ? this.#ageOf(layer) : "";
    if (this.#age.textContent !== age) this.#age.textContent = age;
  }

  /** From when the layer's data are; where a time is chosen that selects nothing of it, that it shows all times. */
  #ageOf(layer: Layer): string {
    const view = this.#viewer.state.get();
    if (layer.tables) return tableText(layer, shownTable(view, layer));
    const age = ageText(layer, this.#viewer.seenChanging(this.name));
    if (view.time === null || this.#viewer.isTimed(this.name)) return age;
    return [time().allTimes, age].filter((part) => part !== "").join(" · ");
  }

  #toggle(): void {
    const { state } = this.#viewer;
    state.update({ off: withShown(this.#viewer.off(), this.name, this.#box.checked) });
    this.#viewer.announce(this.#box.checked ? shell().shown(this.#drawn.title) : shell().hidden(this.#drawn.title));
  }

  /** Makes what unfolds anew, for values that came while the page was open. */
  #grow(): void {
    const open = !this.#detail.empty && !this.#detail.node.hidden;
    keepFocus(this.node, () => {
      this.#row.querySelector(".more")?.remove();
      this.#detail.node.remove();
      this.#detail = new LayerDetail(this.#viewer, this.#drawn);
      this.#unfold(open);
    });
  }

  /** Puts what unfolds below the layer's row, and a button there, if there is anything. */
  #unfold(open: boolean): void {
    if (this.#detail.empty) return;
    const detail = this.#detail.node;
    detail.id = `detail-${this.name}`;
    detail.hidden = !open;
    const more = element("button", {
      type: "button", class: "icon-button more", "aria-expanded": String(open), "aria-controls": detail.id,
      "aria-label": shell().details(this.#drawn.title),
    }, icon("right"));
    more.addEventListener("click", () => {
      detail.hidden = !detail.hidden;
      more.setAttribute("aria-expanded", String(!detail.hidden));
      const change = { name: this.name, open: !detail.hidden };
      this.node.dispatchEvent(new CustomEvent("toggle-detail", { bubbles: true, detail: change }));
    });
    this.#row.append(more);
    this.node.append(detail);
  }
}

/** How old a layer's data are: when it last changed, if that was seen, else up to which day they go. */
function ageText(layer: Layer, changing: boolean): string {
  if (changing && layer.changed !== undefined) {
    const ago = serverNow() - new Date(layer.changed).getTime();
    if (ago < RECENT_MS) return shell().updated(agoText(ago));
  }
  const last = newest(layer);
  return last ? shell().dataTo(dayText(last)) : "";
}
