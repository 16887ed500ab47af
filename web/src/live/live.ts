import type { Change, Hello, Told } from "./events";
import { Follower, type LiveMap } from "./follower";
import { Tabs } from "./tabs";

/** How a map stands to its server. */
export interface LiveState {
  /**
   * live: changes come as they happen. reconnecting: they do not, and it is being tried. connecting: not yet. closed: they
   * do not, and it is not tried again, since the token is over or opens nothing: load the style with a new one.
   */
  state: "connecting" | "live" | "reconnecting" | "closed";
  /** When the map was last known to be up to date, by this machine's clock; null before that. */
  asOf: Date | null;
  /** The layers that the server does not tell of, as it does not know them or does not open them to us. */
  refused: readonly string[];
}

/** What {@link hutongLive} may be told. */
export interface Options {
  /** The address of the server; by default that from which this script comes. */
  url?: string;
  /** The layers to follow, whether the map shows them or not; by default all that its sources hold. */
  layers?: readonly string[];
  /** Opens what is not public; by default the token in the addresses of the map's tiles. */
  token?: string;
  /** Hears of every change of the state. */
  onstate?: (state: LiveState) => void;
  /** Hears which layers changed; null is perhaps any. */
  onchange?: (layers: readonly string[] | null) => void;
}

/** A map that is being followed. */
export interface Live {
  readonly state: LiveState;
  /** Whether this tab has the stream that all tabs share. */
  readonly leads: boolean;
  stop(): void;
}

/** By how much the time of a change and the moment at which tiles show it may differ. */
const SLACK_MS = 2000;

/** How long a hidden tab may have been asleep before its map is asked for anew. */
const HIDDEN_MS = 5000;

/**
 * Keeps a MapLibre map up with a Hutong server: tiles that become stale are loaded again by themselves.
 * All tabs of a browser share one stream. Without a map it only tells of changes, of the layers in options.
 */
export function hutongLive(map: LiveMap | null, options: Options & { url: string }): Live {
  return new Following(map, options);
}

class Following implements Live {
  readonly #options: Options;
  readonly #base: string;
  readonly #follower: Follower | null;
  #tabs: Tabs;
  #token: string;
  #state: LiveState = { state: "connecting", asOf: null, refused: [] };
  #layers: readonly string[] = [];
  #epoch = "";
  /** The layers that the last hello was about: of others nothing is told. */
  readonly #known = new Set<string>();
  #hidden = 0;

  constructor(map: LiveMap | null, options: Options & { url: string }) {
    this.#options = options;
    const base = new URL("./", new URL(options.url, globalThis.location?.href)).href;
    this.#base = base;
    this.#follower = map && new Follower(map, base, options.layers ?? null, () => queueMicrotask(() => this.#follow()));
    this.#token = this.#newest();
    this.#tabs = this.#open();
    this.#follow();
    document.addEventListener("visibilitychange", this.#visible);
    addEventListener("pageshow", this.#restored);
  }

  get state(): LiveState {
    return this.#state;
  }

  get leads(): boolean {
    return this.#tabs.leads;
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.#visible);
    removeEventListener("pageshow", this.#restored);
    this.#follower?.end();
    this.#tabs.end();
  }

  readonly #visible = () => {
    if (document.hidden) {
      this.#hidden = Date.now();
      return;
    }
    if (Date.now() - this.#hidden > HIDDEN_MS) this.#anything();
    else this.#follower?.seen();
  };

  /** A page that comes back out of the browser's history heard nothing meanwhile. */
  readonly #restored = ({ persisted }: PageTransitionEvent) => {
    if (!persisted) return;
    this.#tabs.follow(this.#layers);
    this.#anything();
  };

  #anything(): void {
    this.#follower?.all();
    this.#options.onchange?.(null);
  }

  /** The token to use from now on. */
  #newest(): string {
    return this.#options.token ?? this.#follower?.token() ?? "";
  }

  #open(): Tabs {
    const mine = new Tabs(this.#base, {
      told: (what) => this.#tabs === mine && this.#told(what),
      state: (live) => this.#tabs === mine && this.#heard(live),
      closed: () => this.#tabs === mine && this.#shut(),
    }, undefined, undefined, this.#token);
    return mine;
  }

  /** What there is to hear with another token is of another stream. */
  #reopen(token: string): void {
    this.#tabs.end();
    this.#token = token;
    this.#layers = [];
    this.#known.clear();
    this.#follower?.quiet(false);
    this.#become({ state: this.#state.asOf ? "reconnecting" : "connecting", asOf: this.#state.asOf, refused: [] });
    this.#tabs = this.#open();
  }

  #follow(): void {
    const token = this.#newest();
    if (token !== this.#token) this.#reopen(token);
    const layers = this.#options.layers ?? this.#follower?.layers() ?? [];
    if (layers.join() === this.#layers.join()) return;
    this.#layers = layers;
    for (const name of this.#known) if (!layers.includes(name)) this.#known.delete(name);
    this.#tabs.follow(layers);
  }

  #told(what: Told): void {
    switch (what.kind) {
      case "hello":
        this.#greeted(what.data);
        return;
      case "change":
        this.#changed(what.data);
        return;
      case "reset":
        this.#anything();
        return;
      case "beat":
      case "end": // of which closed tells
    }
  }

  /** Takes what changed of the layers that this page follows: the tabs that share the stream may follow others. */
  #changed({ layers }: Pick<Change, "layers">): void {
    const ours = Object.entries(layers).filter(([name]) => this.#layers.includes(name));
    if (ours.length === 0) return;
    this.#follower?.change({ layers: Object.fromEntries(ours) });
    this.#options.onchange?.(ours.map(([name]) => name));
  }

  /**
   * What changed between the first tiles of a layer and the first words of its stream was told to nobody: it may
   * be all that changed since the page began to load. After another history it may be anything.
   */
  #greeted({ epoch, time, layers }: Hello): void {
    const age = Math.max(performance.now(), Date.now() - performance.timeOrigin); // one may stand still in a machine that sleeps, the other may be set
    const opened = Date.parse(time) - age - SLACK_MS;
    const other = this.#epoch !== "" && this.#epoch !== epoch;
    for (const name of this.#known) if (other || !layers[name]) this.#known.delete(name);
    this.#epoch = epoch;
    const refused = this.#layers.filter((name) => !layers[name]);
    if (refused.join() !== this.#state.refused.join()) this.#become({ ...this.#state, refused });
    const missed = this.#layers.filter((name) => {
      const state = layers[name];
      if (!state || this.#known.has(name)) return false; // it goes on where it was
      this.#known.add(name);
      return other || Date.parse(state.changed ?? "") >= opened;
    });
    if (missed.length === 0) return;
    this.#follower?.all(missed);
    this.#options.onchange?.(missed);
  }

  #heard(live: boolean): void {
    const { state, asOf, refused } = this.#state;
    // A tab that joins others hears no hello, and not what they heard before.
    if (live && state === "connecting" && !this.#tabs.leads) this.#follower?.all();
    if (live) {
      this.#follower?.quiet(false);
      this.#become({ state: "live", asOf: new Date(), refused });
    } else {
      this.#become({ state: asOf ? "reconnecting" : "connecting", asOf, refused });
    }
  }

  #shut(): void {
    this.#follower?.quiet(true);
    this.#become({ ...this.#state, state: "closed" });
  }

  #become(next: LiveState): void {
    const before = this.#state;
    this.#state = next;
    if (before.state !== next.state || before.refused !== next.refused) this.#options.onstate?.(next);
  }
}
