import type { Bounds } from "./api";
import { middleOf } from "./geometry";
import type { Page } from "./page";
import { covered } from "./sheet";
import type { Camera } from "./state";

/** The closest zoom that is flown to: a point has no extent that would say. */
const CLOSEST = 16;

/** How much of the map stays free around what is looked at, in CSS pixels. */
const MARGIN = 48;

/** Moves the map, or what the page would show without one, so that all of extent is in view. */
export function lookAt(page: Pick<Page, "map" | "state">, extent: Bounds): void {
  const [west, south, east, north] = extent;
  const { map } = page;
  if (!map) {
    const host = { width: window.innerWidth, height: window.innerHeight };
    page.state.update({ camera: cameraFor(extent, host.width, host.height, CLOSEST) });
    return;
  }
  const { left, bottom } = covered();
  const host = map.getContainer();
  const edge = Math.min(MARGIN, host.clientWidth / 8, host.clientHeight / 8);
  // From closer than that, a point is only brought to the middle.
  const maxZoom = Math.max(CLOSEST, west === east && south === north ? map.getZoom() : 0);
  const padding = { top: edge, right: edge, left: left + edge, bottom: bottom + edge };
  map.fitBounds([west, south, east, north], { padding, maxZoom, duration: 900 });
}

/** Whether the middle of extent is in view and not behind the panel. */
export function isInView(page: Pick<Page, "map" | "bounds">, extent: Bounds): boolean {
  const [lon, lat] = middleOf(extent);
  const { map } = page;
  if (!map) {
    const [west, south, east, north] = page.bounds();
    return lon >= west && lon <= east && lat >= south && lat <= north;
  }
  const { left, bottom } = covered();
  const host = map.getContainer();
  const { x, y } = map.project([lon, lat]);
  return x >= left && x <= host.clientWidth && y >= 0 && y <= host.clientHeight - bottom;
}

/** The camera from which a window of width and height in CSS pixels just shows all of bounds. */
export function cameraFor(bounds: Bounds, width: number, height: number, closest: number): Camera {
  const [west, south, east, north] = bounds;
  const y = (lat: number) => {
    const clamped = Math.max(-85, Math.min(85, lat));
    return 0.5 - Math.asinh(Math.tan((clamped * Math.PI) / 180)) / (2 * Math.PI);
  };
  const [top, low] = [y(north), y(south)];
  const scale = Math.min(width / 512 / ((east - west) / 360), height / 512 / (low - top));
  const middle = (Math.atan(Math.sinh((0.5 - (top + low) / 2) * 2 * Math.PI)) * 180) / Math.PI;
  return { zoom: Math.max(0, Math.min(closest, Math.log2(scale))), lat: middle, lng: (west + east) / 2 };
}
