import { Parser, type Told } from "./events";

/** How long a stream may be silent, and how long the first event may take. */
const SILENCE_MS = 45_000;
const HELLO_MS = 12_000;

/** The wait before the next attempt, at first and at most; it doubles, and a half of it is by chance. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;
const MAX_ASKED_MS = 60_000;

/** The most layers that the server takes a list of. */
const MOST_LISTED = 256;

/** What a stream tells its owner. */
export interface Listener {
  told(what: Told): void;
  /** The stream broke and is tried again. */
  broken(): void;
  /** The server does not let it begin, or not any more: its token is over, or none was given. It is not tried again. */
  closed?(): void;
}

/** What reading a stream came to when it must not be tried again. */
const CLOSED = -1;

/**
 * Follows the server's stream of some layers, for as long as start and stop say, whatever breaks in between.
 * It goes on where it was.
 */
export class Stream {
  readonly #base: string;
  readonly #listener: Listener;
  readonly #fetch: typeof fetch;
  readonly #chance: () => number;
  readonly #token: string;
  #layers: readonly string[] = [];
  #since = "";
  #unlisted = false;
  #failures = 0;
  #run: AbortController | null = null;
  #watch: ReturnType<typeof setTimeout> | undefined;

  /**
   * base is the address of the server, with a slash at its end. chance gives numbers from 0 to 1. token, unless it is
   * empty, opens what is not public.
   */
  constructor(base: string, listener: Listener, ask: typeof fetch = (...a) => fetch(...a), chance: () => number = Math.random, token = "") {
    this.#base = base;
    this.#listener = listener;
    this.#fetch = ask;
    this.#chance = chance;
    this.#token = token;
  }

  /** The id up to which everything is known. */
  get since(): string {
    return this.#since;
  }

  /**
   * Follows these layers, from an id on if there is one. Of no layers there is no stream. Where the server does not
   * know one of them, or does not open it, it is asked for all that it has for us, so that one tab does not end the
   * stream of all.
   */
  start(layers: readonly string[], since = this.#since): void {
    this.stop();
    this.#layers = [...layers].sort();
    this.#since = since;
    this.#unlisted = layers.length > MOST_LISTED;
    this.#failures = 0;
    if (layers.length > 0) this.#attempt();
  }

  stop(): void {
    clearTimeout(this.#watch);
    this.#run?.abort();
    this.#run = null;
  }

  #attempt(): void {
    const run = (this.#run = new AbortController());
    void this.#read(run).then((asked) => {
      if (this.#run !== run) return; // it was stopped
      if (asked === CLOSED) {
        this.stop();
        this.#listener.closed?.();
        return;
      }
      this.#listener.broken();
      if (this.#run !== run) return;
      const wait = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** this.#failures++) * (0.5 + this.#chance() / 2);
      clearTimeout(this.#watch);
      this.#watch = setTimeout(() => this.#attempt(), Math.max(wait, asked));
    });
  }

  /** Reads one stream to its end and returns how long the server asks to wait, in milliseconds, or CLOSED. It never throws. */
  async #read(run: AbortController): Promise<number> {
    const alive = (ms: number) => {
      clearTimeout(this.#watch);
      this.#watch = setTimeout(() => run.abort(), ms);
    };
    try {
      alive(HELLO_MS);
      const response = await this.#fetch(this.#url(), {
        headers: { accept: "text/event-stream" }, cache: "no-store", credentials: "omit", signal: run.signal,
      });
      if (!response.ok || !response.body) {
        await response.body?.cancel();
        const refused = response.status === 401 || response.status === 403;
        if (refused && this.#unlisted) return CLOSED;
        if (refused || response.status === 404) this.#unlisted = true;
        const asked = Number(response.headers.get("retry-after")) * 1000;
        return Number.isFinite(asked) ? Math.min(asked, MAX_ASKED_MS) : 0;
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new Parser();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#run !== run) return 0;
        for (const what of parser.take(value)) {
          alive(SILENCE_MS);
          this.#failures = 0;
          if (what.id !== "") this.#since = what.id;
          if (what.kind === "end") return CLOSED;
          this.#listener.told(what);
          if (this.#run !== run) return 0;
        }
      }
    } catch {
      return 0; // it broke, or was silent for too long
    } finally {
      if (this.#run === run) clearTimeout(this.#watch);
      run.abort(); // what is left of it
    }
  }

  #url(): string {
    const url = new URL("live", this.#base);
    if (!this.#unlisted) url.searchParams.set("layers", this.#layers.join(","));
    if (this.#token !== "") url.searchParams.set("token", this.#token);
    if (this.#since !== "") url.searchParams.set("since", this.#since);
    return url.href;
  }
}
