import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import { drawnLayers } from "../src/drawn";

/** A style as the server writes it: the golden of the package styles. */
function golden(name: string): StyleSpecification {
  return JSON.parse(readFileSync(new URL(`../../styles/testdata/${name}.json`, import.meta.url), "utf8")) as StyleSpecification;
}

test("drawnLayers gathers the server's style layers by layer, in the catalogue's order", () => {
  const names = ["wards", "roads", "plans", "new", "a", "b", "c", "d", "parks"];
  const got = drawnLayers(golden("shapes").layers, names);
  assert.deepEqual(got.map((d) => d.name), names);
  const [wards, roads, plans, anything] = got;
  assert.deepEqual(wards, {
    name: "wards", title: "Wards", colour: "#0072b2", ids: ["wards:fill", "wards:outline"], kinds: ["polygon"],
  });
  assert.deepEqual([roads?.ids, roads?.kinds, roads?.title], [["roads:line"], ["line"], "roads"]);
  assert.deepEqual([plans?.ids, plans?.kinds], [["plans:fill", "plans:outline", "plans"], ["polygon", "point"]]);
  assert.deepEqual(
    [anything?.ids, anything?.kinds],
    [["new:fill", "new:outline", "new:line", "new"], ["polygon", "line", "point"]],
  );
  assert.equal(new Set(got.slice(0, 8).map((d) => d.colour)).size, 8);
});

test("drawnLayers puts what the catalogue lacks last and greys colours that are worked out", () => {
  const specs: LayerSpecification[] = [
    { id: "ground", type: "background" },
    { id: "x", type: "circle", source: "later", paint: { "circle-color": ["get", "colour"] } },
    { id: "y", type: "fill", source: "known", paint: { "fill-color": "#ff0000" } },
    { id: "z", type: "symbol", source: "known" },
  ];
  assert.deepEqual(drawnLayers(specs, ["known"]), [
    { name: "known", title: "known", colour: "#ff0000", ids: ["y"], kinds: ["polygon"] },
    { name: "later", title: "later", colour: "#777777", ids: ["x"], kinds: ["point"] },
  ]);
});
