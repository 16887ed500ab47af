package cache

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/compress"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// atLeast returns the variant of a set of some layers in which each shows values from least on.
func atLeast(canonical string, least int64, layersOfSet int) *Variant {
	where := make([][]layers.Selector, layersOfSet)
	for i := range where {
		where[i] = []layers.Selector{view.Matching(column.Where(0, column.GreaterOrEqual, column.IntOf(least)))}
	}
	return NewVariant(canonical, where)
}

// TestVariants checks that variants are kept apart, each once whoever made it, and go stale with their layers
// (S4).
func TestVariants(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.publish(t, "a", at("1", 116.39, 39.91, 1), at("2", 116.391, 39.911, 2))
	f.publish(t, "b", at("3", 116.39, 39.91, 3))
	set := f.set(t, "a,b")
	ask := func(v *Variant) []string {
		t.Helper()
		b, err := f.Get(t.Context(), set, home, v, compress.Identity)
		if err != nil {
			t.Fatal(err)
		}
		if tag, _ := f.Match(set, home, v, []string{b.ETag}); tag != b.ETag {
			t.Errorf("the ETag is not known of its variant")
		}
		if tag, _ := f.Match(set, home, atLeast("another", 0, 2), []string{b.ETag}); tag != "" {
			t.Errorf("the ETag is known of a variant that nobody asked for")
		}
		return values(t, b)
	}
	onlyA := NewVariant("a only", [][]layers.Selector{nil, {view.Matching(column.Or())}})
	for name, c := range map[string]struct {
		v    *Variant
		want []string
	}{
		"all": {nil, []string{"a:1", "a:2", "b:3"}}, "two": {atLeast("v >= 2", 2, 2), []string{"a:2", "b:3"}},
		"three": {atLeast("v >= 3", 3, 2), []string{"b:3"}}, "a": {onlyA, []string{"a:1", "a:2"}},
	} {
		if diff := cmp.Diff(c.want, ask(c.v)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	if got := f.metric(t, `hutong_tile_cache_requests_total{outcome="miss"}`); got != "4" {
		t.Errorf("got %s misses, want one for each of 4 variants", got)
	}
	ask(atLeast("v >= 2", 2, 2)) // made anew
	if got := f.metric(t, `hutong_tile_cache_requests_total{outcome="hit"}`); got != "1" {
		t.Errorf("got %s hits, want 1", got)
	}
	f.publish(t, "a", at("1", 116.39, 39.91, 7))
	if diff := cmp.Diff([]string{"a:2", "a:7", "b:3"}, ask(atLeast("v >= 2", 2, 2))); diff != "" {
		t.Errorf("after a change: -want +got\n%s", diff)
	}
}

// TestKeysAreBounded checks that a long filter makes no long key.
func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	long := NewVariant(strings.Repeat("x", 1<<16), nil)
	if n := len(long.name()); n != 32 {
		t.Errorf("the key of a long filter has %d bytes, want 32", n)
	}
	if long.name() == NewVariant(strings.Repeat("x", 1<<16-1), nil).name() {
		t.Error("two filters have one key")
	}
}

// endless selects everything, and says when it is asked and waits before it answers.
type endless struct {
	asked  chan<- struct{}
	answer <-chan struct{}
}

func (e endless) Skips(*layers.Block) bool {
	select {
	case e.asked <- struct{}{}:
	default:
	}
	<-e.answer
	return false
}

func (endless) Filter(*layers.Block, column.Bits) {}

// TestVariantsLeaveRoom checks that filters that do not end leave turns for other tiles, that no more of them
// are let in, and that one nobody waits for looks at no further block.
func TestVariantsLeaveRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{Concurrent: 2, Wait: time.Second})
		var many []layers.Change
		for i := range 2000 { // several blocks
			many = append(many, at(layers.FeatureID(strconv.Itoa(i)), 116.39, 39.91, int64(i)))
		}
		f.publish(t, "a", many...)
		asked, answer := make(chan struct{}, 100), make(chan struct{})
		slow := NewVariant("slow", [][]layers.Selector{{endless{asked, answer}}})
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error, 1)
		go func() {
			_, err := f.Get(ctx, f.set(t, "a"), home, slow, compress.Identity)
			first <- err
		}()
		synctest.Wait()
		if len(asked) != 1 {
			t.Fatalf("the filter was asked about %d blocks, want 1", len(asked))
		}
		if _, err := f.Get(t.Context(), f.set(t, "a"), home, nil, compress.Identity); err != nil {
			t.Errorf("a whole tile beside a slow filter: %v", err)
		}
		if _, err := f.Get(t.Context(), f.set(t, "a"), home, atLeast("other", 1, 1), compress.Identity); !errors.Is(err, ErrBusy) {
			t.Errorf("a second filter beside a slow one: got %v, want %v", err, ErrBusy)
		}
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
		close(answer)
		synctest.Wait()
		if len(asked) != 1 {
			t.Errorf("the filter was asked about %d blocks after everybody left, want no more", len(asked)-1)
		}
		if _, err := f.Get(t.Context(), f.set(t, "a"), home, atLeast("other", 1, 1), compress.Identity); err != nil {
			t.Errorf("a filter after the slow one: %v", err)
		}
	})
}

// named is a selector with a text, as filters have.
type named struct{ layers.Selector }

func (named) Text() string { return "named" }

// TestVariantsFindPacks checks that the tiles of a filter that is asked for again are made of few blocks.
func TestVariantsFindPacks(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	var many []layers.Change
	for i := range 50_000 {
		many = append(many, at(layers.FeatureID(strconv.Itoa(i)), 116+float64(i%250)/250, 39+float64(i/250)/200, int64(i%100)))
	}
	f.publish(t, "a", many...)
	var blocks, features int
	f.layers["a"].build = func(b *tiles.Builder, dst []byte, v *view.View, tile grid.Tile) ([]byte, tiles.Stats, error) {
		blocks = len(v.Blocks(grid.Tile{}.Box(), nil))
		dst, stats, err := b.Build(dst, v, tile)
		features = stats.Features
		return dst, stats, err
	}
	where := [][]layers.Selector{{named{view.Matching(column.Where(0, column.Equal, column.IntOf(7)))}}}
	ask := func(n int) (int, int) {
		if _, err := f.Get(t.Context(), f.set(t, "a"), home, NewVariant(strconv.Itoa(n), where), compress.Identity); err != nil {
			t.Fatal(err)
		}
		return blocks, features
	}
	first, all := ask(0)
	for n := range 3 {
		ask(n + 1)
	}
	last, same := ask(9)
	if last > first/4 || last == 0 {
		t.Errorf("the last tile was made of %d blocks and the first of %d, want a quarter at most", last, first)
	}
	if same != all {
		t.Errorf("the last tile has %d features and the first %d", same, all)
	}
}
