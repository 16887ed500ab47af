package layers

import (
	"errors"
	"runtime"
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers/column"
)

// TestLoadHoldsLittleBeyondTheStore samples the live heap while layers of two sizes are loaded. What
// is there beyond the finished store must stay below one bound for both: it is a run, not the file.
func TestLoadHoldsLittleBeyondTheStore(t *testing.T) {
	const bound = 20 << 20
	for _, rows := range []int{60_000, 240_000} {
		before := liveHeap()
		l := newLayer(t, Options{})
		load, err := l.Load()
		if err != nil {
			t.Fatal(err)
		}
		peak := uint64(0)
		for i := 0; i < rows; i += 1000 {
			changes := make([]Change, 1000)
			for j := range changes {
				changes[j].Feature = spread(i + j)
			}
			if err := load.Add(changes); err != nil {
				t.Fatal(err)
			}
			if i%20_000 == 0 {
				peak = max(peak, liveHeap())
			}
		}
		done, sampled := make(chan struct{}), make(chan uint64)
		go func() {
			most := uint64(0)
			for {
				select {
				case <-done:
					sampled <- most
					return
				default:
					most = max(most, liveHeap())
				}
			}
		}()
		if _, err := load.Finish(); err != nil {
			t.Fatal(err)
		}
		close(done)
		peak = max(peak, <-sampled)
		store := liveHeap() - before
		if beyond := int64(peak-before) - int64(store); beyond > bound {
			t.Errorf("%d rows: %d bytes beyond the store of %d, want at most %d", rows, beyond, store, bound)
		} else {
			t.Logf("%d rows: %d bytes beyond the store of %d", rows, beyond, store)
		}
		if l.Snapshot().Count() != rows {
			t.Errorf("%d features, want %d", l.Snapshot().Count(), rows)
		}
	}
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// spread is a feature somewhere in a city: neighbours in the stream are not neighbours on the map.
func spread(i int) Feature {
	r := uint64(i) * 0x9e3779b97f4a7c15
	return Feature{
		ID:       FeatureID("C-" + strconv.Itoa(i)),
		Geometry: orb.Point{116 + float64(r>>40)/(1<<24), 39 + float64(r<<24>>40)/(1<<24)},
		Values: []column.Value{
			column.StringOf("category " + strconv.Itoa(i%30)), column.StringOf("a lamp is broken at number " + strconv.Itoa(i)),
			column.IntOf(int64(i % 9)), column.FloatOf(float64(i)), column.BoolOf(i%2 == 0), column.MicrosOf(int64(i) * 1e6),
		},
	}
}

// TestLoaderEndsOnce finishes and aborts loads in every order.
func TestLoaderEndsOnce(t *testing.T) {
	t.Parallel()
	l := newLayer(t, Options{})
	load, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	if err := load.Add([]Change{{Feature: gridFeature(1)}}); err != nil {
		t.Fatal(err)
	}
	load.Abort()
	load.Abort()
	if _, err := load.Finish(); !errors.Is(err, ErrFinished) {
		t.Errorf("finish after abort: %v", err)
	}
	if err := load.Add(nil); !errors.Is(err, ErrFinished) {
		t.Errorf("add after abort: %v", err)
	}
	if l.Snapshot().Count() != 0 {
		t.Errorf("an aborted load left %d features", l.Snapshot().Count())
	}
	// The layer is as it was: it can be loaded, once, and then takes batches.
	load, err = l.Load()
	if err != nil {
		t.Fatal(err)
	}
	var refused *ChangeError
	if err := load.Add([]Change{{Feature: gridFeature(1)}, {}}); !errors.As(err, &refused) || refused.Index != 1 {
		t.Errorf("a bad change: %v", err)
	}
	if err := load.Add([]Change{{Feature: gridFeature(2)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	load.Abort()
	if _, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{{Feature: gridFeature(3)}}}); err != nil {
		t.Fatal(err)
	}
	s := l.Snapshot()
	if _, ok := s.Find("1"); ok || s.Count() != 2 {
		t.Errorf("%d features, want 2 and 3 only: of a refused slice nothing was taken", s.Count())
	}
	checkInvariants(t, s, Options{})
	// An empty load is a state too.
	empty := newLayer(t, Options{})
	load, err = empty.Load()
	if err != nil {
		t.Fatal(err)
	}
	if d, err := load.Finish(); err != nil || d.Inserted != 0 || empty.Snapshot().Seq() != 1 {
		t.Errorf("an empty load: %+v, %v", d, err)
	}
}
