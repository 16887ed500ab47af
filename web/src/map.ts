import {
  AttributionControl,
  Map as MapLibre,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type LngLatBoundsLike,
  type StyleSpecification,
} from "maplibre-gl";
import type { Bounds, TileJSON } from "./api";
import { getJSON } from "./api";
import { boundsOf, union } from "./bounds";
import { text } from "./text";

/** The worker's file name beside this script, put in by the build. */
declare const WORKER_NAME: string;

/** The closest zoom: two steps beyond the deepest tiles. */
const MAX_ZOOM = 20;

/** Makes the map in container. It throws when the browser has no WebGL 2. */
export function makeMap(container: HTMLElement, style: StyleSpecification, bounds: Bounds | null): MapLibre {
  setWorkerUrl(new URL(WORKER_NAME, import.meta.url).href);
  const narrow = container.clientWidth < 600;
  const map = new MapLibre({
    container,
    style,
    // The camera stands in the address, and what stands there wins over bounds.
    hash: true,
    ...(bounds && { bounds: bounds as LngLatBoundsLike, fitBoundsOptions: { padding: narrow ? 16 : 48, maxZoom: 16 } }),
    maxZoom: MAX_ZOOM,
    // With the default of 4, tiles above a live source's deepest zoom stay stale for ever.
    zoomLevelsToOverscale: undefined,
    // Points seen from the side tell nothing more; north stays up.
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    attributionControl: false,
    locale: { "Map.Title": text.map },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: narrow ? 60 : 120 }), "bottom-left");
  map.addControl(new AttributionControl({ compact: narrow }), "bottom-right");
  return map;
}

/**
 * What a map of style shows when it starts: the bounds in its metadata, which the server puts there
 * unless somebody chose a place; else null when it has a center; else the union of its sources'
 * bounds. A source whose TileJSON cannot be read does not count.
 */
export async function startBounds(style: StyleSpecification): Promise<Bounds | null> {
  const stated = (style.metadata as Record<string, unknown> | undefined)?.["hutong:bounds"];
  if (Array.isArray(stated)) return union([boundsOf(stated)].filter((b) => b !== null));
  if (style.center) return null;
  const urls = Object.values(style.sources).flatMap((s) => (s.type === "vector" && s.url ? [s.url] : []));
  const answers = await Promise.allSettled(urls.map((url) => getJSON<TileJSON>(url)));
  return union(answers.map((a) => (a.status === "fulfilled" ? boundsOf(a.value.bounds) : null)).filter((b) => b !== null));
}

/** Keeps data-state on the page at "idle" while the map has nothing left to load or draw, else "busy". */
export function showState(map: MapLibre): void {
  const root = document.documentElement;
  const busy = () => (root.dataset["state"] = "busy");
  map.on("dataloading", busy);
  map.on("movestart", busy);
  map.on("render", busy);
  map.on("idle", () => (root.dataset["state"] = "idle"));
}
