/** How many tiles of a source are remembered; a window shows some dozens. */
const MOST_TILES = 4000;

/** How long an answer is waited for before a tile is asked for again. */
const PATIENCE_MS = 5000;

/** The count of a tile that did not come. */
const FAILED = -1;

/**
 * What is known of the tiles of one source: up to which count of changes each is as the server has it, and
 * which are being asked for. A tile is never asked for twice at once, since the older answer might come last.
 */
export class Tiles {
  readonly #clean = new Map<string, number>();
  /** The count at which the request of a tile that is not there yet began. */
  readonly #loading = new Map<string, number>();
  /** When those were asked for of which MapLibre may say nothing when they come. */
  readonly #asked = new Map<string, number>();
  #waited = false;

  /** Whether something may be on its way of which MapLibre does not tell. */
  get busy(): boolean {
    return this.#asked.size > 0;
  }

  /** A tile that is not there is being asked for. */
  began(key: string, count: number): void {
    put(this.#loading, key, count);
  }

  /** A tile came, and this is the count at which its first request began; undefined when it was there before. */
  came(key: string): number | undefined {
    const began = this.#loading.get(key);
    this.#loading.delete(key);
    this.#asked.delete(key);
    if (began !== undefined) put(this.#clean, key, began);
    return began;
  }

  /** A tile did not come: it is stale, whatever changed. */
  failed(key: string): void {
    this.gone(key);
    put(this.#clean, key, FAILED);
  }

  gone(key: string): void {
    for (const map of [this.#loading, this.#asked, this.#clean]) map.delete(key);
  }

  /**
   * Whether a tile that last became stale at a count is due to be asked for. One that is on its way is not:
   * it is looked at again when it has come. Loaded says that nothing is on its way, patient that those which
   * failed have to wait, whatever changes.
   */
  due(key: string, last: number, loaded: boolean, patient: boolean, now: number): boolean {
    if (patient && this.#clean.get(key) === FAILED) return false;
    if (last <= (this.#clean.get(key) ?? 0) || this.#loading.has(key)) return false;
    if (!this.#clean.has(key) && !loaded) { // perhaps it was asked for before anybody looked
      put(this.#clean, key, 0);
      this.#asked.set(key, now);
    }
    if (!this.#asked.has(key)) return true;
    this.#waited = true;
    return false;
  }

  /** A tile is asked for again; noted unless it may not be there after all. */
  asked(key: string, count: number, noted: boolean, now: number): void {
    this.#asked.set(key, now);
    if (noted) put(this.#clean, key, count);
  }

  /** Forgets those that have come or are waited for no more, and returns whether some were forgotten. */
  settle(loaded: boolean, now: number): boolean {
    const before = this.#asked.size;
    for (const [key, at] of this.#asked) if (loaded || now - at >= PATIENCE_MS) this.#asked.delete(key);
    return this.#asked.size < before;
  }

  /** Whether a stale tile was waited for since the last time. */
  waited(): boolean {
    const waited = this.#waited;
    this.#waited = false;
    return waited;
  }
}

function put(map: Map<string, number>, key: string, n: number): void {
  map.delete(key);
  map.set(key, n);
  const oldest = map.keys().next().value;
  if (map.size > MOST_TILES && oldest !== undefined) map.delete(oldest);
}
