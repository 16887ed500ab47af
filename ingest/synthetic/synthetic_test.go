package synthetic

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

// publisher hands every batch to a function.
type publisher func(layers.Batch) error

func (p publisher) Publish(_ context.Context, b layers.Batch) error { return p(b) }

// each calls fn for every change of a city, layer by layer.
func each(t testing.TB, c *City, fn func(schema *layers.Schema, change *layers.Change)) {
	t.Helper()
	for i, source := range c.Sources() {
		schema := c.Layers()[i].Schema
		if source.Layer() != schema.Name || source.Name() != "synthetic-"+string(schema.Name) {
			t.Fatalf("source %d is %q of layer %q, want layer %q", i, source.Name(), source.Layer(), schema.Name)
		}
		var report ingest.Report
		published := 0
		err := source.Run(t.Context(), publisher(func(b layers.Batch) error {
			if b.Layer != schema.Name || len(b.Changes) == 0 || len(b.Changes) > ingest.MaxBatch {
				t.Fatalf("got a batch of %d changes for %q, want 1 to %d for %q", len(b.Changes), b.Layer, ingest.MaxBatch, schema.Name)
			}
			for i := range b.Changes {
				fn(schema, &b.Changes[i])
			}
			published += len(b.Changes)
			return nil
		}), &report)
		if err != nil {
			t.Fatal(err)
		}
		if s := report.Summary(); s.Accepted != int64(published) || s.Refused != 0 {
			t.Errorf("%s: the report has %+v, want %d accepted", schema.Name, s, published)
		}
	}
}

// positions returns all positions of a point or polygon.
func positions(g orb.Geometry) []orb.Point {
	if p, ok := g.(orb.Point); ok {
		return []orb.Point{p}
	}
	var all []orb.Point
	for _, ring := range g.(orb.Polygon) {
		all = append(all, ring...)
	}
	return all
}

// digest returns a hash of all that a city publishes, bit for bit and in order.
func digest(t testing.TB, c *City) string {
	t.Helper()
	h := sha256.New()
	var b []byte
	each(t, c, func(schema *layers.Schema, change *layers.Change) {
		f := &change.Feature
		b = append(append(b[:0], schema.Name...), byte(change.Op))
		b = append(append(b, f.ID...), 0)
		for _, p := range positions(f.Geometry) {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(p[0]))
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(p[1]))
		}
		for _, v := range f.Values {
			b = append(append(b, byte(v.Kind()), 0), v.String()...)
		}
		h.Write(b)
	})
	return hex.EncodeToString(h.Sum(nil))
}

// TestSameBytes holds two cities: the hash of all their bytes, and some features to read. They are
// the same on every machine and for ever. A change that means to move them says so in the
// changelog, because demos and goldens move too.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, seed := range []uint64{0, 1} {
		opts := Options{Complaints: 5_000, Seed: seed}
		hash := digest(t, New(opts))
		if again := digest(t, New(opts)); again != hash {
			t.Errorf("seed %d: two cities of the same options differ", seed)
		}
		fmt.Fprintf(&b, "seed %d: %s\n", seed, hash)
		n := map[layers.Name]int{}
		each(t, New(opts), func(schema *layers.Schema, change *layers.Change) {
			if n[schema.Name]++; n[schema.Name] <= 3 {
				fmt.Fprintf(&b, "  %s %s %v\n", schema.Name, change.Feature.ID, change.Feature.Geometry)
				for i, v := range change.Feature.Values {
					fmt.Fprintf(&b, "    %s %v\n", schema.Fields[i].Name, v)
				}
			}
		})
	}
	testkit.Golden(t, "cities.txt", b.String())
}

// TestCity checks everything that a city publishes.
func TestCity(t *testing.T) {
	t.Parallel()
	const complaints = 60_000
	city := New(Options{Complaints: complaints, Seed: 42})
	counts := map[layers.Name]int{}
	ids, titles := map[layers.FeatureID]bool{}, map[string]bool{}
	last := int64(0)
	index := 0
	distinct := map[layers.Name]map[string]map[column.Value]bool{}
	each(t, city, func(schema *layers.Schema, change *layers.Change) {
		f := &change.Feature
		if err := schema.Check(index, change); err != nil {
			t.Fatal(err)
		}
		for _, p := range positions(f.Geometry) {
			if !Extent.Contains(p) {
				t.Errorf("%s stands at %v, outside %v", f.ID, p, Extent)
			}
			for _, v := range p {
				if seven := math.Round(v*1e7) / 1e7; seven != v {
					t.Errorf("%s: %v has more than seven decimals", f.ID, v)
				}
			}
		}
		if ids[f.ID] {
			t.Errorf("id %s stands twice", f.ID)
		}
		ids[f.ID] = true
		counts[schema.Name]++
		if schema.Name == "complaints" {
			titles[f.Values[complaintTitle].Text()] = true
			when := f.Values[complaintReported].Micros()
			if when < last {
				t.Errorf("%s was reported before the one before it", f.ID)
			}
			last = when
		}
		for i, v := range f.Values {
			if schema.Fields[i].Keep {
				name := schema.Fields[i].Name
				if distinct[schema.Name] == nil {
					distinct[schema.Name] = map[string]map[column.Value]bool{}
				}
				if distinct[schema.Name][name] == nil {
					distinct[schema.Name][name] = map[column.Value]bool{}
				}
				distinct[schema.Name][name][v] = true
			}
		}
		index++
	})
	if len(titles) < complaints*3/4 {
		t.Errorf("got %d titles for %d complaints, want most to be different", len(titles), complaints)
	}
	if counts["complaints"] != complaints || counts["vendors"] != complaints/50 || counts["sensors"] != complaints/1000 {
		t.Errorf("got %v, want %d complaints, %d vendors, %d sensors", counts, complaints, complaints/50, complaints/1000)
	}
	for _, l := range city.Layers() {
		if err := l.Schema.Validate(); err != nil {
			t.Error(err)
		}
		if l.Attribution != "Synthetic data" || l.Licence != "CC0-1.0" || l.Title == "" || l.Description == "" {
			t.Errorf("%s: got %+v", l.Schema.Name, l)
		}
		for name, want := range l.Distinct {
			if got := len(distinct[l.Schema.Name][name]); got > want || got < want/2 {
				t.Errorf("%s.%s: got %d distinct values, want at most %d", l.Schema.Name, name, got, want)
			}
		}
		if len(l.Distinct) != len(distinct[l.Schema.Name]) {
			t.Errorf("%s: %d fields declare distinct values, want %d", l.Schema.Name, len(l.Distinct), len(distinct[l.Schema.Name]))
		}
	}
}

// TestBelievable checks shares that make a map of complaints look like a city's.
func TestBelievable(t *testing.T) {
	t.Parallel()
	const complaints = 100_000
	city := New(Options{Complaints: complaints, Seed: 7})
	var (
		levels             [6]int
		inPalace           int
		places             = map[orb.Point]int{}
		heating            [12]int
		noise              [24]int
		closedOld, old     int
		closedNew, fresh   int
		weekdays, weekends int
	)
	each(t, city, func(schema *layers.Schema, change *layers.Change) {
		if schema.Name != "complaints" {
			return
		}
		f := &change.Feature
		point := f.Geometry.(orb.Point)
		p := place{int64(math.Round(point[0] * degree)), int64(math.Round(point[1] * degree))}
		levels[level(p)]++
		if parks[0].contains(p) {
			inPalace++
		}
		places[point]++
		when := f.Values[complaintReported].Time().Add(zone)
		switch f.Values[complaintCategory].Text() {
		case "heating":
			heating[when.Month()-1]++
		case "noise":
			noise[when.Hour()]++
		}
		closed := f.Values[complaintStatus].Text() == "closed"
		switch days := yearHours/24 - when.YearDay(); {
		case days > 90:
			old++
			if closed {
				closedOld++
			}
		case days < 3:
			fresh++
			if closed {
				closedNew++
			}
		}
		if wd := when.Weekday(); wd == 0 || wd == 6 {
			weekends++
		} else {
			weekdays++
		}
	})
	percent := func(n, of int) int { return 100 * n / of }
	if got := percent(levels[0]+levels[1]+levels[2]+levels[3], complaints); got < 65 || got > 92 {
		t.Errorf("%d %% are inside the 5th ring, want most but not all: %v", got, levels)
	}
	if got := percent(levels[0], complaints); got < 8 || got > 40 {
		t.Errorf("%d %% are in the old city: %v", got, levels)
	}
	if inPalace > complaints/500 {
		t.Errorf("%d complaints come from the palace's courts", inPalace)
	}
	if shared := complaints - len(places); percent(shared, complaints) < 5 {
		t.Errorf("%d complaints share a place with another, want many", shared)
	}
	if heating[0] < 20*(heating[6]+1) {
		t.Errorf("heating by month: %v, want winters", heating)
	}
	if percent(closedOld, old) < 88 || percent(closedNew, fresh) > 45 {
		t.Errorf("closed: %d %% of old ones, %d %% of new ones", percent(closedOld, old), percent(closedNew, fresh))
	}
	if 5*weekends > 2*weekdays {
		t.Errorf("%d on weekends, %d on weekdays, want quieter weekends", weekends, weekdays)
	}
	if noise[22] < noise[10] {
		t.Errorf("noise by hour: %v, want evenings", noise)
	}
}

func TestSeedsDiffer(t *testing.T) {
	t.Parallel()
	a, b := New(Options{Complaints: 100, Seed: 1}), New(Options{Complaints: 100, Seed: 2})
	if digest(t, a) == digest(t, b) {
		t.Error("two seeds give the same city")
	}
}

// TestFeaturesStandAlone checks that a feature does not depend on which others are made before it.
func TestFeaturesStandAlone(t *testing.T) {
	t.Parallel()
	city := New(Options{Complaints: 2_500, Seed: 3})
	index := 0
	var r random
	each(t, city, func(schema *layers.Schema, change *layers.Change) {
		if schema.Name == "complaints" && index%97 == 0 {
			f := layers.Feature{Values: make([]column.Value, len(schema.Fields))}
			city.complaint(&r, index, &f)
			if f.ID != change.Feature.ID || f.Geometry != change.Feature.Geometry || f.Values[complaintTitle] != change.Feature.Values[complaintTitle] {
				t.Errorf("complaint %d alone is %v, want %v", index, f, change.Feature)
			}
		}
		index++
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		complaints                             int
		valid                                  bool
		complained, vendors, markets, sensored int
	}{
		{0, true, DefaultComplaints, 4_000, 400, 200},
		{1, true, 1, MinVendors, minMarkets, MinSensors},
		{MaxComplaints, true, MaxComplaints, 100_000, maxMarkets, 5_000},
		{MaxComplaints + 1, false, MaxComplaints, 100_000, maxMarkets, 5_000},
		{-1, false, DefaultComplaints, 4_000, 400, 200},
	} {
		opts := Options{Complaints: test.complaints}
		if err := opts.Validate(); (err == nil) != test.valid {
			t.Errorf("%d complaints: got error %v", test.complaints, err)
		}
		if got, want := New(opts).features, [4]int{test.complained, test.vendors, test.markets, test.sensored}; got != want {
			t.Errorf("%d complaints: got %v features, want %v", test.complaints, got, want)
		}
	}
}

func TestRunStops(t *testing.T) {
	t.Parallel()
	sources := New(Options{Complaints: 5_000}).Sources()
	ctx, cancel := context.WithCancel(t.Context())
	batches := 0
	var report ingest.Report
	err := sources[0].Run(ctx, publisher(func(layers.Batch) error {
		batches++
		cancel()
		return nil
	}), &report)
	if !errors.Is(err, context.Canceled) || batches != 1 || report.Summary().Accepted != ingest.MaxBatch {
		t.Errorf("got %v after %d batches and %v, want a stop after one", err, batches, report.Summary())
	}
	full := errors.New("full")
	err = sources[1].Run(t.Context(), publisher(func(layers.Batch) error { return full }), &report)
	if !errors.Is(err, full) || report.Summary().Accepted != ingest.MaxBatch {
		t.Errorf("got %v, want the publisher's error and nothing accepted", err)
	}
}

func TestAppendPadded(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0000", 7: "0007", 1234: "1234", 12345: "12345"} {
		if got := string(appendPadded(nil, n, 4)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := strings.Count(string(appendPadded([]byte("x"), 1, 1)), "0"); got != 0 {
		t.Errorf("got %d zeros, want none", got)
	}
}

func BenchmarkComplaints(b *testing.B) {
	city := New(Options{Complaints: 100_000})
	discard := publisher(func(layers.Batch) error { return nil })
	b.ReportAllocs()
	for b.Loop() {
		var report ingest.Report
		if err := city.Sources()[0].Run(b.Context(), discard, &report); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/change")
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(Options{})
	}
}
