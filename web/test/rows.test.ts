import assert from "node:assert/strict";
import { test } from "node:test";
import type { Layer, Value } from "../src/api";
import { columnsOf, nextOrder, queryOf, rowName, sorted, wanted } from "../src/rows";
import type { Span } from "../src/span";
import { PLAIN, withAge, withFilter, type View } from "../src/state";

const layer: Layer = {
  name: "complaints", title: "Complaints", count: 1, located: 1, time_field: "at", draw: { label: "title", label_zh: "title_zh" },
  fields: [
    { name: "title", type: "string" }, { name: "title_zh", type: "string" },
    { name: "status", type: "string" }, { name: "votes", type: "int" }, { name: "open", type: "bool" },
    { name: "at", type: "time", max: "2024-05-08T00:00:00Z" },
  ],
};
const BOX = [116, 39, 117, 40] as [number, number, number, number];
const known = () => ["new", "done"];

/** The parameters of a query beside bbox and limit. */
function asked(view: View, time: Span | null = null): [string, string][] | null {
  const query = queryOf(view, layer, time, BOX, 200);
  return query === null ? null : [...new URLSearchParams(query)].filter(([name]) => name !== "bbox" && name !== "limit");
}

function filtered(field: string, values: string[], others = false): View {
  return { ...PLAIN, filters: withFilter(new Map(), "complaints", field, { values, others }) };
}

test("queryOf asks for a window and a number of rows", () => {
  assert.equal(queryOf(PLAIN, layer, null, BOX, 200), "bbox=116.0000000%2C39.0000000%2C117.0000000%2C40.0000000&limit=200");
});

test("queryOf says the filters that the server understands", () => {
  assert.deepEqual(asked(filtered("status", ["new", "a,b&c"])), [["status", "new"], ["status", "a,b&c"]]);
  assert.deepEqual(asked(filtered("open", ["true"])), [["open", "true"]]);
  assert.deepEqual(asked(filtered("status", ["new"], true)), []);
  assert.deepEqual(asked(filtered("status", ["new", ""])), []);
  assert.deepEqual(asked(filtered("votes", ["1"])), []);
  assert.deepEqual(asked(filtered("nothing", ["1"])), []);
  assert.equal(asked(filtered("status", [])), null);
});

test("queryOf counts an age back from the newest observation", () => {
  assert.deepEqual(asked({ ...PLAIN, ages: withAge(new Map(), "complaints", "7d") }), [["datetime", "2024-05-01T00:00:00Z/.."]]);
});

test("queryOf asks for a time, of which the end does not belong to it", () => {
  const day = { from: Date.UTC(2024, 4, 1), to: Date.UTC(2024, 4, 2) };
  assert.deepEqual(asked(PLAIN, day), [["datetime", "2024-05-01T00:00:00Z/2024-05-01T23:59:59.999999Z"]]);
  const aged = { ...PLAIN, ages: withAge(new Map(), "complaints", "7d") };
  assert.deepEqual(asked(aged, { from: null, to: day.to }), [["datetime", "2024-05-01T00:00:00Z/2024-05-01T23:59:59.999999Z"]]);
  assert.equal(asked(aged, { from: null, to: day.from }), null);
});

const feature = (id: string, properties: Record<string, Value>) => ({ id, properties, geometry: null });

test("wanted drops what the server could not", () => {
  const list = [feature("1", { status: "new" }), feature("2", { status: "done" }), feature("3", { status: "odd" })];
  assert.deepEqual(wanted(filtered("status", ["new"], true), layer, null, list, known).map((f) => f.id), ["1", "3"]);
});

test("the names stand in the first column, else the id", () => {
  assert.deepEqual(columnsOf(layer).map((f) => f.name), ["status", "votes", "open", "at"]);
  assert.equal(rowName(layer, feature("7", { title: "A" })), "A");
  assert.equal(rowName(layer, feature("7", {})), "7");
});

test("sorted sorts by type and puts what is missing last either way", () => {
  const list = [
    feature("a", { votes: 10, at: "2024-05-03T00:00:00Z", title: "Nr 10" }), feature("b", { votes: null, title: "Nr 9" }),
    feature("c", { votes: 9, at: "2023-05-03T00:00:00Z", title: "nr 9" }), feature("d", { votes: "9007199254740993" }),
  ];
  const ids = (order: Parameters<typeof sorted>[2]) => sorted(layer, list, order).map((f) => f.id).join("");
  assert.equal(ids(null), "abcd");
  assert.equal(ids({ field: "votes", up: true }), "cadb");
  assert.equal(ids({ field: "votes", up: false }), "dacb");
  assert.equal(ids({ field: "at", up: true }), "cabd");
  assert.equal(ids({ field: "", up: true }), "dcba");
});

test("sorted tells integers beyond 2⁵³ apart", () => {
  const votes: Value[] = ["9007199254740993", "9007199254740992", 7, "-9007199254740993"];
  const list = votes.map((v, i) => feature(String(i), { votes: v }));
  const ids = (up: boolean) => sorted(layer, list, { field: "votes", up }).map((f) => f.id).join("");
  assert.deepEqual([ids(true), ids(false)], ["3210", "0123"]);
});

test("nextOrder goes up, down, and back", () => {
  const up = nextOrder(null, "x");
  assert.deepEqual(up, { field: "x", up: true });
  assert.deepEqual(nextOrder(up, "x"), { field: "x", up: false });
  assert.equal(nextOrder({ field: "x", up: false }, "x"), null);
  assert.deepEqual(nextOrder(up, "y"), { field: "y", up: true });
});
