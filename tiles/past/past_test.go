package past

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/paulmach/orb"
	"go.uber.org/goleak"

	"hutong/internal/compress"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/cache"
	"hutong/tiles/grid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stateOf is a state of a layer with one feature that says which.
func stateOf(t testing.TB, name layers.Name, since layers.Seq, size int64) *State {
	t.Helper()
	live, err := layers.New(&layers.Schema{Name: name, Fields: []layers.Field{{Name: "v", Kind: column.Int}}}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := live.Apply(layers.Batch{Layer: name, Seq: since, Changes: []layers.Change{{Feature: layers.Feature{
		ID: "1", Geometry: orb.Point{0.001, 0.001}, Values: []column.Value{column.IntOf(int64(since))},
	}}}}); err != nil {
		t.Fatal(err)
	}
	v := view.Public(live)
	o := tiles.Defaults()
	o.MaxZoom = 3
	b, err := tiles.New(v.Schema(), o)
	if err != nil {
		t.Fatal(err)
	}
	return &State{View: v.Now(), Tiles: b, Bytes: size, Since: since}
}

// maker makes states and notes which.
type maker struct {
	t     testing.TB
	size  int64
	since func(seq layers.Seq) layers.Seq // of the layers' state; nil is the same
	gate  chan struct{}                   // one is taken for each making, unless it is nil
	mu    sync.Mutex
	made  []string
}

func (m *maker) at(seq layers.Seq) Make {
	return func(ctx context.Context, names []layers.Name) ([]*State, error) {
		if m.gate != nil {
			select {
			case <-m.gate:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		m.mu.Lock()
		m.made = append(m.made, fmt.Sprintf("%d%v", seq, names))
		m.mu.Unlock()
		since := seq
		if m.since != nil {
			since = m.since(seq)
		}
		var list []*State
		for _, name := range names {
			list = append(list, stateOf(m.t, name, since, m.size))
		}
		return list, nil
	}
}

func (m *maker) want(want ...string) {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Equal(m.made, want) {
		m.t.Errorf("made %q, want %q", m.made, want)
	}
	m.made = nil
}

func (m *maker) states(p *Past, seq layers.Seq, names ...layers.Name) []*State {
	m.t.Helper()
	list, err := p.States(m.t.Context(), "", seq, names, m.at(seq))
	if err != nil || len(list) != len(names) {
		m.t.Fatalf("state %d of %v: got %v, %v", seq, names, list, err)
	}
	for i, s := range list {
		if s.View.Name() != names[i] {
			m.t.Fatalf("got %s where %s was asked for", s.View.Name(), names[i])
		}
	}
	return list
}

// TestHeld: a state is made once, for every sequence that means the same, and those used last stay.
func TestHeld(t *testing.T) {
	t.Parallel()
	m := &maker{t: t, size: 10, since: func(seq layers.Seq) layers.Seq { return seq / 10 * 10 }}
	p := New(Options{States: 3, Memory: 1000}, telemetry.NewMetrics())
	m.states(p, 17, "a")
	m.states(p, 12, "a")
	m.states(p, 17, "a", "b")
	m.want("17[a]", "17[b]")
	m.states(p, 19, "a") // nobody knows that it is the same
	m.states(p, 18, "a")
	m.want("19[a]")
	m.states(p, 25, "b")
	m.states(p, 17, "a")
	m.want("25[b]")
	m.states(p, 35, "b") // 17 of b is the one not used for longest
	m.states(p, 25, "b")
	m.states(p, 17, "a")
	m.states(p, 17, "b")
	m.want("35[b]", "17[b]")
	if _, err := p.States(t.Context(), "", 1, []layers.Name{"a", "b", "c", "d"}, m.at(1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("more layers than are held: got %v", err)
	}
	m.size = 600
	m.states(p, 40, "a")
	m.states(p, 50, "a")
	m.states(p, 50, "a")
	m.states(p, 40, "a")
	m.want("40[a]", "50[a]", "40[a]")
	m.size = 1001
	if _, err := p.States(t.Context(), "", 60, []layers.Name{"a"}, m.at(60)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("more bytes than are held: got %v", err)
	}
	if _, err := p.States(t.Context(), "pin", 40, []layers.Name{"a"}, (&maker{t: t}).at(40)); err != nil {
		t.Error(err)
	}
}

// TestOneMaking: who asks for the same waits for the same, one is made at a time, and few wait.
func TestOneMaking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &maker{t: t, gate: make(chan struct{})}
		p := New(Options{Queue: 2, Wait: time.Hour}, telemetry.NewMetrics())
		var all sync.WaitGroup
		ask := func(seq layers.Seq, want error) {
			all.Go(func() {
				if _, err := p.States(t.Context(), "", seq, []layers.Name{"a"}, m.at(seq)); !errors.Is(err, want) {
					t.Errorf("state %d: got %v, want %v", seq, err, want)
				}
			})
			synctest.Wait()
		}
		for range 5 {
			ask(1, nil)
		}
		ask(2, nil)
		ask(3, nil)
		ask(4, ErrBusy)
		ctx, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			if _, err := p.States(ctx, "", 3, []layers.Name{"a"}, m.at(3)); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want that it left", err)
			}
		})
		synctest.Wait()
		cancel() // the other one still waits
		synctest.Wait()
		for range 3 {
			m.gate <- struct{}{}
		}
		all.Wait()
		slices.Sort(m.made)
		m.want("1[a]", "2[a]", "3[a]")
	})
}

// TestGivenUp: what nobody waits for is not made to its end, but when they only waited too long.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &maker{t: t, gate: make(chan struct{})}
		p := New(Options{Wait: time.Second}, telemetry.NewMetrics())
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		if _, err := p.States(ctx, "", 1, []layers.Name{"a"}, m.at(1)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := p.States(t.Context(), "", 2, []layers.Name{"a"}, m.at(2)); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v, want ErrBusy after a second", err)
		}
		m.gate <- struct{}{}
		synctest.Wait()
		m.states(p, 2, "a")
		m.want("2[a]")
	})
}

// TestErased: what is dropped, or made while it was, is not shown; and while the past is held nothing is.
func TestErased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &maker{t: t}
		p := New(Options{}, telemetry.NewMetrics())
		old := m.states(p, 1, "a", "b")
		tile := func(states []*State) {
			t.Helper()
			if _, err := p.Tile(t.Context(), states, grid.Tile{}, compress.Identity); err != nil {
				t.Fatal(err)
			}
		}
		tile(old)
		p.Drop("", "a")
		if n, size := p.tiles.size(); n != 0 || size != 0 {
			t.Errorf("%d tiles of %d bytes are kept of what is gone", n, size)
		}
		tile(old) // who began before may end
		if n, _ := p.tiles.size(); n != 0 {
			t.Error("a tile was kept of what is gone")
		}
		m.states(p, 1, "a", "b")
		m.want("1[a b]", "1[a]")

		m.gate = make(chan struct{})
		var waiting sync.WaitGroup
		waiting.Go(func() {
			if _, err := p.States(t.Context(), "", 2, []layers.Name{"a"}, m.at(2)); !errors.Is(err, ErrHeld) {
				t.Errorf("made meanwhile: got %v, want ErrHeld", err)
			}
		})
		synctest.Wait()
		release, err := p.Hold(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		waiting.Wait()
		if _, err := p.States(t.Context(), "", 1, []layers.Name{"b"}, m.at(1)); !errors.Is(err, ErrHeld) {
			t.Errorf("held: got %v, want ErrHeld", err)
		}
		release()
		release() // counts once
		m.gate = nil
		m.states(p, 1, "b")
		m.want("1[b]")

		// A making that does not look at its context still ends before Hold does.
		stubborn, begun := make(chan struct{}), make(chan struct{})
		waiting.Go(func() {
			_, err := p.States(t.Context(), "", 3, []layers.Name{"a"}, func(context.Context, []layers.Name) ([]*State, error) {
				close(begun)
				<-stubborn
				return []*State{stateOf(t, "a", 3, 1)}, nil
			})
			if !errors.Is(err, ErrHeld) {
				t.Errorf("got %v, want ErrHeld", err)
			}
		})
		<-begun
		ended := false
		waiting.Go(func() {
			release, err := p.Hold(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			ended = true
			release()
		})
		synctest.Wait()
		if ended {
			t.Error("Hold did not wait")
		}
		close(stubborn)
		waiting.Wait()
		m.states(p, 3, "a")
		m.want("3[a]")
	})
}

// TestIdle: what nobody asks for is let go, and with the end of Run all.
func TestIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &maker{t: t}
		p := New(Options{Idle: time.Minute}, telemetry.NewMetrics())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		m.states(p, 1, "a")
		time.Sleep(50 * time.Second)
		m.states(p, 1, "a")
		time.Sleep(50 * time.Second)
		m.states(p, 1, "a")
		m.want("1[a]")
		time.Sleep(70 * time.Second)
		m.states(p, 1, "a")
		m.want("1[a]")
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, err := p.States(t.Context(), "", 1, []layers.Name{"a"}, m.at(1)); !errors.Is(err, ErrHeld) {
			t.Errorf("after the end: got %v", err)
		}
	})
}

// TestMakePanics: the panic of a making is that of who waits.
func TestMakePanics(t *testing.T) {
	t.Parallel()
	p := New(Options{}, telemetry.NewMetrics())
	defer func() {
		if got, ok := recover().(*cache.PanicError); !ok || !strings.Contains(got.Error(), "oh") {
			t.Errorf("got %v", got)
		}
	}()
	_, _ = p.States(t.Context(), "", 1, []layers.Name{"a"}, func(context.Context, []layers.Name) ([]*State, error) { panic("oh") })
}

// TestTile: a tile is that of its states, one behind the other, in every encoding; the bytes that are kept are bounded.
func TestTile(t *testing.T) {
	t.Parallel()
	m := &maker{t: t}
	p := New(Options{TileBytes: 2000}, telemetry.NewMetrics())
	states := m.states(p, 7, "a", "b")
	var want []byte
	for _, s := range states {
		var err error
		if want, _, err = s.Tiles.Build(want, s.View, grid.Tile{Z: 1, X: 1}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		b, err := p.Tile(t.Context(), states, grid.Tile{Z: 1, X: 1}, compress.Identity)
		if err != nil || !bytes.Equal(b.Bytes, want) || b.ETag == "" || b.Length != strconv.Itoa(len(want)) {
			t.Errorf("got %+v, %v, want %d bytes", b, err, len(want))
		}
		z, err := p.Tile(t.Context(), states, grid.Tile{Z: 1, X: 1}, compress.Gzip)
		if err != nil || z.Encoding != compress.Gzip || bytes.Equal(z.Bytes, want) || z.ETag == b.ETag {
			t.Errorf("got %+v, %v", z, err)
		}
	}
	if b, err := p.Tile(t.Context(), states, grid.Tile{Z: 3, X: 0, Y: 0}, compress.Gzip); err != nil || len(b.Bytes) != 0 || b.ETag != "" {
		t.Errorf("an empty tile: got %+v, %v", b, err)
	}
	if _, err := p.Tile(t.Context(), states, grid.Tile{Z: 4}, compress.Identity); !errors.Is(err, tiles.ErrZoom) {
		t.Errorf("got %v, want ErrZoom", err)
	}
	for x := range uint32(8) {
		for y := range uint32(8) {
			if _, err := p.Tile(t.Context(), states, grid.Tile{Z: 3, X: x, Y: y}, compress.Identity); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n, size := p.tiles.size(); size > 2000 || n == 0 {
		t.Errorf("%d tiles of %d bytes are kept", n, size)
	}
}

// TestBuildsAreBounded: as many builds as are allowed, and as many that wait.
func TestBuildsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{Builds: 1}, telemetry.NewMetrics())
		g := p.builds
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range maxWaiting {
			all.Go(func() {
				if err := g.enter(t.Context()); !errors.Is(err, cache.ErrBusy) {
					t.Errorf("got %v, want ErrBusy after a while", err)
				}
			})
		}
		synctest.Wait()
		if err := g.enter(t.Context()); !errors.Is(err, cache.ErrBusy) {
			t.Errorf("got %v, want ErrBusy at once", err)
		}
		all.Wait()
		g.leave()
	})
}
