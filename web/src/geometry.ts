import type { Bounds } from "./api";

/** Longitude and latitude in degrees. */
export type Position = readonly [number, number];

/** A feature's place as GeoJSON; other members of the format are no place of ours. */
export interface Geometry {
  type: string;
  coordinates?: unknown;
}

/** The mean radius of the earth in metres. */
const EARTH_METRES = 6_371_008.8;

/** Lists of positions, each a part of a geometry: a line, a ring, or points. */
type Parts = Position[][];

/** The smallest bounds around geometry, or null when it has no place. */
export function extentOf(geometry: Geometry | null): Bounds | null {
  let out: Bounds | null = null;
  for (const [x, y] of partsOf(geometry?.coordinates).flat()) {
    out = out ? [Math.min(out[0], x), Math.min(out[1], y), Math.max(out[2], x), Math.max(out[3], y)] : [x, y, x, y];
  }
  return out;
}

/**
 * A place on geometry that stands for it: a point itself, the middle of the longest line on its way,
 * and of the polygon with the widest bounds a place inside. null when it has no place.
 */
export function anchorOf(geometry: Geometry | null): Position | null {
  if (!geometry) return null;
  switch (geometry.type) {
    case "Point":
    case "MultiPoint":
      return partsOf(geometry.coordinates)[0]?.[0] ?? null;
    case "LineString":
    case "MultiLineString":
      return midway(partsOf(geometry.coordinates));
    case "Polygon":
      return insideOf(partsOf(geometry.coordinates));
    case "MultiPolygon": {
      const polygons = Array.isArray(geometry.coordinates) ? geometry.coordinates.map(partsOf) : [];
      return insideOf(polygons.reduce((best, p) => (width(p) > width(best) ? p : best), []));
    }
    default:
      return null;
  }
}

/** How far apart two places are on the ground, in metres, along a great circle. */
export function metresBetween([lon1, lat1]: Position, [lon2, lat2]: Position): number {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((lat2 - lat1) * rad) / 2) ** 2 +
    Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** The middle of bounds. */
export function middleOf([west, south, east, north]: Bounds): Position {
  return [(west + east) / 2, (south + north) / 2];
}

/** Bounds as a query takes them: on the map of Web Mercator, west and east within ±180. */
export function queryBounds([west, south, east, north]: Bounds): Bounds {
  const lat = (y: number) => Math.min(85.05112877, Math.max(-85.05112877, y));
  if (east - west >= 360) return [-180, lat(south), 180, lat(north)];
  const lon = (x: number) => (x >= -180 && x <= 180 ? x : ((((x + 180) % 360) + 360) % 360) - 180);
  return [lon(west), lat(south), lon(east), lat(north)];
}

/** The lists of positions in GeoJSON's coordinates, however deep they lie; a lone position is one. */
export function partsOf(coordinates: unknown): Parts {
  if (!Array.isArray(coordinates)) return [];
  if (isPosition(coordinates)) return [[coordinates]];
  if (coordinates.some(isPosition)) return [coordinates.filter(isPosition)];
  return coordinates.flatMap(partsOf);
}

function isPosition(value: unknown): value is Position {
  return Array.isArray(value) && Number.isFinite(value[0]) && Number.isFinite(value[1]);
}

/** The place halfway along the longest of lines. */
function midway(lines: Parts): Position | null {
  const lengths = lines.map((line) => line.reduce((sum, p, i) => sum + apart(line[i - 1] ?? p, p), 0));
  const at = lengths.indexOf(Math.max(...lengths));
  const line = lines[at];
  let left = (lengths[at] ?? 0) / 2;
  for (let i = 1; line && i < line.length; i++) {
    const [a, b] = [line[i - 1], line[i]];
    if (!a || !b) break;
    const long = apart(a, b);
    if (long > 0 && left <= long) return [a[0] + ((b[0] - a[0]) * left) / long, a[1] + ((b[1] - a[1]) * left) / long];
    left -= long;
  }
  return line?.[0] ?? null;
}

function apart(a: Position, b: Position): number {
  return Math.hypot((b[0] - a[0]) * Math.cos((a[1] * Math.PI) / 180), b[1] - a[1]);
}

/** How many degrees a polygon's outer ring is wide. */
function width([outer]: Parts): number {
  const xs = outer?.map((p) => p[0]) ?? [];
  return xs.length > 0 ? Math.max(...xs) - Math.min(...xs) : -1;
}

/**
 * A place inside closed rings, the first the outer one: in the middle of the widest stretch that lies
 * inside at half their height.
 */
function insideOf(rings: Parts): Position | null {
  const outer = rings[0];
  const first = outer?.[0];
  if (!outer || !first) return null;
  const ys = outer.map((p) => p[1]);
  // A corner exactly at this height would be counted on both of its edges: hence "above" and not "at".
  const y = (Math.min(...ys) + Math.max(...ys)) / 2;
  const cuts: number[] = [];
  for (const ring of rings) {
    ring.forEach((b, i) => {
      const a = ring[i - 1];
      if (a && a[1] > y !== b[1] > y) cuts.push(a[0] + ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]));
    });
  }
  cuts.sort((p, q) => p - q);
  let best: Position | null = null;
  let wide = -1;
  for (let i = 1; i < cuts.length; i += 2) {
    const [from, to] = [cuts[i - 1] ?? 0, cuts[i] ?? 0];
    if (to - from > wide) [best, wide] = [[(from + to) / 2, y], to - from];
  }
  return best ?? first;
}
