import assert from "node:assert/strict";
import { test } from "node:test";
import { count, headline, label, value } from "../src/format";

test("count groups digits", () => {
  assert.equal(count(0), "0");
  assert.equal(count(22582), "22,582");
});

test("label keeps names that are not snake case", () => {
  assert.equal(label("opened_at"), "opened at");
  assert.equal(label("SERVICECODE_DESC"), "SERVICECODE_DESC");
  assert.equal(label("Straße"), "Straße");
});

test("value shows each type", () => {
  assert.equal(value("Pothole", "string"), "Pothole");
  assert.equal(value(0, "int"), "0");
  assert.equal(value(12.5, "float"), "12.5");
  assert.equal(value(false, "bool"), "no");
  assert.equal(value(true, undefined), "yes");
  for (const nothing of [null, undefined, ""]) assert.equal(value(nothing, "string"), null);
});

test("value shows a time alike from the catalogue and from a tile", () => {
  const at = Date.UTC(2024, 4, 3, 14, 22, 9);
  const shown = value(at, "time");
  assert.match(shown ?? "", /^2024-05-0[234] \d\d:\d\d$/);
  assert.equal(value(new Date(at).toISOString(), "time"), shown);
  assert.equal(value("yesterday", "time"), "yesterday");
});

test("headline takes the first kept text that is there", () => {
  const fields = [
    { name: "title", type: "string" as const },
    { name: "no", type: "int" as const, keep: true },
    { name: "category", type: "string" as const, keep: true },
    { name: "status", type: "string" as const, keep: true },
  ];
  assert.equal(headline({ title: "x", no: 7, category: "noise", status: "open" }, fields), "noise");
  assert.equal(headline({ title: "x", category: null, status: "open" }, fields), "open");
  assert.equal(headline({ title: "x", no: 7 }, fields), null);
  assert.equal(headline({ category: "noise" }, []), null);
});
