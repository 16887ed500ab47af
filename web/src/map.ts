import {
  AttributionControl,
  Map as MapLibre,
  NavigationControl,
  ScaleControl,
  prewarm,
  setWorkerUrl,
  type IControl,
  type LngLatBoundsLike,
  type StyleSpecification,
} from "maplibre-gl";
import type { Bounds, TileJSON } from "./api";
import { getJSON } from "./api";
import { boundsOf, union } from "./bounds";
import { metadataOf } from "./drawn";
import type { Camera } from "./state";
import { subscribe } from "./words/language";
import { maplibre } from "./words/maplibre";

/** The worker's file name beside this script, put in by the build. */
declare const WORKER_NAME: string;

/** The closest zoom: two steps beyond the deepest tiles. */
const MAX_ZOOM = 20;

/** Starts the workers, which takes as long as the server's first answers do. */
export function warmUp(): void {
  // In a frame of nobody's origin MapLibre itself makes a data: URL of it.
  setWorkerUrl(new URL(WORKER_NAME, import.meta.url).href);
  prewarm();
}

/** How much of the map stays free around what it is fitted to, in CSS pixels. */
const PADDING = 40;

/**
 * Makes the map in container, looking where camera says, else at bounds, beside what covers the map's
 * left and lower edges (CSS pixels). It throws when the browser has no WebGL 2.
 */
export function makeMap(
  container: HTMLElement, style: StyleSpecification, camera: Camera | null, bounds: Bounds | null,
  covered: { left: number; bottom: number },
): MapLibre {
  const narrow = container.clientWidth < 640;
  const edge = narrow ? PADDING / 2 : PADDING;
  const padding = { top: edge, right: edge, bottom: edge + covered.bottom, left: edge + covered.left };
  const map = new MapLibre({
    container,
    style,
    ...(camera
      ? { center: [camera.lng, camera.lat], zoom: camera.zoom }
      : bounds && { bounds: bounds as LngLatBoundsLike, fitBoundsOptions: { padding, maxZoom: 16 } }),
    maxZoom: MAX_ZOOM,
    // With the default of 4, tiles above a live source's deepest zoom stay stale for ever.
    zoomLevelsToOverscale: undefined,
    // Points seen from the side tell nothing more; north stays up.
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    attributionControl: false,
    locale: maplibre(),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  return map;
}

/** Puts the controls on map and keeps what they say in the page's language. */
export function addControls(map: MapLibre): void {
  let controls: IControl[] = [];
  const add = () => {
    for (const control of controls) map.removeControl(control);
    const narrow = map.getContainer().clientWidth < 640;
    const zoom = new NavigationControl({ showCompass: false });
    const scale = new ScaleControl({ maxWidth: narrow ? 70 : 120 });
    const attribution = new AttributionControl({ compact: narrow });
    map.addControl(zoom, "top-right").addControl(scale, "bottom-left").addControl(attribution, "bottom-right");
    controls = [zoom, scale, attribution];
  };
  add();
  subscribe(() => {
    // MapLibre reads its words when a control is made, and has no other way to change them.
    Object.assign(map._locale, maplibre());
    map.getCanvas().setAttribute("aria-label", maplibre()["Map.Title"]);
    add();
  });
}

/**
 * What a map of style shows when it starts: the bounds in its metadata, which the server puts there
 * unless somebody chose a place; else null when it has a center; else the union of its sources'
 * bounds. A source whose TileJSON cannot be read does not count.
 */
export async function startBounds(style: StyleSpecification): Promise<Bounds | null> {
  const stated = metadataOf(style, "hutong:bounds");
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
