import type { Map as MapLibre } from "maplibre-gl";
import type { Layer } from "./api";
import { byId, element } from "./dom";
import type { Drawn } from "./drawn";
import { count } from "./format";
import { swatch } from "./swatch";
import { text } from "./text";

/** Fills the list of layers: a checkbox each with a swatch of each of its kinds, title and count. */
export function fillPanel(map: MapLibre, drawn: readonly Drawn[], layers: readonly Layer[]): void {
  const list = byId("layers");
  list.replaceChildren(...drawn.map((d) => row(map, d, layers.find((l) => l.name === d.name))));
  if (!list.hasChildNodes()) list.append(element("p", {}, text.noLayers));
}

/** Folds the list away where it would cover the map. */
export function foldWhenNarrow(): void {
  const panel = byId("panel");
  if (window.matchMedia("(max-width: 600px), (max-height: 420px)").matches) panel.removeAttribute("open");
}

function row(map: MapLibre, { name, title, colour, ids, kinds }: Drawn, layer: Layer | undefined): HTMLElement {
  const box = element("input", { type: "checkbox", name });
  box.checked = true;
  box.addEventListener("change", () => {
    for (const id of ids) map.setLayoutProperty(id, "visibility", box.checked ? "visible" : "none");
  });
  const swatches = element("span", { class: "swatches" }, ...kinds.map((kind) => swatch(kind, colour)));
  const label = element("label", { class: "row" }, box, swatches, element("span", { class: "name" }, title));
  if (layer) {
    const number = element("span", { class: "count" }, count(layer.count));
    const unlocated = layer.count - layer.located;
    number.title = text.features(layer.count) + (unlocated > 0 ? `, ${text.unlocated(unlocated)}` : "");
    label.append(number);
  }
  return label;
}
