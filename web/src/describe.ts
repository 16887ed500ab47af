import type { Field, Layer } from "./api";
import type { Item } from "./card";
import { element } from "./dom";
import { fieldOf, headline, legendOf, listedFields, looksOf, nameOf, type Properties } from "./feature";
import { isShown } from "./filters";
import { shown, value } from "./format";
import { mark } from "./marks";
import type { Page } from "./page";
import { fieldTitle, layerTitle } from "./titles";
import { popup } from "./words/popup";

/** The id of a feature, from wherever it is known. */
export function idOf(layer: Layer | undefined, { id, properties }: Pick<Item, "id" | "properties">): string | undefined {
  if (id !== undefined) return id;
  const known = layer?.id_field === undefined ? undefined : properties[layer.id_field];
  return known === undefined || known === null ? undefined : String(known);
}

/**
 * What there is to read of item: its name, sort and id, its status, its other fields, remarks. Each
 * value stands in an element whose data-field names its field.
 */
export function describe(page: Page, layer: Layer, item: Item): HTMLElement[] {
  const { properties } = item;
  const above = new Set<string>();
  const out = [header(page, layer, item, above)];
  const status = fieldOf(layer, layer.draw?.status);
  if (status && !above.has(status.name)) {
    const chip = statusChip(page, layer, status, properties);
    if (chip) {
      above.add(status.name);
      out.push(element("p", { class: "statuses" }, chip));
    }
  }
  if (item.source !== "gone") out.push(fieldList(layer, properties, above));
  for (const note of notesOn(page, layer, item)) out.push(element("p", { class: "note" }, note));
  return out;
}

/** The mark of item, its name, and below what it is: category, layer, id. Notes in above what it shows. */
function header(page: Page, layer: Layer, item: Item, above: Set<string>): HTMLElement {
  const { properties } = item;
  const id = idOf(layer, item);
  const named = nameOf(layer, properties);
  const head = element("h2", { tabindex: "-1", "data-does": "head" }, headline(layer, properties, id));
  const sort = element("p", { class: "sort" });
  if (named) {
    above.add(named.field);
    head.dataset["field"] = named.field;
  }
  const category = fieldOf(layer, layer.draw?.category);
  const kind = category && !above.has(category.name) ? value(properties[category.name], category) : null;
  if (category && kind !== null) {
    above.add(category.name);
    sort.append(element("span", { "data-field": category.name }, kind));
  }
  if (named) sort.append(element("span", {}, layerTitle(layer)));
  sort.append(element("span", { class: "id" }, id ?? ""));
  const looks = looksOf(page.drawn().find((d) => d.name === layer.name), properties, item.kind);
  return element("header", {}, ...(looks ? [mark(looks, page.sprite)] : []), element("div", {}, head, sort));
}

/** A status as a chip, in the legend's colour and shape where the legend is by status. */
export function statusChip(page: Page, layer: Layer, field: Field, properties: Properties): HTMLElement | null {
  const text = value(properties[field.name], field);
  if (text === null) return null;
  const drawn = page.drawn().find((d) => d.name === layer.name);
  const entry = drawn?.field === field.name ? legendOf(drawn, properties) : undefined;
  const chip = element("span", { class: "status" });
  if (entry) chip.append(mark({ kind: "point", colour: entry.colour, ...(entry.shape && { shape: entry.shape }) }, null));
  chip.append(element("span", { "data-field": field.name }, text));
  return chip;
}

/** The fields that stand not above already, in the schema's order, then those that it does not know. */
function fieldList(layer: Layer, properties: Properties, above: ReadonlySet<string>): HTMLElement {
  const listed = listedFields(layer);
  const schema = new Set([...layer.fields.map((f) => f.name), layer.id_field]);
  const others = Object.keys(properties).filter((name) => !schema.has(name)).map((name): Field => ({ name, type: "string" }));
  const list = element("dl");
  for (const field of [...listed, ...others]) {
    if (above.has(field.name)) continue;
    const dd = valueCell("dd", properties, field);
    if (dd) list.append(element("dt", {}, fieldTitle(field)), dd);
  }
  if (!list.hasChildNodes() && above.size === 0) list.append(element("dd", { class: "none" }, popup().none));
  return list;
}

/** A cell with a value in it, a link where it is one; null when there is nothing to show. */
export function valueCell<K extends "dd" | "td">(tag: K, properties: Properties, field: Field): HTMLElementTagNameMap[K] | null {
  const what = shown(properties[field.name], field);
  if (!what) return null;
  const cell = element(tag, { "data-field": field.name });
  if (what.title) cell.title = what.title;
  if (what.href) cell.append(element("a", { href: what.href, target: "_blank", rel: "noopener noreferrer nofollow" }, what.text));
  else cell.append(what.text);
  return cell;
}

/** What else to know of item: why it is not on the map, or why there is so little. */
function notesOn(page: Page, layer: Layer, item: Item): string[] {
  if (item.source === "gone") return [popup().gone];
  const out: string[] = [];
  const view = page.state.get();
  const off = page.off().includes(layer.name);
  // A tile may lack the fields that decide.
  const filtered = item.source === "server" && !isShown(view, layer, page.timeOf(layer.name), item.properties, (field) => page.values(layer.name, field));
  if (off || filtered) out.push(popup().unseen);
  if (item.source === "tile" && (item.id !== undefined || item.number !== undefined)) out.push(popup().fewer);
  return out;
}

/** What the ground at a place is called, and what it is. */
export function describeGround(layer: Layer, properties: Properties): HTMLElement {
  const kind = fieldOf(layer, layer.draw?.class ?? layer.draw?.category);
  const sort = (kind && value(properties[kind.name], kind)) ?? layerTitle(layer);
  return element("p", { class: "ground" }, element("b", {}, headline(layer, properties)), element("span", {}, sort));
}
