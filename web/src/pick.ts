import type { Value } from "./api";

/** What the page reads of a feature that MapLibre found on the screen. */
export interface Rendered {
  id?: string | number | undefined;
  layer: { id: string };
  properties: Record<string, unknown>;
  geometry: { type: string; coordinates?: unknown };
}

/** One feature under the pointer. */
export interface Hit {
  layer: string;
  /** Its MVT id; absent when it lost a clash of ids. */
  number?: number;
  /** Its fields as far as the tile has them. */
  properties: Record<string, Value>;
  lngLat: [number, number];
}

/**
 * The features of list, nearest first by distance (of their places, in pixels), each once although
 * it stands in several tiles' buffers. Equally near ones keep their order, topmost first.
 */
export function hits(list: readonly Rendered[], distance: (lngLat: [number, number]) => number): Hit[] {
  const seen = new Set<string>();
  const found: { hit: Hit; far: number }[] = [];
  for (const feature of list) {
    const lngLat = place(feature);
    if (!lngLat) continue;
    const hit: Hit = { layer: feature.layer.id, properties: known(feature.properties), lngLat };
    if (typeof feature.id === "number") hit.number = feature.id;
    const key = JSON.stringify([hit.layer, hit.number ?? hit.properties]);
    if (seen.has(key)) continue;
    seen.add(key);
    found.push({ hit, far: distance(lngLat) });
  }
  return found.sort((a, b) => a.far - b.far).map(({ hit }) => hit);
}

function place({ geometry }: Rendered): [number, number] | null {
  if (geometry.type !== "Point" || !Array.isArray(geometry.coordinates)) return null;
  const [lng, lat] = geometry.coordinates;
  return typeof lng === "number" && typeof lat === "number" ? [lng, lat] : null;
}

function known(properties: Record<string, unknown>): Record<string, Value> {
  const out: Record<string, Value> = {};
  for (const [name, v] of Object.entries(properties)) {
    if (v === null || typeof v === "string" || typeof v === "number" || typeof v === "boolean") out[name] = v;
  }
  return out;
}
