package bars

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
)

// changesASecond is the bar on single-field updates while readers build tiles.
const changesASecond = 200_000

// barReaders is the number of goroutines that build tiles meanwhile.
const barReaders = 2

// barUpdates measures single-field updates of random features with and without readers.
func barUpdates(t *testing.T, s size, r *Report) {
	city := NewCity(citySeed)
	layer, err := loadCity(city, s.features, nil)
	if err != nil {
		t.Fatal(err)
	}
	chosen, _ := barTiles(city, s.features, s.tiles)
	source := newUpdates(city, s.features)
	var alone, beside, tilesBeside []float64
	for range s.rounds {
		// Made ready and applied in small portions, so that the store is not timed collecting what
		// waits to be applied.
		const portion = 20 * batchSize
		var quiet, busy, built float64
		for range s.updates / portion {
			batches := source.batches(portion)
			quiet += timed(func() { applyAll(t, layer, batches) }).Seconds()
			batches = source.batches(portion)
			took, tiles := besideReaders(t, layer, chosen, func() { applyAll(t, layer, batches) })
			busy += took.Seconds()
			built += float64(tiles)
		}
		alone = append(alone, float64(s.updates)/quiet)
		beside = append(beside, float64(s.updates)/busy)
		tilesBeside = append(tilesBeside, built/busy)
	}
	source.check(t, layer)
	r.AtLeast(fmt.Sprintf("updates: changes a second beside %d readers", barReaders), median(beside), changesASecond, "%.0f")
	r.Add("updates:   tiles a second that the readers built", "%.0f", median(tilesBeside))
	r.Add("updates:   changes a second without readers", "%.0f", median(alone))
}

func applyAll(t *testing.T, layer *layers.Layer, batches []*batch) {
	for _, b := range batches {
		if _, err := layer.Apply(layers.Batch{Layer: layer.Name(), Changes: b.changes}); err != nil {
			t.Fatal(err)
		}
	}
}

// besideReaders runs fn while readers build random ones of the chosen tiles from the newest state,
// and returns how long fn took and how many tiles were built.
func besideReaders(t *testing.T, layer *layers.Layer, chosen []chosenTile, fn func()) (took time.Duration, built int64) {
	var stop atomic.Bool
	var count atomic.Int64
	var wg sync.WaitGroup
	public := view.Public(layer)
	for reader := range barReaders {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(citySeed, uint64(reader)))
			b := newBuilder(t)
			for !stop.Load() {
				b.build(public.Now(), chosen[r.IntN(len(chosen))].Tile)
				count.Add(1)
			}
		})
	}
	took = timed(fn)
	built = count.Load()
	stop.Store(true)
	wg.Wait()
	return took, built
}

// updates makes upserts that differ from what a layer holds in the votes or the status only.
type updates struct {
	city  *City
	r     *rand.Rand
	votes []int8 // by feature
	state []int8 // position in statuses, by feature
}

func newUpdates(city *City, n int) *updates {
	u := &updates{city, rand.New(rand.NewPCG(citySeed, 77)), make([]int8, n), make([]int8, n)}
	position := map[string]int8{}
	for i, s := range statuses {
		position[s] = int8(i)
	}
	var values []column.Value
	for i := range n {
		values = city.Feature(i, values).Values
		u.votes[i] = int8(values[FieldVotes].Int())
		u.state[i] = position[values[FieldStatus].Text()]
	}
	return u
}

// batches returns count updates of random features, made ready so that making them is not timed.
func (u *updates) batches(count int) []*batch {
	out := make([]*batch, 0, count/batchSize+1)
	for made := 0; made < count; made += batchSize {
		b := newBatch(batchSize)
		for range min(batchSize, count-made) {
			i := u.r.IntN(len(u.votes))
			if u.r.IntN(2) == 0 {
				u.votes[i] = (u.votes[i] + 1 + int8(u.r.IntN(MaxVotes))) % (MaxVotes + 1)
			} else {
				u.state[i] = (u.state[i] + 1 + int8(u.r.IntN(len(statuses)-1))) % int8(len(statuses))
			}
			_, values := b.add(u.city, i)
			u.set(values, i)
		}
		out = append(out, b)
	}
	return out
}

func (u *updates) set(values []column.Value, i int) {
	values[FieldVotes] = column.IntOf(int64(u.votes[i]))
	values[FieldStatus] = column.StringOf(statuses[u.state[i]])
}

// check compares every feature of a layer with what it was given last.
func (u *updates) check(t *testing.T, layer *layers.Layer) {
	t.Helper()
	snapshot := layer.Snapshot()
	if got := snapshot.Count(); got != len(u.votes) {
		t.Fatalf("%d features after the updates, want %d", got, len(u.votes))
	}
	for i := range u.votes {
		row, ok := snapshot.Find(ID(i))
		if !ok {
			t.Fatalf("feature %s is gone", ID(i))
		}
		votes, status := row.Block.Column(FieldVotes).Value(row.Index), row.Block.Column(FieldStatus).Value(row.Index)
		if votes.Int() != int64(u.votes[i]) || status.Text() != statuses[u.state[i]] {
			t.Fatalf("feature %s: got %v votes and status %v, want %d and %q", ID(i), votes, status, u.votes[i], statuses[u.state[i]])
		}
	}
}
