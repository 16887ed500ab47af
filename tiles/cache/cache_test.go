package cache

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"hutong/internal/compress"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// crowd publishes many features around the tests' place.
func (f *fixture) crowd(t testing.TB, name layers.Name, n int) {
	t.Helper()
	changes := make([]layers.Change, n)
	for i := range changes {
		changes[i] = at(layers.FeatureID("f"+strconv.Itoa(i)), beijingLon+float64(i%100)/5000, beijingLat+float64(i/100)/5000, int64(i*i%1000))
	}
	f.publish(t, name, changes...)
}

func (f *fixture) get(t testing.TB, list string, tile grid.Tile, want compress.Encoding) *Body {
	t.Helper()
	b, err := f.Get(t.Context(), f.set(t, list), tile, nil, want)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestHotTilesGetBetter: after enough hits Run replaces an encoding by a shorter one of the same
// tile, and the ETag of either is good.
func TestHotTilesGetBetter(t *testing.T) {
	for _, e := range []compress.Encoding{compress.Gzip, compress.Zstd} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t, Options{Hot: 3})
			f.crowd(t, "a", 2000)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- f.Run(ctx) }()
			first := f.get(t, "a", home, e)
			for range 2 {
				f.get(t, "a", home, e)
			}
			synctest.Wait()
			if got := f.get(t, "a", home, e); got != first {
				t.Errorf("%s: it was encoded again after 2 hits, want 3", e)
			}
			synctest.Wait()
			better := f.get(t, "a", home, e)
			if len(better.Bytes) >= len(first.Bytes) || better.ETag == first.ETag || better.Encoding != e {
				t.Errorf("%s: got %d bytes, want fewer than %d", e, len(better.Bytes), len(first.Bytes))
			}
			if !bytes.Equal(decoded(t, better), decoded(t, first)) {
				t.Errorf("%s: the better encoding is of another tile", e)
			}
			for name, b := range map[string]*Body{"old": first, "better": better} {
				if tag, _ := f.Match(f.set(t, "a"), home, nil, []string{b.ETag}); tag != b.ETag {
					t.Errorf("%s: the ETag of the %s encoding does not match", e, name)
				}
			}
			if got, want := f.metric(t, "hutong_tile_cache_upgrade_saved_bytes_total"), strconv.Itoa(len(first.Bytes)-len(better.Bytes)); got != want {
				t.Errorf("%s: got %s bytes saved, want %s", e, got, want)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestQueueOfUpgradesIsBounded: without Run more hot tiles than the queue holds are passed over.
func TestQueueOfUpgradesIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{Hot: 1})
	f.crowd(t, "a", 2000)
	for x := range uint32(maxUpgrades + 5) {
		tile := grid.Tile{Z: 16, X: home.X<<6 + x%64, Y: home.Y<<6 + x/64}
		f.publish(t, "a", centre(tile))
		f.get(t, "a", tile, compress.Gzip)
		f.get(t, "a", tile, compress.Gzip)
	}
	if got := f.metric(t, `hutong_tile_cache_upgrades_total{outcome="passed_over"}`); got != "5" {
		t.Errorf("got %s passed over, want 5", got)
	}
}

// centre is an upsert of a feature in the middle of a tile.
func centre(tile grid.Tile) layers.Change {
	b := tile.Box()
	lon, lat := world.Point{X: b.Min.X/2 + b.Max.X/2, Y: b.Min.Y/2 + b.Max.Y/2}.LonLat()
	return at(layers.FeatureID(tile.String()), lon, lat, 1)
}

// TestBytesAreBounded: the oldest tiles go, their ETags stay, and answer without a build.
func TestBytesAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 100_000
	f := newFixture(t, Options{Bytes: limit})
	f.crowd(t, "a", 10_000)
	tags := map[grid.Tile]string{}
	for i := range uint32(64) {
		tile := grid.Tile{Z: 13, X: home.X<<3 + i%8, Y: home.Y<<3 + i/8}
		f.publish(t, "a", centre(tile))
		tags[tile] = f.get(t, "a", tile, compress.Gzip).ETag
	}
	for tile := range tags { // now that all is published
		tags[tile] = f.get(t, "a", tile, compress.Gzip).ETag
	}
	f.entries.CleanUp()
	kept := 0
	for k, e := range f.entries.All() {
		kept += int(e.weight(k))
	}
	if kept > limit || kept == 0 {
		t.Errorf("got %d bytes kept, want at most %d and some", kept, limit)
	}
	misses := f.metric(t, `hutong_tile_cache_requests_total{outcome="miss"}`)
	gone := 0
	for tile, tag := range tags {
		if _, ok := f.entries.GetEntryQuietly(Key{"a", tile, ""}); !ok {
			gone++
		}
		if got, _ := f.Match(f.set(t, "a"), tile, nil, []string{tag}); got != tag {
			t.Errorf("%s: the ETag is not known any more", tile)
		}
	}
	if gone == 0 {
		t.Error("no tile had to go: the test shows nothing")
	}
	if got := f.metric(t, `hutong_tile_cache_requests_total{outcome="miss"}`); got != misses {
		t.Errorf("ETags were answered by %s builds, want %s", got, misses)
	}
}

// TestTagsOutliveAChangeThatDoesNotShow: when a change in a tile's cells leaves its bytes as they
// are, so do all its ETags, the better ones too.
func TestTagsOutliveAChangeThatDoesNotShow(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{Hot: 1})
	f.crowd(t, "a", 2000)
	first := f.get(t, "a", home, compress.Gzip)
	f.get(t, "a", home, compress.Gzip)
	f.upgrade(<-f.upgrades)
	better := f.get(t, "a", home, compress.Gzip)
	if better == first {
		t.Fatal("the tile was not encoded better")
	}
	f.publish(t, "a", at("f0", beijingLon, beijingLat, 0)) // as it was, so its Seq moves and nothing else
	f.publish(t, "a", at("x", beijingLon, beijingLat, 1))
	f.publish(t, "a", layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: "x"}})
	if tag, _ := f.Match(f.set(t, "a"), home, nil, []string{better.ETag}); tag != "" {
		t.Error("an ETag was known to be good before the tile was built again")
	}
	f.get(t, "a", home, compress.Zstd)
	for name, b := range map[string]*Body{"first": first, "better": better} {
		if tag, _ := f.Match(f.set(t, "a"), home, nil, []string{b.ETag}); tag != b.ETag {
			t.Errorf("the ETag of the %s encoding is lost", name)
		}
	}
}

func TestSets(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	for list, want := range map[string]string{
		"a": "a", "b,a": "a,b", "a,a": "a", "deep,b,a,b": "a,b,deep",
		strings.Repeat("a,", MaxLayers-1) + "b": "a,b",
	} {
		if got := f.set(t, list); got.Name() != want || len(got.Layers()) != strings.Count(want, ",")+1 {
			t.Errorf("%q: got %q", list, got.Name())
		}
	}
	for list, want := range map[string]string{"": "", ",": "", "a,": "", "a b": "a b", "A": "A", "a,nothing": "nothing", "x,a,y": "x"} {
		var unknown *LayerError
		if _, err := f.Set(list); !errors.As(err, &unknown) || unknown.Name != want {
			t.Errorf("%q: got %v, want that there is no layer %q", list, err, want)
		}
	}
	if _, err := f.Set(strings.Repeat("a,", MaxLayers) + "b"); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v, want ErrTooMany", err)
	}
	if lowest, highest := f.set(t, "deep").Zooms(); lowest != 10 || highest != 18 {
		t.Errorf("deep: got zooms %d to %d, want 10 to 18", lowest, highest)
	}
	if lowest, _ := f.set(t, "deep,a").Zooms(); lowest != 0 {
		t.Errorf("deep,a: got zooms from %d, want 0", lowest)
	}
}

// TestComposite: each layer where it has tiles, stale when any of them is.
func TestComposite(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	for i, name := range []layers.Name{"a", "b", "deep"} {
		f.publish(t, name, at("1", beijingLon, beijingLat, int64(i)))
	}
	if _, err := f.Get(t.Context(), f.set(t, "deep"), grid.Tile{Z: 9}, nil, compress.Gzip); !errors.Is(err, tiles.ErrZoom) {
		t.Errorf("deep at zoom 9: got %v, want tiles.ErrZoom", err)
	}
	top := grid.Tile{}
	for _, c := range []struct {
		list string
		tile grid.Tile
		want []string
	}{
		{"a,b,deep", top, []string{"a:0", "b:1"}},
		{"a,b,deep", home, []string{"a:0", "b:1", "deep:2"}},
	} {
		if got := values(t, f.get(t, c.list, c.tile, compress.Gzip)); !slices.Equal(got, c.want) {
			t.Errorf("%s at %s: got %v, want %v", c.list, c.tile, got, c.want)
		}
	}
	f.publish(t, "b", at("1", beijingLon, beijingLat, 7))
	if got, want := values(t, f.get(t, "deep,b,a", home, compress.Zstd)), []string{"a:0", "b:7", "deep:2"}; !slices.Equal(got, want) {
		t.Errorf("after a change of one: got %v, want %v", got, want)
	}
}

// TestEmptyTilesAreCached, and a tile that becomes empty or stops being so is noticed.
func TestEmptyTilesAreCached(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	n := f.slow("a", 0)
	for _, want := range []compress.Encoding{compress.Gzip, compress.Zstd, compress.Identity} {
		if b := f.get(t, "a", home, want); len(b.Bytes) != 0 || b.ETag != "" {
			t.Errorf("%s: got %d bytes and ETag %s, want nothing", want, len(b.Bytes), b.ETag)
		}
	}
	if n.Load() != 1 {
		t.Errorf("got %d builds, want 1", n.Load())
	}
	f.publish(t, "a", at("1", beijingLon, beijingLat, 1))
	tag := f.get(t, "a", home, compress.Gzip).ETag
	f.publish(t, "a", layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: "1"}})
	if b := f.get(t, "a", home, compress.Gzip); len(b.Bytes) != 0 {
		t.Errorf("after its feature was deleted: got %d bytes", len(b.Bytes))
	}
	if got, _ := f.Match(f.set(t, "a"), home, nil, []string{tag, "*"}); got != "" {
		t.Errorf("an empty tile matches %s", got)
	}
}

func TestDropped(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.layers["a"].build = func(_ *tiles.Builder, dst []byte, _ *view.View, _ grid.Tile) ([]byte, tiles.Stats, error) {
		return append(dst, 0x1a, 0), tiles.Stats{Bytes: 2, Features: 1, DroppedFeatures: 3, DroppedFields: []string{"x", "y"}}, nil
	}
	b := f.get(t, "a", home, compress.Gzip)
	if b.Dropped == nil || *b.Dropped != (Dropped{Features: 3, Fields: 2}) {
		t.Errorf("got %+v, want 3 features and 2 fields", b.Dropped)
	}
	if tag, d := f.Match(f.set(t, "a"), home, nil, []string{b.ETag}); tag != b.ETag || d == nil || *d != (Dropped{Features: 3, Fields: 2}) {
		t.Errorf("by ETag: got %q, %+v, want the same", tag, d)
	}
}

// TestHitsDoNotAllocate: what is in the cache is handed out as it is.
func TestHitsDoNotAllocate(t *testing.T) {
	f := newFixture(t, Options{Hot: 1 << 20})
	f.crowd(t, "a", 100)
	set := f.set(t, "a")
	tags := []string{f.get(t, "a", home, compress.Gzip).ETag}
	ctx := t.Context()
	if n := testing.AllocsPerRun(200, func() {
		if b, err := f.Get(ctx, set, home, nil, compress.Gzip); err != nil || len(b.Bytes) == 0 {
			t.Fatal(err)
		}
		if tag, _ := f.Match(set, home, nil, tags); tag == "" {
			t.Fatal("no match")
		}
	}); n > 0.1 { // the table's own upkeep, now and then
		t.Errorf("got %v allocations a hit, want none", n)
	}
}

func BenchmarkHit(b *testing.B) {
	f := newFixture(b, Options{})
	f.crowd(b, "a", 2000)
	set := f.set(b, "a")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Get(b.Context(), set, home, nil, compress.Gzip); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	f := newFixture(b, Options{})
	f.crowd(b, "a", 2000)
	set := f.set(b, "a")
	body, err := f.Get(b.Context(), set, home, nil, compress.Gzip)
	if err != nil {
		b.Fatal(err)
	}
	tags := []string{`"other", W/` + body.ETag}
	b.ReportAllocs()
	for b.Loop() {
		if tag, _ := f.Match(set, home, nil, tags); tag == "" {
			b.Fatal("no match")
		}
	}
}

// TestOlderStatesDoNotTakeTheRecordBack: a build of an older state that is encoded once more late
// leaves a newer record as it is, but for an ETag that both share.
func TestOlderStatesDoNotTakeTheRecordBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	k := Key{"a", home, ""}
	is := func(text string, s layers.Seq) *entry {
		return newEntry(&built{seqs: []layers.Seq{s}}, newPlain([]byte(text), nil))
	}
	f.note(k, is("new", 5), `"new, gzip"`)
	for _, c := range []struct {
		name, bytes string
		seq, want   layers.Seq
		tag         string
		tags        []string
	}{
		{"older, other bytes", "old", 4, 5, `"old, gzip"`, []string{`"new, gzip"`}},
		{"older, same bytes", "new", 4, 5, `"new, zstd"`, []string{`"new, gzip"`, `"new, zstd"`}},
		{"newer, same bytes", "new", 6, 6, `"new"`, []string{`"new, gzip"`, `"new, zstd"`, `"new"`}},
		{"newer, other bytes", "newest", 7, 7, `"x"`, []string{`"x"`}},
		{"newer, other bytes of the same length", "newer?", 8, 8, `"y"`, []string{`"y"`}},
	} {
		f.note(k, is(c.bytes, c.seq), c.tag)
		r, ok := f.tags.GetIfPresent(k)
		if !ok || r.seqs[0] != c.want || !slices.Equal(r.tags, c.tags) {
			t.Errorf("%s: got %d %v, want %d %v", c.name, r.seqs[0], r.tags, c.want, c.tags)
		}
	}
}

// TestWeight: an entry weighs the tile, which is also the identity's bytes, and those of its encodings.
func TestWeight(t *testing.T) {
	t.Parallel()
	k := Key{"a,b", home, "variant"}
	const base = overhead + len("a,b") + len("variant")
	tile := bytes.Repeat([]byte("tile"), 100)
	entryOf := func(tile []byte, have ...compress.Encoding) *entry {
		e := newEntry(&built{}, newPlain(tile, nil))
		for _, encoding := range have {
			e.bodies[encoding].Store(e.encode(encoding))
		}
		return e
	}
	packed := len(compress.Append(nil, tile, compress.Gzip))
	for _, c := range []struct {
		name string
		e    *entry
		want int
	}{
		{"no encoding", entryOf(tile), base + len(tile)},
		{"the identity", entryOf(tile, compress.Identity), base + len(tile)},
		{"gzip", entryOf(tile, compress.Gzip), base + len(tile) + packed},
		{"both", entryOf(tile, compress.Identity, compress.Gzip), base + len(tile) + packed},
		{"an empty tile", entryOf(nil), base},
	} {
		if got := int(c.e.weight(k)); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}
