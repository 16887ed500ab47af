import type { Field, Layer, Value } from "./api";
import type { Properties } from "./feature";
import type { Placed } from "./features";
import { dateOf, value } from "./format";
import { anchorOf } from "./geometry";
import { fieldTitle } from "./titles";
import { table } from "./words/table";

// Comma-separated values after RFC 4180: CRLF ends a line, what holds a comma, a quote or a line's end
// stands in quotes. A mark of the byte order comes first, without which Excel takes UTF-8 for the
// machine's own code page and Chinese for noise.
//
// A spreadsheet runs a cell that starts with = + - @, a tab or a return as a formula, even one that
// somebody reported as the title of a pothole. A text that starts so gets an apostrophe before it,
// which spreadsheets take for "this is text". Numbers need none.

const BOM = "\u{feff}";

/** A cell: text, a number, or nothing. */
type Cell = string | number | null;

/** rows as a file's text, the first line included. */
export function csv(rows: readonly (readonly Cell[])[]): string {
  return BOM + rows.map((row) => row.map(cellOf).join(",") + "\r\n").join("");
}

function cellOf(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  // A number by itself runs nothing, whatever its sign: an id, an integer beyond 2⁵³.
  const number = /^-?[0-9]+(\.[0-9]+)?$/.test(cell);
  const safe = !number && /^[=+\-@\t\r\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}]/u.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Features of layer as rows under the titles of their columns, in the page's language: the id, all
 * fields, names in the other language too, a place that stands for the feature. Values are for machines where machines would stumble:
 * numbers without separators and units, times as RFC 3339 in UTC. Coded texts have their titles.
 */
export function featureRows(layer: Layer, features: readonly Placed[]): Cell[][] {
  const { fields } = layer;
  const head = [table().id, ...fields.map((f) => fieldTitle(f) + (f.unit ? ` (${f.unit})` : "")), table().lon, table().lat];
  return [head, ...features.map((feature) => {
    const properties: Properties = feature.properties ?? {};
    const [lon, lat] = anchorOf(feature.geometry) ?? [null, null];
    return [feature.id === undefined ? null : String(feature.id), ...fields.map((f) => plain(properties[f.name], f)), lon, lat];
  })];
}

function plain(v: Value | undefined, field: Field): Cell {
  if (v === null || v === undefined) return null;
  if (typeof v === "number" && field.type !== "time") return v;
  if (field.type === "time") return dateOf(v)?.toISOString() ?? String(v);
  // An integer beyond 2⁵³ comes as text.
  if (field.type === "int") return String(v);
  return value(v, { ...field, unit: "" });
}
