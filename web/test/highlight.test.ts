import assert from "node:assert/strict";
import { test } from "node:test";
import { highlight } from "../src/highlight";

/** The pieces as one text in which those that were searched for stand in brackets. */
function show(text: string, q: string): string {
  return highlight(text, q).map((s) => (s.hit ? `[${s.text}]` : s.text)).join("");
}

test("highlight marks every word wherever it stands", () => {
  assert.equal(show("12 Long Street", "long"), "12 [Long] Street");
  assert.equal(show("12 Long Street", "street 12"), "[12] Long [Street]");
  assert.equal(show("banana", "an"), "b[anan]a");
  assert.equal(show("后海北沿胡同", "胡同 后海"), "[后海]北沿[胡同]");
});

test("highlight leaves text whole that has none of the words", () => {
  assert.deepEqual(highlight("Long Street", "x"), [{ text: "Long Street", hit: false }]);
  assert.deepEqual(highlight("Long Street", "  "), [{ text: "Long Street", hit: false }]);
  assert.deepEqual(highlight("", "x"), []);
});

test("highlight takes q for letters, not for a pattern, and keeps text as it is", () => {
  assert.equal(show("a.b (c)", ". ("), "a[.]b [(]c)");
  assert.equal(show("<b>x</b>", "<b>"), "[<b>]x</b>");
  assert.equal(show("İstanbul", "i"), "İstanbul");
});
