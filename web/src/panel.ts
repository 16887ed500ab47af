import { element, keepFocus } from "./dom";
import { icon } from "./icons";
import { LayerEntry } from "./layer-entry";
import { PLAIN } from "./state";
import type { Viewer } from "./viewer";
import { subscribe } from "./words/language";
import { shell } from "./words/shell";

/** How often "updated 3 s ago" is counted on. */
const TICK_MS = 1000;

/** The list of layers: data first, the map's ground folded away below it, and a way back to all of it. */
export class Panel {
  readonly #viewer: Viewer;
  readonly #host: HTMLElement;
  readonly #open = new Set<string>();
  #entries: LayerEntry[] = [];
  #resetAll: HTMLButtonElement | undefined;
  #baseOpen = false;

  /** opened is told which layers have their legend open, whenever that changes. */
  constructor(viewer: Viewer, host: HTMLElement, opened: (names: ReadonlySet<string>) => void) {
    this.#viewer = viewer;
    this.#host = host;
    host.addEventListener("toggle-detail", (event) => {
      const { name, open } = (event as CustomEvent<{ name: string; open: boolean }>).detail;
      if (open) this.#open.add(name);
      else this.#open.delete(name);
      opened(this.#open);
    });
    this.#fill();
    viewer.state.subscribe(() => this.#sync());
    viewer.subscribe((news, names) => {
      if (news === "drawn") this.#refill();
      else for (const entry of this.#entries) if (names.includes(entry.name)) entry.refresh();
    });
    subscribe(() => this.#refill());
    setInterval(() => document.hidden || this.#entries.forEach((entry) => entry.tick()), TICK_MS);
  }

  /** Makes the list anew, for another language or theme, and leaves keyboard and list where they are. */
  #refill(): void {
    const { scrollTop } = this.#host;
    keepFocus(this.#host, () => this.#fill());
    this.#host.scrollTop = scrollTop;
  }

  #fill(): void {
    const viewer = this.#viewer;
    const entries = viewer.drawn().map((drawn) => new LayerEntry(viewer, drawn, this.#open.has(drawn.name)));
    this.#entries = entries;
    const data = entries.filter((entry) => entry.role === "");
    const ground = entries.filter((entry) => entry.role !== "");
    this.#host.replaceChildren();
    if (entries.length === 0) this.#host.append(element("p", {}, shell().noLayers));
    this.#resetAll = element("button", { type: "button", class: "button reset-all" }, shell().resetAll);
    this.#resetAll.addEventListener("click", () => {
      viewer.state.update({ filters: PLAIN.filters, ages: PLAIN.ages });
      viewer.announce(shell().resetDone);
      this.#host.querySelector<HTMLElement>("input")?.focus();
    });
    this.#host.append(
      element("h2", { class: "unseen" }, shell().layers),
      element("ul", {}, ...data.map((entry) => entry.node)),
      this.#resetAll,
    );
    if (ground.length > 0) this.#host.append(this.#base(ground));
    this.#sync();
  }

  #base(ground: readonly LayerEntry[]): HTMLElement {
    const list = element("ul", {}, ...ground.map((entry) => entry.node));
    const base = element("details", { class: "base" }, element("summary", {}, shell().baseMap, icon("right")), list);
    base.open = this.#baseOpen;
    base.addEventListener("toggle", () => (this.#baseOpen = base.open));
    return base;
  }

  #sync(): void {
    const { filters, ages } = this.#viewer.state.get();
    if (this.#resetAll) this.#resetAll.hidden = filters.size === 0 && ages.size === 0;
    for (const entry of this.#entries) entry.sync();
  }
}
