import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { featureFilter, validateStyleMin, type StyleSpecification } from "@maplibre/maplibre-gl-style-spec";

/**
 * The styles as the server writes them: the goldens of the package styles. Those of NAME.diff.json are another
 * with other values at some paths; null is gone.
 */
const folder = new URL("../../styles/testdata/", import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), "utf8"));
const styles = new Map(
  readdirSync(folder).map((file) => {
    const golden = read(file);
    const base = file.startsWith("cells-") ? "cells.json" : "light.json";
    const style = file.endsWith(".diff.json") ? changed(read(base), golden as Record<string, unknown>) : golden;
    return [file.replace(".diff", ""), style as StyleSpecification];
  }),
);

type Part = Record<string, unknown>;

/** A value with other values at some paths. */
function changed(value: unknown, changes: Record<string, unknown>): unknown {
  for (const [path, to] of Object.entries(changes)) {
    const keys = path.split("/").slice(1);
    const last = keys.pop() ?? "";
    const parent = keys.reduce((at, key) => at[placeOf(at, key)] as Part, value as Part);
    const place = placeOf(parent, last);
    if (to !== null) parent[place] = to;
    else if (Array.isArray(parent)) parent.splice(Number(place), 1);
    else delete parent[place];
  }
  return value;
}

/** Where a key of a path is: in lists it may be the id or name of a part. */
function placeOf(parent: Part, key: string): string {
  if (!Array.isArray(parent)) return key;
  const found = (parent as Part[]).findIndex((part) => part["id"] === key || part["name"] === key);
  return found < 0 ? key : String(found);
}

test("the server's styles hold to MapLibre's specification", () => {
  const wanted = ["bare", "basemap", "cells", "cells-dark-zh", "dark", "dark-zh", "empty", "late", "light", "light-zh", "no-sprite", "numbers", "shapes", "some"];
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
