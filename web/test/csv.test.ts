import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Layer } from "../src/api";
import { csv, featureRows } from "../src/csv";
import { fileName } from "../src/download";
import type { Placed } from "../src/features";
import { set } from "../src/words/language";

afterEach(() => set("en"));

test("csv quotes what needs it and ends lines as RFC 4180 says", () => {
  assert.equal(csv([["a", "b,c", 'd"e'], [null, "f\ng", -1.5]]), '\u{feff}a,"b,c","d""e"\r\n,"f\ng",-1.5\r\n');
});

test("csv lets no text be a formula", () => {
  const cells = ["=1+1", "+1", "-1+1", "@x", "\tx", "\rx", "\u{ff1d}1", "a=1", "'x"];
  assert.deepEqual(csv([cells]).slice(1, -2).split(","), ["'=1+1", "'+1", "'-1+1", "'@x", "'\tx", "\"'\rx\"", "'\u{ff1d}1", "a=1", "'x"]);
});

test("csv leaves numbers as they are, texts though they may be", () => {
  assert.equal(csv([["-5", "-9007199254740993", "-0.5"]]).slice(1, -2), "-5,-9007199254740993,-0.5");
});

const layer: Layer = {
  name: "s", title: "Sensors", count: 1, located: 1, draw: { label: "name", label_zh: "name_zh" },
  fields: [
    { name: "name", type: "string" }, { name: "name_zh", type: "string" },
    { name: "value", type: "float", title: "Reading", title_zh: "读数", unit: "µg/m³" },
    { name: "read", type: "time" },
    { name: "ok", type: "bool" },
    { name: "kind", type: "string", common: [{ value: "pm", count: 1, title: "Fine dust", title_zh: "细颗粒物" }] },
  ],
};
const features: Placed[] = [
  { id: "7", geometry: { type: "Point", coordinates: [116.4, 39.9] },
    properties: { name: "North", name_zh: "北", value: 12345.5, read: "2024-05-03T14:22:09Z", ok: true, kind: "pm" } },
  { id: "8", geometry: null, properties: { name: null, value: null, read: 0, ok: false, kind: "x" } },
];

test("featureRows has a row of titles and values that machines read", () => {
  assert.deepEqual(featureRows(layer, features), [
    ["ID", "name", "name zh", "Reading (µg/m³)", "read", "ok", "kind", "Longitude", "Latitude"],
    ["7", "North", "北", 12345.5, "2024-05-03T14:22:09.000Z", "yes", "Fine dust", 116.4, 39.9],
    ["8", null, null, null, "1970-01-01T00:00:00.000Z", "no", "x", null, null],
  ]);
  set("zh");
  assert.deepEqual(featureRows(layer, features)[1]?.slice(1, 7), ["North", "北", 12345.5, "2024-05-03T14:22:09.000Z", "是", "细颗粒物"]);
});

test("fileName takes letters of all scripts and nothing that a file system refuses", () => {
  const at = new Date(2026, 0, 2, 3, 4);
  assert.equal(fileName("胡同 / Hutong: live?", at, "png"), "胡同-Hutong-live-20260102-0304.png");
  assert.equal(fileName("../..", at, "csv"), "map-20260102-0304.csv");
  assert.equal(fileName("x".repeat(100), at, "csv").length, 60 + 18);
});
