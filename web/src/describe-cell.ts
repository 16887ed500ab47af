import type { Field, Layer, Tables } from "./api";
import type { Item } from "./card";
import { CELL_ID, cellEntry, cellHeadline, countIn, groupsOf, groupText } from "./cells";
import { element } from "./dom";
import type { Properties } from "./feature";
import { value } from "./format";
import { mark } from "./marks";
import type { Page } from "./page";
import { setText, periodText } from "./tables";
import { fieldTitle, layerTitle } from "./titles";
import { cells as words } from "./words/cells";
import { tables as tableWords } from "./words/tables";

/** What of a cell's fields stands above all others, or tells people nothing. */
const UNLISTED = [CELL_ID, "resolution", "cluster", "cluster_id", "point_count", "point_count_abbreviated", "bin"];

/** Below this a p value is only said to be so. */
const LEAST_P = 0.0001;

/** What there is to read of a cell: what it is or how many are in it, of what, since when. */
export function describeCell(page: Page, layer: Layer, item: Item): HTMLElement[] {
  const { properties, cell } = item;
  const drawn = page.drawn().find((d) => d.name === layer.name);
  const entry = cellEntry(drawn, properties, cell?.zoom ?? 0);
  const head = element("h2", { tabindex: "-1", "data-does": "head" }, isWithheld(layer, properties) ? tableWords().withheld(layer.tables?.least ?? 0) : cellHeadline(entry, properties));
  const id = properties[CELL_ID];
  const sort = element("p", { class: "sort" }, element("span", {}, layerTitle(layer)), element("span", { class: "id" }, String(id ?? "")));
  const header = element("header", {}, ...(entry ? [mark(entry, page.sprite)] : []), element("div", {}, head, sort));
  const source = drawn?.cells?.of === undefined ? layer : (page.layer(drawn.cells.of) ?? layer);
  const list = element("dl");
  for (const [name, title, text] of lines(layer, source, properties, cell?.kind === "hotspots")) {
    list.append(element("dt", {}, title), element("dd", { "data-field": name }, text));
  }
  const parts = list.hasChildNodes() ? [header, list] : [header];
  return layer.tables ? [...parts, element("p", { class: "note" }, tableWords().least(layer.tables.least))] : parts;
}

/** Whether a table has no count of a cell: its properties are what is known of it without. */
function isWithheld(layer: Layer, properties: Properties): boolean {
  return layer.tables !== undefined && countIn(properties) === null;
}

/** The lines of a cell: the field's name, its title, and what it says. */
export function lines(layer: Layer, source: Layer, properties: Properties, hot: boolean): [string, string, string][] {
  const { groups, rest } = groupsOf(source, properties);
  const out: [string, string, string][] = [];
  for (const name of rest) {
    // What is in it stands above already, but for hot spots.
    if (UNLISTED.includes(name) || (name === "count" && !hot)) continue;
    const known = layer.fields.find((f) => f.name === name);
    const [title, type] = OWN[name]?.() ?? [undefined, "string"];
    const field: Field = known ?? { name, type };
    const v = properties[name];
    const text = layer.tables ? ofTable(layer.tables, name, v) : hot ? ofHotSpot(name, v, field) : value(v, field);
    if (text !== null) out.push([name, title ?? fieldTitle(field), text]);
  }
  for (const group of groups) {
    const text = groupText(group);
    if (text !== "") out.push([group.field.name, fieldTitle(group.field), text]);
  }
  return out;
}

/** What a field of a cell of a view of counts says; null for what tells people nothing. */
function ofTable(tables: Tables, name: string, v: Properties[string] | undefined): string | null {
  if (typeof v !== "string") return null;
  if (name === "period") return periodText(v);
  return name === "set" && tables.sets.length > 1 ? setText(tables, v) : null;
}

/** The titles and types of fields that all cells have, whatever the catalogue says of them. */
const OWN: Record<string, () => [string, Field["type"]]> = {
  count: () => [words().number, "int"],
  newest: () => [words().newest, "time"],
  z: () => [words().z, "float"],
  p: () => [words().p, "float"],
  significant: () => [words().significant, "bool"],
  neighbours: () => [words().neighbours, "int"],
  rate: () => [words().rate, "float"],
  moran: () => [words().moran, "float"],
  quadrant: () => [words().quadrant, "string"],
  class: () => [words().pattern, "string"],
};

/** A field of a hot spot. */
function ofHotSpot(name: string, v: Properties[string] | undefined, field: Field): string | null {
  if (name === "p" && typeof v === "number" && v < LEAST_P) return words().under(String(LEAST_P));
  if (name === "class") return patternOf(v);
  return name === "quadrant" ? quadrantOf(v) : value(v, field);
}

/** What a hot spot is among the cells around it, in words. */
function quadrantOf(v: Properties[string] | undefined): string | null {
  if (typeof v !== "string" || v === "") return null;
  return (words().quadrants as Record<string, string>)[v] ?? v;
}

/** How a hot spot came to be, in words; null where nothing is known of it. */
function patternOf(v: Properties[string] | undefined): string | null {
  if (typeof v !== "string" || v === "") return null;
  return (words().patterns as Record<string, string>)[v] ?? v;
}
