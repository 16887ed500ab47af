package cache

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hutong/internal/compress"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// buildTime is how long builds take in these tests, by the bubble's clock.
const buildTime = time.Second

// beijing is where the tests' features are, and home a tile that shows it.
const (
	beijingLon, beijingLat = 116.4, 39.9
)

var home = func() grid.Tile {
	p, err := world.Project(beijingLon, beijingLat)
	if err != nil {
		panic(err)
	}
	return grid.At(p, 10)
}()

// outcome is what a request got.
type outcome struct {
	body *Body
	err  error
	at   time.Time
}

// request asks in a goroutine.
func (f *fixture) request(ctx context.Context, set *Set, want compress.Encoding) <-chan outcome {
	ch := make(chan outcome, 1)
	go func() {
		b, err := f.Get(ctx, set, home, nil, want)
		ch <- outcome{b, err, time.Now()}
	}()
	return ch
}

func wantValues(t *testing.T, who string, o outcome, want ...string) {
	t.Helper()
	if o.err != nil {
		t.Fatalf("%s: %v", who, o.err)
	}
	if got := values(t, o.body); !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", who, got, want)
	}
}

// TestOneBuildForAll: many requests in many encodings, one build.
func TestOneBuildForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.publish(t, "a", at("1", beijingLon, beijingLat, 1))
		n := f.slow("a", buildTime)
		var all []<-chan outcome
		for i := range 30 {
			all = append(all, f.request(t.Context(), f.set(t, "a"), compress.Encoding(i%encodings)))
		}
		for i, ch := range all {
			o := <-ch
			wantValues(t, "a request", o, "a:1")
			if want := compress.Encoding(i % encodings); o.body.Encoding != want {
				t.Errorf("got %s, want %s", o.body.Encoding, want)
			}
		}
		if n.Load() != 1 {
			t.Errorf("got %d builds, want 1", n.Load())
		}
	})
}

// TestLateTake is the same race, lost a moment earlier: a change is published, and asked for, after a build took the state
// before it and before it said so.
func TestLateTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.publish(t, "a", at("1", beijingLon, beijingLat, 1))
		set, live := f.set(t, "a"), f.live["a"]
		var after <-chan outcome
		f.layers["a"].View = view.Of(f.layers["a"].View.Schema(), func() layers.Reader {
			now := live.Snapshot()
			if after == nil {
				f.publish(t, "a", at("1", beijingLon, beijingLat, 2))
				after = f.request(t.Context(), set, compress.Gzip)
				synctest.Wait() // it waits for a build
			}
			return now
		})
		wantValues(t, "who asked before the change", <-f.request(t.Context(), set, compress.Gzip), "a:1")
		wantValues(t, "who asked after the change", <-after, "a:2")
	})
}

// TestLateBuild is the race of design §4.7: a change arrives while a tile is being built from the
// state before.
func TestLateBuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.publish(t, "a", at("1", beijingLon, beijingLat, 1))
		n := f.slow("a", buildTime)
		start, set := time.Now(), f.set(t, "a")
		before := f.request(t.Context(), set, compress.Gzip)
		synctest.Wait() // it has taken its snapshot and builds
		f.publish(t, "a", at("1", beijingLon, beijingLat, 2))
		after := f.request(t.Context(), set, compress.Gzip)
		synctest.Wait()
		if n.Load() != 1 {
			t.Errorf("got %d builds under way, want 1", n.Load())
		}

		o := <-before
		wantValues(t, "who asked before the change", o, "a:1")
		if took := o.at.Sub(start); took != buildTime {
			t.Errorf("who asked before the change waited for %v, want %v", took, buildTime)
		}
		synctest.Wait()
		if e, ok := f.entries.GetEntryQuietly(Key{"a", home, ""}); ok {
			t.Errorf("the late build was stored: %v", e.Value.seqs)
		}
		if tag, _ := f.Match(set, home, nil, []string{o.body.ETag}); tag != "" {
			t.Error("the late build's ETag is taken for that of the tile")
		}
		o = <-after
		wantValues(t, "who asked after the change", o, "a:2")
		if took := o.at.Sub(start); took != 2*buildTime {
			t.Errorf("who asked after the change waited for %v, want %v", took, 2*buildTime)
		}
		o = <-f.request(t.Context(), set, compress.Gzip)
		wantValues(t, "who asked at the end", o, "a:2")
		if n.Load() != 2 {
			t.Errorf("got %d builds, want 2", n.Load())
		}
		if got := f.metric(t, `hutong_tile_cache_unstored_total{reason="late"}`); got != "1" {
			t.Errorf("got %s late builds counted, want 1", got)
		}
	})
}

// TestLateBuildThatIsNotTouched: a change elsewhere does not make a build late.
func TestLateBuildThatIsNotTouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.publish(t, "a", at("1", beijingLon, beijingLat, 1))
		n := f.slow("a", buildTime)
		before := f.request(t.Context(), f.set(t, "a"), compress.Gzip)
		synctest.Wait()
		f.publish(t, "a", at("2", -beijingLon, beijingLat, 2))
		after := f.request(t.Context(), f.set(t, "a"), compress.Gzip)
		wantValues(t, "before", <-before, "a:1")
		wantValues(t, "after", <-after, "a:1")
		if n.Load() != 1 {
			t.Errorf("got %d builds, want 1", n.Load())
		}
	})
}

// TestVisibleButNotYetKnown: between a snapshot and its version (S3) a tile may be old or new, and
// what was built from the new snapshot is fresh once the version is known.
func TestVisibleButNotYetKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.publish(t, "a", at("1", beijingLon, beijingLat, 1))
		set := f.set(t, "a")
		wantValues(t, "first", <-f.request(t.Context(), set, compress.Zstd), "a:1")
		n := f.slow("a", buildTime)
		d := f.apply(t, "a", at("1", beijingLon, beijingLat, 2))
		wantValues(t, "from the cache", <-f.request(t.Context(), set, compress.Zstd), "a:1")
		f.versions.Advance(d)
		wantValues(t, "once known", <-f.request(t.Context(), set, compress.Zstd), "a:2")

		d = f.apply(t, "a", at("1", beijingLon, beijingLat, 3))
		f.entries.Invalidate(Key{"a", home, ""})
		wantValues(t, "built in between", <-f.request(t.Context(), set, compress.Zstd), "a:3")
		f.versions.Advance(d)
		wantValues(t, "built in between, once known", <-f.request(t.Context(), set, compress.Zstd), "a:3")
		if n.Load() != 2 {
			t.Errorf("got %d builds, want 2", n.Load())
		}
	})
}

// TestVersionsOutOfOrder: an older batch that becomes known after a newer one still makes stale what
// was built from a state before both.
func TestVersionsOutOfOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.publish(t, "a", at("1", beijingLon, beijingLat, 1))
		set := f.set(t, "a")
		wantValues(t, "first", <-f.request(t.Context(), set, compress.Gzip), "a:1")
		touching := f.apply(t, "a", at("1", beijingLon, beijingLat, 2))
		elsewhere := f.apply(t, "a", at("2", -beijingLon, beijingLat, 2))
		f.versions.Advance(elsewhere)
		wantValues(t, "only the newer is known", <-f.request(t.Context(), set, compress.Gzip), "a:1")
		f.versions.Advance(touching)
		wantValues(t, "both are known", <-f.request(t.Context(), set, compress.Gzip), "a:2")
	})
}

// TestLeaderLeaves: the request that began a build goes away; those that wait for it get it.
func TestLeaderLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.publish(t, "a", at("1", beijingLon, beijingLat, 1))
		n := f.slow("a", buildTime)
		ctx, cancel := context.WithCancel(t.Context())
		leader := f.request(ctx, f.set(t, "a"), compress.Gzip)
		synctest.Wait()
		follower := f.request(t.Context(), f.set(t, "a"), compress.Gzip)
		synctest.Wait()
		start := time.Now()
		cancel()
		if o := <-leader; !errors.Is(o.err, context.Canceled) || o.at != start {
			t.Errorf("the leader got %v after %v, want context.Canceled at once", o.err, o.at.Sub(start))
		}
		wantValues(t, "the follower", <-follower, "a:1")
		if n.Load() != 1 {
			t.Errorf("got %d builds, want 1", n.Load())
		}
	})
}

// TestAllLeave: with the last request the build stops before its next layer, nothing is stored and
// whoever comes next does not get its error.
func TestAllLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.publish(t, "a", at("1", beijingLon, beijingLat, 1))
		f.publish(t, "b", at("1", beijingLon, beijingLat, 2))
		first, second := f.slow("a", buildTime), f.slow("b", buildTime)
		ctx, cancel := context.WithCancel(t.Context())
		all := []<-chan outcome{f.request(ctx, f.set(t, "a,b"), compress.Gzip), f.request(ctx, f.set(t, "b,a"), compress.Gzip)}
		synctest.Wait()
		cancel()
		for _, ch := range all {
			if o := <-ch; !errors.Is(o.err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", o.err)
			}
		}
		time.Sleep(2 * buildTime)
		synctest.Wait()
		if first.Load() != 1 || second.Load() != 0 {
			t.Errorf("got %d and %d layers built, want 1 and 0", first.Load(), second.Load())
		}
		if len(f.flights) != 0 || f.entries.EstimatedSize() != 0 || len(f.gate.slots) != 0 {
			t.Errorf("got %d builds, %d tiles, %d turns left behind", len(f.flights), f.entries.EstimatedSize(), len(f.gate.slots))
		}
		if got := f.metric(t, `hutong_tile_cache_unstored_total{reason="abandoned"}`); got != "1" {
			t.Errorf("got %s abandoned builds counted, want 1", got)
		}
		wantValues(t, "who comes next", <-f.request(t.Context(), f.set(t, "a,b"), compress.Gzip), "a:1", "b:2")
	})
}

// TestAbandonedBuildDoesNotOverwrite: a build that everybody left ends after the one that followed.
func TestAbandonedBuildDoesNotOverwrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.publish(t, "a", at("1", beijingLon, beijingLat, 1))
		f.slow("a", 10*buildTime)
		ctx, cancel := context.WithCancel(t.Context())
		first := f.request(ctx, f.set(t, "a"), compress.Gzip)
		synctest.Wait()
		cancel()
		<-first
		f.publish(t, "a", at("1", beijingLon, beijingLat, 2))
		f.slow("a", buildTime)
		wantValues(t, "the second", <-f.request(t.Context(), f.set(t, "a"), compress.Gzip), "a:2")
		time.Sleep(20 * buildTime)
		n := f.slow("a", buildTime)
		wantValues(t, "the third", <-f.request(t.Context(), f.set(t, "a"), compress.Gzip), "a:2")
		if n.Load() != 0 {
			t.Error("the tile was built again")
		}
	})
}

// TestBusy: builds beyond the queue and builds that wait too long are refused, and so are all who
// wait for them.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{Concurrent: 1, Queue: 1, Wait: 2 * buildTime})
		f.slow("a", 5*buildTime)
		f.slow("b", buildTime)
		building := f.request(t.Context(), f.set(t, "a"), compress.Gzip)
		synctest.Wait()
		start := time.Now()
		waits := f.request(t.Context(), f.set(t, "b"), compress.Gzip)
		synctest.Wait()
		with := f.request(t.Context(), f.set(t, "b"), compress.Zstd)
		synctest.Wait()
		if o := <-f.request(t.Context(), f.set(t, "a,b"), compress.Gzip); !errors.Is(o.err, ErrBusy) || o.at != start {
			t.Errorf("a full queue: got %v, want ErrBusy at once", o.err)
		}
		for _, ch := range []<-chan outcome{waits, with} {
			if o := <-ch; !errors.Is(o.err, ErrBusy) || o.at.Sub(start) != 2*buildTime {
				t.Errorf("in the queue: got %v after %v, want ErrBusy after %v", o.err, o.at.Sub(start), 2*buildTime)
			}
		}
		if o := <-building; o.err != nil {
			t.Errorf("the one that was being built: %v", o.err)
		}
		for reason, want := range map[string]string{"queue": "1", "wait": "1"} {
			if got := f.metric(t, `hutong_tile_refused_total{reason="`+reason+`"}`); got != want {
				t.Errorf("%s: got %s counted, want %s", reason, got, want)
			}
		}
	})
}

// TestPanicOfABuild reaches those who wait and nobody else.
func TestPanicOfABuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		build := f.layers["a"].build
		f.layers["a"].build = func(*tiles.Builder, []byte, *view.View, grid.Tile) ([]byte, tiles.Stats, error) { panic("broken") }
		caught := make(chan any, 1)
		go func() {
			defer func() { caught <- recover() }()
			_, _ = f.Get(t.Context(), f.set(t, "a"), home, nil, compress.Gzip)
		}()
		if p, ok := (<-caught).(*PanicError); !ok || p.Value != "broken" || len(p.Stack) == 0 {
			t.Errorf("got %v, want the build's panic with its stack", p)
		}
		f.layers["a"].build = build
		if o := <-f.request(t.Context(), f.set(t, "a"), compress.Gzip); o.err != nil || len(o.body.Bytes) != 0 {
			t.Errorf("the next request: got %v, want an empty tile", o.err)
		}
	})
}
