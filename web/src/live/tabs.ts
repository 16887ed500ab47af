import type { Told } from "./events";
import { type Listener, Stream } from "./stream";

/** What a page hears, whichever tab has the stream. */
export interface Hearer {
  told(what: Told): void;
  state(live: boolean): void;
  /** The stream does not begin, or not any more, see {@link Listener.closed}. */
  closed?(): void;
}

/** How often a tab says what it wants, and how long one that says nothing counts; hidden tabs are slow. */
const WANT_MS = 15_000;
const GONE_MS = 150_000;

/** How long a new leader waits for what the other tabs want. */
const COLLECT_MS = 150;

/** How long a leader may be silent before another tab takes its place: longer than a stream may be. */
const SILENCE_MS = 60_000;

type Message =
  | { kind: "want"; tab: string; layers: readonly string[] }
  | { kind: "bye"; tab: string }
  | { kind: "who" }
  | { kind: "told"; what: Told }
  | { kind: "state"; live: boolean; since: string }
  | { kind: "closed" };

/** The parts of the browser that tabs share a stream by. */
export interface Browser {
  locks: Pick<LockManager, "request">;
  channel(name: string): BroadcastChannel;
}

/** The browser's, or null where pages may not share: in a sandboxed frame, without HTTPS, in an old one. */
export function browser(): Browser | null {
  try {
    if (!navigator.locks || typeof BroadcastChannel !== "function" || globalThis.origin === "null") return null;
    return { locks: navigator.locks, channel: (name) => new BroadcastChannel(name) };
  } catch {
    return null;
  }
}

/**
 * One stream for all tabs of a browser that show layers of a server. The tab that holds a lock has it, of
 * what all of them want, and passes on what it hears. When that tab goes, the browser gives the lock to the
 * next, which goes on from the id that it heard last.
 */
export class Tabs {
  readonly #id = Math.random().toString(36).slice(2);
  readonly #hearer: Hearer;
  readonly #name: string;
  readonly #shared: Browser | null;
  readonly #stream: Stream;
  readonly #wants = new Map<string, { layers: readonly string[]; at: number }>();
  #channel: BroadcastChannel | null = null;
  #layers: readonly string[] = [];
  #streaming = "";
  #since = "";
  #live = false;
  #shut = false;
  #leads = false;
  #ended = false;
  #give: (() => void) | undefined;
  #asking: AbortController | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;
  #collecting: ReturnType<typeof setTimeout> | undefined;
  #heard = Date.now();

  /** token, unless it is empty, opens what is not public; tabs share a stream with those that have the same. */
  constructor(base: string, hearer: Hearer, shared = browser(), ask?: typeof fetch, token = "") {
    this.#hearer = hearer;
    this.#name = `hutong-live ${base}${token === "" ? "" : ` ${mark(token)}`}`;
    this.#shared = shared;
    const listener: Listener = { told: (what) => this.#told(what), broken: () => this.#state(false), closed: () => this.#closed() };
    this.#stream = new Stream(base, listener, ask, undefined, token);
    if (!shared) {
      this.#leads = true;
      return;
    }
    try {
      this.#channel = shared.channel(this.#name);
    } catch {
      this.#leads = true;
      return;
    }
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#message(data);
    this.#tick = setInterval(() => this.#beat(), WANT_MS);
    if (typeof addEventListener === "function") addEventListener("pagehide", () => this.#post({ kind: "bye", tab: this.#id }));
    this.#stand(false);
  }

  /** Whether this tab has the stream. */
  get leads(): boolean {
    return this.#leads;
  }

  /** Follows these layers from now on. */
  follow(layers: readonly string[]): void {
    this.#layers = [...layers].sort();
    this.#post({ kind: "want", tab: this.#id, layers: this.#layers });
    this.#serve();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#post({ kind: "bye", tab: this.#id });
    clearInterval(this.#tick);
    clearTimeout(this.#collecting);
    this.#stream.stop();
    this.#asking?.abort();
    this.#give?.();
    this.#channel?.close();
  }

  /** Waits for the lock, or takes it from a leader that has fallen silent. */
  #stand(steal: boolean): void {
    if (!this.#shared) return;
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    const options = steal ? { steal: true } : { signal: asking.signal };
    const held = () => new Promise<void>((give) => {
      if (this.#ended) return give();
      this.#give = give;
      this.#lead();
    });
    this.#shared.locks.request(this.#name, options, held).then(() => {}, (error: unknown) => {
      if (this.#ended || asking.signal.aborted) return;
      const wasLeading = this.#leads;
      this.#leads = false;
      this.#stream.stop();
      this.#streaming = "";
      // Another tab took the lock away, or there are no locks after all: then every tab is for itself.
      if (wasLeading || (error instanceof DOMException && error.name === "AbortError")) this.#stand(false);
      else this.#alone();
    });
  }

  #alone(): void {
    this.#channel?.close();
    this.#channel = null;
    this.#leads = true;
    this.#serve();
  }

  #lead(): void {
    this.#leads = true;
    this.#post({ kind: "who" });
    clearTimeout(this.#collecting);
    this.#collecting = setTimeout(() => {
      this.#collecting = undefined;
      this.#serve();
    }, COLLECT_MS);
  }

  /** Has the stream be of what all tabs want. */
  #serve(): void {
    for (const [tab, { at }] of this.#wants) if (Date.now() - at > GONE_MS) this.#wants.delete(tab);
    if (!this.#leads || this.#collecting !== undefined || this.#ended) return;
    const all = new Set(this.#layers);
    for (const { layers } of this.#wants.values()) for (const layer of layers) all.add(layer);
    const wanted = [...all].sort().join(",");
    if (wanted === this.#streaming) return;
    this.#streaming = wanted;
    this.#shut = false;
    this.#stream.start([...all], this.#since);
  }

  #message(message: Message): void {
    switch (message.kind) {
      case "want":
        this.#wants.set(message.tab, { layers: message.layers, at: Date.now() });
        if (!this.#leads) return;
        this.#serve();
        this.#post({ kind: "state", live: this.#live, since: this.#since });
        if (this.#shut) this.#post({ kind: "closed" });
        return;
      case "bye":
        this.#wants.delete(message.tab);
        this.#serve();
        return;
      case "who":
        this.#post({ kind: "want", tab: this.#id, layers: this.#layers });
        return;
      case "told":
        if (!this.#leads) this.#pass(message.what);
        return;
      case "state":
        if (this.#leads) return;
        this.#heard = Date.now();
        if (this.#since === "") this.#since = message.since;
        this.#live = message.live;
        this.#hearer.state(message.live);
        return;
      case "closed":
        if (!this.#leads) this.#hearer.closed?.();
    }
  }

  #beat(): void {
    this.#post({ kind: "want", tab: this.#id, layers: this.#layers });
    if (!this.#leads && Date.now() - this.#heard > SILENCE_MS) {
      this.#heard = Date.now();
      this.#stand(true);
    }
    this.#serve();
  }

  #told(what: Told): void {
    this.#post({ kind: "told", what });
    this.#pass(what);
  }

  #pass(what: Told): void {
    this.#heard = Date.now();
    if (what.id !== "") this.#since = what.id;
    this.#live = true;
    this.#hearer.state(true);
    this.#hearer.told(what);
  }

  #state(live: boolean): void {
    this.#live = live;
    this.#post({ kind: "state", live, since: this.#since });
    this.#hearer.state(live);
  }

  #closed(): void {
    this.#state(false);
    this.#shut = true;
    this.#post({ kind: "closed" });
    this.#hearer.closed?.();
  }

  #post(message: Message): void {
    if (!this.#channel) return;
    try {
      this.#channel.postMessage(message);
    } catch {
      // It was closed with the page.
    }
  }
}

/** Tells tokens apart without being one: FNV-1a, 32 bits. */
function mark(token: string): string {
  let sum = 0x811c9dc5;
  for (let i = 0; i < token.length; i++) sum = Math.imul(sum ^ token.charCodeAt(i), 0x01000193) >>> 0;
  return sum.toString(36);
}
