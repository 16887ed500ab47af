package view

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

var memoRuns atomic.Uint64

// texted is a selector with a text, whose answers are kept. It counts the blocks that it was asked about.
type texted struct {
	layers.Selector
	text  string
	asked *atomic.Int64
}

func (n texted) Text() string { return n.text }

func (n texted) Skips(b *layers.Block) bool {
	n.asked.Add(1)
	return n.Selector.Skips(b)
}

func (n texted) Filter(b *layers.Block, rows column.Bits) {
	n.asked.Add(1)
	n.Selector.Filter(b, rows)
}

// shownIDs returns the ids that v shows, in order.
func shownIDs(v *View) (ids []layers.FeatureID) {
	for b, rows := range v.blocks() {
		for row := range b.Len() {
			if rows == nil || rows.Has(row) {
				ids = append(ids, b.ID(row))
			}
		}
	}
	return ids
}

// votesFrom selects features of a testLayer by their votes, as everybody sees them.
func votesFrom(least int64) layers.Selector {
	return Matching(column.Where(1, column.GreaterOrEqual, column.IntOf(least)))
}

// TestMemoIsTrueOfEverySnapshot compares filters whose answers are kept with the same ones without a text,
// alone and together, while features change, move and go.
func TestMemoIsTrueOfEverySnapshot(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &memoRuns, 10) {
		r := rand.New(rand.NewPCG(seed, 0))
		live := testLayer(t)
		layer := Public(live)
		var asked atomic.Int64
		var old []*View
		for range 12 {
			old = append(old, layer.Now())
			for range 6 {
				v := old[r.IntN(len(old))]
				least := []int64{r.Int64N(60), r.Int64N(60)}
				plain, kept := v, v
				for _, n := range least[:1+r.IntN(2)] {
					plain = plain.Where(votesFrom(n))
					kept = kept.Where(texted{votesFrom(n), strconv.FormatInt(n, 10), &asked})
				}
				if diff := gocmp.Diff(shownIDs(plain), shownIDs(kept)); diff != "" {
					t.Fatalf("seed %d: snapshot %d: votes from %v: -without +with a memo\n%s", seed, v.Seq(), least, diff)
				}
			}
			f, _ := live.Snapshot().Find(layers.FeatureID(strconv.Itoa(r.IntN(50))))
			change := layers.Change{Op: layers.Delete}
			if f.Block == nil {
				continue
			}
			if change.Feature = f.Feature(); r.IntN(4) > 0 {
				change.Op = layers.Upsert
				change.Feature.Values[3] = column.IntOf(r.Int64N(60))
			}
			if _, err := live.Apply(layers.Batch{Layer: live.Name(), Changes: []layers.Change{change}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestMemoAsksOnce checks that a filter looks at a block once, whatever the view that it stands in, and after
// a change at the changed blocks only; that a prior selector's rows are not taken for its own; and that another
// audience has a memo of its own.
func TestMemoAsksOnce(t *testing.T) {
	t.Parallel()
	live := testLayer(t)
	layer := Public(live)
	var asked atomic.Int64
	ask := func(v *View, want bool) {
		t.Helper()
		before := asked.Load()
		v.Where(texted{votesFrom(20), "20", &asked}).Count()
		if got := asked.Load() > before; got != want {
			t.Errorf("the filter was asked: %v, want %v", got, want)
		}
	}
	ask(layer.Now().Where(votesFrom(30)), true)
	ask(layer.Now(), true)
	ask(layer.Now(), false)
	ask(layer.Now().Where(votesFrom(30)), false)
	ask(Public(live).Now(), true)
	row, _ := live.Snapshot().Find("7")
	f := row.Feature()
	f.Values[3] = column.IntOf(25)
	if _, err := live.Apply(layers.Batch{Layer: live.Name(), Changes: []layers.Change{{Feature: f}}}); err != nil {
		t.Fatal(err)
	}
	before := asked.Load()
	if got := layer.Now().Where(texted{votesFrom(20), "20", &asked}).Count(); got != 31 {
		t.Errorf("got %d features, want 31", got)
	}
	if n := asked.Load() - before; n < 1 || n > 2 {
		t.Errorf("asked %d times after one block changed, want about that one", n)
	}
}

// TestMemoKeepsNoAges checks that a filter on a field that depends on the clock sees it turn.
func TestMemoKeepsNoAges(t *testing.T) {
	t.Parallel()
	layer := withAges(t, Public(reports(t, 8, column.TimeOf(noon), column.TimeOf(noon.Add(-50*time.Minute)))), hours, noon)
	var asked atomic.Int64
	count := func() int {
		field := layer.Schema().FieldIndex(hours.Field)
		return layer.Now().Where(texted{Matching(column.In(field, column.StringOf("1h"))), "age_class = '1h'", &asked}).Count()
	}
	if got := count(); got != 2 {
		t.Errorf("%d features of the last hour, want 2", got)
	}
	layer.Ages().Turn(noon.Add(30 * time.Minute))
	if got := count(); got != 1 {
		t.Errorf("%d features of the last hour after half of one, want 1", got)
	}
}

// TestMemoForgets fills a memo beyond its bounds, from several goroutines.
func TestMemoForgets(t *testing.T) {
	t.Parallel()
	layer := Public(testLayer(t))
	var asked atomic.Int64
	var wg sync.WaitGroup
	for g := range 2 {
		wg.Go(func() {
			for i := range memoNames/2 + 50 {
				v := layer.Now().Where(texted{votesFrom(int64(i % 50)), fmt.Sprint(g, i), &asked})
				if got, want := v.Count(), 50-i%50; got != want {
					t.Errorf("votes from %d: %d features, want %d", i%50, got, want)
					return
				}
			}
		})
	}
	wg.Wait()
	if n := len(layer.memo.names); n > memoNames {
		t.Errorf("%d names, want %d at most", n, memoNames)
	}
	forgot := false
	for i := range layer.memo.answers {
		s := &layer.memo.answers[i]
		forgot = forgot || s.old != nil
		const most = minRoom/memoShards + entryBytes + 64
		if s.bytes > most || len(s.young)*entryBytes > most || len(s.old)*entryBytes > most {
			t.Errorf("shard %d has %d bytes in %d and %d answers, want %d bytes at most", i, s.bytes, len(s.young), len(s.old), most)
		}
	}
	if !forgot {
		t.Error("nothing was forgotten: the test fills too little")
	}
}
