package tiles

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/tiles/grid"
)

// goldenSchema has a field of every kind.
func goldenSchema() *layers.Schema {
	return &layers.Schema{
		Name: "reports",
		Fields: []layers.Field{
			{Name: "title", Kind: column.String, FromZoom: 14, Priority: -1},
			{Name: "phone", Kind: column.String, Private: true},
			{Name: "status", Kind: column.String, Keep: true, MaxLength: 10},
			{Name: "votes", Kind: column.Int, Priority: 1},
			{Name: "serial", Kind: column.Int},
			{Name: "level", Kind: column.Float},
			{Name: "urgent", Kind: column.Bool},
			{Name: "created", Kind: column.Time},
		},
		IDField:    "id",
		IDFromZoom: 14,
	}
}

func goldenFeatures() []layers.Feature {
	text, integer := column.StringOf, column.IntOf
	null := column.Value{}
	phone := text("+86 10 5555 0100")
	features := []layers.Feature{
		{ID: "42", Geometry: orb.Point{116.3912757, 39.906217}, Values: []column.Value{
			text("路灯不亮"), phone, text("open"), integer(3), integer(1 << 60), column.FloatOf(-0.25), column.BoolOf(true), column.MicrosOf(1_735_689_600_123_456),
		}},
		{ID: "BJ-1", Geometry: orb.Point{116.3912757, 39.906217}, Values: []column.Value{
			text("bench broken"), phone, text("open"), integer(-3), integer(-1 << 53), column.FloatOf(2.5), column.BoolOf(false), column.MicrosOf(-1),
		}},
		{ID: "BJ-2", Geometry: orb.Point{116.3921, 39.9061}, Values: []column.Value{text(""), phone, null, integer(3), null, null, null, null}},
		{ID: "BJ-3", Geometry: orb.Point{116.391, 39.9068}},
		{ID: "nowhere", Values: []column.Value{text("called in"), phone, text("open")}},
		{ID: "180", Geometry: orb.Point{180, -16.5}, Values: []column.Value{null, null, text("east")}},
		{ID: "181", Geometry: orb.Point{-179.98, -16.5}, Values: []column.Value{null, null, text("west")}},
	}
	for i := range 200 {
		features = append(features, layers.Feature{
			ID:       layers.FeatureID(fmt.Sprint("crowd ", i)),
			Geometry: orb.Point{10 + float64(i%20)*0.1, 10 + float64(i/20)*0.1},
			Values:   []column.Value{null, null, text([]string{"a", "b"}[i%2]), integer(int64(i))},
		})
	}
	return features
}

// TestGolden compares tiles with testdata, text and bytes, and their text with the features that it
// came from through orb. The text is what to review when they change; -update rewrites both.
func TestGolden(t *testing.T) {
	v := loaded(t, goldenSchema(), layers.Options{}, goldenFeatures())
	m := model(goldenFeatures())
	small := Defaults()
	small.Budget = 4096
	small.Distinct = map[string]int{"status": 4}
	deep := Defaults()
	deep.MaxZoom, deep.Extent, deep.Buffer = 24, 8192, 2048
	for _, tt := range []struct {
		name string
		opts Options
		tile grid.Tile
	}{
		{"empty", Defaults(), grid.Tile{Z: 4, X: 0, Y: 0}},
		{"every kind and nulls", Defaults(), grid.At(projected(t, 116.391, 39.906), 16)},
		{"below the detail zoom", Defaults(), grid.At(projected(t, 116.391, 39.906), 13)},
		{"antimeridian, western edge", Defaults(), grid.Tile{Z: 6, X: 0, Y: 34}},
		{"antimeridian, eastern edge", Defaults(), grid.Tile{Z: 6, X: 63, Y: 34}},
		{"over budget", small, grid.Tile{}},
		{"deep zoom", deep, grid.At(projected(t, 116.3912757, 39.906217), 24)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := builder(t, v, tt.opts)
			tile, stats := build(t, b, v, tt.tile)
			checkTile(t, b, v, goldenSchema(), m, tt.tile)
			text := fmt.Appendf(nil, "tile %v: %d bytes, %d of %d features\n", tt.tile, len(tile), stats.Features, stats.Candidates)
			if len(stats.DroppedFields) > 0 {
				text = fmt.Appendf(text, "fields left out: %s\n", strings.Join(stats.DroppedFields, ", "))
			}
			text = append(text, describe(t, tile)...)
			name := strings.NewReplacer(" ", "-", ",", "").Replace(tt.name)
			testkit.Golden(t, name+".txt", string(text))
			testkit.Golden(t, name+".mvt", string(tile))
		})
	}
}

// message reads the fields of a protobuf message in order.
func message(t *testing.T, raw []byte, fn func(field int, number uint64, data []byte)) {
	t.Helper()
	varint := func() uint64 {
		v, n := binary.Uvarint(raw)
		if n <= 0 {
			t.Fatal("a broken varint")
		}
		raw = raw[n:]
		return v
	}
	for len(raw) > 0 {
		tag := varint()
		switch tag & 7 {
		case 0:
			fn(int(tag>>3), varint(), nil)
		case 1:
			fn(int(tag>>3), binary.LittleEndian.Uint64(raw), nil)
			raw = raw[8:]
		case 2:
			n := varint()
			fn(int(tag>>3), 0, raw[:n])
			raw = raw[n:]
		default:
			t.Fatalf("wire type %d", tag&7)
		}
	}
}

// numbers reads packed varints.
func numbers(t *testing.T, raw []byte) (out []uint64) {
	t.Helper()
	for len(raw) > 0 {
		v, n := binary.Uvarint(raw)
		if n <= 0 {
			t.Fatal("a broken varint")
		}
		out, raw = append(out, v), raw[n:]
	}
	return out
}

// describe returns a tile as text, from the bytes alone: fields, values and features in the order in
// which they stand.
func describe(t *testing.T, tile []byte) []byte {
	t.Helper()
	var keys, values []string
	var features [][]byte
	var head [3]string
	message(t, tile, func(_ int, _ uint64, layer []byte) {
		message(t, layer, func(field int, number uint64, data []byte) {
			switch field {
			case 1:
				head[0] = fmt.Sprintf("layer %q", data)
			case 2:
				features = append(features, data)
			case 3:
				keys = append(keys, string(data))
			case 4:
				message(t, data, func(field int, number uint64, data []byte) {
					values = append(values, describeValue(field, number, data))
				})
			case 5:
				head[2] = fmt.Sprint("extent ", number)
			case 15:
				head[1] = fmt.Sprint("version ", number)
			}
		})
	})
	if head[0] == "" {
		return []byte("no layer\n")
	}
	out := fmt.Appendf(nil, "%s, %s, %s\nkeys: %s\nvalues: %s\n", head[0], head[1], head[2], strings.Join(keys, ", "), strings.Join(values, ", "))
	for _, data := range features {
		id, place, tags := "no id", "", []byte(nil)
		message(t, data, func(field int, number uint64, data []byte) {
			switch field {
			case 1:
				id = fmt.Sprint("id ", number)
			case 2:
				for pair := range slices.Chunk(numbers(t, data), 2) {
					tags = fmt.Appendf(tags, "  %s = %s\n", keys[pair[0]], values[pair[1]])
				}
			case 3:
				place = fmt.Sprintf("type %d", number)
			case 4:
				g := numbers(t, data)
				zigzag := func(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
				place += fmt.Sprintf(" command %d at %d, %d", g[0], zigzag(g[1]), zigzag(g[2]))
			}
		})
		out = fmt.Appendf(out, "feature %s, %s\n%s", id, place, tags)
	}
	return out
}

func describeValue(field int, number uint64, data []byte) string {
	switch field {
	case 1:
		return fmt.Sprintf("string %q", data)
	case 3:
		return fmt.Sprint("double ", math.Float64frombits(number))
	case 5:
		return fmt.Sprint("uint ", number)
	case 6:
		return fmt.Sprint("sint ", int64(number>>1)^-int64(number&1))
	case 7:
		return fmt.Sprint("bool ", number != 0)
	default:
		return fmt.Sprint("unknown value field ", field)
	}
}
