package view

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
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

// randomCity is a layer of points, lines and polygons with texts as dictionary and raw, one of them
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
				list[i] = queryWords[r.IntN(len(queryWords))]
			}
			return column.StringOf(strings.Join(list, " "))
		}
		f.Values = []column.Value{
			column.StringOf("secret " + queryWords[r.IntN(len(queryWords))]), column.StringOf(queryWords[r.IntN(3)]),
			text(), column.BoolOf(r.IntN(2) == 0), column.IntOf(r.Int64N(9)),
		}
		if r.IntN(2) == 0 { // makes titles too many for a dictionary
			f.Values[2] = column.StringOf(fmt.Sprintf("%s %d", f.Values[2].Text(), i))
		}
		b.Changes = append(b.Changes, layers.Change{Feature: f})
	}
	if _, err := live.Apply(b); err != nil {
		t.Fatal(err)
	}
	return Public(live)
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
			middle := middleOf(boxes)
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
					far[string(f.ID)] = squaredWorld(middle, b.Point(row))
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
