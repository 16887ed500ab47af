import type { Value } from "./api";
import { CELL_ID } from "./cells";
import type { CellKind, Kind } from "./drawn";
import { partsOf } from "./geometry";
import { nearestInRings, nearestOf, nearestOnLines, type Near, type Pixel } from "./near";

/** What the page reads of a feature that MapLibre found on the screen. */
export interface Rendered {
  id?: string | number | undefined;
  /** The name of its layer. */
  layer: string;
  properties: Record<string, unknown>;
  geometry: { type: string; coordinates?: unknown };
  /** What it is where it is a cell. */
  cell?: CellKind | undefined;
}

/** One feature under the pointer. */
export interface Hit {
  /** The name of its layer. */
  layer: string;
  kind: Kind;
  /** Its MVT id; absent when it lost a clash of ids. */
  number?: number;
  /** What it is where it is a cell, whose number says nothing to the server. */
  cell?: CellKind;
  /** Its fields as far as the tile has them. */
  properties: Record<string, Value>;
  /** Where it is nearest to the pointer, and how many pixels away that is. */
  at: Pixel;
  far: number;
}

/** What wins at one place: a point lies on the line or polygon that it is drawn over. */
const RANK: Record<Kind, number> = { point: 0, line: 1, polygon: 2 };

/**
 * The features of list at from: points first, then lines, then polygons, each kind nearest first.
 * Equally near ones keep their order, topmost first. Each comes once, although it is in several tiles
 * (the nearest part counts) or drawn by several style layers. project turns lon/lat into pixels.
 *
 * Polygons more than reach pixels away are left out: MapLibre 6.17 finds a polygon for a box that lies
 * in its hole. For points and lines it knows best, since it has their radius and width.
 */
export function hits(
  list: readonly Rendered[], from: Pixel, reach: number, project: (lngLat: [number, number]) => Pixel,
): Hit[] {
  const found = new Map<string, Hit>();
  for (const { id, layer, properties, geometry, cell } of list) {
    const place = placeOf(geometry, from, project);
    // Cells lie side by side, so only the one pointed at is meant.
    if (!place || (place.kind === "polygon" && place.far > (cell ? 0 : reach))) continue;
    const hit: Hit = { layer, kind: place.kind, properties: known(properties), at: place.at, far: place.far };
    if (cell) hit.cell = cell;
    else if (typeof id === "number") hit.number = id;
    const key = keyOf(hit);
    const same = found.get(key);
    if (!same) found.set(key, hit);
    else if (hit.far < same.far) [same.at, same.far] = [hit.at, hit.far];
  }
  return [...found.values()].sort((a, b) => RANK[a.kind] - RANK[b.kind] || a.far - b.far);
}

/** What tells a feature from all others: its number, a cell's id, else its fields. */
export function keyOf({ layer, cell, number, properties }: Pick<Hit, "layer" | "cell" | "number" | "properties">): string {
  return JSON.stringify([layer, cell ?? "", number ?? (cell && properties[CELL_ID]) ?? properties]);
}

/** Where a geometry is nearest to from; null when it has no places that can be read. */
function placeOf(
  { type, coordinates }: Rendered["geometry"], from: Pixel, project: (lngLat: [number, number]) => Pixel,
): (Near & { kind: Kind }) | null {
  const parts = partsOf(coordinates).map((part) => part.map(([lon, lat]) => project([lon, lat])));
  const of = (kind: Kind, near: Near | null) => near && { kind, ...near };
  switch (type) {
    case "Point":
    case "MultiPoint":
      return of("point", nearestOf(parts.flat(), from));
    case "LineString":
    case "MultiLineString":
      return of("line", nearestOnLines(parts, from));
    case "Polygon":
    case "MultiPolygon":
      return of("polygon", nearestInRings(parts, from));
    default:
      return null;
  }
}

/** The values among properties that a page can show. */
export function known(properties: Record<string, unknown>): Record<string, Value> {
  const out: Record<string, Value> = {};
  for (const [name, v] of Object.entries(properties)) {
    if (v === null || typeof v === "string" || typeof v === "number" || typeof v === "boolean") out[name] = v;
  }
  return out;
}
