package layers

import (
	"hutong/layers/column"
	"hutong/layers/world"
)

// blockBuilder makes blocks of one layer row by row, in key order. It belongs to the writer; its
// buffers are kept from block to block.
type blockBuilder struct {
	x, y    []uint32
	numbers []uint64
	texts   *column.Builder
	anyText bool
	hidden  []int // rows
	fields  []*column.Builder

	reserved bool // x, y and numbers were made for the block under way
}

// newBlockBuilder returns a builder; dicts has the dictionary of each field, nil where there is none.
func newBlockBuilder(s *Schema, dicts []*column.Dictionary) *blockBuilder {
	b := &blockBuilder{texts: column.NewBuilder(column.String, nil)}
	for i := range s.Fields {
		b.fields = append(b.fields, column.NewBuilder(s.Fields[i].Kind, dicts[i]))
	}
	return b
}

func (b *blockBuilder) len() int { return len(b.numbers) }

// reserve makes room for a block of rows rows much like those of like, so that finish need not copy
// them; the builder must be empty.
func (b *blockBuilder) reserve(rows int, like *Block) {
	if like == nil {
		return
	}
	b.reserved = true
	b.numbers = make([]uint64, 0, rows)
	if like.x != nil {
		xy := make([]uint32, 2*rows) // one allocation for both
		b.x, b.y = xy[:0:rows], xy[rows:rows:2*rows]
	}
	if like.texts != nil {
		b.texts.Reserve(rows, textSize(like.texts, rows))
	}
	for i, field := range b.fields {
		size := 0
		if texts, ok := like.columns[i].(*column.Texts); ok {
			size = textSize(texts, rows)
		}
		field.Reserve(rows, size)
	}
}

// textSize estimates the bytes of rows texts like those of like, with room for one more.
func textSize(like *column.Texts, rows int) int { return len(like.Data) * (rows + 1) / like.Len() }

// appendNew adds a row for a feature that comes in.
func (b *blockBuilder) appendNew(p placed, values []column.Value) {
	b.appendPlace(p)
	for i, field := range b.fields {
		if i < len(values) {
			field.Append(values[i])
		} else {
			field.Append(column.Value{})
		}
	}
}

func (b *blockBuilder) appendPlace(p placed) {
	if p.class == located {
		b.x = append(b.x, p.point.X)
		b.y = append(b.y, p.point.Y)
	}
	b.numbers = append(b.numbers, p.key.number)
	if p.key.text == "" {
		b.texts.Append(column.Value{})
	} else {
		b.texts.Append(column.StringOf(p.key.text))
		b.anyText = true
	}
}

// appendRows adds rows lo…hi−1 of a block of the same layer and class.
func (b *blockBuilder) appendRows(from *Block, lo, hi int) {
	if lo == hi {
		return
	}
	if from.hidden != nil {
		for row := lo; row < hi; row++ {
			if from.hidden.Has(row) {
				b.hidden = append(b.hidden, b.len()+row-lo)
			}
		}
	}
	if from.x != nil {
		b.x = append(b.x, from.x[lo:hi]...)
		b.y = append(b.y, from.y[lo:hi]...)
	}
	b.numbers = append(b.numbers, from.numbers[lo:hi]...)
	if from.texts != nil {
		b.texts.AppendRows(from.texts, lo, hi)
		b.anyText = true
	} else {
		for range hi - lo {
			b.texts.Append(column.Value{})
		}
	}
	for i, field := range b.fields {
		field.AppendRows(from.columns[i], lo, hi)
	}
}

// appendPicked adds the given rows of a block of the same layer and class.
func (b *blockBuilder) appendPicked(from *Block, rows []uint32) {
	for _, row := range rows {
		if from.hidden.Has(int(row)) {
			b.hidden = append(b.hidden, b.len())
		}
		if from.x != nil {
			b.x = append(b.x, from.x[row])
			b.y = append(b.y, from.y[row])
		}
		b.numbers = append(b.numbers, from.numbers[row])
	}
	if from.texts != nil {
		b.texts.AppendPicked(from.texts, rows)
		b.anyText = true
	} else {
		for range rows {
			b.texts.Append(column.Value{})
		}
	}
	for i, field := range b.fields {
		field.AppendPicked(from.columns[i], rows)
	}
}

// finish returns the block of the rows appended, which must not be none, and starts the next.
func (b *blockBuilder) finish() *Block {
	if !b.reserved {
		b.numbers = append(make([]uint64, 0, len(b.numbers)), b.numbers...)
		b.x = append(make([]uint32, 0, len(b.x)), b.x...)
		b.y = append(make([]uint32, 0, len(b.y)), b.y...)
	}
	out := &Block{numbers: b.numbers, columns: make([]column.Column, len(b.fields)), box: world.EmptyBox}
	if len(b.x) > 0 {
		out.x, out.y = b.x, b.y
		out.box = boxOf(out.x, out.y)
		out.first = world.Hilbert(out.Point(0))
	}
	if texts, ok := b.texts.Finish().(*column.Texts); ok && b.anyText && texts.Zone().HasValues() {
		out.texts = texts
	}
	if len(b.hidden) > 0 {
		out.hidden = column.NewBits(len(b.numbers))
		for _, row := range b.hidden {
			out.hidden.Set(row)
		}
	}
	for i, field := range b.fields {
		out.columns[i] = field.Finish()
	}
	b.x, b.y, b.numbers = nil, nil, nil
	b.hidden, b.anyText, b.reserved = b.hidden[:0], false, false
	return out
}

func boxOf(x, y []uint32) world.Box {
	box := world.EmptyBox
	for i := range x {
		box.Min.X = min(box.Min.X, x[i])
		box.Max.X = max(box.Max.X, x[i])
	}
	for i := range y {
		box.Min.Y = min(box.Min.Y, y[i])
		box.Max.Y = max(box.Max.Y, y[i])
	}
	return box
}
