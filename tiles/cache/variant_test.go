package cache

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/compress"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
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
