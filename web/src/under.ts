import type { Map as MapLibre } from "maplibre-gl";
import type { Drawn } from "./drawn";
import type { Pixel } from "./near";
import type { Page } from "./page";
import { hits, type Hit } from "./pick";

/** What a page and its map tell of the features at a place. */
type Shown = Pick<Page, "drawn"> & { map: MapLibre };

/** How many pixels around a place count as it: a finger is wider than a pointer. */
function reachOf(): number {
  return window.matchMedia("(pointer: coarse)").matches ? 10 : 4;
}

/** The data drawn within reach of point, in the order of hits. */
export function dataAt(page: Shown, point: Pixel): Hit[] {
  return at(page, point, (drawn) => drawn.role === "");
}

/** The ground drawn within reach of point, in the order of hits. */
export function groundAt(page: Shown, point: Pixel): Hit[] {
  return at(page, point, (drawn) => drawn.role !== "");
}

function at({ map, drawn }: Shown, point: Pixel, wanted: (drawn: Drawn) => boolean): Hit[] {
  // By its style layer, since a source has several layers.
  const names = new Map(drawn().filter(wanted).flatMap((d) => d.ids.map((id) => [id, d] as const)));
  const layers = [...names.keys()].filter((id) => map.getLayer(id));
  if (layers.length === 0) return [];
  const reach = reachOf();
  const rendered = map.queryRenderedFeatures(
    [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]], { layers },
  );
  const list = rendered.map(({ id, layer, source, properties, geometry }) => {
    const d = names.get(layer.id);
    return { id, layer: d?.name ?? source, properties, geometry, cell: d?.cells?.ids.includes(layer.id) ? d.cells.kind : undefined };
  });
  return hits(list, point, reach, (lngLat) => map.project(lngLat));
}
