import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { featureFilter, validateStyleMin, type StyleSpecification } from "@maplibre/maplibre-gl-style-spec";

/** The styles as the server writes them: the goldens of the package styles. */
const folder = new URL("../../styles/testdata/", import.meta.url);
const styles = new Map(
  readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(new URL(file, folder), "utf8")) as StyleSpecification]),
);

test("the server's styles hold to MapLibre's specification", () => {
  const wanted = ["bare", "basemap", "dark", "dark-zh", "empty", "light", "light-zh", "no-sprite", "numbers", "shapes", "some"];
  assert.deepEqual([...styles.keys()].sort(), wanted.map((name) => `${name}.json`).sort());
  for (const [file, style] of styles) {
    assert.deepEqual(validateStyleMin(style).map((e) => e.message), [], file);
  }
});

test("the server's styles use images and fonts only when they have some", () => {
  for (const [file, style] of styles) {
    for (const layer of style.layers) {
      if (layer.type !== "symbol") continue;
      assert.ok(layer.layout?.["icon-image"] === undefined || style.sprite !== undefined, `${file}: ${layer.id}`);
      assert.ok(layer.layout?.["text-field"] === undefined || style.glyphs !== undefined || style["font-faces"] !== undefined, `${file}: ${layer.id}`);
    }
  }
});

test("the server's style layers draw each feature as one kind", () => {
  // What MapLibre passes for features of vector tiles: MVT's numbers of types.
  const wanted = { 1: ["circle"], 2: ["line"], 3: ["fill", "line"] };
  const drawn = styles.get("shapes.json")?.layers.filter((l) => "source" in l && l.source === "new") ?? [];
  assert.equal(drawn.length, 4);
  for (const [type, kinds] of Object.entries(wanted)) {
    const feature = { type: Number(type) as 1 | 2 | 3, properties: {} };
    const takes = drawn.filter((l) => featureFilter("filter" in l ? l.filter : undefined, "filter").filter({ zoom: 9 }, feature));
    assert.deepEqual(takes.map((l) => l.type), kinds, `type ${type}`);
  }
});
