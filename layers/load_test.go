package layers

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

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

// beginLoad begins a load of an empty layer.
func beginLoad(t *testing.T, schema *Schema) (*Layer, *Loader) {
	t.Helper()
	l, err := New(schema, Options{})
	if err != nil {
		t.Fatal(err)
	}
	load, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(load.Abort)
	return l, load
}

// TestLoadNeedsSeq0 refuses a layer that had an empty batch.
func TestLoadNeedsSeq0(t *testing.T) {
	t.Parallel()
	l := newLayer(t, Options{})
	if _, err := l.Apply(Batch{Layer: l.Name()}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Load(); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a load after an empty batch: %v, want %v", err, ErrNotEmpty)
	}
}

// TestRunsAreBounded feeds a load with what could grow its run: deletes of ids that are not there,
// ids that come and go, and long texts.
func TestRunsAreBounded(t *testing.T) {
	t.Parallel()
	id := func(i int) Feature { return Feature{ID: FeatureID("x" + strconv.Itoa(i))} }
	longID, text := FeatureID(strings.Repeat("x", MaxID)), column.StringOf(strings.Repeat("x", DefaultMaxLength))
	for _, c := range []struct {
		name    string
		changes int
		change  func(i int) Change
		runs    int // ended, with rows
	}{
		{"deletes", runRows + 10, func(i int) Change { return Change{Op: Delete, Feature: id(i)} }, 0},
		{"come and go", 2*runRows + 10, func(i int) Change { return Change{Op: Op(i % 2), Feature: id(i / 2)} }, 1},
		{"one id", runRows + 10, func(int) Change { return Change{Feature: id(0)} }, 1},
		{"text", 2*runBytes/DefaultMaxLength + 10, func(i int) Change {
			f := id(i)
			f.Values = []column.Value{text}
			return Change{Feature: f}
		}, 2},
		{"long ids", runBytes/MaxID + 10, func(int) Change { return Change{Op: Delete, Feature: Feature{ID: longID}} }, 0},
	} {
		_, load := beginLoad(t, testSchema())
		ended := 0
		for i := range c.changes {
			before := load.bytes
			if err := load.Add([]Change{c.change(i)}); err != nil {
				t.Fatal(err)
			}
			if load.bytes < before {
				ended++
			}
			if len(load.places) >= runRows || len(load.seen) >= runRows || load.bytes >= runBytes {
				t.Fatalf("%s: after %d changes a run of %d rows, %d ids, %d bytes", c.name, i+1, len(load.places), len(load.seen), load.bytes)
			}
		}
		if ended < 1 || len(load.runs) != c.runs {
			t.Errorf("%s: %d runs ended, %d with rows, want some and %d", c.name, ended, len(load.runs), c.runs)
		}
	}
}

// TestLoadKeepsNoIDsOfTheCaller moves and deletes features between runs: what is noted about their
// ids must not be the caller's strings, which may be pieces of a file's buffer.
func TestLoadKeepsNoIDsOfTheCaller(t *testing.T) {
	t.Parallel()
	_, load := beginLoad(t, testSchema())
	buffer := strings.Repeat("moves deleted", 1000)
	moves, deleted := FeatureID(buffer[:5]), FeatureID(buffer[6:13])
	for run, changes := range [][]Change{
		{{Feature: Feature{ID: moves, Geometry: orb.Point{1, 1}}}, {Feature: Feature{ID: deleted}}},
		{{Feature: Feature{ID: moves, Geometry: orb.Point{2, 2}}}, {Op: Delete, Feature: Feature{ID: deleted}}},
		{{Feature: Feature{ID: moves, Geometry: orb.Point{1, 1}}}, {Feature: Feature{ID: deleted}}},
	} {
		if err := load.Add(changes); err != nil {
			t.Fatal(err)
		}
		load.endRun()
		if want := min(2*run, 2); len(load.latest) != want {
			t.Errorf("after run %d %d ids are noted, want %d", run, len(load.latest), want)
		}
		for id := range load.latest {
			p := uintptr(unsafe.Pointer(unsafe.StringData(string(id))))
			if from := uintptr(unsafe.Pointer(unsafe.StringData(buffer))); p >= from && p < from+uintptr(len(buffer)) {
				t.Errorf("after run %d %q is a piece of the caller's buffer", run, id)
			}
		}
		for _, p := range load.places[:cap(load.places)] {
			if p.key.text != "" {
				t.Errorf("after run %d the place of %q is still there", run, p.key.text)
			}
		}
	}
	runtime.KeepAlive(buffer)
}

// TestLoadCompacts loads the same 40,000 features ten times, half of them each time elsewhere: the
// replaced ones must not pile up.
func TestLoadCompacts(t *testing.T) {
	t.Parallel()
	const features = 40_000
	l, load := beginLoad(t, &Schema{Name: "points"})
	changes := make([]Change, features)
	for round := range 10 {
		for i := range changes {
			lon := float64(i%200) / 100
			if i%2 == 0 {
				lon += float64(round)
			}
			changes[i].Feature = Feature{ID: FeatureID(strconv.Itoa(i)), Geometry: orb.Point{lon, float64(i/200) / 100}}
		}
		for part := range 4 {
			if err := load.Add(changes[part*features/4 : (part+1)*features/4]); err != nil {
				t.Fatal(err)
			}
			held := 0
			for _, r := range load.runs {
				for _, b := range r[onePoint] {
					held += b.Len()
				}
			}
			if most := 2 * (features + runRows); held != load.rows || held > most || len(load.latest) > most {
				t.Fatalf("round %d: %d rows in runs, counted as %d, and %d ids noted, want at most %d",
					round, held, load.rows, len(load.latest), most)
			}
		}
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	s := l.Snapshot()
	if s.Count() != features {
		t.Errorf("%d features, want %d", s.Count(), features)
	}
	for i := 0; i < features; i += 997 {
		row, ok := s.Find(changes[i].Feature.ID)
		if !ok {
			t.Fatalf("feature %d is lost", i)
		}
		if d := row.Feature().Geometry.(orb.Point)[0] - changes[i].Feature.Geometry.(orb.Point)[0]; d > 1e-7 || d < -1e-7 {
			t.Errorf("feature %d is %v° from where it came last", i, d)
		}
	}
}

// TestLoadLimitsDictionaries loads 70,000 distinct strings beside a few: their field goes raw with the
// first run, long before its dictionary is full, and the strings that were coded until then stay.
func TestLoadLimitsDictionaries(t *testing.T) {
	t.Parallel()
	l, load := beginLoad(t, testSchema())
	text := func(i int) [2]string {
		return [2]string{fmt.Sprintf("category %d", i%20), fmt.Sprintf("title %d", i)}
	}
	for i := range 70_000 {
		f := Feature{ID: FeatureID(strconv.Itoa(i))}
		for _, s := range text(i) {
			f.Values = append(f.Values, column.StringOf(s))
		}
		if err := load.Add([]Change{{Feature: f}}); err != nil {
			t.Fatal(err)
		}
		if i == runRows && (load.w.dicts[0] == nil || load.w.dicts[1] != nil) {
			t.Errorf("after a run of %d distinct titles and 20 categories: dictionaries %v, want one of the categories", runRows, load.w.dicts)
		}
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	s := l.Snapshot()
	if s.dicts[1] != nil || s.dicts[0] == nil || s.dicts[0].Len() != 20 {
		t.Errorf("dictionaries %v, want one of 20 categories", s.dicts)
	}
	for i := 0; i < 70_000; i += 997 {
		row, _ := s.Find(FeatureID(strconv.Itoa(i)))
		if v := row.Feature().Values; [2]string{v[0].Text(), v[1].Text()} != text(i) {
			t.Fatalf("feature %d has %v", i, v[:2])
		}
	}
}

// TestAbortRestoresDictionaries gives up a load whose titles went raw and whose categories are many.
func TestAbortRestoresDictionaries(t *testing.T) {
	t.Parallel()
	l, load := beginLoad(t, testSchema())
	for i := range 2 * smallDictionary {
		values := []column.Value{column.StringOf("category"), column.StringOf(strconv.Itoa(i))}
		if err := load.Add([]Change{{Feature: Feature{ID: FeatureID(strconv.Itoa(i)), Values: values}}}); err != nil {
			t.Fatal(err)
		}
	}
	load.endRun()
	if load.w.dicts[1] != nil || load.w.dicts[0].Len() != 1 {
		t.Fatalf("dictionaries %v, want one of a category", load.w.dicts)
	}
	load.Abort()
	if _, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{{Feature: gridFeature(3)}}}); err != nil {
		t.Fatal(err)
	}
	for field, d := range l.Snapshot().dicts[:2] {
		if d == nil || d.Len() != 1 {
			t.Errorf("field %d: %v, want a dictionary of one string", field, d)
		}
	}
	checkInvariants(t, l.Snapshot(), Options{})
}
