import assert from "node:assert/strict";
import { test } from "node:test";
import { linkTo, safeLink } from "../src/links";
import { PLAIN } from "../src/state";

test("safeLink takes http and https", () => {
  assert.equal(safeLink("https://example.org/p/1.jpg"), "https://example.org/p/1.jpg");
  assert.equal(safeLink("HTTP://Example.org"), "http://example.org/");
  assert.equal(safeLink("https://例子.中国/路"), "https://xn--fsqu00a.xn--fiqs8s/%E8%B7%AF");
});

test("safeLink refuses everything else", () => {
  const refused = [
    "javascript:alert(1)", "JAVASCRIPT:alert(1)", " https://example.org", "https://example.org x", "https://a\tb.org", "java\nscript:1",
    "data:text/html,x", "blob:https://example.org/1", "file:///etc/passwd", "vbscript:x", "//example.org", "example.org", "https://",
    "https://user@example.org", "https://a:b@example.org", "https:example.org", "", `https://example.org/${"x".repeat(2000)}`,
  ];
  for (const text of refused) assert.equal(safeLink(text), null, text);
});

test("linkTo keeps the page's address and gives it the view", () => {
  const view = { ...PLAIN, camera: { zoom: 13, lat: 39.91, lng: 116.4 }, at: { layer: "a b", id: "x:1" } };
  assert.equal(linkTo(view, "https://maps.example/city/?x=1#old"), "https://maps.example/city/?x=1#13/39.91/116.4&at=a%20b:x%3A1");
  assert.equal(linkTo(PLAIN, "https://maps.example/#old"), "https://maps.example/");
});
