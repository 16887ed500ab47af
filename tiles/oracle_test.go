package tiles

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	orbmvt "github.com/paulmach/orb/encoding/mvt"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// shown is a feature as orb decodes it from a tile.
type shown struct {
	ID         any // float64, or nil
	Properties map[string]any
	Point      orb.Point
}

// decode reads a tile of one layer, or of none.
func decode(tb testing.TB, tile []byte, name layers.Name, extent uint32) []shown {
	tb.Helper()
	decoded, err := orbmvt.Unmarshal(tile)
	if err != nil {
		tb.Fatalf("orb cannot read the tile: %v", err)
	}
	if len(tile) == 0 {
		return nil
	}
	if len(decoded) != 1 || decoded[0].Name != string(name) || decoded[0].Version != 2 || decoded[0].Extent != extent {
		tb.Fatalf("got %d layers, want one %q of version 2 and extent %d", len(decoded), name, extent)
	}
	var out []shown
	for _, f := range decoded[0].Features {
		p, ok := f.Geometry.(orb.Point)
		if !ok {
			tb.Fatalf("got a %T, want a point", f.Geometry)
		}
		out = append(out, shown{f.ID, f.Properties, p})
	}
	return out
}

// modelled is a feature of the plain model: a slice, float64 and the definitions.
type modelled struct {
	*layers.Feature
	number  uint64
	rank    uint64
	hidden  bool    // another feature shows the number
	x, y    float64 // world cell
	hilbert uint64
}

// model readies located features for modelCandidates, their cells reckoned anew from degrees.
func model(features []layers.Feature) []modelled {
	return modelAt(features, func(p orb.Point) (x, y float64) {
		const side = 1 << 32
		x = min(math.Floor((p[0]+180)/360*side), side-1)
		y = math.Floor((1 - math.Asinh(math.Tan(p[1]*math.Pi/180))/math.Pi) / 2 * side)
		return x, max(0, min(y, side-1))
	})
}

// modelAt is model with the cells that the store has: of random places a few in a million are so
// near to the edge of a cell that another formula rounds them into the next.
func modelAt(features []layers.Feature, cell func(orb.Point) (x, y float64)) []modelled {
	var out []modelled
	holders := map[uint64]layers.FeatureID{}
	before := func(a, b layers.FeatureID) bool { // whether a shows the number that both have
		if _, decimal := a.Number(); decimal {
			return true
		}
		_, decimal := b.Number()
		return !decimal && a < b
	}
	for i := range features {
		f := &features[i]
		n, _ := f.ID.Number()
		if holder, ok := holders[n]; !ok || before(f.ID, holder) {
			holders[n] = f.ID
		}
	}
	for i := range features {
		f := &features[i]
		p, ok := f.Geometry.(orb.Point)
		if !ok {
			continue
		}
		m := modelled{Feature: f}
		m.number, _ = f.ID.Number()
		m.hidden = holders[m.number] != f.ID
		m.rank = layers.Rank(m.number)
		m.x, m.y = cell(p)
		m.hilbert = world.Hilbert(world.Point{X: uint32(m.x), Y: uint32(m.y)})
		out = append(out, m)
	}
	return out
}

// modelCandidates returns what is in a tile's window and where, in no order.
func modelCandidates(features []modelled, opts Options, t grid.Tile) (in []modelled, at map[layers.FeatureID]orb.Point) {
	side := math.Exp2(float64(32 - t.Z))
	scale := float64(opts.Extent) / side
	around := math.Floor(float64(opts.Buffer)/scale) * scale
	if t.Z == 0 {
		around = 0
	}
	at = map[layers.FeatureID]orb.Point{}
	for _, m := range features {
		x, y := (m.x-float64(t.X)*side)*scale, (m.y-float64(t.Y)*side)*scale
		for _, x := range []float64{x, x - scale*(1<<32), x + scale*(1<<32)} {
			if x >= -around && x < float64(opts.Extent)+around && y >= -around && y < float64(opts.Extent)+around {
				in = append(in, m)
				at[m.ID] = orb.Point{math.Floor(x), math.Floor(y)}
				break
			}
		}
	}
	return in, at
}

// byRank sorts as thinning does, byPlace as tiles do.
func byRank(a, b modelled) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.ID, b.ID))
}

func byPlace(a, b modelled) int {
	text := func(m *modelled) string {
		if _, decimal := m.ID.Number(); decimal {
			return ""
		}
		return string(m.ID)
	}
	return cmp.Or(cmp.Compare(a.hilbert, b.hilbert), cmp.Compare(a.number, b.number), cmp.Compare(text(&a), text(&b)))
}

// tileValue returns a value as a tile has it and orb decodes it, or nil.
func tileValue(v column.Value) any {
	integer := func(i int64) any {
		if i > 1<<53 || i < -1<<53 {
			return strconv.FormatInt(i, 10)
		}
		return float64(i)
	}
	switch v.Kind() {
	case column.String:
		return v.Text()
	case column.Int:
		return integer(v.Int())
	case column.Float:
		return v.Float()
	case column.Bool:
		return v.Bool()
	case column.Time:
		ms := v.Micros() / 1000
		if v.Micros()%1000 < 0 {
			ms--
		}
		return integer(ms)
	default:
		return nil
	}
}

// checkTile builds a tile and compares it with the model of the view's features, whose values are in
// the order of the layer's own schema. It returns the features shown, in tile order.
func checkTile(tb testing.TB, b *Builder, v *view.View, own *layers.Schema, features []modelled, t grid.Tile) ([]modelled, Stats) {
	tb.Helper()
	opts := b.Options()
	tile, stats := build(tb, b, v, t)
	in, at := modelCandidates(features, opts, t)
	if stats.Candidates != len(in) || stats.DroppedFeatures != stats.Candidates-stats.Features || stats.Bytes != len(tile) {
		tb.Fatalf("%v: got stats %+v for %d bytes, want %d candidates", t, stats, len(tile), len(in))
	}
	if len(tile) > opts.Budget {
		tb.Fatalf("%v: %d bytes are over the budget of %d", t, len(tile), opts.Budget)
	}
	// What is shown is a prefix in order of rank: all, the limit, or less where values run over.
	slices.SortFunc(in, byRank)
	want := min(len(in), b.Limit())
	if stats.Features > want || stats.Features == 0 && want > 0 {
		tb.Fatalf("%v: got %d features of %d, want at least 1 and at most %d", t, stats.Features, len(in), want)
	}
	in = in[:stats.Features]
	slices.SortFunc(in, byPlace)

	plan := newPlan(order(v.Schema(), &opts), t.Z)
	shows := plan.fields[:len(plan.fields)-len(stats.DroppedFields)]
	for _, f := range plan.fields[len(shows):] {
		if f.Keep {
			tb.Fatalf("%v: kept field %q was dropped", t, f.Name)
		}
	}
	var expected []shown
	for _, m := range in {
		one := shown{Point: at[m.ID]}
		if !m.hidden {
			one.ID = float64(m.number)
		}
		for _, f := range shows {
			var value any = string(m.ID)
			if f.column != idColumn {
				value = nil
				if i := own.FieldIndex(f.Name); i < len(m.Values) {
					value = tileValue(m.Values[i])
				}
			}
			if value != nil {
				if one.Properties == nil {
					one.Properties = map[string]any{}
				}
				one.Properties[f.Name] = value
			}
		}
		expected = append(expected, one)
	}
	got := decode(tb, tile, v.Name(), opts.Extent)
	same := slices.EqualFunc(got, expected, func(a, b shown) bool {
		return a.ID == b.ID && a.Point == b.Point && maps.Equal(a.Properties, b.Properties)
	})
	if !same {
		tb.Fatalf("%v: features differ from the model's (-want +got):\n%s", t, gocmp.Diff(expected, got))
	}
	return in, stats
}
