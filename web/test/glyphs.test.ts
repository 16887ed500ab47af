import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PbfReader } from "pbf";

interface Glyph {
  id: number;
  bitmap: Uint8Array;
  width: number;
  height: number;
  left: number;
  top: number;
  advance: number;
}

/** Reads a range of glyphs as MapLibre does: glyphs.proto, everything else passed over. */
function read(message: Uint8Array): Map<number, Glyph> {
  const glyphs = new Map<number, Glyph>();
  new PbfReader(message).readFields((stack, _, pbf) => {
    if (stack !== 1) return;
    pbf.readMessage((tag, _, pbf) => {
      if (tag !== 3) return;
      const glyph = pbf.readMessage(readGlyph, {} as Glyph);
      glyphs.set(glyph.id, glyph);
    }, undefined);
  }, undefined);
  return glyphs;
}

function readGlyph(tag: number, glyph: Glyph, pbf: PbfReader) {
  if (tag === 1) glyph.id = pbf.readVarint();
  else if (tag === 2) glyph.bitmap = pbf.readBytes();
  else if (tag === 3) glyph.width = pbf.readVarint();
  else if (tag === 4) glyph.height = pbf.readVarint();
  else if (tag === 5) glyph.left = pbf.readSVarint();
  else if (tag === 6) glyph.top = pbf.readSVarint();
  else if (tag === 7) glyph.advance = pbf.readVarint();
}

test("MapLibre's reader understands the server's glyphs", () => {
  // The golden of the package glyph.
  const glyphs = read(readFileSync(new URL("../../styles/glyph/testdata/own.pbf", import.meta.url)));
  assert.deepEqual([...glyphs.keys()].map((id) => String.fromCodePoint(id)), [" ", "A", "B", "O", "é"]);
  const { bitmap, ...box } = glyphs.get(65)!;
  assert.deepEqual(box, { id: 65, width: 12, height: 17, left: 1, top: -9, advance: 14 });
  assert.equal(bitmap.length, (12 + 6) * (17 + 6));
  for (const [id, { bitmap, width, height }] of glyphs) {
    assert.equal(bitmap.length, (width + 6) * (height + 6), `U+${id.toString(16)}`);
  }
});
