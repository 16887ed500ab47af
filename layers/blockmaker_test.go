package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers/column"
	"hutong/layers/shape"
	"hutong/layers/world"
)

var madeRuns atomic.Uint64

// TestMadeShapeIsClean compares the details at which a made polygon is said to be valid with the test of each.
func TestMadeShapeIsClean(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &madeRuns, 2) {
		rng := rand.New(rand.NewPCG(seed, 9))
		quick := 0
		for range 1500 {
			size := math.Exp2(2 + rng.Float64()*27)
			at := world.Point{X: 1<<31 + rng.Uint32N(1<<30), Y: 1<<31 + rng.Uint32N(1<<30)}
			n := 3 + rng.IntN(5)
			turn, squeeze := rng.Float64(), 0.3+rng.Float64()*0.7
			var r MadeRing
			for i := range n {
				a := 2 * math.Pi * (float64(i) + turn + rng.NormFloat64()*0.05) / float64(n)
				x, y := size*math.Cos(a), squeeze*size*math.Sin(a)
				r.X, r.Y = append(r.X, uint32(int64(at.X)+int64(x+y*turn))), append(r.Y, uint32(int64(at.Y)+int64(y)))
			}
			if shape.SignedArea(r.X, r.Y) <= 0 {
				continue
			}
			m := NewMadeShape([]MadeRing{r})
			if detail, ok := cleanFrom([]MadeRing{r}, m.box, m.shape.Area); ok && detail < shape.MaxDetail {
				quick++
			}
			if wrong := m.clean &^ cleanDetails(&m.shape); wrong != 0 {
				t.Fatalf("seed %d: %v is said to be valid at details %b, at which it is not", seed, r, wrong)
			}
		}
		if quick < 500 {
			t.Errorf("seed %d: only %d of 1,500 polygons needed no test", seed, quick)
		}
	}
}

// TestMakeBlocks makes blocks of points and polygons of all sizes and compares them with what went in.
func TestMakeBlocks(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 9))
	schema := &Schema{Name: "cells", IDField: "h3", Fields: []Field{{Name: "n", Kind: column.Int}, {Name: "text", Kind: column.String}}}
	list := make([]Made, 3000)
	for i := range list {
		list[i] = Made{Number: uint64(i), Point: world.Point{X: rng.Uint32(), Y: rng.Uint32()}}
		if i%3 > 0 {
			side := uint32(1) << (3 + rng.IntN(25))
			x, y := rng.Uint32N(1<<31), rng.Uint32N(1<<31)
			list[i].Shape = NewMadeShape([]MadeRing{{X: []uint32{x, x + side, x}, Y: []uint32{y, y + side, y + side}}})
		}
	}
	var blocks []*Block
	seen := map[FeatureID]bool{}
	for b := range MakeBlocks(schema, list, func(i int, values []column.Value) FeatureID {
		if i%2 == 0 {
			values[0] = column.IntOf(int64(i))
		}
		values[1] = column.StringOf(strconv.Itoa(i))
		return FeatureID(fmt.Sprintf("cell-%d", i))
	}) {
		blocks = append(blocks, b)
		for row := range b.Len() {
			i := int(b.Numbers()[row])
			id := FeatureID(fmt.Sprintf("cell-%d", i))
			want := column.Value{}
			if i%2 == 0 {
				want = column.IntOf(int64(i))
			}
			if b.ID(row) != id || seen[id] || b.Shown(row) || b.Column(0).Value(row) != want || b.Column(1).Value(row).Text() != strconv.Itoa(i) {
				t.Fatalf("row %d of %s: id %s, twice %t, shown %t", row, id, b.ID(row), seen[id], b.Shown(row))
			}
			seen[id] = true
			if m := list[i].Shape; m == nil {
				if b.Point(row) != list[i].Point {
					t.Fatalf("%s is at %v, want %v", id, b.Point(row), list[i].Point)
				}
			} else if b.RowBox(row) != m.Box() || !b.Shapes().same(row, &m.shape) {
				t.Fatalf("%s has box %v, want %v", id, b.RowBox(row), m.Box())
			}
			if row > 0 && b.key(row-1).compare(b.key(row)) >= 0 {
				t.Fatalf("rows of %s are not in order", id)
			}
		}
	}
	if len(seen) != len(list) || !slices.IsSortedFunc(blocks, CompareBlocks) {
		t.Errorf("%d of %d features, in order %t", len(seen), len(list), slices.IsSortedFunc(blocks, CompareBlocks))
	}
	for _, b := range blocks {
		if b.Len() > defaultMaxRows {
			t.Errorf("a block of %d rows", b.Len())
		}
	}
	for range MakeBlocks(schema, nil, nil) {
		t.Error("a block of nothing")
	}
}
