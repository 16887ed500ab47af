package bars

import (
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
	"github.com/tidwall/rtree"

	"hutong/layers/column"
	"hutong/tiles/grid"
)

// straightNanos is what a straightforward orb path took a point, in nanoseconds, with four fields on
// the machine where the design was chosen.
const straightNanos = 2600

// orbLayer is what the tile builder is compared with: an R-tree of orb features, each projected,
// clipped and marshalled by orb/encoding/mvt whenever a tile holds it.
//
// The path that the bar is set against is a decent one, profiled: properties are maps made once a
// feature with what a tile of the bar's zoom shows and nothing else, so it serves no other zoom;
// equal values share a box, ids are boxed once; the features of a tile share one allocation. Of what
// is left nine tenths are the library's: iterating and sorting a map's keys, looking up each value, a
// protobuf message a feature. Features stand in memory in the order they arrived, as they do after
// live updates; sorted by place first, the path would take about an eighth less.
//
// The straightforward path keeps every property of a feature in one map, as orb/geojson decodes it,
// and makes for each tile the maps that it shows. It is printed beside the other.
type orbLayer struct {
	tree     rtree.RTreeG[*geojson.Feature]
	straight bool
}

// newOrbLayer fills an orbLayer with the first n features of a city, for tiles of the bar's zoom.
func newOrbLayer(city *City, n int, straight bool) *orbLayer {
	l := &orbLayer{straight: straight}
	var values []column.Value
	boxed := map[column.Value]any{} // equal values share a box
	for i := range n {
		f := city.Feature(i, values)
		values = f.Values
		number, _ := f.ID.Number()
		properties := make(geojson.Properties, len(f.Values))
		for j, v := range f.Values {
			switch {
			case straight:
				properties[fieldNames[j]] = property(v)
			case hidden[fieldNames[j]]:
			case v.Kind() == column.Time:
				properties[fieldNames[j]] = property(v)
			default:
				if boxed[v] == nil {
					boxed[v] = property(v)
				}
				properties[fieldNames[j]] = boxed[v]
			}
		}
		at := f.Geometry.(orb.Point)
		l.tree.Insert(at, at, &geojson.Feature{
			ID: number, Type: "Feature", Geometry: at, Properties: properties,
		})
	}
	return l
}

// property returns v as it stands in tiles: times are milliseconds.
func property(v column.Value) any {
	if v.Kind() == column.Time {
		return v.Micros() / 1000
	}
	return v.Any()
}

// hidden are the fields that tiles of the bar's zoom do not show.
var hidden = hiddenFields()

func hiddenFields() map[string]bool {
	names := map[string]bool{}
	for _, f := range Schema().Fields {
		if f.FromZoom > barZoom {
			names[f.Name] = true
		}
	}
	return names
}

// shown returns the properties that tiles of the bar's zoom show, in a map of their own.
func shown(all geojson.Properties) geojson.Properties {
	some := make(geojson.Properties, len(all))
	for name, value := range all {
		if !hidden[name] {
			some[name] = value
		}
	}
	return some
}

// tile returns the tile at an address as uncompressed MVT. Its features are in the tree's order.
func (l *orbLayer) tile(a grid.Tile) ([]byte, error) {
	tile := maptile.New(a.X, a.Y, maptile.Zoom(a.Z))
	bound := tile.Bound(float64(barBuffer) / barExtent)
	found := make([]*geojson.Feature, 0, 1024)
	l.tree.Search(bound.Min, bound.Max, func(_, _ [2]float64, f *geojson.Feature) bool {
		found = append(found, f)
		return true
	})
	// Projecting overwrites a feature's geometry, so the tile works on copies of the features.
	copies := make([]geojson.Feature, len(found))
	for i, f := range found {
		copies[i] = *f
		if l.straight {
			copies[i].Properties = shown(f.Properties)
		}
		found[i] = &copies[i]
	}
	layer := &mvt.Layer{Name: string(Schema().Name), Version: 2, Extent: barExtent, Features: found}
	layer.ProjectToTile(tile)
	layer.Clip(orb.Bound{
		Min: orb.Point{-barBuffer, -barBuffer},
		Max: orb.Point{barExtent + barBuffer - 1, barExtent + barBuffer - 1},
	})
	return mvt.Marshal(mvt.Layers{layer})
}

// BenchmarkOrbTileZ12 times the path that the tile builder is compared with.
func BenchmarkOrbTileZ12(b *testing.B) {
	city := NewCity(citySeed)
	l := newOrbLayer(city, Features, false)
	tiles, _ := barTiles(city, Features, barTileCount)
	b.ReportAllocs()
	n, points := 0, 0
	for b.Loop() {
		a := tiles[n%len(tiles)]
		n++
		points += a.points
		if _, err := l.tile(a.Tile); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(points), "ns/point")
}
