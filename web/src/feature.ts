import type { Field, Layer, Value } from "./api";
import type { Drawn, Kind, LegendEntry } from "./drawn";
import type { Look } from "./marks";
import { value } from "./format";
import { layerTitle } from "./titles";
import { current } from "./words/language";

// What a feature is to people: which of its fields names it, what sort of thing it is, how the legend
// shows it. All of it in the page's language.

export type Properties = Record<string, Value>;

/** A feature's name and the field that it comes from. */
export interface Named {
  text: string;
  field: string;
}

/** A layer's fields that hold names of its features, that of the page's language first. */
export function labelFields(layer: Layer): string[] {
  const { label, label_zh } = layer.draw ?? {};
  const names = current() === "zh" ? [label_zh, label] : [label, label_zh];
  return names.filter((name) => name !== undefined);
}

/** The name of a feature: its label, else its category, else its first kept text; null without any. */
export function nameOf(layer: Layer, properties: Properties): Named | null {
  const kept = layer.fields.filter((f) => f.keep && f.type === "string").map((f) => f.name);
  for (const name of [...labelFields(layer), layer.draw?.category, layer.draw?.class, ...kept]) {
    const field = fieldOf(layer, name);
    const text = field && value(properties[field.name], field);
    if (field && text) return { text, field: field.name };
  }
  return null;
}

/** What stands over a feature: its name, else what its layer is called and its id. */
export function headline(layer: Layer, properties: Properties, id?: string): string {
  const named = nameOf(layer, properties);
  if (named) return named.text;
  return id === undefined ? layerTitle(layer) : `${layerTitle(layer)} ${id}`;
}

/** A layer's fields as they are listed: without the name in the language that the page does not speak. */
export function listedFields(layer: Layer): Field[] {
  const [own, other] = labelFields(layer);
  return layer.fields.filter((f) => own === undefined || f.name !== other || f.name === own);
}

/** The field of this name. */
export function fieldOf(layer: Layer, name: string | undefined): Field | undefined {
  return name === undefined ? undefined : layer.fields.find((f) => f.name === name);
}

/** The line of the legend that shows a feature; undefined when the legend has none for it. */
export function legendOf(drawn: Pick<Drawn, "field" | "legend"> | undefined, properties: Properties): LegendEntry | undefined {
  if (!drawn || drawn.legend.length === 0) return undefined;
  if (drawn.field === "") return drawn.legend[0];
  const v = properties[drawn.field];
  const exact = drawn.legend.find((e) => e.value !== undefined && v !== null && v !== undefined && e.value === String(v));
  if (exact) return exact;
  const n = typeof v === "number" ? v : Number.NaN;
  const within = drawn.legend.find((e) => {
    const ranged = e.from !== undefined || e.to !== undefined;
    return ranged && n >= (e.from ?? -Infinity) && n < (e.to ?? Infinity);
  });
  return within ?? drawn.legend.find((e) => e.other);
}

/** What a mark for a feature looks like, whether the legend knows it or not. */
export function looksOf(
  drawn: Drawn | undefined, properties: Properties, kind: Kind | undefined,
): Look | undefined {
  if (!drawn) return undefined;
  const entry = legendOf(drawn, properties);
  if (entry) return kind ? { ...entry, kind } : entry;
  return { kind: kind ?? drawn.kinds.at(-1) ?? "point", colour: drawn.colour };
}

/** The kind of thing that a GeoJSON geometry is. */
export function kindOf(type: string | undefined): Kind | undefined {
  if (type === undefined) return undefined;
  if (type.endsWith("Point")) return "point";
  if (type.endsWith("LineString")) return "line";
  return type.endsWith("Polygon") ? "polygon" : undefined;
}
