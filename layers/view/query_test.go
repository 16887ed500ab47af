package view

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

var queryRuns atomic.Uint64

// words are what texts are made of: with letters whose cases are not one byte long, and Chinese.
var queryWords = []string{"Noise", "LANE", "Straße", "ÉCOLE", "噪声", "Yongan", "kelvin", "K", "12", "a"}

// plainWords are in ASCII, so that all texts of a block can be.
var plainWords = []string{"Noise", "LANE", "Yongan", "kelvin", "K", "12", "a"}

// manyTexts are more texts than a dictionary of a small layer has.
const manyTexts = 1100

// makeRaw makes the store keep the texts of a layer raw, as it does from then on: it sets features with
// many texts and deletes them.
func makeRaw(t *testing.T, live *layers.Layer) {
	t.Helper()
	b := layers.Batch{Layer: live.Name()}
	for i := range manyTexts {
		f := layers.Feature{ID: layers.FeatureID(fmt.Sprintf("gone-%d", i))}
		for _, field := range live.Schema().Fields {
			v := column.Value{}
			if field.Kind == column.String {
				v = column.StringOf(fmt.Sprintf("text %d", i))
			}
			f.Values = append(f.Values, v)
		}
		b.Changes = append(b.Changes, layers.Change{Feature: f})
	}
	for range 2 {
		if _, err := live.Apply(b); err != nil {
			t.Fatal(err)
		}
		for i := range b.Changes {
			b.Changes[i] = layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: b.Changes[i].Feature.ID}}
		}
	}
}

// isRaw reports whether all texts of a field of the view's schema are raw.
func isRaw(v *View, field int) bool {
	raw := true
	for b := range v.snapshot.All() {
		_, ok := b.Column(v.layer.columns[field]).(*column.Texts)
		raw = raw && ok
	}
	return raw
}

// randomCity is a layer of points, lines and polygons with texts in dictionaries or raw, one of them
// private.
func randomCity(t *testing.T, r *rand.Rand, n int) *Layer {
	t.Helper()
	live, err := layers.New(&layers.Schema{Name: "city", Fields: []layers.Field{
		{Name: "phone", Kind: column.String, Private: true},
		{Name: "status", Kind: column.String, Keep: true},
		{Name: "title", Kind: column.String},
		{Name: "open", Kind: column.Bool},
		{Name: "votes", Kind: column.Int},
	}}, layers.Options{MinRows: 4, MaxRows: 16})
	if err != nil {
		t.Fatal(err)
	}
	words, raw := queryWords, r.IntN(2) == 0
	if r.IntN(2) == 0 {
		words = plainWords
	}
	if raw {
		makeRaw(t, live)
	}
	b := layers.Batch{Layer: "city"}
	for i := range n {
		at := orb.Point{r.Float64()*359.8 - 179.9, r.Float64()*160 - 80}
		if r.IntN(2) == 0 { // many in one city, some on one place
			at = orb.Point{116 + float64(r.IntN(40))/100, 39.5 + float64(r.IntN(40))/100}
		}
		f := layers.Feature{ID: layers.FeatureID(fmt.Sprintf("City-%03d", i)), Geometry: shapeAt(r, at)}
		text := func() column.Value {
			if r.IntN(6) == 0 {
				return column.Value{}
			}
			list := make([]string, 1+r.IntN(3))
			for i := range list {
				list[i] = words[r.IntN(len(words))]
			}
			return column.StringOf(strings.Join(list, " "))
		}
		f.Values = []column.Value{
			column.StringOf("secret " + queryWords[r.IntN(len(queryWords))]), column.StringOf(queryWords[r.IntN(3)]),
			text(), column.BoolOf(r.IntN(2) == 0), column.IntOf(r.Int64N(9)),
		}
		if r.IntN(2) == 0 {
			f.Values[2] = column.StringOf(fmt.Sprintf("%s %d", f.Values[2].Text(), i))
		}
		b.Changes = append(b.Changes, layers.Change{Feature: f})
	}
	if _, err := live.Apply(b); err != nil {
		t.Fatal(err)
	}
	l := Public(live)
	if got := isRaw(l.Now(), 1); got != raw {
		t.Fatalf("got raw titles %t, want %t", got, raw)
	}
	return l
}

func shapeAt(r *rand.Rand, at orb.Point) orb.Geometry {
	size := 0.05 * r.Float64()
	far := orb.Point{at[0] + size/2, at[1] + size + 0.001}
	switch r.IntN(8) {
	case 0:
		return nil
	case 1:
		return orb.LineString{at, far}
	case 2:
		return orb.Polygon{{at, {far[0], at[1]}, far, {at[0], far[1]}, at}}
	case 3:
		return orb.MultiPoint{at, far}
	default:
		return at
	}
}

// TestWindowIsBruteForce compares windows, filtered and not, across the antimeridian and not, with a
// look at every feature.
func TestWindowIsBruteForce(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &queryRuns, 20) {
		r := rand.New(rand.NewPCG(seed, 2))
		v := randomCity(t, r, 400).Now()
		for range 12 {
			boxes := randomBoxes(t, r)
			q := WindowQuery{Boxes: boxes, Limit: r.IntN(30)}
			var holds func(layers.Feature) bool
			if r.IntN(2) == 0 {
				status, open := column.StringOf(queryWords[r.IntN(3)]), r.IntN(2) == 0
				q.Where = column.And(column.In(0, status), column.Where(2, column.Equal, column.BoolOf(open)))
				holds = func(f layers.Feature) bool { return f.Values[0] == status && f.Values[2].Bool() == open }
			}
			got := v.Window(t.Context(), q)
			want := []string{}
			far := map[string]float64{}
			seen := map[layers.FeatureID]bool{}
			for b := range v.snapshot.All() {
				for row := range b.Len() {
					f := v.feature(layers.Row{Block: b, Index: row})
					if f.Geometry == nil || seen[f.ID] || holds != nil && !holds(f) ||
						!slices.ContainsFunc(boxes, func(box world.Box) bool { return box.Intersects(b.RowBox(row)) }) {
						continue
					}
					seen[f.ID] = true
					want = append(want, string(f.ID))
					far[string(f.ID)] = squaredAround(boxes, b.Point(row))
				}
			}
			slices.SortStableFunc(want, func(a, b string) int { return cmp.Compare(far[a], far[b]) })
			if got.Matched != len(want) || !got.Whole {
				t.Errorf("seed %d: got %d matched, whole %t, want %d", seed, got.Matched, got.Whole, len(want))
			}
			if diff := gocmp.Diff(want[:min(len(want), q.Limit)], idsOf(got.Rows)); diff != "" {
				t.Errorf("seed %d: %v (-want +got):\n%s", seed, boxes, diff)
			}
		}
	}
}

// squaredAround returns the square of the distance of p from the middle of a window, in halves of world
// units: of the same place in this world and the ones beside it the nearest counts.
func squaredAround(boxes []world.Box, p world.Point) float64 {
	const around = 1 << (world.Bits + 1)
	west, east := int64(boxes[0].Min.X), int64(boxes[len(boxes)-1].Max.X)
	if len(boxes) == 2 {
		east += around / 2
	}
	dx := 2*int64(p.X) - west - east
	dy := 2*int64(p.Y) - int64(boxes[0].Min.Y) - int64(boxes[0].Max.Y)
	least := min(math.Abs(float64(dx)), math.Abs(float64(dx-around)), math.Abs(float64(dx+around)))
	return least*least + float64(dy)*float64(dy)
}

// TestWindowsAcrossTheAntimeridian: of places on either side of ±180° those nearer to the middle come first,
// on whichever side that is.
func TestWindowsAcrossTheAntimeridian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		west, east float64
		lons, want []float64
	}{
		{"the middle at 180", 170, -170, []float64{177, -178, 179, -179.5, 169, -169}, []float64{-179.5, 179, -178, 177}},
		{"the middle to the west", 150, -170, []float64{-179, 173, 155, 171, -171, 168}, []float64{171, 168, 173, -179, 155, -171}},
		{"the middle to the east", 160, -100, []float64{165, -149, 170, -112, 161, -99}, []float64{-149, -112, 170, 165, 161}},
		{"nearly the whole world", -170, -175, []float64{-178, -169, 8, -100, 179, -172}, []float64{8, -100, 179, -178, -169}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			live, err := layers.New(&layers.Schema{Name: "places"}, layers.Options{})
			if err != nil {
				t.Fatal(err)
			}
			b := layers.Batch{Layer: "places"}
			for _, lon := range c.lons {
				b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{ID: layers.FeatureID(fmt.Sprint(lon)), Geometry: orb.Point{lon, 10}}})
			}
			if _, err := live.Apply(b); err != nil {
				t.Fatal(err)
			}
			at := func(lon, lat float64) world.Point {
				p, err := world.Project(lon, lat)
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			want := []string{}
			for _, lon := range c.want {
				want = append(want, fmt.Sprint(lon))
			}
			found := Public(live).Now().Window(t.Context(), WindowQuery{Limit: 9, Boxes: []world.Box{
				{Min: at(c.west, 20), Max: at(180, 0)}, {Min: at(-180, 20), Max: at(c.east, 0)},
			}})
			if diff := gocmp.Diff(want, idsOf(found.Rows)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func randomBoxes(t *testing.T, r *rand.Rand) []world.Box {
	t.Helper()
	at := func(lon, lat float64) world.Point {
		p, err := world.Project(lon, lat)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	switch r.IntN(3) {
	case 0:
		return []world.Box{{Min: at(116.1, 39.8), Max: at(116.1+r.Float64()/3, 39.6)}}
	case 1:
		return []world.Box{{Min: at(-170*r.Float64(), 60), Max: at(170*r.Float64(), -60*r.Float64())}}
	default:
		return []world.Box{{Min: at(150+20*r.Float64(), 50), Max: at(180, -50)}, {Min: at(-180, 50), Max: at(-160, -50)}}
	}
}

func idsOf(list []Row) []string {
	out := make([]string, 0, len(list))
	for _, row := range list {
		out = append(out, string(row.ID()))
	}
	return out
}

// TestFindIsBruteForce compares searches with a look at every feature through another notion of case:
// strings.EqualFold at every place.
func TestFindIsBruteForce(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &queryRuns, 20) {
		r := rand.New(rand.NewPCG(seed, 3))
		v := randomCity(t, r, 300).Now()
		for range 12 {
			list := make([]string, 1+r.IntN(3))
			for i := range list {
				list[i] = otherCase(r, queryWords[r.IntN(len(queryWords))])
			}
			q := FindQuery{Text: strings.Join(list, "  "), Limit: 400}
			if r.IntN(3) == 0 {
				q.Text = []string{"City-007", "city-01", "CITY-007", "ity-29"}[r.IntN(4)]
			}
			if r.IntN(2) == 0 {
				q.Near = &orb.Point{116.2, 39.7}
			}
			got, whole := v.Find(t.Context(), q)
			if !whole {
				t.Fatalf("seed %d: the search did not end", seed)
			}
			want := map[string]Fit{}
			v.Scan(nil, func(f layers.Feature) bool {
				if fit, ok := fitOf(f, q.Text); ok {
					want[string(f.ID)] = fit
				}
				return true
			})
			have := map[string]Fit{}
			for i, f := range got {
				have[string(f.ID())] = f.Fit
				if i > 0 && (got[i-1].Fit > f.Fit || got[i-1].Fit == f.Fit && got[i-1].Metres > f.Metres) {
					t.Errorf("seed %d: %q: %v comes before %v", seed, q.Text, got[i-1], f)
				}
				if f.Field >= 0 && !containsFold(f.Values()[f.Field].Text(), strings.Fields(q.Text)[0]) {
					t.Errorf("seed %d: %q: field %d of %v has no such word", seed, q.Text, f.Field, f.Values())
				}
			}
			if diff := gocmp.Diff(want, have); diff != "" {
				t.Errorf("seed %d: %q (-want +got):\n%s", seed, q.Text, diff)
			}
		}
	}
}

// fitOf returns how well a feature fits a text, and whether it does.
func fitOf(f layers.Feature, text string) (Fit, bool) {
	id := string(f.ID)
	switch {
	case id == text:
		return FitID, true
	case strings.EqualFold(id, text):
		return FitCase, true
	case len(id) >= len(text) && strings.EqualFold(id[:len(text)], text):
		return FitPrefix, true
	}
	for word := range strings.FieldsSeq(text) {
		if !containsFold(id, word) && !containsFold(f.Values[0].Text(), word) && !containsFold(f.Values[1].Text(), word) {
			return 0, false
		}
	}
	return FitWords, true
}

func containsFold(text, word string) bool {
	runes, n := []rune(text), len([]rune(word))
	for i := range len(runes) - n + 1 {
		if strings.EqualFold(string(runes[i:i+n]), word) {
			return true
		}
	}
	return false
}

func otherCase(r *rand.Rand, s string) string {
	switch r.IntN(3) {
	case 0:
		return strings.ToLower(s)
	case 1:
		return strings.ToUpper(strings.ReplaceAll(s, "ß", "ẞ"))
	default:
		return s
	}
}

// TestFindCountsNoBorders: what stands at the end of a text and at the start of the next is in neither.
func TestFindCountsNoBorders(t *testing.T) {
	t.Parallel()
	live, err := layers.New(&layers.Schema{Name: "titles", Fields: []layers.Field{{Name: "title", Kind: column.String}}}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	makeRaw(t, live)
	b := layers.Batch{Layer: "titles"}
	for i, title := range []string{"ab1zz", "ab2zz", "", "ab3zz", "zzab"} {
		b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{ID: layers.FeatureID(strconv.Itoa(i)), Values: []column.Value{column.StringOf(title)}}})
	}
	if _, err := live.Apply(b); err != nil {
		t.Fatal(err)
	}
	v := Public(live).Now()
	if !isRaw(v, 0) {
		t.Fatal("the texts are in a dictionary")
	}
	for text, want := range map[string]string{"zzab": "[4]", "ZZ AB": "[0 1 3 4]", "zzab2": "[]", "zab zz": "[4]"} {
		found, _ := v.Find(t.Context(), FindQuery{Text: text, Limit: 10})
		got := []string{}
		for _, f := range found {
			got = append(got, string(f.ID()))
		}
		slices.Sort(got)
		if fmt.Sprint(got) != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// TestFindSaysNothingOfPrivateFields: what stands in a private field finds nothing (S10), whether it
// is whole or a part.
func TestFindSaysNothingOfPrivateFields(t *testing.T) {
	t.Parallel()
	v := randomCity(t, rand.New(rand.NewPCG(1, 4)), 200).Now()
	for _, text := range []string{"secret", "secret noise", "ecre"} {
		if got, whole := v.Find(t.Context(), FindQuery{Text: text, Limit: 10}); len(got) != 0 || !whole {
			t.Errorf("%q: got %v, want nothing", text, got)
		}
	}
}

// TestQueriesEnd: a context that is done ends both.
func TestQueriesEnd(t *testing.T) {
	t.Parallel()
	v := randomCity(t, rand.New(rand.NewPCG(1, 5)), 200).Now()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, whole := v.Find(ctx, FindQuery{Text: "noise", Limit: 10}); whole || len(got) != 0 {
		t.Errorf("search: got %v, whole %t", got, whole)
	}
	if got, whole := v.Find(ctx, FindQuery{Text: "City-007", Limit: 10}); whole || len(got) != 1 {
		t.Errorf("search by id: got %v, whole %t, want the feature all the same", got, whole)
	}
	everywhere := []world.Box{{Max: world.Point{X: 1<<32 - 1, Y: 1<<32 - 1}}}
	if got := v.Window(ctx, WindowQuery{Boxes: everywhere, Limit: 10}); got.Whole || len(got.Rows) != 0 {
		t.Errorf("window: got %+v", got)
	}
	if got, whole := v.Find(t.Context(), FindQuery{Text: "  ", Limit: 10}); len(got) != 0 || !whole {
		t.Errorf("no words: got %v", got)
	}
	if got, whole := v.Find(t.Context(), FindQuery{Text: strings.Repeat("a ", MaxWords+1), Limit: 10}); len(got) != 0 || !whole {
		t.Errorf("too many words: got %v", got)
	}
}

// TestFindOfNothingSelectedEnds: a filter that selects nothing of many blocks is looked at no longer than a search may take.
func TestFindOfNothingSelectedEnds(t *testing.T) {
	t.Parallel()
	v := randomCity(t, rand.New(rand.NewPCG(1, 5)), 200).Now().Where(eastern{math.MaxUint32})
	q := FindQuery{Text: "noise", Limit: 10}
	all := &countdown{t.Context(), math.MaxInt, 0}
	if found, whole := v.Find(all, q); len(found) != 0 || !whole || all.looks < 200/16 {
		t.Fatalf("got %v, whole %t, after %d looks, want nothing after one a block", found, whole, all.looks)
	}
	for left := range all.looks {
		ctx := &countdown{t.Context(), left, 0}
		if _, whole := v.Find(ctx, q); whole || ctx.looks != left+1 {
			t.Errorf("ended after %d looks: got whole %t after %d", left, whole, ctx.looks)
		}
	}
}

// countdown is done after a number of looks at whether it is.
type countdown struct {
	context.Context
	left, looks int
}

func (c *countdown) Err() error {
	if c.looks++; c.looks > c.left {
		return context.Canceled
	}
	return nil
}

// TestFindLooksOften: a search looks whether it should end before each column, each 64 texts of a dictionary
// and each shape, and ends there whenever that is.
func TestFindLooksOften(t *testing.T) {
	t.Parallel()
	const rows = 300 // in one block
	for _, c := range []struct {
		name     string
		raw      bool
		geometry func(i float64) orb.Geometry
		least    int
	}{
		{"a dictionary", false, func(i float64) orb.Geometry { return orb.Point{i / 10, 1} }, 2 + rows/64 + 1},
		{"raw texts", true, func(i float64) orb.Geometry { return orb.Point{i / 10, 1} }, 2 + 1},
		{"shapes", true, func(i float64) orb.Geometry { return orb.LineString{{i / 10, 1}, {i/10 + 1, 2}} }, 2 + rows},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			live, err := layers.New(&layers.Schema{Name: "a", Fields: []layers.Field{
				{Name: "title", Kind: column.String}, {Name: "note", Kind: column.String},
			}}, layers.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if c.raw {
				makeRaw(t, live)
			}
			b := layers.Batch{Layer: "a"}
			for i := range rows {
				b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{
					ID: layers.FeatureID(strconv.Itoa(i)), Geometry: c.geometry(float64(i)),
					Values: []column.Value{column.StringOf(fmt.Sprintf("title %d", i)), column.StringOf("note")},
				}})
			}
			if _, err := live.Apply(b); err != nil {
				t.Fatal(err)
			}
			v := Public(live).Now()
			if isRaw(v, 0) != c.raw {
				t.Fatalf("got raw texts %t, want %t", !c.raw, c.raw)
			}
			q := FindQuery{Text: "title", Limit: 10, Near: &orb.Point{1, 1}}
			all := &countdown{t.Context(), math.MaxInt, 0}
			if found, whole := v.Find(all, q); !whole || len(found) != 10 || all.looks < c.least {
				t.Fatalf("got %d features, whole %t, after %d looks, want 10 after at least %d", len(found), whole, all.looks, c.least)
			}
			for left := range all.looks {
				ctx := &countdown{t.Context(), left, 0}
				if _, whole := v.Find(ctx, q); whole || ctx.looks != left+1 {
					t.Errorf("ended after %d looks: got whole %t after %d", left, whole, ctx.looks)
				}
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	v := bigCity(b).Now()
	for name, text := range map[string]string{"words": "pothole yongan", "nothing": "zzz", "common": "lane"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.Find(b.Context(), FindQuery{Text: text, Limit: 20, Near: &orb.Point{116.4, 39.9}})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(v.Count()), "ns/feature")
		})
	}
}

func BenchmarkWindow(b *testing.B) {
	v := bigCity(b).Now()
	everywhere := []world.Box{{Max: world.Point{X: 1<<32 - 1, Y: 1<<32 - 1}}}
	b.ReportAllocs()
	for b.Loop() {
		v.Window(b.Context(), WindowQuery{Boxes: everywhere, Limit: 200})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(v.Count()), "ns/feature")
}

// bigCity is a million points with a category and a title.
func bigCity(b *testing.B) *Layer {
	b.Helper()
	live, err := layers.New(&layers.Schema{Name: "city", Fields: []layers.Field{
		{Name: "category", Kind: column.String, Keep: true}, {Name: "title", Kind: column.String},
	}}, layers.Options{})
	if err != nil {
		b.Fatal(err)
	}
	loader, err := live.Load()
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 6))
	for batch := range 1000 {
		changes := make([]layers.Change, 1000)
		for i := range changes {
			n := batch*1000 + i
			changes[i].Feature = layers.Feature{
				ID: layers.FeatureID(fmt.Sprintf("BJ-2025-%07d", n)), Geometry: orb.Point{116 + r.Float64(), 39.5 + r.Float64()},
				Values: []column.Value{column.StringOf(queryWords[n%5]), column.StringOf(fmt.Sprintf("Pothole, %d Yongan Lane (%d)", n%97, n))},
			}
		}
		if err := loader.Add(changes); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := loader.Finish(); err != nil {
		b.Fatal(err)
	}
	return Public(live)
}
