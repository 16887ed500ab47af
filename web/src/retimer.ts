import type { Map as MapLibre, VectorTileSource } from "maplibre-gl";

/** How long a choice rests before tiles are asked for, how often it is looked whether those before have come, and for how long. */
const REST_MS = 150;
const LOOK_MS = 100;
const PATIENCE_MS = 5000;

/**
 * Has a map load its tiles by other templates. MapLibre shows the old tiles until the new ones come, so nothing
 * flashes; but of two requests for a tile the first may be answered last. So a source is given a template only
 * once nothing of it is on its way, and of several choices that come meanwhile the last.
 */
export class Retimer {
  readonly #map: () => MapLibre | null;
  readonly #wanted: () => ReadonlyMap<string, string[]>;
  #due: ReturnType<typeof setTimeout> | undefined;
  #since = 0;

  /** wanted are the templates by source at the time when they are needed. */
  constructor(map: () => MapLibre | null, wanted: () => ReadonlyMap<string, string[]>) {
    this.#map = map;
    this.#wanted = wanted;
  }

  /** Whether tiles of the newest choice are not there yet. */
  get busy(): boolean {
    const map = this.#map();
    if (this.#due !== undefined) return true;
    return map !== null && [...this.#wanted().keys()].some((id) => map.getSource(id) && !map.isSourceLoaded(id));
  }

  /** What is wanted changed. */
  ask(): void {
    clearTimeout(this.#due);
    if (this.#due === undefined) this.#since = Date.now();
    this.#later(REST_MS);
  }

  #later(ms: number): void {
    this.#due = setTimeout(() => {
      this.#due = undefined;
      this.#apply();
    }, ms);
  }

  #apply(): void {
    const map = this.#map();
    if (!map) return;
    const patient = Date.now() - this.#since < PATIENCE_MS;
    let waiting = false;
    for (const [id, tiles] of this.#wanted()) {
      const source = map.getSource<VectorTileSource>(id);
      if (!source || source.tiles?.join() === tiles.join()) continue;
      if (patient && !map.isSourceLoaded(id)) waiting = true;
      else source.setTiles(tiles);
    }
    if (waiting) this.#later(LOOK_MS);
  }
}
