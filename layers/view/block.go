package view

import (
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// Block is the part of a layers.Block that the view shows. The slices it hands out are the store's:
// read them only.
type Block struct {
	block *layers.Block
	part  *part
}

// Rows returns the rows that the view shows, at least one; nil when that is all of them, as in every block
// of a view without [View.Where] and in those that were made of selected rows only. Read only.
func (b Block) Rows() column.Bits { return b.part.rows }

// Len returns the number of rows, those included that the view does not show.
func (b Block) Len() int { return b.block.Len() }

// Box returns the exact box of the rows in world units.
func (b Block) Box() world.Box { return b.block.Box() }

// X returns the rows' world x, nil unless the rows are points. Read only.
func (b Block) X() []uint32 { return b.block.X() }

// Y returns the rows' world y, nil unless the rows are points. Read only.
func (b Block) Y() []uint32 { return b.block.Y() }

// Shapes returns the rows' geometries, nil unless they are lines, polygons or multipoints. Read only.
func (b Block) Shapes() *layers.Shapes { return b.block.Shapes() }

// Numbers returns the numbers of the rows' ids. Read only.
func (b Block) Numbers() []uint64 { return b.block.Numbers() }

// Shown reports whether a row shows its number as MVT id.
func (b Block) Shown(row int) bool { return b.block.Shown(row) }

// AllShown reports whether every row does, as in nearly every block.
func (b Block) AllShown() bool { return b.block.AllShown() }

// ID returns the id of a row.
func (b Block) ID(row int) layers.FeatureID { return b.block.ID(row) }

// AppendID appends the id of a row to dst.
func (b Block) AppendID(dst []byte, row int) []byte { return b.block.AppendID(dst, row) }

// IDText returns the id of a row when it is not its number's decimal, else "". The string shares
// the block's memory.
func (b Block) IDText(row int) string { return b.block.IDText(row) }

// Column returns the column of a field of the view's schema.
func (b Block) Column(field int) column.Column { return b.block.Column(b.part.columns[field]) }
