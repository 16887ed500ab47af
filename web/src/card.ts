import type { Layer } from "./api";
import { copyLink } from "./copy";
import { describe, idOf } from "./describe";
import { element } from "./dom";
import { describeCell } from "./describe-cell";
import type { CellKind, Kind } from "./drawn";
import { kindOf, type Properties } from "./feature";
import { getById, getByNumber, type Placed } from "./features";
import type { Position } from "./geometry";
import { icon } from "./icons";
import { linkTo } from "./links";
import type { Page } from "./page";
import { popup } from "./words/popup";

/** One feature that a card can show. */
export interface Item {
  layer: string;
  /** Its id, once it is known. */
  id?: string;
  /** Its MVT id; absent when it lost a clash of ids or did not come from a tile. */
  number?: number;
  kind?: Kind;
  /** What it is where it is a cell, and the zoom at which it is drawn so: all there is to know is in its tile. */
  cell?: { kind: CellKind; zoom: number };
  /** Its fields: the tile's at first, all public ones when the server has answered. */
  properties: Properties;
  /** Where it is pointed at; null while that is not known. */
  at: Position | null;
  /** Where its fields come from; absent before the server was asked. "gone" has none any more. */
  source?: "tile" | "server" | "gone";
}

/** The fields of one feature of several at a place, with buttons that lead to the others. */
export class Card {
  readonly node = element("div", { class: "found", role: "dialog" });
  readonly #page: Page;
  readonly #items: readonly Item[];
  readonly #more: number;
  readonly #turned: (item: Item, placed: Placed | null) => void;
  #at = 0;
  #asked: AbortController | undefined;

  /**
   * Shows the first of items, of which there is one at least; more is how many others are at the place.
   * turned hears which feature is shown, and again with its place whenever the server has told it.
   */
  constructor(page: Page, items: readonly Item[], more: number, turned: (item: Item, placed: Placed | null) => void) {
    this.#page = page;
    this.#items = items;
    this.#more = more;
    this.#turned = turned;
  }

  get item(): Item {
    const item = this.#items[this.#at];
    if (!item) throw new Error("a card without a feature");
    return item;
  }

  /** Fills the card and asks the server for whatever the tile does not have. */
  open(): void {
    this.#turn(0);
  }

  /** Moves the keyboard into the card. */
  focus(): void {
    this.node.querySelector<HTMLElement>("h2")?.focus();
  }

  /** Writes everything again, after a change of the language, the style or what is shown. */
  write(): void {
    const { layer: name, source } = this.item;
    const layer = this.#page.layer(name);
    const held = this.node.contains(document.activeElement) ? document.activeElement?.getAttribute("data-does") : null;
    this.node.setAttribute("aria-label", popup().region);
    this.node.dataset["layer"] = name;
    if (source) this.node.dataset["source"] = source;
    else delete this.node.dataset["source"];
    this.node.replaceChildren(...(layer ? (this.item.cell || layer.tables ? describeCell : describe)(this.#page, layer, this.item) : []), this.#foot(layer));
    if (held) this.node.querySelector<HTMLElement>(`[data-does="${held}"]`)?.focus();
  }

  /** Asks for the fields again when the feature's layer is among names. */
  refresh(names: readonly string[]): void {
    if (names.includes(this.item.layer) && this.item.source !== undefined) void this.#fetch();
  }

  /** Shows what tiles have of a cell now; of what they no longer have, what was shown stays. */
  reread(find: (item: Item) => Properties | undefined): void {
    const { item } = this;
    const now = item.cell && find(item);
    if (!now || JSON.stringify(now) === JSON.stringify(item.properties)) return;
    item.properties = now;
    this.write();
  }

  /** Stops asking. */
  close(): void {
    this.#asked?.abort();
  }

  #turn(by: number): void {
    this.#at = (this.#at + by + this.#items.length) % this.#items.length;
    this.write();
    this.#turned(this.item, null);
    void this.#fetch();
  }

  async #fetch(): Promise<void> {
    const { item } = this;
    this.#asked?.abort();
    const { signal } = (this.#asked = new AbortController());
    const before = JSON.stringify(item);
    const placed = await learn(item, signal);
    if (signal.aborted) return;
    // What is being read stays as it is, unless there is something new.
    if (JSON.stringify(item) !== before) this.write();
    this.#turned(item, placed);
  }

  #foot(layer: Layer | undefined): HTMLElement {
    const foot = element("footer");
    const id = this.item.cell ? undefined : idOf(layer, this.item);
    if (id !== undefined && this.item.source !== "gone") foot.append(this.#copyButton(id));
    if (this.#items.length > 1) foot.append(this.#pager());
    if (this.#more > 0) foot.append(element("p", { class: "note" }, popup().more(this.#more)));
    return foot;
  }

  #copyButton(id: string): HTMLElement {
    const title = popup().copyTitle;
    const button = element("button", { type: "button", class: "button small", title, "data-does": "copy" }, icon("link"), popup().copy);
    button.addEventListener("click", () => {
      const view = { ...this.#page.state.get(), at: { layer: this.item.layer, id } };
      void copyLink(linkTo(view, location.href), (said) => this.#page.announce(said));
    });
    return button;
  }

  #pager(): HTMLElement {
    const step = (by: number, title: string, name: "left" | "right") => {
      const button = element("button", { type: "button", class: "icon-button", title, "aria-label": title, "data-does": name }, icon(name));
      button.addEventListener("click", () => {
        this.#turn(by);
        this.#page.announce(`${popup().position(this.#at + 1, this.#items.length)}: ${this.node.querySelector("h2")?.textContent ?? ""}`);
      });
      return button;
    };
    const where = element("span", { class: "where" }, popup().position(this.#at + 1, this.#items.length));
    return element("div", { class: "pager" }, step(-1, popup().previous, "left"), where, step(1, popup().next, "right"));
  }
}

/** Puts what the server knows of item into it and returns it; null when it knows nothing more. */
async function learn(item: Item, signal: AbortSignal): Promise<Placed | null> {
  if (item.cell || (item.id === undefined && item.number === undefined)) {
    item.source = "tile";
    return null;
  }
  let placed: Placed | null;
  try {
    placed = item.id !== undefined ? await getById(item.layer, item.id, signal) : await getByNumber(item.layer, item.number ?? 0, signal);
  } catch {
    if (signal.aborted) return null;
    item.source ??= "tile"; // what is shown stays: it is right, only fewer or older
    return null;
  }
  item.source = placed ? "server" : "gone";
  if (!placed) return null;
  item.properties = placed.properties ?? {};
  if (placed.id !== undefined) item.id = String(placed.id);
  const kind = kindOf(placed.geometry?.type);
  if (kind) item.kind = kind;
  return placed;
}
