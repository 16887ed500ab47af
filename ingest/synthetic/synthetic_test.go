package synthetic

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

// sample is a city that several tests look at: it takes a while to lay one out, and it never changes.
var sample = sync.OnceValue(func() *City { return New(Options{Complaints: sampleComplaints, Seed: 42}) })

const sampleComplaints = 100_000

// publisher hands every batch to a function.
type publisher func(layers.Batch) error

func (p publisher) Publish(_ context.Context, b layers.Batch) error { return p(b) }

// each calls fn for every change of a city's layers, or of those that are named, layer by layer.
func each(t testing.TB, c *City, fn func(schema *layers.Schema, change *layers.Change), names ...layers.Name) {
	t.Helper()
	for i, source := range c.Sources() {
		schema := c.Layers()[i].Schema
		if source.Layer() != schema.Name || source.Name() != "synthetic-"+string(schema.Name) {
			t.Fatalf("source %d is %q of layer %q, want layer %q", i, source.Name(), source.Layer(), schema.Name)
		}
		if len(names) > 0 && !slices.Contains(names, schema.Name) {
			continue
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

// positions returns the lines, rings and points of a geometry.
func positions(g orb.Geometry) [][]orb.Point {
	switch g := g.(type) {
	case orb.Point:
		return [][]orb.Point{{g}}
	case orb.LineString:
		return [][]orb.Point{g}
	case orb.Polygon:
		out := make([][]orb.Point, len(g))
		for i, ring := range g {
			out[i] = ring
		}
		return out
	}
	return nil
}

// sourceOf returns a new source of a layer.
func sourceOf(c *City, name layers.Name) ingest.Source {
	sources := c.Sources()
	return sources[slices.IndexFunc(sources, func(s ingest.Source) bool { return s.Layer() == name })]
}

// digest returns a hash of all that a city publishes of its layers, or of those that are named, bit for
// bit and in order. It calls look for every change.
func digest(t testing.TB, c *City, look func(*layers.Schema, *layers.Change), names ...layers.Name) string {
	t.Helper()
	h := sha256.New()
	var b []byte
	each(t, c, func(schema *layers.Schema, change *layers.Change) {
		look(schema, change)
		f := &change.Feature
		b = append(append(b[:0], schema.Name...), byte(change.Op))
		b = append(append(b, f.ID...), 0)
		b = append(b, f.Geometry.GeoJSONType()...)
		for _, part := range positions(f.Geometry) {
			b = binary.LittleEndian.AppendUint32(b, uint32(len(part)))
			for _, p := range part {
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(p[0]))
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(p[1]))
			}
		}
		for _, v := range f.Values {
			b = append(append(b, byte(v.Kind()), 0), v.String()...)
		}
		h.Write(b)
	}, names...)
	return hex.EncodeToString(h.Sum(nil))
}

func ignore(*layers.Schema, *layers.Change) {}

// TestSameBytes holds two cities: the hash of all their bytes, and some features to read. They are
// the same on every machine and for ever. A change that means to move them says so in the
// changelog, because demos and goldens move too.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, seed := range []uint64{0, 1} {
		opts := Options{Complaints: 5_000, Seed: seed}
		var samples strings.Builder
		n := map[layers.Name]int{}
		city := New(opts)
		hash := digest(t, city, func(schema *layers.Schema, change *layers.Change) {
			if n[schema.Name]++; n[schema.Name] <= 3 {
				f := &change.Feature
				parts := positions(f.Geometry)
				fmt.Fprintf(&samples, "  %s %s %s of %d, from %v\n", schema.Name, f.ID, f.Geometry.GeoJSONType(), len(parts[0]), parts[0][0])
				for i, v := range f.Values {
					fmt.Fprintf(&samples, "    %s %v\n", schema.Fields[i].Name, v)
				}
			}
		})
		fmt.Fprintf(&b, "seed %d: %s\n", seed, hash)
		for _, l := range city.Layers() {
			fmt.Fprintf(&b, "  %d %s\n", n[l.Schema.Name], l.Schema.Name)
		}
		b.WriteString(samples.String())
	}
	testkit.Golden(t, "cities.txt", b.String())
}

// TestCity checks everything that a city publishes.
func TestCity(t *testing.T) {
	t.Parallel()
	const complaints = sampleComplaints
	city := sample()
	counts := map[layers.Name]int{}
	ids, titles := map[string]bool{}, map[string]bool{}
	last := int64(0)
	index := 0
	distinct := map[layers.Name]map[string]map[column.Value]bool{}
	each(t, city, func(schema *layers.Schema, change *layers.Change) {
		f := &change.Feature
		if err := schema.Check(index, change); err != nil {
			t.Fatal(err)
		}
		for _, part := range positions(f.Geometry) {
			for _, p := range part {
				if !Extent.Contains(p) {
					t.Fatalf("%s %s is at %v, outside %v", schema.Name, f.ID, p, Extent)
				}
				for _, v := range p {
					if seven := math.Round(v*1e7) / 1e7; seven != v {
						t.Errorf("%s: %v has more than seven decimals", f.ID, v)
					}
				}
			}
		}
		if id := string(schema.Name) + " " + string(f.ID); ids[id] {
			t.Errorf("id %s stands twice", id)
		} else {
			ids[id] = true
		}
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
			if schema.Fields[i].Keep && !v.IsNull() {
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
	const complaints = sampleComplaints
	city := sample()
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
	each(t, city, func(_ *layers.Schema, change *layers.Change) {
		f := &change.Feature
		point := f.Geometry.(orb.Point)
		p := place{int64(math.Round(point[0] * degree)), int64(math.Round(point[1] * degree))}
		levels[level(p)]++
		if palace.contains(p) {
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
		switch days := (historyEnd.micros() - f.Values[complaintReported].Micros()) / (day * 1_000_000); {
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
	}, "complaints")
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
	if shared := complaints - len(places); percent(shared, complaints) < 3 {
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

// TestShares holds what a city is to bounds: of a hundred features of a kind, how many are this or that. The hash
// of its bytes says that it stays as it is, not that it is right.
func TestShares(t *testing.T) {
	t.Parallel()
	city := sized(200_000)
	counts := map[string]map[string]int{} // by what is counted, then by value
	count := func(what, value string) {
		if counts[what] == nil {
			counts[what] = map[string]int{}
		}
		counts[what][value]++
	}
	each(t, city, func(schema *layers.Schema, change *layers.Change) {
		f := &change.Feature
		switch schema.Name {
		case "complaints":
			status := f.Values[complaintStatus].Text()
			age := historyEnd.micros() - f.Values[complaintReported].Micros()
			switch {
			case age < 7*day*1_000_000:
				count("status, of a week", status)
			case age > 90*day*1_000_000:
				count("status, after 90 days", status)
			}
			if status == statusNames[closed] {
				at := "by day"
				if h := f.Values[complaintChanged].Time().Add(zone).Hour(); h >= 21 || h < 7 {
					at = "at night"
				}
				count("closing", at)
			}
			count("channel", f.Values[complaintChannel].Text())
			count("category", f.Values[complaintCategory].Text())
		case "vendors":
			count("permit", f.Values[vendorStatus].Text())
			count("stalls in the morning", f.Values[vendorOpen].Text())
		case "markets":
			if f.Values[marketKind].Text() == "flea market" {
				hours, _, _ := strings.Cut(f.Values[marketHours].Text(), " ")
				count("flea markets", hours)
			}
		case "sensors":
			count("sensor", f.Values[sensorStatus].Text())
		}
	}, "complaints", "vendors", "markets", "sensors")
	for _, c := range []struct {
		what, value string
		from, to    int
	}{
		{"status, of a week", "open", 5, 15},
		{"status, of a week", "assigned", 10, 25},
		{"status, of a week", "in progress", 15, 30},
		{"status, of a week", "closed", 30, 60},
		{"status, after 90 days", "closed", 88, 94},
		{"status, after 90 days", "rejected", 2, 4},
		{"status, after 90 days", "duplicate", 4, 8},
		{"status, after 90 days", "open", 0, 0},
		{"closing", "at night", 3, 14},
		{"channel", "hotline", 40, 60},
		{"channel", "app", 15, 30},
		{"channel", "portal", 4, 12},
		{"channel", "officer", 8, 22},
		{"channel", "social", 3, 8},
		{"category", "illegal parking", 10, 20},
		{"category", "heating", 4, 10},
		{"permit", "licensed", 55, 70},
		{"permit", "unlicensed", 18, 30},
		{"stalls in the morning", "open", 25, 75},
		{"flea markets", "Sa-Su", 100, 100},
		{"sensor", "online", 85, 97},
	} {
		sum := 0
		for _, n := range counts[c.what] {
			sum += n
		}
		if sum == 0 {
			t.Errorf("%s: nothing was counted", c.what)
			continue
		}
		if got := 100 * counts[c.what][c.value] / sum; got < c.from || got > c.to {
			t.Errorf("%s: %d %% are %s, want %d to %d", c.what, got, c.value, c.from, c.to)
		}
	}
	air := func(month time.Month) int64 {
		sum := int64(0)
		for d := range int64(28) {
			sum += airAt(&where{seed: city.seed, place: heart}, instant((dayOf(2025, month, 1)+d)*day+9*hour))
		}
		return sum / 28
	}
	if july, january := air(time.July), air(time.January); july >= january {
		t.Errorf("PM2.5 is %d in July and %d in January", july, january)
	}
}

func TestSeedsDiffer(t *testing.T) {
	t.Parallel()
	a, b := sample(), New(Options{Complaints: sampleComplaints, Seed: 2})
	for _, name := range []layers.Name{"complaints", "roads", "parks"} {
		if digest(t, a, ignore, name) == digest(t, b, ignore, name) {
			t.Errorf("two seeds give the same %s", name)
		}
	}
}

// TestFeaturesStandAlone checks that a feature does not depend on which others are made before it.
func TestFeaturesStandAlone(t *testing.T) {
	t.Parallel()
	city := sample()
	index := 0
	var r random
	each(t, city, func(schema *layers.Schema, change *layers.Change) {
		if index%977 == 0 {
			f := layers.Feature{Values: make([]column.Value, len(schema.Fields))}
			city.complaint(&r, index, &f)
			if f.ID != change.Feature.ID || f.Geometry != change.Feature.Geometry || f.Values[complaintTitle] != change.Feature.Values[complaintTitle] {
				t.Errorf("complaint %d alone is %v, want %v", index, f, change.Feature)
			}
		}
		index++
	}, "complaints")
}

// TestGroundHasNoSize checks that the ground does not depend on how many complaints there are.
func TestGroundHasNoSize(t *testing.T) {
	t.Parallel()
	names := []layers.Name{"land", "water", "roads", "places"}
	small, large := sample(), New(Options{Complaints: 1_000_000, Seed: 42})
	if digest(t, small, ignore, names...) != digest(t, large, ignore, names...) {
		t.Error("two sizes of a city have different ground")
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		complaints                             int
		valid                                  bool
		complained, vendors, markets, sensored int
	}{
		{0, true, DefaultComplaints, 4_000, 400, 200},
		{1, true, 1, MinVendors, MinMarkets, MinSensors},
		{MaxComplaints, true, MaxComplaints, 100_000, MaxMarkets, 5_000},
		{MaxComplaints + 1, false, MaxComplaints, 100_000, MaxMarkets, 5_000},
		{-1, false, DefaultComplaints, 4_000, 400, 200},
	} {
		opts := Options{Complaints: test.complaints}
		if err := opts.Validate(); (err == nil) != test.valid {
			t.Errorf("%d complaints: got error %v", test.complaints, err)
		}
		if got, want := opts.features(), (counts{test.complained, test.vendors, test.markets, test.sensored}); got != want {
			t.Errorf("%d complaints: got %v features, want %v", test.complaints, got, want)
		}
	}
}

func TestRunStops(t *testing.T) {
	t.Parallel()
	city := sample()
	full := errors.New("full")
	for i, source := range city.Sources() {
		name := city.Layers()[i].Schema.Name
		ctx, cancel := context.WithCancel(t.Context())
		batches, changes := 0, 0
		var report ingest.Report
		err := source.Run(ctx, publisher(func(b layers.Batch) error {
			batches++
			changes += len(b.Changes)
			cancel()
			return nil
		}), &report)
		if more := changes == ingest.MaxBatch; more != errors.Is(err, context.Canceled) || batches != 1 || int(report.Summary().Accepted) != changes {
			t.Errorf("%s: got %v after %d batches of %d and %v, want a stop after one", name, err, batches, changes, report.Summary())
		}
		err = source.Run(t.Context(), publisher(func(layers.Batch) error { return full }), &report)
		if !errors.Is(err, full) || int(report.Summary().Accepted) != changes {
			t.Errorf("%s: got %v, want the publisher's error and nothing accepted", name, err)
		}
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
	complaints := sourceOf(city, "complaints")
	b.ReportAllocs()
	for b.Loop() {
		var report ingest.Report
		if err := complaints.Run(b.Context(), discard, &report); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/change")
}

func BenchmarkGround(b *testing.B) {
	city := New(Options{})
	discard := publisher(func(layers.Batch) error { return nil })
	b.ReportAllocs()
	for b.Loop() {
		for _, source := range city.Sources()[:len(groundLayers)] {
			var report ingest.Report
			if err := source.Run(b.Context(), discard, &report); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(Options{})
	}
}
