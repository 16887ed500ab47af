import assert from "node:assert/strict";
import { test } from "node:test";
import { newest, oldest, since } from "../src/ages";
import type { Layer } from "../src/api";
import { agoText } from "../src/words/shell";

function layerOf(time: Layer["fields"][number], timeField = "at"): Layer {
  return { name: "a", title: "A", count: 1, located: 1, time_field: timeField, fields: [time] };
}

test("newest, oldest and since read the time field", () => {
  const layer = layerOf({ name: "at", type: "time", min: "2016-01-01T00:00:00Z", max: "2016-08-31T12:00:00Z" });
  assert.equal(newest(layer)?.toISOString(), "2016-08-31T12:00:00.000Z");
  assert.equal(oldest(layer)?.toISOString(), "2016-01-01T00:00:00.000Z");
  assert.equal(since(layer, "1h")?.toISOString(), "2016-08-31T11:00:00.000Z");
  assert.equal(since(layer, "7d")?.toISOString(), "2016-08-24T12:00:00.000Z");
});

test("a layer without times has no age", () => {
  for (const layer of [
    layerOf({ name: "at", type: "time" }), layerOf({ name: "at", type: "string", max: "2016-08-31T12:00:00Z" }),
    layerOf({ name: "at", type: "time", max: "never" }), layerOf({ name: "at", type: "time", max: "2016-08-31T12:00:00Z" }, "other"),
  ]) {
    assert.equal(newest(layer), null);
    assert.equal(since(layer, "7d"), null);
  }
});

test("agoText takes the largest unit that fits", () => {
  const cases: [number, string][] = [
    [-5000, "just now"], [999, "just now"], [1000, "1 s ago"], [59_999, "59 s ago"], [60_000, "1 min ago"], [3_599_999, "59 min ago"], [7_200_000, "2 h ago"],
  ];
  for (const [ms, want] of cases) assert.equal(agoText(ms), want, String(ms));
});
