package cache

import (
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/internal/compress"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles"
)

// TestTurn: at a turn of ages a tile is stale though no state changed, within a bucket it is not, and one that comes out
// the same keeps its ETag (S4). Blocks may be cut in any way (S5).
func TestTurn(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	var tags [][]string
	for _, rows := range []int{2, 512} {
		live, err := layers.New(&layers.Schema{Name: "a", TimeField: "at", Fields: []layers.Field{{Name: "at", Kind: column.Time, FromZoom: 15}}},
			layers.Options{MinRows: rows / 2, MaxRows: rows})
		if err != nil {
			t.Fatal(err)
		}
		ages, err := view.NewAges(view.AgeSpec{Field: "age", Classes: []view.AgeClass{{Name: "1h", Below: time.Hour}}}, noon)
		if err != nil {
			t.Fatal(err)
		}
		v, err := view.Public(live).WithAges(ages)
		if err != nil {
			t.Fatal(err)
		}
		builder, err := tiles.New(v.Schema(), tiles.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		f := &fixture{live: map[layers.Name]*layers.Layer{"a": live}}
		if f.Cache, err = New([]Layer{{View: v, Tiles: builder}}, NewVersions("a"), telemetry.NewMetrics(), Options{}); err != nil {
			t.Fatal(err)
		}
		var changes []layers.Change
		for i, minutes := range []time.Duration{0, 53, 54, 58, 70} {
			changes = append(changes, layers.Change{Feature: layers.Feature{
				ID: layers.FeatureID(rune('1' + i)), Geometry: orb.Point{beijingLon + float64(i)/1000, beijingLat},
				Values: []column.Value{column.TimeOf(noon.Add(-minutes * time.Minute))},
			}})
		}
		f.publish(t, "a", changes...)
		turn := func(after time.Duration) *Body {
			if ages.Turn(noon.Add(after)) {
				f.versions.Turn("a", ages.Turns())
			}
			return f.get(t, "a", home, compress.Identity)
		}
		first := turn(0)
		if turn(5*time.Minute-1) != first {
			t.Error("a tile was built again within a bucket")
		}
		if tag, _ := f.Match(f.set(t, "a"), home, nil, []string{first.ETag}); tag != first.ETag {
			t.Errorf("its ETag %s is %q", first.ETag, tag)
		}
		second := turn(5 * time.Minute) // one of 58 minutes is of an hour
		if second.ETag == first.ETag {
			t.Error("a tile is as it was, though a feature has another class")
		}
		ages.Turn(noon.Add(10 * time.Minute)) // visible, not known yet: what is kept may still be told
		f.versions.Turn("a", ages.Turns())
		if tag, _ := f.Match(f.set(t, "a"), home, nil, []string{second.ETag}); tag != "" {
			t.Error("an ETag is good behind a turn before anybody has looked")
		}
		third := turn(10 * time.Minute) // those of 53 and 54 minutes are, too
		idle := turn(15 * time.Minute)
		if idle == third || idle.ETag != third.ETag {
			t.Errorf("a turn that shows nothing: built again %t, ETags %s and %s", idle != third, third.ETag, idle.ETag)
		}
		if tag, _ := f.Match(f.set(t, "a"), home, nil, []string{third.ETag}); tag != third.ETag {
			t.Errorf("the ETag %s is %q once the tile was built", third.ETag, tag)
		}
		tags = append(tags, []string{first.ETag, second.ETag, third.ETag})
	}
	if !slices.Equal(tags[0], tags[1]) {
		t.Errorf("tiles differ by how blocks are cut: %v", tags)
	}
}
