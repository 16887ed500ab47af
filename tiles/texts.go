package tiles

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"hutong/layers/column"
	"hutong/tiles/mvt"
)

// textTable finds the tags of the texts of one field by open addressing. The texts themselves stand
// in the value table.
type textTable struct {
	slots []textSlot // a power of two, at most half full
	seed  maphash.Seed
	ready bool
}

type textSlot struct {
	tag  mvt.Tag // 0 where free
	hash uint32
	from uint32 // position in the value table
	size uint32
}

// reset empties t for up to n texts.
func (t *textTable) reset(n int) {
	if !t.ready {
		t.seed, t.ready = maphash.MakeSeed(), true
	}
	size := 1 << bits.Len(uint(2*n-1))
	t.slots = grown(t.slots[:0], size)[:size]
	clear(t.slots)
}

// find returns the slot of text, or the free one where it belongs with its hash and size filled in.
func (t *textTable) find(text, values []byte) *textSlot {
	hash := uint32(maphash.Bytes(t.seed, text))
	mask := uint32(len(t.slots) - 1)
	for i := hash; ; i++ {
		slot := &t.slots[i&mask]
		if slot.tag == 0 {
			slot.hash, slot.size = hash, uint32(len(text))
			return slot
		}
		if slot.hash == hash && int(slot.size) == len(text) && bytes.Equal(values[slot.from:slot.from+slot.size], text) {
			return slot
		}
	}
}

func (t *textTable) bytes() int { return 24 * cap(t.slots) }

// resolveTexts takes the texts of one block.
func (s *scratch) resolveTexts(c *column.Texts, rows []uint16, tags []mvt.Tag) {
	if !s.textsReady {
		s.byText.reset(s.rows.n)
		s.textsReady = true
	}
	bytes := 0
	for i, row := range rows {
		tag := absent
		if !c.Nulls.Has(int(row)) {
			text := c.Data[c.Offsets[row]:c.Offsets[row+1]]
			slot := s.byText.find(text, s.values)
			if slot.tag == 0 {
				slot.tag = s.nextTag()
				s.values = mvt.AppendString(s.values, text)
				slot.from = uint32(len(s.values) - len(text))
			}
			tag = slot.tag
		}
		tags[i] = tag
		bytes += tag.Len()
	}
	s.tagBytes += bytes
}

// resolveIDs takes the ids of one block's rows, which are all different.
func (s *scratch) resolveIDs(r *run, tags []mvt.Tag) {
	for i, row := range r.rows {
		tag := s.nextTag()
		s.text = r.block.AppendID(s.text[:0], int(row))
		s.values = mvt.AppendString(s.values, s.text)
		tags[i] = tag
		s.tagBytes += tag.Len()
	}
}
