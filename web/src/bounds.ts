import type { Bounds } from "./api";

/** The bounds in value when it is four finite degrees, south to north, on the earth. */
export function boundsOf(value: readonly number[] | undefined): Bounds | null {
  if (value?.length !== 4 || !value.every(Number.isFinite)) return null;
  const [west, south, east, north] = value as Bounds;
  if (west < -180 || west > 180 || east < -180 || east > 180) return null;
  if (south < -90 || north > 90 || south > north) return null;
  return [west, south, east, north];
}

/**
 * The smallest bounds around all of list, or null when it is empty. One that crosses the
 * antimeridian (east < west) is unwrapped to an east beyond 180, as MapLibre takes it.
 */
export function union(list: readonly Bounds[]): Bounds | null {
  let all: Bounds | null = null;
  for (const [west, south, east, north] of list) {
    const b: Bounds = [west, south, east < west ? east + 360 : east, north];
    all = all
      ? [Math.min(all[0], b[0]), Math.min(all[1], b[1]), Math.max(all[2], b[2]), Math.max(all[3], b[3])]
      : b;
  }
  return all;
}
