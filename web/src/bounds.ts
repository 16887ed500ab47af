import type { Bounds } from "./api";
import type { Camera } from "./state";

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

/** What a window of width and height in CSS pixels shows around camera, latitudes within Web Mercator. */
export function seenFrom({ zoom, lat, lng }: Camera, width: number, height: number): Bounds {
  const world = 512 * 2 ** zoom;
  const y = 0.5 - Math.asinh(Math.tan((Math.max(-85, Math.min(85, lat)) * Math.PI) / 180)) / (2 * Math.PI);
  const latAt = (at: number) => (Math.atan(Math.sinh((0.5 - Math.max(0, Math.min(1, at))) * 2 * Math.PI)) * 180) / Math.PI;
  const across = (width / world) * 180;
  const down = height / world / 2;
  return [lng - across, latAt(y + down), lng + across, latAt(y - down)];
}
