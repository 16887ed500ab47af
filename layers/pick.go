package layers

import (
	"math/bits"

	"hutong/layers/column"
)

// Picker makes blocks of rows of other blocks, which are then read as if they were all there is. Its buffers
// are kept from block to block. It belongs to one goroutine, which need not be the writer's.
type Picker struct {
	columns  []int
	builder  blockBuilder
	dicts    []*column.Dictionary
	rows     []uint32
	narrowed Block
}

// NewPicker returns a picker of blocks with some fields: field i is the one at columns[i] of the blocks that
// are picked from.
func NewPicker(columns []int) *Picker {
	p := &Picker{columns: columns, dicts: make([]*column.Dictionary, len(columns))}
	p.builder.texts, p.builder.fields = column.NewBuilder(column.String, nil), make([]*column.Builder, len(columns))
	return p
}

// Pick returns a block of rows[i] of blocks[i], at least one in all, in the order of the blocks. These are of
// points, of one state and in canonical order; so are then the rows. The block shares no memory with them but
// the dictionaries, and has no serial. ok is false where blocks are not of one state, or not all of points:
// such strings would have to be added to a dictionary, which only its writer may (S1).
func (p *Picker) Pick(blocks []*Block, rows []column.Bits) (picked *Block, ok bool) {
	if !p.fit(blocks) {
		return nil, false
	}
	for i, b := range blocks {
		p.rows = p.rows[:0]
		for k, word := range rows[i] {
			for ; word != 0; word &= word - 1 {
				p.rows = append(p.rows, uint32(k<<6+bits.TrailingZeros64(word)))
			}
		}
		if len(p.rows) > 0 {
			b.Narrow(&p.narrowed, p.columns)
			p.builder.appendPicked(&p.narrowed, p.rows)
		}
	}
	if p.builder.len() == 0 {
		return nil, false
	}
	return p.builder.finish(), true
}

// fit makes the builder one of columns like those of blocks, if these are all alike.
func (p *Picker) fit(blocks []*Block) bool {
	for _, b := range blocks {
		if b.class != onePoint {
			return false
		}
	}
	for i, c := range p.columns {
		first := blocks[0].columns[c]
		dict := dictionaryOf(first)
		for _, b := range blocks {
			if dictionaryOf(b.columns[c]) != dict || b.columns[c].Kind() != first.Kind() {
				return false
			}
		}
		if p.builder.fields[i] == nil || p.dicts[i] != dict {
			p.builder.fields[i], p.dicts[i] = column.NewBuilder(first.Kind(), dict), dict
		}
	}
	return true
}

// dictionaryOf returns the dictionary of a column of codes, else nil.
func dictionaryOf(c column.Column) *column.Dictionary {
	if codes, ok := c.(*column.Codes); ok {
		return codes.Dict
	}
	return nil
}
