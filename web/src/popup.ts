import { Popup, type Map as MapLibre, type Point } from "maplibre-gl";
import { getFeature, type Layer, type Value } from "./api";
import { element } from "./dom";
import type { Drawn } from "./drawn";
import { headline, label, value } from "./format";
import { hits, type Hit } from "./pick";
import { swatch } from "./swatch";
import { text } from "./text";

/** How many features at one point are listed. */
const MAX_LISTED = 10;

/** Shows the fields of what is clicked, or of what is at the map's centre when Enter is pressed. */
export class FeaturePopup {
  readonly #map: MapLibre;
  readonly #drawn: Map<string, Drawn>;
  readonly #ids: string[];
  readonly #layers: Map<string, Layer>;
  #shown: Popup | undefined;

  constructor(map: MapLibre, drawn: readonly Drawn[], layers: readonly Layer[]) {
    this.#map = map;
    this.#drawn = new Map(drawn.map((d) => [d.name, d]));
    this.#ids = drawn.flatMap((d) => d.ids);
    this.#layers = new Map(layers.map((l) => [l.name, l]));
    map.on("click", (e) => this.#open(e.point));
    map.on("mouseenter", this.#ids, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", this.#ids, () => (map.getCanvas().style.cursor = ""));
    map.getCanvas().addEventListener("keydown", (e) => {
      if (e.key !== "Enter") return;
      // The popup takes the focus with its close button, which the same key stroke would press.
      e.preventDefault();
      this.#open(map.project(map.getCenter()));
    });
  }

  #open(point: Point): void {
    const found = this.#at(point);
    const first = found[0];
    if (!first) return;
    this.#shown?.remove();
    const asked = new AbortController();
    const listed = found.slice(0, MAX_LISTED);
    const content = element("div", { class: "found" });
    for (const hit of listed) content.append(this.#entry(hit, hit === first, asked.signal));
    if (found.length > listed.length) {
      content.append(element("p", { class: "more" }, text.more(found.length - listed.length)));
    }
    this.#shown = new Popup({ maxWidth: "min(340px, 86vw)", offset: 8 })
      .setLngLat(this.#map.unproject([first.at.x, first.at.y]))
      .setDOMContent(content)
      .addTo(this.#map);
    this.#shown.on("close", () => asked.abort());
  }

  /** What is drawn within reach of point, in the order of hits. */
  #at(point: Point): Hit[] {
    const reach = window.matchMedia("(pointer: coarse)").matches ? 10 : 4;
    const box: [[number, number], [number, number]] = [
      [point.x - reach, point.y - reach],
      [point.x + reach, point.y + reach],
    ];
    const rendered = this.#map.queryRenderedFeatures(box, { layers: this.#ids });
    return hits(rendered, point, reach, (lngLat) => this.#map.project(lngLat));
  }

  /** One feature: the tile's fields at once, all public fields when the server has answered. */
  #entry(hit: Hit, open: boolean, signal: AbortSignal): HTMLElement {
    const drawn = this.#drawn.get(hit.layer);
    const layer = this.#layers.get(hit.layer);
    const known = layer?.id_field ? hit.properties[layer.id_field] : undefined;
    const id = element("span", { class: "id" }, known === undefined ? "" : String(known));
    const title = drawn?.title ?? hit.layer;
    const what = headline(hit.properties, layer?.fields ?? []);
    const summary = element("summary", {}, ...(drawn ? [swatch(hit.kind, drawn.colour)] : []), what ?? title, " ");
    if (what !== null) summary.append(element("span", { class: "title" }, title), " ");
    summary.append(id);
    const fields = element("dl");
    const entry = element("details", { "data-layer": hit.layer }, summary, fields);
    entry.open = open;
    fillFields(fields, hit.properties, layer);
    if (hit.number !== undefined) void this.#fetch(entry, hit.layer, hit.number, layer, id, signal);
    else entry.dataset["source"] = "tile";
    return entry;
  }

  async #fetch(
    entry: HTMLElement, name: string, number: number, layer: Layer | undefined, id: HTMLElement, signal: AbortSignal,
  ): Promise<void> {
    const fields = entry.querySelector("dl");
    if (!fields) return;
    try {
      const feature = await getFeature(name, number, signal);
      if (!feature) {
        fields.replaceChildren(element("dd", { class: "none" }, text.gone));
        return;
      }
      id.textContent = feature.id === undefined ? "" : String(feature.id);
      fillFields(fields, feature.properties ?? {}, layer);
      entry.dataset["source"] = "server";
    } catch {
      // The tile's fields stay: they are right, only fewer.
      if (!signal.aborted) entry.dataset["source"] = "tile";
    }
  }
}

/** Lists properties in the schema's order; the id stands in the heading already. */
function fillFields(list: HTMLElement, properties: Record<string, Value>, layer: Layer | undefined): void {
  const types = new Map(layer?.fields.map((f) => [f.name, f.type]));
  const names = [...types.keys(), ...Object.keys(properties).filter((name) => !types.has(name) && name !== layer?.id_field)];
  list.replaceChildren();
  for (const name of names) {
    const shown = value(properties[name], types.get(name));
    if (shown !== null) list.append(element("dt", {}, label(name)), element("dd", {}, shown));
  }
  if (!list.hasChildNodes()) list.append(element("dd", { class: "none" }, text.empty));
}
