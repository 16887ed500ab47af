import assert from "node:assert/strict";
import { test } from "node:test";
import type { Brief, Layer } from "../src/api";
import { isNews } from "../src/brief";

test("what moves of a layer is news, and its time is behind its number", () => {
  const layer: Layer = { name: "reports", count: 1, located: 1, seq: 7, changed: "2026-03-01T02:42:05.003Z", title: "Reports", fields: [] };
  const brief: Brief = { name: "reports", count: 1, located: 1, seq: 7, changed: "2026-03-01T02:42:05.003Z" };
  for (const [what, now, want] of [
    ["nothing", brief, false],
    ["a state whose tiles may still be of the one before", { ...brief, seq: 8 }, true],
    ["its tiles", { ...brief, changed: "2026-03-01T02:42:09.000Z" }, true],
    ["its ages", { ...brief, turned: "2026-03-01T03:00:00.000Z" }, true],
    ["a period", { ...brief, period: "2026-02-28" }, true],
  ] as const) {
    assert.equal(isNews(now, layer), want, what);
  }
});
