import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Field } from "../src/api";
import { ago, dateOf, distance, place, shown, value } from "../src/format";
import { set } from "../src/words/language";
import { dayText } from "../src/words/shell";
import { setTimeZone, timeZone } from "../src/zone";

const ZONE = "Asia/Shanghai";
const AT = Date.UTC(2024, 4, 3, 14, 22, 9);

afterEach(() => set("en"));

function field(type: Field["type"], more: Partial<Field> = {}): Field {
  return { name: "f", type, ...more };
}

test("value shows nothing for nothing", () => {
  for (const nothing of [null, undefined, ""]) assert.equal(value(nothing, field("string")), null);
});

test("value groups digits from ten thousand on, so that years stay", () => {
  assert.equal(value(2015, field("int")), "2015");
  assert.equal(value(22582, field("int")), "22,582");
  assert.equal(value(-22582, field("int")), "-22,582");
  assert.equal(value("9223372036854775807", field("int")), "9,223,372,036,854,775,807");
  assert.equal(value(1234567.25, undefined), "1,234,567.25");
});

test("value keeps what counts of a fraction", () => {
  assert.equal(value(12.5, field("float")), "12.5");
  assert.equal(value(0.1 + 0.2, field("float")), "0.3");
  assert.equal(value(116.3912345, field("float")), "116.391235");
  assert.equal(value(0.00000012345, field("float")), "0.000000123");
  assert.equal(value(0, field("float")), "0");
});

test("value puts units behind numbers", () => {
  assert.equal(value(42.5, field("float", { unit: "µg/m³" })), "42.5\u00a0µg/m³");
  assert.equal(value(80, field("int", { unit: "%" })), "80%");
  assert.equal(value(21, field("int", { unit: "°C" })), "21\u00a0°C");
});

test("value says bools, and titles of values, in the page's language", () => {
  const open = field("bool", { common: [{ value: true, count: 1, title: "Open", title_zh: "营业中" }] });
  const status = field("string", { common: [{ value: "a", count: 1, title: "Assigned", title_zh: "已派单" }] });
  const all = () => [value(true, field("bool")), value(false, field("bool")), value(true, open), value("a", status), value("b", status)];
  assert.deepEqual(all(), ["yes", "no", "Open", "Assigned", "b"]);
  set("zh");
  assert.deepEqual(all(), ["是", "否", "营业中", "已派单", "b"]);
});

test("value shows a time alike from the catalogue and from a tile", () => {
  const time = field("time");
  assert.equal(value(AT, time, ZONE), "3 May 2024, 22:22");
  assert.equal(value(new Date(AT).toISOString(), time, ZONE), "3 May 2024, 22:22");
  assert.equal(value("yesterday", time, ZONE), "yesterday");
  set("zh");
  assert.equal(value(AT, time, ZONE), "2024年5月3日 22:22");
});

test("shown tells the whole of a time and how long ago it was", () => {
  const what = shown(AT, field("time"), AT + 3 * 3_600_000 + 5, ZONE);
  assert.equal(what?.title, "Friday, 3 May 2024 at 22:22:09 GMT+8 · 3 hours ago");
  assert.deepEqual(shown("yesterday", field("time"), AT, ZONE), { text: "yesterday" });
});

test("shown makes links of whole addresses only", () => {
  assert.deepEqual(shown("https://example.org/a?b=1", field("string")), { text: "https://example.org/a?b=1", href: "https://example.org/a?b=1" });
  assert.deepEqual(shown("see https://example.org", field("string")), { text: "see https://example.org" });
});

test("ago counts in what people count in", () => {
  const of = (ms: number) => ago(new Date(AT), AT + ms);
  assert.equal(of(20_000), "just now");
  assert.equal(of(-20_000), "just now");
  assert.equal(of(90_000), "1 minute ago");
  assert.equal(of(26 * 3_600_000), "yesterday");
  assert.equal(of(15 * 86_400_000), "2 weeks ago");
  assert.equal(of(-5 * 60_000), "in 5 minutes");
  assert.equal(of(800 * 86_400_000), "2 years ago");
  set("zh");
  assert.equal(of(3 * 3_600_000), "3小时前");
  assert.equal(of(1), "刚刚");
});

test("distance rounds to what the eye tells", () => {
  assert.deepEqual([0, 7.4, 346, 994, 996, 1234, 12_345].map(distance), ["0 m", "7 m", "350 m", "990 m", "1 km", "1.2 km", "12 km"]);
  set("zh");
  assert.deepEqual([346, 1234].map(distance), ["350米", "1.2公里"]);
});

test("place writes the latitude first", () => {
  assert.equal(place([116.4074, 39.9042]), "39.90420, 116.40740");
});

test("dateOf takes no bools and no nonsense", () => {
  for (const v of [true, null, undefined, "", "soon"]) assert.equal(dateOf(v), null);
});

test("times are written in the city's zone, and in the reader's where there is none that the browser knows", () => {
  const time = field("time");
  setTimeZone(ZONE);
  assert.equal(value(AT, time), value(AT, time, ZONE));
  assert.equal(dayText(new Date("2024-05-03T16:00:00Z")), "4 May 2024");
  for (const odd of ["Mars/Olympus", "", 8, undefined]) {
    setTimeZone(odd);
    assert.equal(timeZone(), undefined, String(odd));
  }
});
