import type { Field, Layer, Value } from "./api";
import type { Cells, Drawn, LegendEntry } from "./drawn";
import { legendOf, type Properties } from "./feature";
import { value } from "./format";
import { plainName, valueTitle } from "./titles";
import { cells as words } from "./words/cells";

// What of a layer is shown as cells: which legend holds at a zoom, and what the fields of a cell say.

/** A legend and the field that it is by. */
export type Legend = Pick<Drawn, "field" | "legend">;

/** The property that is a cell's id. */
export const CELL_ID = "h3";

/** What of a cell's fields is about one field of the features in it. */
export interface Group {
  field: Field;
  /** How many there are of each value, by its title, the most first. */
  values: (readonly [string, number])[];
  /** Of numbers. */
  numbers: Partial<Record<Figure, number>>;
}

const FIGURES = ["mean", "min", "max", "sum"] as const;
type Figure = (typeof FIGURES)[number];

/** The cells that a layer shows at zoom; undefined where it shows features. */
export function cellsAt({ cells }: Pick<Drawn, "cells">, zoom: number): Cells | undefined {
  return cells && zoom < (cells.below ?? Infinity) ? cells : undefined;
}

/** The legend of what a layer shows at zoom. */
export function legendAt(drawn: Pick<Drawn, "cells" | "field" | "legend">, zoom: number): Legend {
  const cells = cellsAt(drawn, zoom);
  const legend = cells?.legends.findLast(({ from }) => from <= zoom) ?? cells?.legends[0];
  return cells && legend ? { field: cells.field, legend: legend.legend } : drawn;
}

/** The line of the legend for a cell, as it is drawn at zoom. */
export function cellEntry(drawn: Drawn | undefined, properties: Properties, zoom: number): LegendEntry | undefined {
  return drawn && legendOf(legendAt(drawn, zoom), properties);
}

/** What stands over a cell: what it is where its legend says so in words, else how many are in it. */
export function cellHeadline(entry: LegendEntry | undefined, properties: Properties): string {
  if (entry?.value !== undefined) return entry.title;
  return words().here(countIn(properties) ?? 0);
}

/** How many features are in a cell. */
export function countIn(properties: Properties): number | null {
  const n = properties["point_count"] ?? properties["count"];
  return typeof n === "number" ? n : null;
}

/**
 * A cell's fields by the field of source that they are about, source being the layer that is counted, and
 * the names of all others.
 */
export function groupsOf(source: Layer | undefined, properties: Properties): { groups: Group[]; rest: string[] } {
  const groups = new Map<string, Group>();
  const rest: string[] = [];
  // "days_open_mean" is of "days_open" although there is "days" too.
  const fields = [...(source?.fields ?? [])].sort((a, b) => b.name.length - a.name.length);
  for (const [name, v] of Object.entries(properties)) {
    const field = fields.find((f) => name.startsWith(`${f.name}_`) && isOf(f, name.slice(f.name.length + 1), v));
    if (!field || typeof v !== "number") {
      rest.push(name);
      continue;
    }
    const group = groups.get(field.name) ?? { field, values: [], numbers: {} };
    groups.set(field.name, group);
    const part = name.slice(field.name.length + 1);
    if (isNumber(field)) group.numbers[part as Figure] = v;
    else if (v > 0) group.values.push([partTitle(field, part), v]);
  }
  const order = source?.fields.map((f) => f.name) ?? [];
  const list = [...groups.values()].sort((a, b) => order.indexOf(a.field.name) - order.indexOf(b.field.name));
  for (const group of list) group.values.sort((a, b) => b[1] - a[1]);
  return { groups: list, rest };
}

/** What a group says, "" for nothing: "Noise 12 · Dust 3", or "mean 4 · 1 to 9 · sum 36". */
export function groupText({ field, values, numbers }: Group): string {
  const number = (n: number, of: Field = { name: "", type: "int" }) => value(n, of) ?? "";
  if (!isNumber(field)) return values.map(([title, n]) => `${title} ${number(n)}`).join(" · ");
  const { mean, min, max, sum } = numbers;
  const out: string[] = [];
  if (mean !== undefined) out.push(words().mean(number(mean, field)));
  if (min !== undefined && max !== undefined) out.push(words().range(number(min, field), number(max, field)));
  if (sum !== undefined) out.push(words().sum(number(sum, field)));
  return out.join(" · ");
}

function isOf(field: Field, part: string, v: Value): boolean {
  if (typeof v !== "number") return false;
  if (isNumber(field)) return (FIGURES as readonly string[]).includes(part);
  return field.type === "string" || field.type === "bool";
}

function isNumber({ type }: Field): boolean {
  return type === "int" || type === "float";
}

/** The title of a value of field whose name in a cell's fields is part. */
function partTitle(field: Field, part: string): string {
  const known = field.common?.find((c) => slug(String(c.value)) === slug(part));
  if (known) return valueTitle(field, known.value);
  return part === "other" ? words().other : plainName(part);
}

/** A value as names of fields hold it: letters and digits only. */
function slug(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_");
}
