package view

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

var packRuns atomic.Uint64

// packedFeature returns a feature of a layer for packs: mostly points.
func packedFeature(r *rand.Rand, i int) layers.Feature {
	at := orb.Point{116 + r.Float64(), 39.5 + r.Float64()}
	f := layers.Feature{ID: layers.FeatureID(fmt.Sprintf("r-%d", i)), Geometry: at, Values: []column.Value{
		column.StringOf(secret), column.StringOf(queryWords[r.IntN(4)]), column.MicrosOf(77), column.IntOf(r.Int64N(60)),
	}}
	switch r.IntN(20) {
	case 0:
		f.Geometry = nil
	case 1:
		f.Geometry = orb.LineString{at, {at[0] + 0.01, at[1]}}
	case 2:
		f.Values[3] = column.Value{}
	}
	return f
}

// packedLayer returns a layer of n features in small blocks, with the schema of testLayer.
func packedLayer(t *testing.T, r *rand.Rand, n int) *layers.Layer {
	t.Helper()
	live, err := layers.New(testLayer(t).Schema(), layers.Options{MinRows: 3, MaxRows: 9})
	if err != nil {
		t.Fatal(err)
	}
	batch := layers.Batch{Layer: live.Name()}
	for i := range n {
		batch.Changes = append(batch.Changes, layers.Change{Feature: packedFeature(r, i)})
	}
	if _, err := live.Apply(batch); err != nil {
		t.Fatal(err)
	}
	return live
}

// shownRow is all that a block shows of a row with the fields of testLayer that everybody sees.
type shownRow struct {
	id, text string
	number   uint64
	shown    bool
	box      world.Box
	values   [2]column.Value
}

// shownBlocks returns what blocks show, in order, and how many of the blocks were made of selected rows.
func shownBlocks(blocks []Block) (rows []shownRow, packs int) {
	for _, b := range blocks {
		if b.Rows() == nil {
			packs++
		}
		for row := range b.Len() {
			if b.Rows() == nil || b.Rows().Has(row) {
				rows = append(rows, shownRow{
					string(b.ID(row)), b.IDText(row), b.Numbers()[row], b.Shown(row), b.block.RowBox(row),
					[2]column.Value{b.Column(0).Value(row), b.Column(1).Value(row)},
				})
			}
		}
	}
	return rows, packs
}

// boxIn returns a box around some of the features of packedLayer.
func boxIn(r *rand.Rand) world.Box {
	low, _ := world.Project(116+r.Float64()/4, 39.5+r.Float64()/4)
	high, _ := world.Project(116.7+r.Float64()/2, 39.75+r.Float64())
	return world.Box{Min: world.Point{X: low.X, Y: min(low.Y, high.Y)}, Max: world.Point{X: high.X, Y: max(low.Y, high.Y)}}
}

// TestPacksAreTrueOfEverySnapshot compares the blocks of views whose filters are kept, asked again and again, with those
// of the same filters without a text, of old and new snapshots, while features change, move and go.
func TestPacksAreTrueOfEverySnapshot(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &packRuns, 3) {
		r := rand.New(rand.NewPCG(seed, 1))
		const features = 1200
		live := packedLayer(t, r, features)
		layer := Public(live)
		var asked atomic.Int64
		var old []*View
		packs, reused := 0, 0
		boxes := []world.Box{everywhere, boxIn(r), boxIn(r)}
		for range 8 {
			old = append(old, layer.Now())
			for range 12 {
				v := old[max(0, len(old)-1-r.IntN(3))]
				least := []int64{r.Int64N(4) * 18, 30}[:1+r.IntN(2)]
				plain, kept := v, v
				for _, n := range least {
					plain = plain.Where(votesFrom(n))
					kept = kept.Where(texted{votesFrom(n), strconv.FormatInt(n, 10), &asked})
				}
				box := boxes[r.IntN(len(boxes))]
				want, none := shownBlocks(plain.Blocks(box, nil))
				before := asked.Load()
				got, n := shownBlocks(kept.Blocks(box, nil))
				if !slices.Equal(want, got) || none > 0 {
					t.Fatalf("seed %d: snapshot %d: votes from %v in %v: got %d rows, want %d; %d packs without a text", seed, v.Seq(), least, box, len(got), len(want), none)
				}
				if packs += n; n > 0 && asked.Load() > before {
					reused++ // some packs outlived a change that others did not
				}
			}
			batch := layers.Batch{Layer: live.Name()}
			for range 1 + r.IntN(4) {
				f := packedFeature(r, r.IntN(features))
				batch.Changes = append(batch.Changes, layers.Change{Feature: f, Op: []layers.Op{layers.Upsert, layers.Upsert, layers.Delete}[r.IntN(3)]})
			}
			if _, err := live.Apply(batch); err != nil {
				t.Fatal(err)
			}
		}
		if packs < 20 || reused == 0 {
			t.Errorf("seed %d: %d packs were handed out, and %d times some beside blocks that had changed: too few to show anything", seed, packs, reused)
		}
	}
}

// TestPacksHaveOnlyWhatIsShown checks that packs hold the fields of the view and are of its filter and audience alone
// (S10), and that no look at a view hands out more than it was asked for.
func TestPacksHaveOnlyWhatIsShown(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	live := packedLayer(t, r, 1200)
	layer := Public(live)
	var asked atomic.Int64
	few := func(l *Layer, n int64) *View {
		return l.Now().Where(texted{votesFrom(n), strconv.FormatInt(n, 10), &asked})
	}
	made := func(v *View) (n int) {
		for _, b := range v.Blocks(everywhere, nil) {
			if b.Rows() != nil {
				continue
			}
			n++
			if got, want := len(b.block.Columns()), len(layer.Schema().Fields); got != want {
				t.Errorf("a pack has %d fields, want the %d of the view", got, want)
			}
			for row := range b.Len() {
				if votes := b.Column(1).Value(row).Int(); votes < 50 {
					t.Errorf("%s has %d votes", b.ID(row), votes)
				}
			}
		}
		return n
	}
	for ask := range packAfter + 1 {
		if n, want := made(few(layer, 50)), ask == packAfter; n > 0 != want {
			t.Errorf("%d packs when asked for the %d. time", n, ask+1)
		}
	}
	if n := made(few(Public(live), 50)); n > 0 {
		t.Errorf("%d packs for another audience that had not asked", n)
	}
	if n := made(few(layer, 55)); n > 0 {
		t.Errorf("%d packs of another filter that nobody had asked for", n)
	}
	if n := made(layer.Now().Where(votesFrom(50))); n > 0 {
		t.Errorf("%d packs for a selector without a text", n)
	}
	if n := made(few(layer, 0).Where(texted{votesFrom(50), "50", &asked})); n > 0 {
		t.Errorf("%d packs of a pair of filters that nobody had asked for", n)
	}
}

// TestPacksThatPay checks that there are none where few blocks are asked for, or where many rows of each are selected.
func TestPacksThatPay(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	live, err := layers.New(testLayer(t).Schema(), layers.Options{MinRows: 20, MaxRows: 60})
	if err != nil {
		t.Fatal(err)
	}
	batch := layers.Batch{Layer: live.Name()}
	for i := range 5000 {
		batch.Changes = append(batch.Changes, layers.Change{Feature: packedFeature(r, i)})
	}
	if _, err := live.Apply(batch); err != nil {
		t.Fatal(err)
	}
	layer := Public(live)
	low, _ := world.Project(116.3, 39.9)
	high, _ := world.Project(116.6, 39.7)
	for _, c := range []struct {
		name  string
		box   world.Box
		least int64
		want  bool
	}{
		{"few rows of many blocks", everywhere, 55, true},
		{"few rows of few blocks", world.Box{Min: low, Max: high}, 54, false},
		{"all rows of many blocks", everywhere, 0, false},
	} {
		var asked atomic.Int64
		for range 2 * packAfter {
			layer.Now().Where(texted{votesFrom(c.least), c.name, &asked}).Blocks(c.box, nil)
		}
		rows, packs := shownBlocks(layer.Now().Where(texted{votesFrom(c.least), c.name, &asked}).Blocks(c.box, nil))
		if packs > 0 != c.want || len(rows) == 0 {
			t.Errorf("%s: %d packs and %d rows, want packs: %t", c.name, packs, len(rows), c.want)
		}
	}
}

// TestPacksMeanwhile asks for packs from several goroutines while the layer changes, with more of them than are kept.
func TestPacksMeanwhile(t *testing.T) {
	t.Parallel()
	live := packedLayer(t, rand.New(rand.NewPCG(5, 5)), 1200)
	layer := Public(live)
	var asked atomic.Int64
	var wg sync.WaitGroup
	for g := range 2 {
		wg.Go(func() {
			for i := range 60 {
				v := layer.Now()
				n := int64(i/6%10) + 45
				kept := v.Where(texted{votesFrom(n), fmt.Sprint(i/6, n), &asked})
				want, _ := shownBlocks(v.Where(votesFrom(n)).Blocks(everywhere, nil))
				got, _ := shownBlocks(kept.Blocks(everywhere, nil))
				if !slices.Equal(want, got) {
					t.Errorf("goroutine %d: votes from %d: got %d rows, want %d", g, n, len(got), len(want))
					return
				}
			}
		})
	}
	r := rand.New(rand.NewPCG(6, 6))
	for range 40 {
		batch := layers.Batch{Layer: live.Name(), Changes: []layers.Change{{Feature: packedFeature(r, r.IntN(1200))}}}
		if _, err := live.Apply(batch); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	bytes, forgotten := layer.Kept()
	if forgotten == 0 {
		t.Error("nothing was forgotten: the test keeps too little")
	}
	if most := 2*2*minRoom + 64<<10; bytes > most {
		t.Errorf("%d bytes are kept, want %d at most", bytes, most)
	}
}

// TestGenerations checks what is forgotten: what nobody asked for since a generation began.
func TestGenerations(t *testing.T) {
	t.Parallel()
	var g generations[int, column.Bits]
	const room = 10 * entryBytes
	for i := range 100 {
		g.keep(i, nil, room)
		g.keep(i, nil, room) // takes no more
		if _, ok := g.find(0, room); !ok {
			t.Fatalf("what is asked for all the time was forgotten after %d", i)
		}
	}
	if _, ok := g.find(50, room); ok {
		t.Error("50 is still there")
	}
	if _, ok := g.find(99, room); !ok {
		t.Error("99 is not there")
	}
	if g.forgotten < 9 || g.forgotten > 11 {
		t.Errorf("%d generations of ten were forgotten after a hundred", g.forgotten)
	}
	if got := g.kept(); got > 2*room {
		t.Errorf("%d bytes, want %d at most", got, 2*room)
	}
}
