import assert from "node:assert/strict";
import { test } from "node:test";
import { featureFilter } from "@maplibre/maplibre-gl-style-spec";
import type { FilterSpecification } from "maplibre-gl";
import type { Layer, Value } from "../src/api";
import { filterOf, isShown, selectionOf } from "../src/filters";
import { PLAIN, withAge, withFilter, type View } from "../src/state";

const layer: Layer = {
  name: "complaints", title: "Complaints", count: 3, located: 3, time_field: "at",
  fields: [
    { name: "category", type: "string" },
    { name: "at", type: "time", from_zoom: 14, max: "2016-08-31T12:00:00Z", min: "2015-01-01T00:00:00Z" },
  ],
};
const known = (field: string) => (field === "category" ? ["noise", "smoke", "dust"] : []);

/** Whether the map shows a feature whose tile of zoom has these properties. */
function onMap(view: View, properties: Record<string, Value>, zoom = 14, own?: FilterSpecification): boolean {
  const filter = filterOf(own, view, layer, known);
  return featureFilter(filter as never, "filter").filter({ zoom }, { type: 1, properties: properties as Record<string, unknown> } as never);
}

function wants(values: string[], others: boolean): View {
  return { ...PLAIN, filters: withFilter(PLAIN.filters, "complaints", "category", { values, others }) };
}

test("a view without filters leaves a style's own as they are", () => {
  const own: FilterSpecification = ["==", ["geometry-type"], "Point"];
  assert.equal(filterOf(own, PLAIN, layer, known), own);
  assert.equal(filterOf(undefined, PLAIN, layer, known), undefined);
  const other: View = { ...PLAIN, filters: withFilter(PLAIN.filters, "other", "category", { values: [], others: false }) };
  assert.equal(filterOf(own, other, layer, known), own);
});

test("values filter the map and the table alike", () => {
  const cases: [string[], boolean, string[]][] = [
    [["noise"], false, ["noise"]],
    [["noise", "dust"], false, ["noise", "dust"]],
    [[], false, []],
    [[], true, ["rare", "null", "absent"]],
    [["noise"], true, ["noise", "rare", "null", "absent"]],
    [["rare"], false, ["rare"]],
  ];
  const features: Record<string, Record<string, Value>> = {
    noise: { category: "noise" }, smoke: { category: "smoke" }, dust: { category: "dust" }, rare: { category: "rare" },
    null: { category: null }, absent: {},
  };
  for (const [values, others, want] of cases) {
    const view = wants(values, others);
    const shown = (how: (p: Record<string, Value>) => boolean) => Object.keys(features).filter((name) => how(features[name] ?? {}));
    assert.deepEqual(shown((p) => onMap(view, p)), want, `map: ${values} ${others}`);
    assert.deepEqual(shown((p) => isShown(view, layer, null, p, known)), want, `table: ${values} ${others}`);
  }
});

test("numbers and bools are wanted by what they read", () => {
  const of = (value: Value) => ({ ...PLAIN, filters: withFilter(PLAIN.filters, "complaints", "open", { values: [String(value)], others: false }) });
  for (const value of [true, false, 7, 1.5]) {
    assert.equal(onMap(of(value), { open: value }), true, String(value));
    assert.equal(onMap(of(value), { open: "else" }), false, String(value));
    assert.equal(isShown(of(value), layer, null, { open: value }, known), true, String(value));
  }
});

test("an age counts back from the newest observation", () => {
  const view: View = { ...PLAIN, ages: withAge(PLAIN.ages, "complaints", "1d") };
  const ms = (iso: string) => Date.parse(iso);
  assert.equal(onMap(view, { at: ms("2016-08-30T12:00:00Z") }), true);
  assert.equal(onMap(view, { at: ms("2016-08-30T11:59:59Z") }), false);
  assert.equal(onMap(view, {}, 14), false, "no time");
  assert.equal(onMap(view, {}, 13), true, "where tiles have no times");
  assert.equal(onMap(view, { at: ms("2016-08-01T00:00:00Z") }, 13), false);
  assert.equal(isShown(view, layer, null, { at: "2016-08-30T12:00:00Z" }, known), true);
  assert.equal(isShown(view, layer, null, { at: "2016-08-30T11:59:59Z" }, known), false);
  assert.equal(isShown(view, layer, null, { at: null }, known), false);
});

test("a time lets through what lies in it, together with an age", () => {
  const span = { from: Date.parse("2016-08-20T00:00:00Z"), to: Date.parse("2016-08-31T00:00:00Z") };
  const shown = (view: View, at: Value) => isShown(view, layer, span, { at }, known);
  assert.deepEqual(["2016-08-19T23:59:59Z", "2016-08-20T00:00:00Z", "2016-08-30T23:59:59Z", "2016-08-31T00:00:00Z", null].map((at) => shown(PLAIN, at)),
    [false, true, true, false, false]);
  const day = { ...PLAIN, ages: withAge(PLAIN.ages, "complaints", "1d") };
  assert.deepEqual(["2016-08-30T11:59:59Z", "2016-08-30T12:00:00Z", "2016-08-31T00:00:00Z"].map((at) => shown(day, at)), [false, true, false]);
});

test("a style's own filter holds with a view's", () => {
  const own: FilterSpecification = ["==", ["get", "status"], "open"];
  assert.equal(onMap(wants(["noise"], false), { category: "noise", status: "open" }, 14, own), true);
  assert.equal(onMap(wants(["noise"], false), { category: "noise", status: "closed" }, 14, own), false);
});

test("the server is asked for what the map shows", () => {
  const of = (values: string[], others: boolean) => selectionOf(wants(values, others), layer, known);
  assert.deepEqual(selectionOf(PLAIN, layer, known), {});
  assert.deepEqual(of(["noise", "it's a \\"], false), { filter: `("category" = 'noise' OR "category" = 'it''s a \\\\')` });
  assert.deepEqual(of(["", "noise"], false), { filter: `("category" = '' OR "category" = 'noise' OR "category" IS NULL)` });
  assert.deepEqual(of(["noise"], true), { filter: `("category" IS NULL OR NOT ("category" = 'smoke' OR "category" = 'dust'))` });
  assert.deepEqual(of(["noise", "smoke", "dust"], true), {});
  assert.equal(of([], false), null);
  assert.deepEqual(selectionOf({ ...PLAIN, ages: withAge(PLAIN.ages, "complaints", "1d") }, layer, known), { datetime: "2016-08-30T12:00:00Z/.." });
  const other = (name: string, type: "bool" | "int") => {
    const view = { ...PLAIN, filters: withFilter(PLAIN.filters, "complaints", name, { values: ["true", "7"], others: false }) };
    return selectionOf(view, { ...layer, fields: [{ name, type }] }, known)?.["filter"];
  };
  assert.deepEqual([other("open", "bool"), other('a"b', "int")], [`("open" = TRUE)`, `("a""b" = 7)`]);
});
