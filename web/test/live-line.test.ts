import assert from "node:assert/strict";
import { test } from "node:test";
import { lineOf } from "../src/live";
import { setTimeZone } from "../src/zone";
import { set } from "../src/words/language";
import { clockText, shell } from "../src/words/shell";

test("how old the data are is said in the city's zone, in both languages", () => {
  const at = new Date("2026-03-01T02:42:30Z");
  setTimeZone("Asia/Shanghai");
  try {
    assert.equal(shell().dataFrom(clockText(at, at)), "Data from 10:42");
    assert.equal(clockText(at, new Date("2026-03-01T16:30:00Z")), "1 Mar 2026 10:42", "on the next day there");
    set("zh");
    assert.equal(shell().dataFrom(clockText(at, at)), "数据截至 10:42");
  } finally {
    set("en");
    setTimeZone(undefined);
  }
});

test("the line says live, reconnecting, or how old the data are", () => {
  const well = { well: true, lost: 0, failing: false, known: true, seen: true };
  for (const [what, now, want] of [
    ["before the first answer", { ...well, well: false, known: false, seen: false }, ""],
    ["nobody answers from the start", { ...well, well: false, known: false, seen: false, failing: true, lost: 60_000 }, "away"],
    ["changes come", well, "live"],
    ["nothing has changed", { ...well, seen: false }, "still"],
    ["the server went", { ...well, well: false, failing: true, lost: 1000 }, "away"],
    ["only the stream went", { ...well, well: false, lost: 1000 }, "away"],
    ["15 s later", { ...well, well: false, failing: true, lost: 15_001 }, "old"],
  ] as const) {
    assert.equal(lineOf(now), want, what);
  }
  assert.equal(shell().reconnecting, "Reconnecting…");
  set("zh");
  try {
    assert.equal(shell().reconnecting, "正在重新连接…");
  } finally {
    set("en");
  }
});
