/** A tile's address. */
export interface TileID {
  z: number;
  x: number;
  y: number;
}

/** Where a layer changed, as a change event says it (docs/formats/live.md). */
export interface Part {
  /** The zoom of the cells. */
  zoom: number;
  /** The buffer of the layer's tiles, in units of which a tile has extent along an edge. */
  extent: number;
  buffer: number;
  /** One of these three is there. A box is the first and last column and row, x0, y0, x1, y1. */
  cells?: readonly (readonly [number, number])[];
  box?: readonly [number, number, number, number];
  all?: boolean;
}

/** The width of the world in its own units. */
const WORLD = 2 ** 32;

/**
 * Whether a tile is stale: whether its box, with its buffer around it, meets a cell that changed. It goes
 * over the antimeridian, and not over the poles. The server has the same rule and the same tests
 * (api/live/testdata/stale.json).
 */
export function isStale(tile: TileID, part: Part): boolean {
  if (part.all) return true;
  if (part.box) return meets(tile, part, part.box);
  return (part.cells ?? []).some(([x, y]) => meets(tile, part, [x, y, x, y]));
}

function meets({ z, x, y }: TileID, { zoom, extent, buffer }: Part, [x0, y0, x1, y1]: readonly [number, number, number, number]): boolean {
  if (z === 0) return true;
  const side = 2 ** (32 - z);
  const around = Math.floor((buffer * side) / extent);
  const cell = 2 ** (32 - zoom);
  const [north, south] = [y * side - around, (y + 1) * side + around];
  if (y0 * cell >= south || (y1 + 1) * cell <= north) return false;
  const [west, east] = [x * side - around, (x + 1) * side + around];
  return [-WORLD, 0, WORLD].some((by) => x0 * cell + by < east && (x1 + 1) * cell + by > west);
}
