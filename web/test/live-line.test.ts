import assert from "node:assert/strict";
import { test } from "node:test";
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
