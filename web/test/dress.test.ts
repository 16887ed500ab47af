import assert from "node:assert/strict";
import { test } from "node:test";
import type { Map as MapLibre, StyleSpecification } from "maplibre-gl";
import type { Layer } from "../src/api";
import { dress, dressed, type Wardrobe } from "../src/dress";
import { drawnLayers, withoutCells } from "../src/drawn";
import { PLAIN, withFilter, type View } from "../src/state";

const style: StyleSpecification = {
  version: 8, sources: {},
  layers: [
    { id: "ground", type: "background" },
    { id: "a", type: "circle", source: "a", filter: ["==", ["get", "x"], 1] },
    { id: "a:halo", type: "circle", source: "a", layout: { visibility: "none" } },
    { id: "b", type: "line", source: "b" },
    { id: "stranger", type: "circle", source: "c" },
  ],
};
const layers: Layer[] = ["a", "b"].map((name) => ({ name, title: name, count: 0, located: 0, fields: [{ name: "kind", type: "string" }] }));
const wardrobe: Wardrobe = {
  style, drawn: () => drawnLayers(style, []), layer: (name) => layers.find((l) => l.name === name), known: () => () => ["v"],
};
const view: View = {
  ...PLAIN, off: ["b", "gone"], filters: withFilter(PLAIN.filters, "a", "kind", { values: ["v"], others: false }),
};
const wanted = ["in", ["to-string", ["get", "kind"]], ["literal", ["v"]]];

test("dressed hides and filters a style's layers and leaves the style as it is", () => {
  const before = structuredClone(style);
  const got = dressed(wardrobe, view);
  assert.deepEqual(style, before);
  assert.deepEqual(got.layers, [
    { id: "ground", type: "background" },
    { id: "a", type: "circle", source: "a", filter: ["all", ["==", ["get", "x"], 1], wanted], layout: { visibility: "visible" } },
    { id: "a:halo", type: "circle", source: "a", filter: ["all", wanted], layout: { visibility: "none" } },
    { id: "b", type: "line", source: "b", layout: { visibility: "none" } },
    { id: "stranger", type: "circle", source: "c", layout: { visibility: "visible" } },
  ]);
});

test("a layer that waits to be asked for is shown once it is", () => {
  const drawn = () => drawnLayers(style, []).map((d) => ({ ...d, shown: d.name !== "a" }));
  const visible = (off: View["off"]) => dressed({ ...wardrobe, drawn }, { ...PLAIN, off }).layers.flatMap((l) => {
    return l.type !== "background" && l.layout?.visibility === "visible" ? [l.id] : [];
  });
  assert.deepEqual(visible(null), ["b", "stranger"]);
  assert.deepEqual(visible([]), ["a", "a:halo", "b", "stranger"]);
  assert.deepEqual(visible(["b"]), ["a", "a:halo", "stranger"]);
});

test("cells that stand for features are not filtered by what they do not have", () => {
  const filterOf = (below: number | undefined) => {
    const cells = { kind: "hexes" as const, ...(below !== undefined && { below }), field: "count", ids: ["a"], legends: [] };
    const drawn = () => drawnLayers(style, []).map((d) => (d.name === "a" ? { ...d, cells } : d));
    return dressed({ ...wardrobe, drawn }, view).layers.slice(1, 3).map((l) => ("filter" in l ? l.filter : undefined));
  };
  const own = ["==", ["get", "x"], 1];
  assert.deepEqual(filterOf(10), [own, ["all", wanted]]);
  assert.deepEqual(filterOf(undefined), [["all", own, wanted], ["all", wanted]]);
});

test("cells of all times give way to features while a time is chosen", () => {
  const low = { ...style, layers: style.layers.map((l) => (l.id === "a" || l.id === "b" ? { ...l, minzoom: 10 } : l)) } as StyleSpecification;
  const cells = { kind: "hexes" as const, below: 10, field: "count", ids: ["a:halo"], legends: [] };
  const drawn = () => drawnLayers(low, []).map((d) => (d.name === "a" ? withoutCells({ ...d, cells }) : d));
  const got = dressed({ ...wardrobe, style: low, drawn }, PLAIN).layers.map((l) => [l.id, l.minzoom, l.type === "background" ? "" : l.layout?.visibility]);
  assert.deepEqual(got, [
    ["ground", undefined, ""], ["a", 0, "visible"], ["a:halo", undefined, "none"], ["b", 10, "visible"], ["stranger", undefined, "visible"],
  ]);
});

test("dress changes only what differs", () => {
  const worn = new Map(dressed(wardrobe, PLAIN).layers.map((l) => [l.id, structuredClone(l) as Record<string, unknown>]));
  const done: unknown[] = [];
  const map = {
    getLayer: (id: string) => worn.get(id),
    getFilter: (id: string) => worn.get(id)?.["filter"],
    getLayoutProperty: (id: string) => (worn.get(id)?.["layout"] as { visibility?: string } | undefined)?.visibility,
    setFilter: (id: string, filter: unknown) => {
      done.push([id, "filter"]);
      worn.set(id, { ...worn.get(id), filter });
    },
    setLayoutProperty: (id: string, _: string, visibility: string) => {
      done.push([id, visibility]);
      worn.set(id, { ...worn.get(id), layout: { visibility } });
    },
  } as unknown as MapLibre;
  dress(map, wardrobe, view);
  assert.deepEqual(done.splice(0), [["a", "filter"], ["a:halo", "filter"], ["b", "none"]]);
  dress(map, wardrobe, view);
  assert.deepEqual(done.splice(0), []);
  worn.delete("a");
  dress(map, wardrobe, PLAIN);
  assert.deepEqual(done, [["a:halo", "filter"], ["b", "visible"]]);
});
