package derive

import (
	"iter"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
)

// For returns an index that counts the same for blocks of another schema, such as those that a view shows of the layer. It
// has the fields of ix's spec. It shares the outlines of cells.
func (ix *Index) For(schema *layers.Schema) (*Index, error) {
	other, err := NewIndex(schema, ix.spec)
	if err != nil {
		return nil, err
	}
	other.outlines = ix.outlines
	return other, nil
}

// HexesOf returns the cells of one level that count rows of blocks alone, which are of a state with the number seq; no rows
// are all of a block. As in an index, cells are parents of the finest. It takes some 1 to 3 µs a row, and keeps nothing of blocks. For
// schema and level see [Index.Hexes].
func (ix *Index) HexesOf(schema *layers.Schema, seq layers.Seq, blocks iter.Seq2[*layers.Block, column.Bits], r hexgrid.Resolution) layers.Reader {
	e := editor{layout: &ix.layout, finest: ix.spec.Max, generation: 1, share: ix.share}
	for b, rows := range blocks {
		if (layers.Row{Block: b}).Located() {
			e.run(ix.editsOf([]*layers.Block{b}, rows))
		}
	}
	cells := e.cells(ix)
	if r < ix.spec.Min || r > ix.spec.Max {
		cells = &Cells{index: ix}
	}
	return &reader{cells: cells, schema: schema, seq: seq, level: r}
}
