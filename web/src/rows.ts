import type { Bounds, Field, Layer, Value } from "./api";
import { labelFields, listedFields, type Properties } from "./feature";
import type { Placed } from "./features";
import { isShown, wantedTime, type Known } from "./filters";
import { dateOf, value } from "./format";
import { queryBounds } from "./geometry";
import { datetimeOf, type Span } from "./span";
import type { Order, View } from "./state";
import { resolutionAt, shownTable } from "./tables";
import { tag } from "./words/language";

/**
 * The query for the features of layer within bounds, and within time where that is not null, that view lets through, at most limit of them; null
 * when view lets nothing through. The server compares only whole values of texts and bools, so what a
 * filter says of all other values is left to wanted below.
 */
export function queryOf(view: View, layer: Layer, time: Span | null, bounds: Bounds, limit: number): string | null {
  const query = new URLSearchParams({ bbox: queryBounds(bounds).map((n) => n.toFixed(7)).join(","), limit: String(limit) });
  for (const [name, { values, others }] of view.filters.get(layer.name) ?? []) {
    if (values.length === 0 && !others) return null;
    const field = layer.fields.find((f) => f.name === name);
    const sayable = (field?.type === "string" || field?.type === "bool") && !others && !values.includes("");
    if (sayable) for (const v of values) query.append(name, v);
  }
  const table = shownTable(view, layer);
  if (table && layer.tables) {
    if (table.period === null) return null;
    query.set("period", table.period);
    query.set("set", table.set);
    const resolution = resolutionAt(layer.tables, Math.min(view.camera?.zoom ?? 0, layer.maxzoom ?? Infinity));
    if (resolution !== undefined) query.set("resolution", String(resolution));
  }
  const within = wantedTime(view, layer, time);
  if (within === "nothing") return null;
  if (within && layer.time_field) query.set("datetime", datetimeOf(within));
  return query.toString();
}

/** Those of features that view and time let through. */
export function wanted(view: View, layer: Layer, time: Span | null, features: readonly Placed[], known: Known): Placed[] {
  return features.filter((f) => isShown(view, layer, time, f.properties ?? {}, known));
}

/** What all cells of a table have in common. */
const OF_TABLE = ["set", "period", "resolution"];

/** The fields that are columns: all but the names, which stand in the first column, and what a caption says of all rows. */
export function columnsOf(layer: Layer): Field[] {
  const names = [...labelFields(layer), ...(layer.tables ? OF_TABLE : [])];
  return listedFields(layer).filter((f) => !names.includes(f.name));
}

/** The name in the first column: a feature's label, else its id. */
export function rowName(layer: Layer, { id, properties }: Placed): string {
  for (const name of labelFields(layer)) {
    const text = value((properties ?? {})[name], layer.fields.find((f) => f.name === name));
    if (text) return text;
  }
  return id === undefined ? "" : String(id);
}

/** Whether a column of this field is one of numbers. */
export function isNumeric(field: Field): boolean {
  return field.type === "int" || field.type === "float";
}

/** features in order; those without a value come last, equal ones keep their order. */
export function sorted(layer: Layer, features: readonly Placed[], order: Order): Placed[] {
  if (!order) return [...features];
  const field = layer.fields.find((f) => f.name === order.field);
  const words = new Intl.Collator(tag(), { numeric: true });
  const keyed = features.map((feature) => ({ feature, key: keyOf(layer, feature, field) }));
  keyed.sort(({ key: a }, { key: b }) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    const less = typeof a === "string" || typeof b === "string" ? words.compare(String(a), String(b)) : a < b ? -1 : a > b ? 1 : 0;
    return order.up ? less : -less;
  });
  return keyed.map(({ feature }) => feature);
}

/** What a feature is sorted by; a column without a field is that of names. */
function keyOf(layer: Layer, feature: Placed, field: Field | undefined): string | number | bigint | null {
  if (!field) return rowName(layer, feature) || null;
  const properties: Properties = feature.properties ?? {};
  const v: Value | undefined = properties[field.name];
  if (v === null || v === undefined || v === "") return null;
  if (field.type === "time") return dateOf(v)?.getTime() ?? null;
  // The server writes integers beyond 2⁵³ as text.
  if (typeof v === "string" && field.type === "int" && /^-?[0-9]+$/.test(v)) return BigInt(v);
  if (isNumeric(field)) return Number(v);
  return value(v, field);
}

/** The order after a column's heading is pressed: up, down, then the server's again. */
export function nextOrder(order: Order, field: string): Order {
  if (order?.field !== field) return { field, up: true };
  return order.up ? { field, up: false } : null;
}
