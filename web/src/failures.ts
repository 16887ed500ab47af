/** A tile's address. */
export interface TileID {
  z: number;
  x: number;
  y: number;
}

/** What an error of MapLibre's says about where it happened; its types leave this out. */
export interface Failure {
  sourceId?: string;
  tile?: { tileID: { canonical: TileID } };
}

/** How many failed tiles are remembered; a window shows some dozens. */
const MAX_TILES = 500;

/**
 * Remembers what failed to load, so that it can be asked for again.
 *
 * MapLibre 6.17 never asks for a failed tile again by itself, and refreshTiles without a list leaves
 * failed vector tiles in a state that never ends; with a list of tiles it does load them.
 */
export class Failures {
  readonly #tiles = new Map<string, { source: string; id: TileID }>();
  #beyondTiles = false;

  /** Notes where an error happened. */
  add(where: Failure): void {
    const { sourceId: source, tile } = where;
    if (source === undefined || !tile) {
      this.#beyondTiles = true;
      return;
    }
    const { z, x, y } = tile.tileID.canonical;
    const key = `${source}/${z}/${x}/${y}`;
    this.#tiles.delete(key);
    this.#tiles.set(key, { source, id: { z, x, y } });
    const oldest = this.#tiles.keys().next().value;
    if (this.#tiles.size > MAX_TILES && oldest !== undefined) this.#tiles.delete(oldest);
  }

  /**
   * Asks map for all tiles of source again, the failed ones first and by name: without a name those
   * would wait for an end that never comes.
   */
  refresh(map: { refreshTiles(source: string, tiles?: TileID[]): void }, source: string): void {
    const failed: TileID[] = [];
    for (const [key, tile] of this.#tiles) {
      if (tile.source !== source) continue;
      failed.push(tile.id);
      this.#tiles.delete(key);
    }
    if (failed.length > 0) map.refreshTiles(source, failed);
    map.refreshTiles(source);
  }

  /**
   * Forgets everything and asks map for the tiles again. It returns false when more than tiles
   * failed, a source's TileJSON for one: then only a fresh start helps.
   */
  retry(map: { refreshTiles(source: string, tiles: TileID[]): void }): boolean {
    const whole = !this.#beyondTiles;
    const bySource = new Map<string, TileID[]>();
    for (const { source, id } of this.#tiles.values()) {
      bySource.set(source, [...(bySource.get(source) ?? []), id]);
    }
    this.#tiles.clear();
    this.#beyondTiles = false;
    for (const [source, tiles] of bySource) map.refreshTiles(source, tiles);
    return whole;
  }
}
