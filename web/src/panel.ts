import type { LayerSpecification, Map as MapLibre } from "maplibre-gl";
import type { Layer } from "./api";
import { byId, element } from "./dom";
import { count } from "./format";
import { text } from "./text";

/** Fills the list of layers: a checkbox each with its colour, title and count. */
export function fillPanel(map: MapLibre, drawn: readonly LayerSpecification[], layers: readonly Layer[]): void {
  const list = byId("layers");
  list.replaceChildren();
  for (const spec of drawn) {
    if (!("source" in spec)) continue;
    list.append(row(map, spec, layers.find((l) => l.name === spec.source)));
  }
  if (!list.hasChildNodes()) list.append(element("p", {}, text.noLayers));
}

/** Folds the list away where it would cover the map. */
export function foldWhenNarrow(): void {
  const panel = byId("panel");
  if (window.matchMedia("(max-width: 600px), (max-height: 420px)").matches) panel.removeAttribute("open");
}

/** The name of a style layer as people read it. */
export function titleOf(spec: LayerSpecification): string {
  const title = (spec.metadata as Record<string, unknown> | undefined)?.["hutong:title"];
  return typeof title === "string" ? title : spec.id;
}

/** The colour that swatches of a style layer have. */
export function colourOf(spec: LayerSpecification): string {
  const colour = spec.type === "circle" ? spec.paint?.["circle-color"] : undefined;
  return typeof colour === "string" ? colour : "#777777";
}

/** A dot in a style layer's colour. */
export function swatch(spec: LayerSpecification): HTMLElement {
  const dot = element("span", { class: "swatch", "aria-hidden": "true" });
  // Set through the object model: the page's policy forbids style attributes, not this.
  dot.style.backgroundColor = colourOf(spec);
  return dot;
}

function row(map: MapLibre, spec: LayerSpecification, layer: Layer | undefined): HTMLElement {
  const box = element("input", { type: "checkbox", name: spec.id });
  box.checked = true;
  box.addEventListener("change", () => {
    map.setLayoutProperty(spec.id, "visibility", box.checked ? "visible" : "none");
  });
  const label = element("label", { class: "row" }, box, swatch(spec), element("span", { class: "name" }, titleOf(spec)));
  if (layer) {
    const number = element("span", { class: "count" }, count(layer.count));
    const unlocated = layer.count - layer.located;
    number.title = text.features(layer.count) + (unlocated > 0 ? `, ${text.unlocated(unlocated)}` : "");
    label.append(number);
  }
  return label;
}
