import assert from "node:assert/strict";
import { test } from "node:test";
import { spanText } from "../src/moments";
import { set } from "../src/words/language";
import { setTimeZone } from "../src/zone";

test("a span in full is of days only where it begins and ends at midnight in the city", () => {
  setTimeZone("Asia/Shanghai");
  try {
    const at = (day: number, hour: number) => Date.UTC(2016, 7, day, hour - 8);
    const text = (from: number | null, to: number | null) => spanText({ from, to });
    assert.equal(text(at(3, 0), at(7, 0)), "3\u2009\u2013\u20096 Aug 2016");
    assert.equal(text(at(3, 0), at(4, 0)), "3 Aug 2016");
    assert.equal(text(at(3, 6), at(6, 12)), "3 Aug 2016, 06:00\u2009\u2013\u20096 Aug 2016, 12:00");
    assert.equal(text(at(3, 6), null), "3 Aug 2016, 06:00 – …");
    set("zh");
    assert.equal(text(at(3, 0), at(4, 0)), "2016年8月3日");
  } finally {
    set("en");
    setTimeZone(undefined);
  }
});
