package layers

import (
	"cmp"
	"sort"
	"strconv"
	"strings"
	"unsafe"

	"hutong/layers/column"
	"hutong/layers/world"
)

// Block is a few hundred features of one class as columns, in key order. It never changes; the
// writer makes a new one that shares what did not change. The slices that it hands out are its own:
// read them only.
type Block struct {
	class   class
	x, y    []uint32 // of points, else nil
	shapes  *Shapes  // of shapes, else nil
	numbers []uint64
	texts   *column.Texts // ids that are not their number's decimal, null for those that are; nil when all are
	hidden  column.Bits   // rows whose MVT id belongs to another feature; nil almost always
	columns []column.Column
	box     world.Box // of the rows; EmptyBox when unlocated
	first   uint64    // Hilbert key of the first row; 0 when unlocated
	serial  uint64    // see Serial

	rounding int // bytes that the block's slab is larger than what it holds
}

// Len returns the number of rows, at least 1.
func (b *Block) Len() int { return len(b.numbers) }

// Box returns the exact box of the rows, empty for features without geometry.
func (b *Block) Box() world.Box { return b.box }

// Serial tells the block from every other that a layer of this process ever stored, so that what was found
// out about its rows can be kept without keeping the block. It is 0 of a block that no layer stores. A
// block that was narrowed has that of the whole.
func (b *Block) Serial() uint64 { return b.serial }

// X returns the rows' world x, nil unless the rows are points. Read only.
func (b *Block) X() []uint32 { return b.x }

// Y returns the rows' world y, nil unless the rows are points. Read only.
func (b *Block) Y() []uint32 { return b.y }

// Numbers returns the numbers of the rows' ids (see [FeatureID.Number]). Read only.
func (b *Block) Numbers() []uint64 { return b.numbers }

// Shown reports whether the row may show its number as MVT id: of features that share a number only
// one does.
func (b *Block) Shown(row int) bool { return !b.hidden.Has(row) }

// AllShown reports whether every row is shown, as in nearly every block.
func (b *Block) AllShown() bool { return b.hidden == nil }

// Column returns the column of a field of the schema.
func (b *Block) Column(field int) column.Column { return b.columns[field] }

// Columns returns the columns by field. Read only.
func (b *Block) Columns() []column.Column { return b.columns }

// Shapes returns the rows' geometries, nil unless they are lines, polygons or multipoints. Read only.
func (b *Block) Shapes() *Shapes { return b.shapes }

// Point returns the place of a row of located features: its point, or the centre of its box.
func (b *Block) Point(row int) world.Point {
	if b.shapes != nil {
		return centre(b.shapes.Box(row))
	}
	return world.Point{X: b.x[row], Y: b.y[row]}
}

// RowBox returns the box of a row of located features.
func (b *Block) RowBox(row int) world.Box {
	if b.shapes != nil {
		return b.shapes.Box(row)
	}
	p := world.Point{X: b.x[row], Y: b.y[row]}
	return world.Box{Min: p, Max: p}
}

// centre returns the middle of a box, rounded to the north-west.
func centre(b world.Box) world.Point {
	return world.Point{X: b.Min.X + (b.Max.X-b.Min.X)/2, Y: b.Min.Y + (b.Max.Y-b.Min.Y)/2}
}

// ID returns the id of a row.
func (b *Block) ID(row int) FeatureID {
	if text := b.text(row); text != "" {
		return FeatureID(strings.Clone(text))
	}
	return FeatureID(strconv.FormatUint(b.numbers[row], 10))
}

// AppendID appends the id of a row to dst.
func (b *Block) AppendID(dst []byte, row int) []byte {
	if text := b.text(row); text != "" {
		return append(dst, text...)
	}
	return strconv.AppendUint(dst, b.numbers[row], 10)
}

// IDText returns the id of a row when it is not its number's decimal, else "". The string shares
// the block's memory.
func (b *Block) IDText(row int) string { return b.text(row) }

func (b *Block) text(row int) string {
	if b.texts == nil {
		return ""
	}
	return b.texts.Text(row)
}

func (b *Block) hilbert(row int) uint64 {
	if b.class == unlocated {
		return 0
	}
	return world.Hilbert(b.Point(row))
}

// firstKey is the key of the first row, without computing it.
func (b *Block) firstKey() key { return key{b.first, b.numbers[0], b.text(0)} }

func (b *Block) key(row int) key { return key{b.hilbert(row), b.numbers[row], b.text(row)} }

// search returns the first row whose key is not below k.
func (b *Block) search(k key) int {
	return sort.Search(len(b.numbers), func(row int) bool {
		if b.class != unlocated {
			if h := b.hilbert(row); h != k.hilbert {
				return h > k.hilbert
			}
		}
		if b.numbers[row] != k.number {
			return b.numbers[row] > k.number
		}
		return b.text(row) >= k.text
	})
}

// find returns the row of key k, or −1. Of points it scans one narrow column for candidates: that is
// cheaper than a search that computes Hilbert keys.
func (b *Block) find(k key) int {
	if b.class != onePoint {
		if row := b.search(k); row < b.Len() && b.key(row) == k {
			return row
		}
		return -1
	}
	p := world.FromHilbert(k.hilbert)
	for row, x := range b.x {
		if x == p.X && b.y[row] == p.Y && b.numbers[row] == k.number && b.text(row) == k.text {
			return row
		}
	}
	return -1
}

// CompareBlocks orders blocks of located features of one snapshot canonically (S5): by class, points
// before shapes and small ones before large ones, then by their first rows.
func CompareBlocks(a, b *Block) int {
	if a.class != b.class {
		return cmp.Compare(a.class, b.class)
	}
	if a.first != b.first {
		return cmp.Compare(a.first, b.first)
	}
	return a.firstKey().compare(b.firstKey())
}

// headerBytes is the heap of a Block without its slices.
const headerBytes = int(unsafe.Sizeof(Block{}))

// Bytes returns the heap that b takes, without dictionaries.
func (b *Block) Bytes() int {
	n := headerBytes + b.rounding + 16*len(b.columns) + 4*(len(b.x)+len(b.y)) + b.shapes.bytes() + 8*len(b.numbers) + b.hidden.Bytes()
	if b.texts != nil {
		n += column.PackedBytes(b.texts)
	}
	for _, c := range b.columns {
		n += c.Bytes()
	}
	return n
}
