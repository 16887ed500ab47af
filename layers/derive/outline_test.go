package derive

import (
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers/hexgrid"
	"hutong/layers/shape"
	"hutong/layers/world"
)

var outlineRuns atomic.Uint64

// TestOutlines looks at outlines of cells at hard places: they are rings in the world, hold their middles, and what
// descends from the cell is in its reach.
func TestOutlines(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &outlineRuns, 1) {
		rng := rand.New(rand.NewPCG(seed, 7))
		two := 0
		for range 2000 {
			p := anywhere(rng)
			cell, err := hexgrid.At(p[0], p[1], hexgrid.Resolution(rng.IntN(13)))
			if err != nil {
				t.Fatal(err)
			}
			o := newOutline(cell)
			if len(o.rings) < 1 || len(o.rings) > 2 {
				t.Fatalf("seed %d: %v has %d rings", seed, cell, len(o.rings))
			}
			if len(o.rings) == 2 {
				two++
			}
			for i := range o.rings {
				if r := &o.rings[i]; len(r.x) < 3 || shape.SignedArea(r.x, r.y) <= 0 {
					t.Fatalf("seed %d: %v has the ring %v", seed, cell, r)
				}
			}
			checkReach(t, rng, o)
		}
		if two == 0 {
			t.Error("no cell was cut by the antimeridian")
		}
	}
}

// checkReach walks down to random descendants.
func checkReach(t *testing.T, rng *rand.Rand, o *outline) {
	t.Helper()
	cell := o.cell
	for range 3 {
		children := cell.Children()
		if len(children) == 0 {
			return
		}
		cell = children[rng.IntN(len(children))]
		below := newOutline(cell)
		for i := range below.rings {
			r := &below.rings[i]
			for k := range r.x {
				p := world.Point{X: r.x[k], Y: r.y[k]}
				if !o.reach.meets(world.Box{Min: p, Max: p}) {
					t.Fatalf("%v reaches beyond %v, of which it descends", cell, o.cell)
				}
			}
		}
		if o.reach.width != worldSide-1 && angle(o.lon, o.lat, below.lon, below.lat) > o.radius {
			t.Fatalf("the middle of %v is beyond the radius of %v", cell, o.cell)
		}
	}
}

// TestInsider compares the quick answer with lookups, near edges above all.
func TestInsider(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &outlineRuns, 1) {
		rng := rand.New(rand.NewPCG(seed, 8))
		quick := 0
		for range 3000 {
			p := anywhere(rng)
			cell, err := hexgrid.At(p[0], p[1], hexgrid.Resolution(rng.IntN(16)))
			if err != nil {
				t.Fatal(err)
			}
			in := newInsider(cell)
			box := newOutline(cell).rings[0].box
			for _, b := range in.boxes() {
				if len(in.ring.x) > 0 && !b.ContainsBox(box) {
					t.Fatalf("seed %d: %v is looked for in %v", seed, cell, b)
				}
			}
			for range 10 {
				q := world.Point{
					X: box.Min.X + uint32(rng.Uint64N(uint64(box.Max.X-box.Min.X)+1)), Y: box.Min.Y + uint32(rng.Uint64N(uint64(box.Max.Y-box.Min.Y)+1)),
				}
				if got, want := in.has(q), cellAt(q, cell.Resolution()) == cell; got != want {
					t.Fatalf("seed %d: %v holds %v: got %t, want %t", seed, cell, q, got, want)
				}
				if len(in.ring.x) > 0 && math.Abs(in.ring.depth(q)) > in.margin {
					quick++
				}
			}
		}
		if quick < 10_000 {
			t.Errorf("only %d of 30,000 answers came without a lookup", quick)
		}
	}
}

// TestOutlinesAreKept looks at the bound of the table, and at what it holds.
func TestOutlinesAreKept(t *testing.T) {
	t.Parallel()
	table := newOutlines()
	cell := hexgrid.BaseCell(5)
	first := table.of(cell)
	if table.of(cell) != first || first.shape.Box() != first.rings[0].box {
		t.Error("the outline is not kept")
	}
	places := 0
	for i := range table.shards {
		if s := table.shards[i].Load(); s != nil {
			places += len(s) * len(s[0])
		}
	}
	if places != maxOutlines/outlineShards {
		t.Errorf("one outline takes a table of %d, want one shard", places)
	}
}
