package tiles

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/tiles/grid"
)

// FuzzBuild builds random tiles of random layers with random options and compares each with the
// model, through orb.
func FuzzBuild(f *testing.F) {
	f.Add(uint64(1), uint16(100), uint8(0), uint8(4), uint8(64), uint32(500_000))
	f.Add(uint64(2), uint16(400), uint8(6), uint8(0), uint8(255), uint32(2000))
	f.Add(uint64(3), uint16(50), uint8(24), uint8(5), uint8(0), uint32(70_000))
	f.Fuzz(func(t *testing.T, seed uint64, features uint16, zoom, extent, buffer uint8, budget uint32) {
		r := rand.New(rand.NewPCG(seed, 2))
		all := mixedFeatures(int(features%500)+1, r)
		schema := mixedSchema()
		for i := range schema.Fields {
			f := &schema.Fields[i]
			f.Keep = !f.Private && r.IntN(3) == 0
			f.Priority = r.IntN(5)
			f.FromZoom = uint8(r.IntN(12))
			if f.Kind == column.String {
				f.MaxLength = 64
			}
		}
		opts := Options{MaxZoom: grid.MaxZoom, Extent: grid.MinExtent << (extent % 6)}
		opts.Buffer = uint32(buffer) % (grid.MaxBuffer(opts.Extent) + 1)
		opts.Budget = MinBudget + int(budget%600_000)
		opts.Distinct = map[string]int{"note": 1 + r.IntN(1000), "status": 1 + r.IntN(6)}
		rows := layers.Options{MinRows: 1 + r.IntN(20)}
		rows.MaxRows = rows.MinRows * (2 + r.IntN(5))
		v := loaded(t, schema, rows, all)
		b, err := New(v.Schema(), opts)
		if err != nil {
			t.Skip(fmt.Sprint("not a layer: ", err))
		}
		m := modelAt(all, func(p orb.Point) (x, y float64) {
			cell := projected(t, p[0], p[1])
			return float64(cell.X), float64(cell.Y)
		})
		for range 4 {
			tile := randomTile(r, m, zoom%(grid.MaxZoom+1))
			checkTile(t, b, v, schema, m, tile)
		}
	})
}
