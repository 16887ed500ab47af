import type { Map as MapLibre } from "maplibre-gl";
import { getBriefs, getLayer, serverNow } from "./api";
import { hutongLive, type Live as Following } from "./live/live";
import type { LiveMap } from "./live/follower";
import type { Refresher } from "./refresher";
import type { Viewer } from "./viewer";
import { subscribe } from "./words/language";
import { agoText, clockText, shell } from "./words/shell";

/** How often the server is asked what has changed where its stream does not come through, and how rarely while it does not answer. */
const POLL_MS = 2000;
const MAX_POLL_MS = 30_000;

/** How long after a question a change that the stream tells of waits for the next one, and how rarely it is asked anyway. */
const CHANGE_MS = 1000;
const REST_MS = 60_000;

/** How rarely a layer's values are counted anew, since that reads the whole layer: one that is looked at, and others. */
const DESCRIBE_MS = 10_000;
const DESCRIBE_REST_MS = 60_000;

/** How often "updated 2 s ago" is counted on. */
const TICK_MS = 1000;

/** How long the page says that it reconnects before it says how old its data are. */
const AWAY_MS = 15_000;

/**
 * Keeps the page up with the server: has stale tiles loaded again as the server's stream tells of them, asks
 * for the counts then, and says on a line how live it all is. Where no stream comes through, as behind a
 * proxy that holds it back, it asks what changed while the page is visible.
 */
export class Live {
  readonly #viewer: Viewer;
  readonly #line: HTMLElement;
  readonly #refresher: Refresher;
  readonly #described = new Map<string, number>();
  #following: Following | null = null;
  #opened: ReadonlySet<string> = new Set();
  #failures = 0;
  #asked = false;
  #again = false;
  #answered = 0;
  #lost = Date.now();
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

  /** Follows the stream, for the map too unless there is none. */
  follow(map: MapLibre | null): void {
    this.#following = hutongLive(map as LiveMap | null, {
      url: document.baseURI,
      layers: this.#viewer.layers().map(({ name }) => name),
      onstate: () => this.#turned(),
      onchange: () => this.#later(Math.max(0, this.#answered + CHANGE_MS - Date.now())),
    });
  }

  /** Counts the values of these layers too, because somebody looks at them. */
  opened(names: ReadonlySet<string>): void {
    this.#opened = names;
  }

  get #streams(): boolean {
    return this.#following?.state.state === "live";
  }

  /** The stream came or went. */
  #turned(): void {
    this.#say();
    this.#later(this.#streams ? 0 : POLL_MS);
  }

  #later(wait = this.#rest()): void {
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => void this.#poll(), wait);
  }

  #rest(): number {
    if (this.#failures > 0) {
      // Many pages that lost the server together do not come back together.
      return Math.min(MAX_POLL_MS, POLL_MS * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    }
    if (!this.#streams) return POLL_MS;
    const behind = this.#viewer.layers().some(({ name }) => this.#viewer.isBehind(name));
    return behind ? DESCRIBE_MS / 2 : REST_MS;
  }

  async #poll(): Promise<void> {
    if (this.#asked) {
      this.#again = true;
      return;
    }
    this.#asked = true;
    this.#again = false;
    try {
      const changed = this.#viewer.learn(await getBriefs());
      this.#failures = 0;
      this.#answered = Date.now();
      // What the stream tells of is loaded again already.
      if (!this.#streams) for (const name of changed) this.#refresher.ask(name);
      await this.#describe();
    } catch {
      this.#failures++;
    } finally {
      this.#asked = false;
      this.#say();
      this.#later(this.#again ? CHANGE_MS : undefined);
    }
  }

  /** Asks anew for the whole description of one layer that has changed, those first of which it is shown. */
  async #describe(): Promise<void> {
    const { ages } = this.#viewer.state.get();
    const now = Date.now();
    const shown = (name: string) => this.#opened.has(name) || ages.has(name);
    const due = this.#viewer.layers().filter(({ name, tables }) => {
      // Counts change when a period is published, and never else.
      const rest = tables ? 0 : shown(name) ? DESCRIBE_MS : DESCRIBE_REST_MS;
      return this.#viewer.isBehind(name) && now - (this.#described.get(name) ?? 0) >= rest;
    });
    const next = due.find(({ tables }) => tables) ?? due.find(({ name }) => shown(name)) ?? due[0];
    if (!next) return;
    this.#described.set(next.name, now);
    this.#viewer.replace(await getLayer(next.name));
  }

  #say(): void {
    const newest = this.#viewer.layers().reduce((at, layer) => {
      return this.#viewer.seenChanging(layer.name) && layer.changed ? Math.max(at, Date.parse(layer.changed)) : at;
    }, 0);
    const seen = this.#viewer.layers().some((layer) => this.#viewer.seenChanging(layer.name));
    const now = Date.now();
    const asOf = Math.max(this.#answered, this.#following?.state.asOf?.getTime() ?? 0);
    // Without a stream the page is live by asking, for as long as it is answered.
    const well = this.#streams || (this.#failures === 0 && now - this.#answered < 3 * POLL_MS);
    if (well) this.#lost = now;
    const state = lineOf({ well, lost: now - this.#lost, failing: this.#failures > 0, known: asOf > 0, seen });
    let text = "";
    if (state === "away") text = shell().reconnecting;
    else if (state === "old") text = shell().dataFrom(clockText(new Date(serverNow() - (now - asOf)), new Date(serverNow())));
    else if (state === "live") text = shell().live + (newest > 0 ? ` · ${shell().updated(agoText(serverNow() - newest))}` : "");
    else if (state === "still") text = shell().still;
    this.#line.dataset["live"] = state;
    this.#line.title = state === "still" ? shell().stillNote : "";
    if (this.#line.textContent !== text) this.#line.textContent = text;
  }
}

/** What the line says: nothing yet, that all is live, that nothing has changed, that it reconnects, or how old the data are. */
export type Line = "" | "live" | "still" | "away" | "old";

/**
 * What the line says when changes come through (well) or have not for some milliseconds (lost), questions fail
 * or do not, there are data (known), and something was seen changing or not.
 */
export function lineOf({ well, lost, failing, known, seen }: { well: boolean; lost: number; failing: boolean; known: boolean; seen: boolean }): Line {
  if (!well && (failing || known)) return known && lost > AWAY_MS ? "old" : "away";
  return seen ? "live" : known ? "still" : "";
}
