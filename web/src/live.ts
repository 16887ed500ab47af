import { getBriefs, getLayer, serverNow } from "./api";
import { Refresher } from "./refresher";
import type { Viewer } from "./viewer";
import { subscribe } from "./words/language";
import { agoText, shell } from "./words/shell";

/** How often the server is asked what has changed, and how rarely while it does not answer. */
const POLL_MS = 2000;
const MAX_POLL_MS = 30_000;

/** How rarely a layer's values are counted anew, since that reads the whole layer: one that is looked at, and others. */
const DESCRIBE_MS = 10_000;
const DESCRIBE_REST_MS = 60_000;

/** How often "updated 2 s ago" is counted on. */
const TICK_MS = 1000;

/**
 * Keeps the page up with the server: asks what changed while the page is visible, has the tiles of
 * changed layers loaded again, and says on a line how live it all is.
 */
export class Live {
  readonly #viewer: Viewer;
  readonly #line: HTMLElement;
  readonly #refresher: Refresher;
  readonly #described = new Map<string, number>();
  #opened: ReadonlySet<string> = new Set();
  #failures = 0;
  #asked = false;
  #answered = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(viewer: Viewer, line: HTMLElement, refresher: Refresher) {
    this.#viewer = viewer;
    this.#line = line;
    this.#refresher = refresher;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.#timer);
      if (!document.hidden) void this.#poll();
    });
    subscribe(() => this.#say());
    setInterval(() => document.hidden || this.#say(), TICK_MS);
    void this.#poll();
  }

  /** Counts the values of these layers too, because somebody looks at them. */
  opened(names: ReadonlySet<string>): void {
    this.#opened = names;
  }

  #later(): void {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    const wait = Math.min(MAX_POLL_MS, POLL_MS * 2 ** this.#failures);
    // Many pages that lost the server together do not come back together.
    this.#timer = setTimeout(() => void this.#poll(), this.#failures > 0 ? wait * (0.75 + Math.random() / 2) : wait);
  }

  async #poll(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    try {
      const changed = this.#viewer.learn(await getBriefs());
      this.#failures = 0;
      this.#answered = true;
      for (const name of changed) this.#refresher.ask(name);
      await this.#describe();
    } catch {
      this.#failures++;
    } finally {
      this.#asked = false;
      this.#say();
      this.#later();
    }
  }

  /** Asks anew for the whole description of one layer that has changed, those first of which it is shown. */
  async #describe(): Promise<void> {
    const { ages } = this.#viewer.state.get();
    const now = Date.now();
    const shown = (name: string) => this.#opened.has(name) || ages.has(name);
    const due = this.#viewer.layers().filter(({ name, seq }) => {
      const rest = shown(name) ? DESCRIBE_MS : DESCRIBE_REST_MS;
      return seq !== this.#viewer.described(name)?.seq && now - (this.#described.get(name) ?? 0) >= rest;
    });
    const next = due.find(({ name }) => shown(name)) ?? due[0];
    if (!next) return;
    this.#described.set(next.name, now);
    this.#viewer.replace(await getLayer(next.name));
  }

  #say(): void {
    const newest = this.#viewer.layers().reduce((at, layer) => {
      return this.#viewer.seenChanging(layer.name) && layer.changed ? Math.max(at, Date.parse(layer.changed)) : at;
    }, 0);
    const seen = this.#viewer.layers().some((layer) => this.#viewer.seenChanging(layer.name));
    const state = this.#failures > 0 ? "away" : seen ? "live" : this.#answered ? "still" : "";
    let text = "";
    if (state === "away") text = shell().reconnecting;
    else if (state === "live") text = shell().live + (newest > 0 ? ` · ${shell().updated(agoText(serverNow() - newest))}` : "");
    else if (state === "still") text = shell().still;
    this.#line.dataset["live"] = state;
    this.#line.title = state === "still" ? shell().stillNote : "";
    if (this.#line.textContent !== text) this.#line.textContent = text;
  }
}
