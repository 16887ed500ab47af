package layers

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
	"hutong/layers/column"
	"hutong/layers/world"
)

var pickRuns atomic.Uint64

// pointBlocks returns the blocks of points of s in canonical order.
func pointBlocks(s *Snapshot) (blocks []*Block) {
	for b := range s.All() {
		if b.class == onePoint {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// TestPick compares picked blocks with the rows that they are of, while a layer changes.
func TestPick(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &pickRuns, 6) {
		m := newModel(seed, 200)
		l := newLayer(t, Options{MinRows: 4, MaxRows: 16})
		columns := m.rng.Perm(len(testSchema().Fields))[:m.rng.IntN(5)]
		picker := NewPicker(columns)
		for range 12 {
			batch := Batch{Layer: l.Name()}
			for range 60 {
				batch.Changes = append(batch.Changes, m.change())
			}
			if _, err := l.Apply(batch); err != nil {
				t.Fatal(err)
			}
			blocks := pointBlocks(l.Snapshot())
			from := m.rng.IntN(len(blocks))
			blocks = blocks[from : from+1+m.rng.IntN(len(blocks)-from)]
			checkPick(t, seed, picker, columns, blocks, m.rng)
		}
	}
}

// checkPick picks random rows of blocks.
func checkPick(t *testing.T, seed uint64, picker *Picker, columns []int, blocks []*Block, r *rand.Rand) {
	t.Helper()
	type shown struct {
		ID     FeatureID
		Number uint64
		Shown  bool
		Place  world.Point
		Values []column.Value
	}
	show := func(b *Block, row int, columns []int) shown {
		s := shown{b.ID(row), b.Numbers()[row], b.Shown(row), b.Point(row), nil}
		for _, c := range columns {
			s.Values = append(s.Values, b.Column(c).Value(row))
		}
		return s
	}
	var want []shown
	box, rows := world.EmptyBox, make([]column.Bits, len(blocks))
	for i, b := range blocks {
		rows[i] = column.NewBits(b.Len())
		for row := range b.Len() {
			if r.IntN(3) == 0 {
				rows[i].Set(row)
				want = append(want, show(b, row, columns))
				box = box.Union(b.RowBox(row))
			}
		}
	}
	picked, ok := picker.Pick(blocks, rows)
	if !ok {
		if len(want) > 0 {
			t.Fatalf("seed %d: %d rows of %d blocks were not picked", seed, len(want), len(blocks))
		}
		return
	}
	var got []shown
	identity := make([]int, len(columns))
	for i := range identity {
		identity[i] = i
	}
	for row := range picked.Len() {
		got = append(got, show(picked, row, identity))
	}
	if diff := gocmp.Diff(want, got, gocmp.Comparer(func(a, b column.Value) bool { return a == b })); diff != "" {
		t.Fatalf("seed %d: -rows +picked\n%s", seed, diff)
	}
	if picked.Box() != box || picked.Serial() != 0 || len(picked.Columns()) != len(columns) {
		t.Errorf("seed %d: box %v, serial %d, %d columns, want %v, 0, %d", seed, picked.Box(), picked.Serial(), len(picked.Columns()), box, len(columns))
	}
	if picked.AllShown() != !slices.ContainsFunc(want, func(s shown) bool { return !s.Shown }) {
		t.Errorf("seed %d: all shown: %t", seed, picked.AllShown())
	}
	if least := picked.Len() * 16; picked.Bytes() < least { // a place and a number each
		t.Errorf("seed %d: %d bytes, want %d at least", seed, picked.Bytes(), least)
	}
}

// TestPickRefuses asks for blocks that do not go together. Their dictionaries must stay as they are.
func TestPickRefuses(t *testing.T) {
	t.Parallel()
	m := newModel(3, 300)
	for range 900 {
		m.change()
	}
	one, other := m.fresh(t, Options{}).Snapshot(), m.fresh(t, Options{}).Snapshot()
	a, b := pointBlocks(one)[0], pointBlocks(other)[0]
	var shapes *Block
	for c := range one.All() {
		if c.class.isShape() {
			shapes = c
		}
	}
	dict := dictionaryOf(a.Column(0))
	all := func(blocks ...*Block) (rows []column.Bits) {
		for _, b := range blocks {
			set := column.NewBits(b.Len())
			for row := range b.Len() {
				set.Set(row)
			}
			rows = append(rows, set)
		}
		return rows
	}
	before := dict.Len()
	for name, c := range map[string]struct {
		blocks []*Block
		rows   []column.Bits
	}{
		"two layers": {[]*Block{a, b}, all(a, b)},
		"shapes":     {[]*Block{a, shapes}, all(a, shapes)},
		"no rows":    {[]*Block{a}, []column.Bits{nil}},
	} {
		if picked, ok := NewPicker([]int{0, 1}).Pick(c.blocks, c.rows); ok {
			t.Errorf("%s: picked %d rows", name, picked.Len())
		}
	}
	if _, ok := NewPicker([]int{0, 1}).Pick([]*Block{a}, all(a)); !ok || dict.Len() != before {
		t.Errorf("picked: %t, with %d strings, want true, %d", ok, dict.Len(), before)
	}
}
