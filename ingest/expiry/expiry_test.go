package expiry

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// day is the time at which the tests' clock starts, that of synctest.
var day = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func sensors() *layers.Schema {
	return &layers.Schema{
		Name: "sensors", Observed: "read", Version: "run",
		Fields: []layers.Field{
			{Name: "value", Kind: column.Float},
			{Name: "read", Kind: column.Time},
			{Name: "run", Kind: column.Int},
			{Name: "freshness", Kind: column.String},
		},
	}
}

// acceptor applies what is published, or refuses it with err.
type acceptor struct {
	live    *layers.Layer
	sources []string
	sizes   []int
	err     atomic.Pointer[error]
}

func (a *acceptor) Accept(_ context.Context, source string, b layers.Batch) (ingest.Receipt, error) {
	if err := a.err.Load(); err != nil {
		return ingest.Receipt{}, *err
	}
	a.sources, a.sizes = append(a.sources, source), append(a.sizes, len(b.Changes))
	d, err := a.live.Apply(b)
	return ingest.Receipt{Seq: d.Seq, Outcomes: d.Outcomes}, err
}

func reading(id int, at time.Time) layers.Change {
	return layers.Change{Feature: layers.Feature{
		ID: layers.FeatureID(strconv.Itoa(id)), Geometry: orb.Point{116.4, 39.9},
		Values: []column.Value{column.FloatOf(1), column.TimeOf(at), column.IntOf(3), column.StringOf(Fresh)},
	}}
}

// lived returns a layer with readings that are this old at the start.
func lived(t *testing.T, ages ...time.Duration) *acceptor {
	t.Helper()
	live, err := layers.New(sensors(), layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := &acceptor{live: live}
	var changes []layers.Change
	for i, age := range ages {
		changes = append(changes, reading(i, day.Add(-age)))
	}
	if _, err := live.Apply(layers.Batch{Layer: "sensors", Changes: changes}); err != nil {
		t.Fatal(err)
	}
	return a
}

// classes returns "id class" of all features, sorted.
func (a *acceptor) classes() string {
	var out []string
	a.live.Snapshot().Scan(nil, func(r layers.Row) bool {
		f := r.Feature()
		out = append(out, string(f.ID)+" "+f.Values[3].Text())
		return true
	})
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func ager(t *testing.T, a *acceptor, opts Options) *Ager {
	t.Helper()
	ager, err := New(a.live, a, slog.New(slog.DiscardHandler), opts)
	if err != nil {
		t.Fatal(err)
	}
	return ager
}

func TestStep(t *testing.T) {
	both := Options{Stale: 10 * time.Minute, Expired: time.Hour, Class: "freshness"}
	for _, c := range []struct {
		name string
		opts Options
		ages []time.Duration
		want string
	}{
		{"just below each age", both, []time.Duration{10*time.Minute - time.Microsecond, time.Hour - time.Microsecond}, "0 fresh, 1 stale"},
		{"at each age", both, []time.Duration{10 * time.Minute, time.Hour}, "0 stale"},
		{"from the future", both, []time.Duration{-time.Hour}, "0 fresh"},
		{"no stale", Options{Expired: time.Hour}, []time.Duration{30 * time.Minute, 2 * time.Hour}, "0 fresh"},
		{"no expiry", Options{Stale: time.Minute, Class: "freshness"}, []time.Duration{0, 30 * time.Minute, 2000 * time.Hour}, "0 fresh, 1 stale, 2 stale"},
		{"neither", Options{}, []time.Duration{2000 * time.Hour}, "0 fresh"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := lived(t, c.ages...)
			c.opts.Now = func() time.Time { return day }
			g := ager(t, a, c.opts)
			for range 2 { // a second look finds nothing more
				if err := g.Step(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := a.classes(); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
			if i := slices.IndexFunc(a.sources, func(s string) bool { return s != Source }); i >= 0 {
				t.Errorf("published as %q", a.sources[i])
			}
		})
	}
}

// TestNothingTwice holds a step to publishing only what it changes.
func TestNothingTwice(t *testing.T) {
	a := lived(t, 2*time.Hour, 20*time.Minute)
	g := ager(t, a, Options{Stale: 10 * time.Minute, Expired: time.Hour, Class: "freshness", Now: func() time.Time { return day }})
	for range 3 {
		if err := g.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{1, 1}; !slices.Equal(a.sizes, want) {
		t.Errorf("got batches of %v, want %v", a.sizes, want)
	}
}

func TestBatches(t *testing.T) {
	a := lived(t, slices.Repeat([]time.Duration{2 * time.Hour}, 2*ingest.MaxBatch+1)...)
	g := ager(t, a, Options{Expired: time.Hour, Now: func() time.Time { return day }})
	if err := g.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []int{ingest.MaxBatch, ingest.MaxBatch, 1}; !slices.Equal(a.sizes, want) {
		t.Errorf("got batches of %v, want %v", a.sizes, want)
	}
	if n := a.live.Snapshot().Count(); n != 0 {
		t.Errorf("%d features are left", n)
	}
}

// TestRun lets time pass: a layer ages without anything coming in, and what the acceptor refuses is tried
// again.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := lived(t, 0)
		g := ager(t, a, Options{Stale: 10 * time.Minute, Expired: time.Hour, Class: "freshness"})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- g.Run(ctx) }()
		at := func(age time.Duration, want string) {
			t.Helper()
			time.Sleep(time.Until(day.Add(age)))
			synctest.Wait()
			if got := a.classes(); got != want {
				t.Errorf("after %v: got %q, want %q", age, got, want)
			}
		}
		at(10*time.Minute-time.Second, "0 fresh")
		at(10*time.Minute+time.Second, "0 stale")
		readOnly := errors.New("read-only")
		a.err.Store(&readOnly)
		at(time.Hour+time.Minute, "0 stale")
		a.err.Store(nil)
		at(time.Hour+time.Minute+time.Second, "")
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	still := sensors()
	still.Observed, still.Version = "", ""
	for _, c := range []struct {
		name   string
		schema *layers.Schema
		opts   Options
		want   string
	}{
		{"no event times", still, Options{Expired: time.Hour}, "event times"},
		{"stale last", sensors(), Options{Stale: time.Hour, Expired: time.Hour, Class: "freshness"}, "stale first"},
		{"no class", sensors(), Options{Stale: time.Hour}, `no field ""`},
		{"class of numbers", sensors(), Options{Stale: time.Hour, Class: "value"}, `no field "value"`},
		{"below zero", sensors(), Options{Expired: -1}, "below 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			live, err := layers.New(c.schema, layers.Options{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = New(live, nil, slog.New(slog.DiscardHandler), c.opts)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func BenchmarkStepWithNothingDue(b *testing.B) {
	live, err := layers.New(sensors(), layers.Options{})
	if err != nil {
		b.Fatal(err)
	}
	loader, err := live.Load()
	if err != nil {
		b.Fatal(err)
	}
	for i := range 1_000_000 {
		c := reading(i, day.Add(time.Duration(i)*time.Millisecond))
		c.Feature.Geometry = orb.Point{116 + float64(i%1000)/1000, 39 + float64(i/1000)/1000}
		if err := loader.Add([]layers.Change{c}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := loader.Finish(); err != nil {
		b.Fatal(err)
	}
	g, err := New(live, &acceptor{live: live}, slog.New(slog.DiscardHandler), Options{
		Stale: 10 * time.Minute, Expired: time.Hour, Class: "freshness", Now: func() time.Time { return day },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := g.Step(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
