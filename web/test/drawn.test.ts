import assert from "node:assert/strict";
import { test } from "node:test";
import type { LayerSpecification } from "maplibre-gl";
import { drawnLayers } from "../src/drawn";

const specs: LayerSpecification[] = [
  { id: "ground", type: "background" },
  { id: "x", type: "circle", source: "later", paint: { "circle-color": ["get", "colour"] } },
  { id: "y", type: "fill", source: "known", paint: { "fill-color": "#ff0000" }, metadata: { "hutong:title": "Known" } },
  { id: "y:outline", type: "line", source: "known", filter: ["==", ["geometry-type"], "Polygon"] },
  { id: "z", type: "symbol", source: "known" },
];

test("drawnLayers takes what the style says of its layers", () => {
  const entry = {
    name: "known", title: "Known", role: "data", kinds: ["point", "polygon"], ids: ["y", "gone", "z"], field: "kind",
    legend: [
      { value: "a", title: "An a", colour: "#ff0000", icon: "bus", shape: "square", kind: "point" },
      { title: "Others", colour: "#777777", kind: "point", other: true },
      { from: 1, to: 2.5, unit: "m", title: "", colour: "#00ff00", kind: "polygon", dash: [3, 1.5] },
    ],
  };
  const metadata = { "hutong:layers": [{ name: "first", role: "road", kinds: ["line"], ids: [] }, entry] };
  const got = drawnLayers({ layers: specs, metadata }, ["known", "first"]);
  assert.deepEqual(got, [
    {
      name: "known", source: "known", title: "Known", role: "", colour: "#ff0000", ids: ["y", "z"], kinds: ["polygon", "point"], field: "kind",
      legend: [
        { value: "a", title: "An a", colour: "#ff0000", icon: "bus", shape: "square", kind: "point" },
        { title: "Others", colour: "#777777", kind: "point", other: true },
        { from: 1, to: 2.5, unit: "m", title: "", colour: "#00ff00", kind: "polygon", dash: [3, 1.5] },
      ],
    },
    { name: "first", source: "", title: "first", role: "road", colour: "#777777", ids: [], kinds: ["line"], field: "", legend: [] },
  ]);
});

test("drawnLayers takes what the style says of cells", () => {
  const legend = [{ to: 5, title: "< 5", colour: "#ff0000", kind: "point", radius: 9 }];
  const cells = { kind: "clusters", of: "b", below: 9, field: "point_count", ids: ["y"], legends: [{ from: 0, legend }, { from: 3, legend: [] }] };
  const of = (told: unknown) => drawnLayers({ layers: specs, metadata: { "hutong:layers": [{ name: "a", kinds: ["point"], ids: ["y"], cells: told }] } }, [])[0]?.cells;
  assert.deepEqual(of(cells), cells);
  assert.deepEqual(of({ kind: "hexes", legends: [null, {}] }), { kind: "hexes", field: "", ids: [], legends: [{ from: 0, legend: [] }] });
  for (const odd of [undefined, null, 3, {}, { kind: "squares" }]) assert.equal(of(odd), undefined);
});

test("drawnLayers makes something of metadata that is not as agreed", () => {
  const odd = [null, 7, {}, { name: 3, kinds: "point", ids: [1, "y"], legend: [null, { dash: ["x"], other: 1 }] }];
  const got = drawnLayers({ layers: specs, metadata: { "hutong:layers": odd } }, []);
  assert.deepEqual(got.map((d) => [d.name, d.ids, d.legend.length]), [["", [], 0], ["", ["y"], 1]]);
  assert.deepEqual(got[1]?.legend[0], { title: "", colour: "#777777", kind: "point" });
});

test("drawnLayers reads a style that says nothing by its sources", () => {
  const rest = { role: "", field: "", legend: [] };
  assert.deepEqual(drawnLayers({ layers: specs }, ["known"]), [
    { name: "known", source: "known", title: "Known", colour: "#ff0000", ids: ["y", "y:outline"], kinds: ["polygon"], ...rest },
    { name: "later", source: "later", title: "later", colour: "#777777", ids: ["x"], kinds: ["point"], ...rest },
  ]);
});
