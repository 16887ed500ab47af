package derive

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"hutong/layers"
	"hutong/layers/column"
)

// IDField is the property of a feature's cell, as text: H3's indexes are larger than the numbers that JavaScript
// holds exactly.
const IDField = "h3"

// Names of the fields that all cells have, and of those of clusters.
const (
	FieldResolution  = "resolution"
	FieldCount       = "count"
	FieldNewest      = "newest"
	FieldCluster     = "cluster"
	FieldPointCount  = "point_count"
	FieldAbbreviated = "point_count_abbreviated"
)

// HexSchema returns what the polygons of [Index.Hexes] are made of, under a layer's name: resolution, count,
// newest; of each number its sum, min, max and mean; of each counted field its values and other. Fields that a tile
// over its budget leaves out first stand last. There is no time field: cells count features of all times, so that
// newest must not select among them.
func (ix *Index) HexSchema(name layers.Name) *layers.Schema {
	s := ix.newSchema(name)
	s.Coverage = true
	s.Fields = []layers.Field{kept(FieldResolution, column.Int), kept(FieldCount, column.Int)}
	ix.addFields(s)
	return s
}

// ClusterSchema returns what the points of [Index.Clusters] are made of, under a layer's name: cluster, point_count and
// point_count_abbreviated as MapLibre's own clusters have them, then what hexes have.
func (ix *Index) ClusterSchema(name layers.Name) *layers.Schema {
	s := ix.newSchema(name)
	abbreviated := kept(FieldAbbreviated, column.String)
	abbreviated.MaxLength = 16
	s.Fields = []layers.Field{
		kept(FieldCluster, column.Bool), kept(FieldPointCount, column.Int), abbreviated, kept(FieldResolution, column.Int),
	}
	ix.addFields(s)
	return s
}

func (ix *Index) newSchema(name layers.Name) *layers.Schema {
	return &layers.Schema{Name: name, IDField: IDField}
}

func kept(name string, kind column.Kind) layers.Field {
	return layers.Field{Name: name, Kind: kind, Keep: true}
}

// addFields adds the fields that hexes and clusters have in common, in the order of [values.fill].
func (ix *Index) addFields(s *layers.Schema) {
	add := func(name string, kind column.Kind) {
		s.Fields = append(s.Fields, layers.Field{Name: fieldName(name), Kind: kind})
	}
	if ix.layout.time >= 0 {
		add(FieldNewest, column.Time)
	}
	for i, name := range ix.spec.Numbers {
		kind := column.Int
		if ix.layout.numbers[i].float {
			kind = column.Float
		}
		add(name+"_sum", kind)
		add(name+"_min", kind)
		add(name+"_max", kind)
		add(name+"_mean", column.Float)
	}
	for _, f := range ix.spec.Counts {
		for _, v := range f.Values {
			add(f.Field+"_"+v, column.Int)
		}
		add(f.Field+"_other", column.Int)
	}
}

// fieldName returns text as the name of a field: letters and digits of any script in lower case, one underscore for
// each run of other characters, at most [layers.MaxName] bytes.
func fieldName(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) || r == utf8.RuneError {
			gap = true
			continue
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		if r = unicode.ToLower(r); b.Len()+utf8.RuneLen(r) > layers.MaxName {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
