package view

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/filter"
	"hutong/layers/hexgrid"
)

// reporting is a layer whose reports change.
type reporting struct {
	rng  *rand.Rand
	live *layers.Layer
	n    int   // features
	at   int64 // the last event time
}

// report is a new state of one of the features.
func (r *reporting) report(n int) layers.Change {
	r.at++
	f := report(layers.FeatureID(fmt.Sprintf("BJ-2025-%07d", n)), orb.Point{116 + r.rng.Float64(), 39.5 + r.rng.Float64()},
		fmt.Sprintf("138%08d", n), []string{"open", "closed"}[r.rng.IntN(2)], r.rng.Int64N(9))
	f.Values[3] = column.MicrosOf(r.at)
	return layers.Change{Feature: f}
}

// change is another status of a random feature, which has moved in one of five.
func (r *reporting) change() layers.Change {
	c := r.report(r.rng.IntN(r.n))
	if row, there := r.live.Snapshot().Find(c.Feature.ID); there && r.rng.IntN(5) > 0 {
		c.Feature.Geometry = row.Geometry()
	}
	return c
}

// load fills a layer with what each yields.
func load(b *testing.B, l *layers.Layer, each func(add func(layers.Feature) error) error) {
	b.Helper()
	loader, err := l.Load()
	if err != nil {
		b.Fatal(err)
	}
	var changes []layers.Change
	if err := each(func(f layers.Feature) error {
		if changes = append(changes, layers.Change{Feature: f}); len(changes) < 1000 {
			return nil
		}
		err := loader.Add(changes)
		changes = nil
		return err
	}); err != nil {
		b.Fatal(err)
	}
	if err := loader.Add(changes); err != nil {
		b.Fatal(err)
	}
	if _, err := loader.Finish(); err != nil {
		b.Fatal(err)
	}
}

// newReporting returns a layer of n points.
func newReporting(b *testing.B, n int) *reporting {
	b.Helper()
	live, err := layers.New(redactSchema(), layers.Options{})
	if err != nil {
		b.Fatal(err)
	}
	r := &reporting{rng: rand.New(rand.NewPCG(1, 8)), live: live, n: n}
	load(b, live, func(add func(layers.Feature) error) error {
		for i := range n {
			if err := add(r.report(i).Feature); err != nil {
				return err
			}
		}
		return nil
	})
	return r
}

// BenchmarkRedact takes changes of a layer through a view's own store: what they were and are is looked up and redacted,
// and what differs is applied. Beside ns/op, which has the layer's own commit in it, it tells what the layer takes for
// a change and what the view does. A larger layer has more blocks, of which a batch touches more.
func BenchmarkRedact(b *testing.B) {
	open, err := filter.Parse(filter.Text, "status = 'open'", redactSchema())
	if err != nil {
		b.Fatal(err)
	}
	where, snap := filter.Compile(open), new(hexgrid.Resolution(9))
	policies := []struct {
		name   string
		policy Policy
	}{
		{"fields and where", Policy{Fields: []string{"status", "at"}, Where: where}},
		{"keyed ids", Policy{KeyedIDs: true, Secret: testSecret}},
		{"snapped places", Policy{Snap: snap, Secret: testSecret}},
		{"all of it", Policy{Fields: []string{"status", "at"}, Where: where, KeyedIDs: true, Snap: snap, Secret: testSecret}},
	}
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			r := newReporting(b, n)
			for _, c := range policies {
				b.Run(c.name, func(b *testing.B) {
					redactor, store := newRedacted(b, r.live, c.policy)
					for _, size := range []int{1, 1000} {
						b.Run(strconv.Itoa(size), func(b *testing.B) { benchRedact(b, r, redactor, store, size) })
					}
				})
			}
		})
	}
}

// newRedacted returns what redacts a layer by a policy, and a store with what it shows now.
func newRedacted(b *testing.B, live *layers.Layer, p Policy) (*Redactor, *layers.Layer) {
	b.Helper()
	p.Name = "shown"
	redactor, err := NewRedactor(live.Schema(), p)
	if err != nil {
		b.Fatal(err)
	}
	schema, err := p.Schema(live.Schema())
	if err != nil {
		b.Fatal(err)
	}
	store, err := layers.New(schema, layers.Options{})
	if err != nil {
		b.Fatal(err)
	}
	load(b, store, func(add func(layers.Feature) error) error { return redactor.Each(live.Snapshot(), add) })
	return redactor, store
}

// benchRedact applies batches of a size to the layer and what follows from them to the store.
func benchRedact(b *testing.B, r *reporting, redactor *Redactor, store *layers.Layer, size int) {
	b.ReportAllocs()
	var ofLayer, ofView time.Duration
	n := 0
	for b.Loop() {
		batch := layers.Batch{Layer: r.live.Name()}
		for range size {
			batch.Changes = append(batch.Changes, r.change())
		}
		before, start := r.live.Snapshot(), time.Now()
		if _, err := r.live.Apply(batch); err != nil {
			b.Fatal(err)
		}
		after, between := r.live.Snapshot(), time.Now()
		shown := layers.Batch{Layer: store.Name()}
		for i := range batch.Changes {
			id := batch.Changes[i].Feature.ID
			old, was := before.Find(id)
			now, is := after.Find(id)
			if c, differs := redactor.Change(id, old, was, now, is); differs {
				shown.Changes = append(shown.Changes, c)
			}
		}
		if len(shown.Changes) > 0 {
			if _, err := store.Apply(shown); err != nil {
				b.Fatal(err)
			}
		}
		ofView += time.Since(between)
		ofLayer += between.Sub(start)
		n += size
	}
	b.ReportMetric(float64(ofLayer.Nanoseconds())/float64(n), "layer-ns/change")
	b.ReportMetric(float64(ofView.Nanoseconds())/float64(n), "view-ns/change")
}
