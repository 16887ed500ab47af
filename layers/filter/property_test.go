package filter

import (
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// randomFeature returns a feature whose values are few, so that filters meet them, and a quarter null.
func randomFeature(rng *rand.Rand, i int) layers.Feature {
	f := layers.Feature{ID: layers.FeatureID(strconv.Itoa(i))}
	if rng.IntN(3) == 0 {
		f.ID = layers.FeatureID([]string{"x", "0", "街", "A"}[rng.IntN(4)] + strconv.Itoa(i))
	}
	word := func() column.Value { return column.StringOf(words[rng.IntN(len(words))]) }
	small := func() column.Value { return column.IntOf(int64(rng.IntN(7) - 2)) }
	if rng.IntN(40) == 0 {
		small = func() column.Value { return column.IntOf([]int64{1<<63 - 1, 1<<63 - 2, -1 << 63}[rng.IntN(3)]) }
	}
	half := func() column.Value { return column.FloatOf(float64(rng.IntN(9)-3) / 2) }
	flag := func() column.Value { return column.BoolOf(rng.IntN(2) == 0) }
	at := func() column.Value {
		t := time.Date(2024, 5, 1+rng.IntN(4), 0, 0, 0, 0, time.UTC)
		return column.TimeOf(t.Add([]time.Duration{0, 12*time.Hour + 30*time.Minute, 23*time.Hour + 59*time.Minute, 24*time.Hour - time.Microsecond}[rng.IntN(4)]))
	}
	title := func() column.Value { // ever new, so that it is raw text
		return column.StringOf(words[rng.IntN(len(words))] + []string{"", "", strconv.Itoa(i)}[rng.IntN(3)])
	}
	for _, make := range []func() column.Value{word, title, small, small, half, half, flag, flag, at, at} {
		v := make()
		if rng.IntN(4) == 0 {
			v = column.Value{}
		}
		f.Values = append(f.Values, v)
	}
	x, y := float64(rng.IntN(8)), float64(rng.IntN(8))
	if rng.IntN(8) == 0 {
		x += 172
	}
	switch rng.IntN(9) {
	case 0: // no place
	case 1:
		f.Geometry = orb.LineString{{x, y}, {x - 1 - float64(rng.IntN(3)), y + 1}}
	case 2:
		f.Geometry = orb.Polygon{{{x, y}, {x + 1, y}, {x + 1, y + 1}, {x, y + 1}, {x, y}}}
	case 3:
		f.Geometry = orb.MultiPoint{{x, y}, {x + 1, y + 1}}
	default:
		f.Geometry = orb.Point{x, y}
	}
	return f
}

// randomLayer returns a layer of n random features in small blocks, and the features as it has them.
func randomLayer(t testing.TB, rng *rand.Rand, n int) (*layers.Layer, map[layers.FeatureID]layers.Feature) {
	t.Helper()
	l, err := layers.New(testSchema(), layers.Options{MinRows: 4, MaxRows: 1 + 2*(4+rng.IntN(30))})
	if err != nil {
		t.Fatal(err)
	}
	// With so many titles once, the field's texts are raw from then on.
	var fill, empty layers.Batch
	fill.Layer, empty.Layer = l.Name(), l.Name()
	for i := range 1100 {
		title := layers.Feature{ID: layers.FeatureID(strconv.Itoa(i)), Values: []column.Value{{}, column.StringOf(strconv.Itoa(i))}}
		fill.Changes = append(fill.Changes, layers.Change{Feature: title})
		empty.Changes = append(empty.Changes, layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: title.ID}})
	}
	batch := layers.Batch{Layer: l.Name()}
	for i := range n {
		batch.Changes = append(batch.Changes, layers.Change{Feature: randomFeature(rng, i)})
	}
	for _, b := range []layers.Batch{fill, empty, batch} {
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
	}
	for b := range l.Snapshot().All() {
		_, codes := b.Column(0).(*column.Codes)
		_, raw := b.Column(1).(*column.Texts)
		if !codes || !raw {
			t.Fatalf("the fields of text are kept as %T and %T", b.Column(0), b.Column(1))
		}
	}
	features := map[layers.FeatureID]layers.Feature{}
	l.Snapshot().Scan(nil, func(r layers.Row) bool {
		f := r.Feature()
		features[f.ID] = f
		return true
	})
	return l, features
}

// selected returns the ids that a predicate selects, and how many blocks it skipped.
func selected(s *layers.Snapshot, p *Predicate) (ids map[layers.FeatureID]bool, skipped int) {
	ids = map[layers.FeatureID]bool{}
	for b := range s.All() {
		rows := column.NewBits(b.Len())
		for row := range b.Len() {
			rows.Set(row)
		}
		skips := p.Skips(b)
		if p.Filter(b, rows); skips {
			skipped++
			if rows.Count() > 0 {
				ids["a skipped block has rows"] = true
			}
		}
		for row := range b.Len() {
			if rows.Has(row) {
				ids[b.ID(row)] = true
			}
		}
	}
	return ids, skipped
}

var oracleRuns atomic.Uint64

// TestOracle compares filters with an evaluation of each feature by itself, which knows nothing of
// canonical forms, columns and zone maps.
func TestOracle(t *testing.T) {
	t.Parallel()
	var filters, some, blocksSkipped int
	for _, seed := range testkit.Seeds(t, &oracleRuns, 10) {
		rng := rand.New(rand.NewPCG(seed, 1))
		l, features := randomLayer(t, rng, 80)
		o := oracle{l.Schema()}
		for range 200 {
			g := generator{rng, rng.IntN(4) == 0}
			text := g.condition(rng.IntN(4))
			written, err := parseText(text)
			if err != nil {
				t.Fatalf("seed %d: %s: %v", seed, text, err)
			}
			e, err := Parse(Text, text, l.Schema())
			if err != nil {
				t.Fatalf("seed %d: %s: %v", seed, text, err)
			}
			checkCanonical(t, e)
			got, skipped := selected(l.Snapshot(), Compile(e))
			filters++
			blocksSkipped += skipped
			if len(got) > 0 && len(got) < len(features) {
				some++
			}
			for id, f := range features {
				if want := o.decide(written, &f) == yes; got[id] != want {
					t.Fatalf("seed %d:\n%s\n%s\nfeature %q %v %v: got %v, want %v", seed, text, e.Text(), id, f.Geometry, f.Values, got[id], want)
				}
				delete(got, id)
			}
			for id := range got {
				t.Fatalf("seed %d: %s\n%s: %s", seed, text, e.Text(), id)
			}
		}
	}
	if some < filters/4 || blocksSkipped < filters {
		t.Errorf("of %d filters %d select some features, and they skip %d blocks: the test shows too little", filters, some, blocksSkipped)
	}
}

var encodingRuns atomic.Uint64

// TestEquivalent checks that filters that say the same have the same canonical form.
func TestEquivalent(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &encodingRuns, 150) {
		g := generator{rand.New(rand.NewPCG(seed, 2)), true}
		a, b, c := g.condition(2), g.condition(2), g.condition(2)
		for _, pair := range [][2]string{
			{"(" + a + ") AND (" + b + ")", "(" + b + ") AND (" + a + ") AND (" + a + ")"},
			{"(" + a + ") OR ((" + b + ") OR (" + c + "))", "((" + c + ") OR (" + a + ")) OR (" + b + ")"},
			{"NOT (NOT (" + a + "))", a},
			{"NOT ((" + a + ") AND (" + b + "))", "(NOT (" + b + ")) OR (NOT (" + a + "))"},
			{a, a + " AND TRUE"},
		} {
			first, err := Parse(Text, pair[0], testSchema())
			if err != nil {
				t.Fatalf("seed %d: %s: %v", seed, pair[0], err)
			}
			if pair[1] == a+" AND TRUE" {
				pair[1] = "(" + a + ") AND TRUE"
			}
			second, err := Parse(Text, pair[1], testSchema())
			if err != nil {
				t.Fatalf("seed %d: %s: %v", seed, pair[1], err)
			}
			if first.Text() != second.Text() {
				t.Errorf("seed %d:\n%s\n%s\nbecome\n%s\n%s", seed, pair[0], pair[1], first.Text(), second.Text())
			}
		}
	}
}

// TestRenumber filters a layer by a view of it that has its fields in another order.
func TestRenumber(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 3))
	l, _ := randomLayer(t, rng, 200)
	full := l.Schema()
	part := *full
	part.Fields = nil
	columns := rng.Perm(len(full.Fields))
	for _, c := range columns {
		part.Fields = append(part.Fields, full.Fields[c])
	}
	for range 200 {
		g := generator{rng, true}
		text := g.condition(2)
		direct, err := Parse(Text, text, full)
		if err != nil {
			t.Fatal(err)
		}
		viewed, err := Parse(Text, text, &part)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := selected(l.Snapshot(), Compile(direct))
		p := Compile(viewed).Renumber(columns)
		got, _ := selected(l.Snapshot(), p)
		if len(got) != len(want) || p.Text() != direct.Text() {
			t.Errorf("%s: got %d features and %s, want %d and %s", text, len(got), p.Text(), len(want), direct.Text())
		}
		for id := range want {
			if !got[id] {
				t.Errorf("%s: %s is missing", text, id)
			}
		}
	}
}

// TestExactCells checks that a place that is given as a feature's was is that place.
func TestExactCells(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	for range 200 {
		lon, lat := rng.Float64()*360-180, rng.Float64()*170-85
		l, err := layers.New(testSchema(), layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f := layers.Feature{ID: "a", Geometry: orb.Point{lon, lat}}
		if _, err := l.Apply(layers.Batch{Layer: l.Name(), Changes: []layers.Change{{Feature: f}}}); err != nil {
			t.Fatal(err)
		}
		at := formatFloat(lon) + " " + formatFloat(lat)
		corner := formatFloat(lon) + "," + formatFloat(lat)
		for _, text := range []string{
			"S_EQUALS(geometry, POINT(" + at + "))",
			"S_INTERSECTS(geometry, BBOX(" + corner + ",180,90))",
			"S_INTERSECTS(geometry, BBOX(-180,-90," + corner + "))",
			"S_INTERSECTS(geometry, BBOX(" + corner + "," + corner + "))",
			"S_TOUCHES(geometry, POLYGON((" + at + ", " + formatFloat(lon) + " 0, 0 0, " + at + ")))",
		} {
			e, err := Parse(Text, text, l.Schema())
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := selected(l.Snapshot(), Compile(e)); len(got) != 1 {
				p, _ := world.Project(lon, lat)
				t.Errorf("%s does not select the feature there (%v)", text, p)
			}
		}
	}
}

// TestFoldedPrefix checks that the start of a pattern is not looked for in zone maps when the texts are
// folded and the maps are not.
func TestFoldedPrefix(t *testing.T) {
	t.Parallel()
	const n = 1100 // so many different titles are kept raw
	l, err := layers.New(testSchema(), layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	batch := layers.Batch{Layer: l.Name()}
	for i := range n {
		f := layers.Feature{ID: layers.FeatureID(strconv.Itoa(i)), Values: []column.Value{{}, column.StringOf("MAIN STREET " + strconv.Itoa(i))}}
		batch.Changes = append(batch.Changes, layers.Change{Feature: f})
	}
	if _, err := l.Apply(batch); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		filter string
		want   int
	}{{"CASEI(title) LIKE 'main%'", n}, {"title LIKE 'MAIN%'", n}, {"title LIKE 'main%'", 0}, {"title NOT LIKE 'main%'", n}} {
		e, err := Parse(Text, c.filter, l.Schema())
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := selected(l.Snapshot(), Compile(e)); len(got) != c.want {
			t.Errorf("%s: got %d features, want %d", c.filter, len(got), c.want)
		}
	}
}
