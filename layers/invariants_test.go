package layers

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"weak"

	"hutong/layers/column"
	"hutong/layers/shape"
	"hutong/layers/world"
)

// checkInvariants fails the test with everything that is wrong inside a snapshot.
func checkInvariants(t *testing.T, s *Snapshot, o Options) {
	t.Helper()
	o = o.withDefaults()
	c := invariants{t: t, s: s, o: o, numbers: map[uint32]bool{}, holders: map[uint64]string{}, shown: map[uint64]string{}}
	s.Scan(nil, func(r Row) bool {
		number, text := idKey(r.Block.ID(r.Index))
		if least, ok := c.holders[number]; !ok || text < least {
			c.holders[number] = text
		}
		return true
	})
	c.check()
}

type invariants struct {
	t       *testing.T
	s       *Snapshot
	o       Options
	numbers map[uint32]bool
	holders map[uint64]string // number → least text of the ids that share it
	shown   map[uint64]string // number → id that shows it
	rows    [classes]int
	entries int
}

func (c *invariants) check() {
	c.t.Helper()
	for cl := range classes {
		c.sequence(cl)
		if c.rows[cl] != c.s.counts[cl] {
			c.t.Errorf("class %d: %d rows, the snapshot counts %d", cl, c.rows[cl], c.s.counts[cl])
		}
	}
	blocks, rows := 0, 0
	for cl := range classes {
		rows += c.rows[cl]
		if cl != unlocated {
			blocks += len(c.s.sequences[cl])
		}
	}
	if got := c.s.tree.Len(); got != blocks {
		c.t.Errorf("tree holds %d blocks, want %d", got, blocks)
	}
	for _, page := range c.s.index.pages {
		for _, bucket := range page {
			c.entries += len(bucket)
		}
	}
	if c.entries != rows || c.s.index.count != rows {
		c.t.Errorf("index has %d entries and counts %d, want %d", c.entries, c.s.index.count, rows)
	}
}

func (c *invariants) sequence(cl class) {
	c.t.Helper()
	seq := c.s.sequences[cl]
	var last *key
	for i, l := range seq {
		b := c.s.table.block(l.block)
		where := fmt.Sprintf("class %d leaf %d", cl, i)
		if b == nil || c.numbers[l.block] {
			c.t.Fatalf("%s: block %d is missing or stands twice", where, l.block)
		}
		c.numbers[l.block] = true
		if n := b.Len(); n > c.o.MaxRows || n < 1 || len(seq) > 1 && n < c.o.MinRows {
			c.t.Errorf("%s: %d rows, want %d to %d", where, n, c.o.MinRows, c.o.MaxRows)
		}
		for row := range b.Len() {
			k := b.key(row)
			if last != nil && last.compare(k) >= 0 {
				c.t.Errorf("%s row %d: key %v is not above %v", where, row, k, *last)
			}
			if i > 0 && k.compare(l.lower) < 0 || i+1 < len(seq) && k.compare(seq[i+1].lower) >= 0 {
				c.t.Errorf("%s row %d: key %v is outside the block's range", where, row, k)
			}
			last = &k
			c.row(cl, b, row)
		}
		c.rows[cl] += b.Len()
		c.block(cl, b, l.block, where)
	}
}

// row checks that the index finds the row and that its number is shown by the right id.
func (c *invariants) row(cl class, b *Block, row int) {
	c.t.Helper()
	id := b.ID(row)
	if found, ok := c.s.Find(id); !ok || found.Block != b || found.Index != row {
		c.t.Errorf("class %d: id %q is not found where it is", cl, id)
	}
	number, text := idKey(id)
	if number != b.numbers[row] || text != b.text(row) {
		c.t.Errorf("id %q has number %d and text %q", id, b.numbers[row], b.text(row))
	}
	if got, want := b.Shown(row), c.holders[number] == text; got != want {
		c.t.Errorf("id %q shows its number: %v, want %v", id, got, want)
	}
	if b.Shown(row) {
		if other, taken := c.shown[number]; taken {
			c.t.Errorf("number %d is shown by %q and %q", number, other, id)
		}
		c.shown[number] = string(id)
		if found, ok := c.s.FindNumber(number); !ok || found.Block != b || found.Index != row {
			c.t.Errorf("number %d is not found at id %q", number, id)
		}
	}
}

// serialised is the blocks that were met by their serials, over all tests.
var serialised sync.Map

func (c *invariants) block(cl class, b *Block, number uint32, where string) {
	c.t.Helper()
	if other, met := serialised.LoadOrStore(b.Serial(), weak.Make(b)); b.Serial() == 0 || met && other != weak.Make(b) {
		c.t.Errorf("%s: serial %d is none or that of another block", where, b.Serial())
	}
	box := world.EmptyBox
	if b.class != cl || (b.x != nil) != (cl == onePoint) || (b.shapes != nil) != cl.isShape() {
		c.t.Errorf("%s: a block of class %d", where, b.class)
	}
	if cl.isShape() {
		c.shapes(cl, b.shapes, where)
		box = boxOf(b.shapes.X, b.shapes.Y)
	}
	if cl == onePoint {
		box = boxOf(b.x, b.y)
	}
	if cl != unlocated {
		found := false
		c.s.tree.Search(treeBox(box), func(n uint32) bool {
			found = found || n == number
			return true
		})
		if !found {
			c.t.Errorf("%s: the tree does not find the block in its box", where)
		}
		if b.first != b.hilbert(0) {
			c.t.Errorf("%s: first key %d, want %d", where, b.first, b.hilbert(0))
		}
	}
	if b.box != box {
		c.t.Errorf("%s: box %v, want %v", where, b.box, box)
	}
	if b.hidden != nil && b.hidden.Count() == 0 {
		c.t.Errorf("%s: an empty set of hidden rows", where)
	}
	for f, col := range b.columns {
		c.column(f, col, where)
		if col.Len() != b.Len() {
			c.t.Errorf("%s field %d: %d rows, want %d", where, f, col.Len(), b.Len())
		}
	}
}

// shapes checks what is derived from vertices against what it is derived from.
func (c *invariants) shapes(cl class, s *Shapes, where string) {
	c.t.Helper()
	for row := range s.Len() {
		from, to := s.Vertices(row)
		if box := boxOf(s.X[from:to], s.Y[from:to]); box != s.Box(row) || classOf(box) != cl {
			c.t.Errorf("%s row %d: box %v of class %d, want %v", where, row, s.Box(row), classOf(box), box)
		}
		g := shape.Shape{Kind: s.Kinds[row], X: s.X[from:to], Y: s.Y[from:to]}
		for part := s.Parts[row]; part < s.Parts[row+1]; part++ {
			first, last := s.Part(int(part))
			if first == last {
				c.t.Errorf("%s row %d: part %d is empty", where, row, part)
			}
			g.Ends = append(g.Ends, uint32(last-from))
		}
		g.Finish(c.s.schema.Coverage)
		own := s.Details[from:to]
		if c.s.schema.Coverage {
			own = s.own[from:to]
		}
		if !slices.Equal(own, g.Details) {
			c.t.Errorf("%s row %d: details %v, want %v", where, row, own, g.Details)
		}
		if got, want := s.Clean[row], s.clean(row); got != want {
			c.t.Errorf("%s row %d: clean at %b, want %b", where, row, got, want)
		}
	}
}

// column checks the zone map against one made from scratch, and the choice of dictionary.
func (c *invariants) column(field int, col column.Column, where string) {
	c.t.Helper()
	dict := c.s.dicts[field]
	if codes, ok := col.(*column.Codes); ok {
		if codes.Dict != dict {
			c.t.Errorf("%s field %d: another dictionary than the snapshot's", where, field)
		}
	} else if _, ok := col.(*column.Texts); ok && dict != nil {
		c.t.Errorf("%s field %d: raw text beside a dictionary", where, field)
	}
	b := column.NewBuilder(col.Kind(), dict)
	for row := range col.Len() {
		b.Append(col.Value(row))
	}
	if got, want := *col.Zone(), *b.Finish().Zone(); got != want {
		c.t.Errorf("%s field %d: zone map %+v, want %+v", where, field, got, want)
	}
}

// describe lists the snapshot's features in canonical order, a line each.
func describe(s *Snapshot) string {
	var out strings.Builder
	fmt.Fprintf(&out, "count %d located %d box %v\n", s.Count(), s.Located(), s.Box())
	s.Scan(nil, func(r Row) bool {
		f := r.Feature()
		fmt.Fprintf(&out, "%q shown=%v %v", f.ID, r.Block.Shown(r.Index), f.Geometry)
		if s := r.Block.shapes; s != nil {
			from, to := s.Vertices(r.Index)
			fmt.Fprintf(&out, " kind %d area %v clean %b at %v %v %v", s.Kinds[r.Index], s.Areas[r.Index], s.Clean[r.Index],
				s.X[from:to], s.Y[from:to], s.Details[from:to])
		} else if r.Block.x != nil {
			fmt.Fprintf(&out, " %v", r.Block.Point(r.Index))
		}
		fmt.Fprintf(&out, " %v\n", f.Values)
		return true
	})
	return out.String()
}
