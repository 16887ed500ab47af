import { isStale, type Part, type TileID } from "./stale";

/** How many events' cells are kept; of more the older ones become one box. */
const MOST = 2000;

/**
 * Remembers where a layer changed, and at which count, so that a tile that comes into view later is still
 * known to be stale.
 */
export class Dirty {
  readonly #cells = new Map<string, { n: number; part: Part }>();
  #box: { n: number; part: Part } | null = null;
  /** The count at which all of the layer changed. */
  #all = 0;

  /** Notes what changed; n grows with each call. */
  add(part: Part, n: number): void {
    if (part.all) {
      this.#everywhere(n);
      this.#cells.clear();
      return;
    }
    if (!part.cells) {
      this.#intoBox(part, n);
      return;
    }
    for (const cell of part.cells) {
      const key = `${part.zoom}/${cell[0]}/${cell[1]}`;
      this.#cells.delete(key);
      this.#cells.set(key, { n, part: { ...part, cells: [cell] } });
    }
    while (this.#cells.size > MOST) {
      const [key, oldest] = this.#cells.entries().next().value!;
      this.#cells.delete(key);
      const [x, y] = oldest.part.cells![0]!;
      this.#intoBox({ ...oldest.part, box: [x, y, x, y] }, oldest.n);
    }
  }

  /** The count at which the tile last became stale; 0 if it never did. */
  last(tile: TileID): number {
    let n = this.#all;
    if (this.#box && isStale(tile, this.#box.part)) n = this.#box.n;
    for (const cell of this.#cells.values()) if (cell.n > n && isStale(tile, cell.part)) n = cell.n;
    return n;
  }

  #intoBox({ zoom, extent, buffer, box }: Part, n: number): void {
    const old = this.#box?.part;
    n = Math.max(n, this.#box?.n ?? 0);
    // The zoom of a layer's cells stays while a server runs; after another start there may be another.
    if (!box || (old && old.zoom !== zoom)) {
      this.#everywhere(n);
      return;
    }
    const [x0, y0, x1, y1] = old?.box ?? box;
    const joined = [Math.min(x0, box[0]), Math.min(y0, box[1]), Math.max(x1, box[2]), Math.max(y1, box[3])] as const;
    this.#box = { n, part: { zoom, extent, buffer, box: joined } };
  }

  #everywhere(n: number): void {
    this.#all = n;
    this.#box = null;
  }
}
