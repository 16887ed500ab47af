import type { FilterSpecification, Map as MapLibre, StyleSpecification } from "maplibre-gl";
import type { Layer } from "./api";
import type { Drawn } from "./drawn";
import { filterOf, type Known } from "./filters";
import { offOf } from "./off";
import type { View } from "./state";

/** What a view makes of one style layer. */
interface Dress {
  filter: FilterSpecification | undefined;
  visibility: "visible" | "none";
  /** The zoom from which it is drawn, where that is another than the style's. */
  minzoom?: number;
}

/** What decides over a style layer beside the view. */
export interface Wardrobe {
  readonly style: StyleSpecification;
  drawn(): readonly Drawn[];
  layer(name: string): Layer | undefined;
  known(layer: string): Known;
}

/** A copy of the wardrobe's style in which view's layers are hidden and its filters hold. */
export function dressed(wardrobe: Wardrobe, view: View): StyleSpecification {
  const dresses = dressesOf(wardrobe, view);
  const layers = wardrobe.style.layers.map((spec) => {
    const dress = dresses.get(spec.id);
    if (!dress || spec.type === "background") return spec;
    const copy = { ...spec, layout: { ...spec.layout, visibility: dress.visibility } } as typeof spec;
    if (dress.minzoom !== undefined) copy.minzoom = dress.minzoom;
    if (dress.filter !== undefined) copy.filter = dress.filter;
    return copy;
  });
  return { ...wardrobe.style, layers };
}

/** Gives map, which shows the wardrobe's style, whatever view changes of it. */
export function dress(map: MapLibre, wardrobe: Wardrobe, view: View): void {
  const specs = new Map(wardrobe.style.layers.map((spec) => [spec.id, spec]));
  for (const [id, { filter, visibility, minzoom }] of dressesOf(wardrobe, view)) {
    const layer = map.getLayer(id);
    if (!layer) continue;
    const spec = specs.get(id);
    const from = minzoom ?? spec?.minzoom ?? 0;
    if (layer.minzoom !== undefined && layer.minzoom !== from) map.setLayerZoomRange(id, from, spec?.maxzoom ?? 24);
    if ((map.getLayoutProperty(id, "visibility") ?? "visible") !== visibility) {
      map.setLayoutProperty(id, "visibility", visibility);
    }
    if (JSON.stringify(map.getFilter(id) ?? null) !== JSON.stringify(filter ?? null)) map.setFilter(id, filter ?? null);
  }
}

/** By the ids of style layers; those that draw no layer of the server have none. */
function dressesOf(wardrobe: Wardrobe, view: View): Map<string, Dress> {
  const specs = new Map(wardrobe.style.layers.map((spec) => [spec.id, spec]));
  const out = new Map<string, Dress>();
  const drawn = wardrobe.drawn();
  const off = offOf(view, drawn);
  for (const { name, ids, cells, waiting, shown } of drawn) {
    const described = wardrobe.layer(name);
    for (const id of ids) {
      const spec = specs.get(id);
      if (!spec || spec.type === "background") continue;
      const own = "filter" in spec ? (spec.filter as FilterSpecification | undefined) : undefined;
      // Where the layer itself waits to be asked for, all of its style layers are invisible.
      const counts = waiting?.ids.includes(id) ?? false;
      const hidden = off.includes(name) || counts || (shown && spec.layout?.visibility === "none");
      // Cells that stand for features have none of their fields; the legend says that filters wait.
      const counted = cells?.below !== undefined && cells.ids.includes(id);
      out.set(id, {
        filter: described && !counted ? filterOf(own, view, described, wardrobe.known(name)) : own,
        visibility: hidden ? "none" : "visible",
        // Tiles hold features below the zoom of the overview, too.
        ...(waiting && !counts && spec.minzoom !== undefined && spec.minzoom === waiting.below && { minzoom: 0 }),
      });
    }
  }
  return out;
}
