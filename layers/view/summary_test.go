package view

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// summarySchema has a field of each kind, one with many texts and a private one between them.
func summarySchema() *layers.Schema {
	return &layers.Schema{Name: "things", Fields: []layers.Field{
		{Name: "few", Kind: column.String},
		{Name: "secret", Kind: column.String, Private: true},
		{Name: "many", Kind: column.String},
		{Name: "int", Kind: column.Int},
		{Name: "float", Kind: column.Float},
		{Name: "bool", Kind: column.Bool},
		{Name: "time", Kind: column.Time},
		{Name: "none", Kind: column.Int},
	}}
}

// TestSummaries holds them against what a scan of the features finds, after random batches, with
// blocks of several sizes: neither history nor the type of a column shows.
func TestSummaries(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 5))
		live, err := layers.New(summarySchema(), layers.Options{MinRows: 2 << seed})
		if err != nil {
			t.Fatal(err)
		}
		v := Public(live)
		for range 6 {
			var changes []layers.Change
			for range 900 {
				c := layers.Change{Feature: layers.Feature{
					ID: layers.FeatureID(strconv.Itoa(rng.IntN(3000))), Values: summaryValues(rng),
				}}
				if rng.IntN(4) > 0 {
					c.Feature.Geometry = orb.Point{rng.Float64(), rng.Float64()}
				}
				if rng.IntN(5) == 0 {
					c.Op = layers.Delete
				}
				changes = append(changes, c)
			}
			if _, err := live.Apply(layers.Batch{Layer: "things", Changes: changes}); err != nil {
				t.Fatal(err)
			}
			got, want := v.Now().Summaries(), summariesByScan(v.Now())
			if diff := gocmp.Diff(want, got, gocmp.Comparer(func(a, b column.Value) bool { return a == b })); diff != "" {
				t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
			}
		}
		got := v.Now().Summaries()
		if len(got) != 7 || got[0].Distinct != 30 || len(got[0].Common) != MaxCommon || got[1].Distinct != 0 || got[1].Common != nil {
			t.Errorf("seed %d: got %+v, want 7 public fields, 30 texts in few and too many in many", seed, got)
		}
	}
}

func summaryValues(rng *rand.Rand) []column.Value {
	values := []column.Value{
		column.StringOf("kind " + strconv.Itoa(rng.IntN(30))),
		column.StringOf("s3cret"),
		column.StringOf(strconv.FormatUint(rng.Uint64(), 10)),
		column.IntOf(rng.Int64N(1<<rng.IntN(40) + 1)),
		column.FloatOf(float64(rng.IntN(7)-3) / 2),
		column.BoolOf(rng.IntN(3) == 0),
		column.TimeOf(time.Unix(rng.Int64N(1e9)-5e8, 0)),
	}
	for i := range values {
		if rng.IntN(6) == 0 {
			values[i] = column.Value{}
		}
	}
	return values
}

// summariesByScan does it the plain way.
func summariesByScan(v *View) []Summary {
	out := make([]Summary, len(v.Schema().Fields))
	counts := make([]map[column.Value]int, len(out))
	for i := range counts {
		counts[i] = map[column.Value]int{}
	}
	v.Scan(nil, func(f layers.Feature) bool {
		for i, value := range f.Values {
			if value.IsNull() {
				out[i].Nulls++
				continue
			}
			out[i].Values++
			counts[i][value]++
		}
		return true
	})
	for i := range out {
		var all []Common
		for value, n := range counts[i] {
			if value.Kind() == column.Float {
				value = column.FloatOf(value.Float() + 0)
			}
			all = append(all, Common{value, n})
		}
		if len(all) == 0 {
			continue
		}
		switch v.Schema().Fields[i].Kind {
		case column.String, column.Bool:
			if len(all) > MaxDistinct {
				continue
			}
			slices.SortFunc(all, func(a, b Common) int {
				return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value.String(), b.Value.String()))
			})
			out[i].Distinct, out[i].Common = len(all), all[:min(len(all), MaxCommon)]
		case column.Float:
			byFloat := func(a, b Common) int { return cmp.Compare(a.Value.Float(), b.Value.Float()) }
			out[i].Min, out[i].Max = slices.MinFunc(all, byFloat).Value, slices.MaxFunc(all, byFloat).Value
		default:
			byInt := func(a, b Common) int { return cmp.Compare(a.Value.Int(), b.Value.Int()) }
			out[i].Min, out[i].Max = slices.MinFunc(all, byInt).Value, slices.MaxFunc(all, byInt).Value
		}
	}
	return out
}

func BenchmarkSummaries(b *testing.B) {
	live, err := layers.New(summarySchema(), layers.Options{})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 5))
	var changes []layers.Change
	for i := range 100_000 {
		changes = append(changes, layers.Change{Feature: layers.Feature{
			ID: layers.FeatureID(strconv.Itoa(i)), Geometry: orb.Point{rng.Float64(), rng.Float64()}, Values: summaryValues(rng),
		}})
	}
	if _, err := live.Apply(layers.Batch{Layer: "things", Changes: changes}); err != nil {
		b.Fatal(err)
	}
	v := Public(live).Now()
	b.ReportAllocs()
	for b.Loop() {
		v.Summaries()
	}
}
