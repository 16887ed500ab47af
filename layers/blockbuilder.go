package layers

import (
	"hutong/layers/column"
	"hutong/layers/world"
)

// blockBuilder makes blocks of one class of a layer at a time, row by row, in key order. It belongs to
// the writer; its buffers are kept from block to block.
type blockBuilder struct {
	class   class // of the rows under way
	x, y    []uint32
	shapes  shapesBuilder
	numbers []uint64
	texts   *column.Builder
	anyText bool
	hidden  []int // rows
	fields  []*column.Builder
}

// newBlockBuilder returns a builder; dicts has the dictionary of each field, nil where there is none.
func newBlockBuilder(s *Schema, dicts []*column.Dictionary) *blockBuilder {
	b := &blockBuilder{texts: column.NewBuilder(column.String, nil), shapes: shapesBuilder{coverage: s.Coverage}}
	for i := range s.Fields {
		b.fields = append(b.fields, column.NewBuilder(s.Fields[i].Kind, dicts[i]))
	}
	return b
}

func (b *blockBuilder) len() int { return len(b.numbers) }

// appendNew adds a row for a feature that comes in.
func (b *blockBuilder) appendNew(p placed, values []column.Value) {
	b.appendPlace(p)
	b.appendValues(values)
}

// appendUpdated adds a row of a block of the same class with other values.
func (b *blockBuilder) appendUpdated(from *Block, row int, values []column.Value) {
	b.appendRowPlaces(from, row, row+1)
	b.appendValues(values)
}

func (b *blockBuilder) appendValues(values []column.Value) {
	for i, field := range b.fields {
		if i < len(values) {
			field.Append(values[i])
		} else {
			field.Append(column.Value{})
		}
	}
}

func (b *blockBuilder) appendPlace(p placed) {
	b.class = p.class
	switch {
	case p.class == onePoint:
		b.x = append(b.x, p.point.X)
		b.y = append(b.y, p.point.Y)
	case p.class.isShape():
		b.shapes.add(p.shape, p.box, p.clean)
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
	b.appendRowPlaces(from, lo, hi)
	for i, field := range b.fields {
		field.AppendRows(from.columns[i], lo, hi)
	}
}

// appendRowPlaces is appendRows for all but the fields.
func (b *blockBuilder) appendRowPlaces(from *Block, lo, hi int) {
	b.class = from.class
	if from.hidden != nil {
		for row := lo; row < hi; row++ {
			if from.hidden.Has(row) {
				b.hidden = append(b.hidden, b.len()+row-lo)
			}
		}
	}
	switch {
	case from.shapes != nil:
		b.shapes.addRows(from.shapes, lo, hi)
	case from.x != nil:
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
}

// appendPicked adds the given rows of a block of the same layer and class.
func (b *blockBuilder) appendPicked(from *Block, rows []uint32) {
	b.class = from.class
	for _, row := range rows {
		if from.hidden.Has(int(row)) {
			b.hidden = append(b.hidden, b.len())
		}
		switch {
		case from.shapes != nil:
			b.shapes.addRows(from.shapes, int(row), int(row)+1)
		case from.x != nil:
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

// finish returns the block of the rows appended, which must not be none, and starts the next. All
// its arrays share a slab but those of raw text and of vertices, which are the largest.
func (b *blockBuilder) finish() *Block {
	out := &Block{class: b.class, columns: make([]column.Column, len(b.fields)), box: world.EmptyBox}
	packed := column.SlabBytes(b.numbers) + column.SlabBytes(b.x) + column.SlabBytes(b.y) + b.shapes.packedBytes()
	if texts, ok := b.texts.Borrow().(*column.Texts); ok && b.anyText && texts.Zone().HasValues() {
		out.texts = texts
		packed += column.PackedBytes(texts)
	}
	for i, field := range b.fields {
		out.columns[i] = field.Borrow()
		if !isRaw(out.columns[i]) {
			packed += column.PackedBytes(out.columns[i])
		}
	}
	slab := column.NewSlab(packed)
	out.rounding = column.RoundSlab(packed) - packed
	out.numbers = column.Carve(slab, b.numbers)
	if len(b.x) > 0 {
		out.x, out.y = column.Carve(slab, b.x), column.Carve(slab, b.y)
		out.box = boxOf(out.x, out.y)
	}
	if out.class.isShape() {
		out.shapes = b.shapes.finish(slab)
		out.box = out.shapes.box()
	}
	if out.class != unlocated {
		out.first = world.Hilbert(out.Point(0))
	}
	if out.texts != nil {
		column.Pack(out.texts, slab)
	}
	for _, c := range out.columns {
		if isRaw(c) {
			column.Pack(c, column.NewSlab(column.PackedBytes(c)))
		} else {
			column.Pack(c, slab)
		}
	}
	if len(b.hidden) > 0 {
		out.hidden = column.NewBits(len(out.numbers))
		for _, row := range b.hidden {
			out.hidden.Set(row)
		}
	}
	b.x, b.y, b.numbers = b.x[:0], b.y[:0], b.numbers[:0]
	b.hidden, b.anyText = b.hidden[:0], false
	return out
}

func isRaw(c column.Column) bool {
	_, raw := c.(*column.Texts)
	return raw
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
