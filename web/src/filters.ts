import type { ExpressionSpecification, FilterSpecification } from "maplibre-gl";
import { since } from "./ages";
import type { Field, Layer, Value } from "./api";
import { bothOf, datetimeOf, holds, type Span } from "./span";
import type { View, Wanted } from "./state";

/** The values of a field that a filter can name, most common first; any other is one of "others". */
export type Known = (field: string) => readonly string[];

/**
 * The filter for the style layers of layer: what the style itself wants of them, and what view wants.
 * undefined lets everything through.
 */
export function filterOf(
  own: FilterSpecification | undefined, view: View, layer: Layer, known: Known,
): FilterSpecification | undefined {
  const wanted = expressionsOf(view, layer, known);
  if (wanted.length === 0) return own;
  const all = own === undefined ? wanted : [own as ExpressionSpecification, ...wanted];
  return ["all", ...all] as FilterSpecification;
}

/**
 * What view wants of layer's features, each an expression of MapLibre's; all must hold. Tiles hold
 * times as epoch milliseconds and leave some fields out below a zoom: there every age is shown.
 */
function expressionsOf(view: View, layer: Layer, known: Known): ExpressionSpecification[] {
  const out: ExpressionSpecification[] = [];
  for (const [field, wanted] of view.filters.get(layer.name) ?? []) out.push(isWanted(field, wanted, known(field)));
  const age = view.ages.get(layer.name);
  const start = age && since(layer, age);
  const time = layer.fields.find((f) => f.name === layer.time_field);
  if (start && time) {
    const young: ExpressionSpecification = [">=", ["to-number", ["get", time.name], 0], start.getTime()];
    out.push(["case", ["has", time.name], young, ["<", ["zoom"], time.from_zoom ?? 0]]);
  }
  return out;
}

function isWanted(field: string, { values, others }: Wanted, known: readonly string[]): ExpressionSpecification {
  const value: ExpressionSpecification = ["to-string", ["get", field]];
  if (!others) return ["in", value, ["literal", [...values]]];
  return ["!", ["in", value, ["literal", known.filter((v) => !values.includes(v))]]];
}

/**
 * Whether view wants a feature of layer with these properties, as the server gives them, and time, of which the
 * layer's features are shown: the same question as filterOf asks of tiles, which hold those of time alone. Whether the layer itself is off does not count.
 */
export function isShown(
  view: View, layer: Layer, time: Span | null, properties: Record<string, Value>, known: Known,
): boolean {
  for (const [field, wanted] of view.filters.get(layer.name) ?? []) {
    const v = properties[field];
    const value = v === null || v === undefined ? "" : String(v);
    const listed = wanted.values.includes(value);
    if (!listed && !(wanted.others && !known(field).includes(value))) return false;
  }
  const wanted = wantedTime(view, layer, time);
  if (!wanted || !layer.time_field) return true;
  const at = properties[layer.time_field];
  if (wanted === "nothing" || at === null || at === undefined || typeof at === "boolean") return false;
  return holds(wanted, new Date(at).getTime());
}

/** What view's age for a layer and time leave of its times; null is all of them. */
export function wantedTime(view: View, layer: Layer, time: Span | null): Span | null | "nothing" {
  const age = view.ages.get(layer.name);
  const start = age && since(layer, age);
  return bothOf(start ? { from: start.getTime(), to: null } : null, time);
}

/**
 * What view lets through of layer, at any time that its age does, as parameters of a question to the server; null when that is nothing. The
 * filter is CQL2, which says of all other values too what filterOf says.
 */
export function selectionOf(view: View, layer: Layer, known: Known): Record<string, string> | null {
  const parts: string[] = [];
  for (const [name, wanted] of view.filters.get(layer.name) ?? []) {
    const field = layer.fields.find((f) => f.name === name);
    if (!wanted.others && (wanted.values.length === 0 || (!field && !wanted.values.includes("")))) return null;
    if (field && field.type !== "time") parts.push(...conditionOf(field, wanted, known(name)));
  }
  const since = wantedTime(view, layer, null);
  return { ...(parts.length > 0 && { filter: parts.join(" AND ") }), ...(since && since !== "nothing" && { datetime: datetimeOf(since) }) };
}

/** The condition that a field has one of the values that are wanted; none where it may have any. "" is no value too. */
function conditionOf(field: Field, { values, others }: Wanted, known: readonly string[]): string[] {
  const property = `"${field.name.replaceAll('"', '""')}"`;
  const listed = others ? known.filter((v) => !values.includes(v)) : values;
  if (listed.length === 0) return [];
  const tests = listed.flatMap((v) => literalOf(field, v) ?? []).map((literal) => `${property} = ${literal}`);
  if (listed.includes("")) tests.push(`${property} IS NULL`);
  if (tests.length === 0) return others ? [] : ["FALSE"];
  const any = `(${tests.join(" OR ")})`;
  if (!others) return [any];
  // A comparison with null is unknown, and so is that none of several holds.
  return [listed.includes("") ? `NOT ${any}` : `(${property} IS NULL OR NOT ${any})`];
}

/** A value of field as CQL2 writes it; null for one that the field cannot have. */
function literalOf({ type }: Field, v: string): string | null {
  if (type === "bool") return v === "true" || v === "false" ? v.toUpperCase() : null;
  if (type !== "string") return /^-?[0-9]+(\.[0-9]+)?$/.test(v) ? v : null;
  return `'${v.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
