package tiles

import (
	"sort"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/tiles/mvt"
)

// minLimit is the fewest features that a full tile is planned to hold.
const minLimit = 100

// idBits is the width of an MVT id, see [layers.FeatureID.Number].
const idBits = 53

// Bytes of a number in the value table: tag, length, tag, and eight bytes of varint or double.
const (
	usualNumber = mvt.SizeDouble
	// longestNumber is that of an integer beyond ±2⁵³: a string of up to 20 characters.
	longestNumber = 26
)

// cost is what features cost a layer's tiles at most, reckoned over all kept fields, whatever the
// zoom: only then is a cost that fits a tile's parent certain to fit the tile.
type cost struct {
	frame int // of the layer, with every kept key
	point int // of a feature, without values
	shape int // of a line or polygon beyond that, as large as its declared vertices make it
}

func newCost(name string, fields []field, opts *Options) cost {
	c := cost{frame: mvt.SizeLayer(name, opts.Extent)}
	kept := 0
	for i := range fields {
		if fields[i].Keep {
			c.frame += mvt.SizeKey(len(fields[i].Name))
			kept++
		}
	}
	// A value takes four bytes of the table at least, which bounds the indexes of a tile that fits.
	tag := mvt.SizeVarint(uint64(kept)) + mvt.SizeVarint(uint64(opts.Budget/4))
	c.point = mvt.SizePoint(idBits, kept*tag, reach(opts))
	// Three commands with their counts, and two coordinates of two bytes or less a vertex: most are one.
	c.shape = mvt.SizeFeature(idBits, kept*tag, 7+4*opts.vertices()) - c.point
	return c
}

// reach returns the largest coordinate in a tile, in tile units.
func reach(opts *Options) int32 { return int32(opts.Extent + opts.Buffer) }

// features returns what n features, of which some are shapes, cost with values that take valueBytes in
// the table: at most, if shapes have the vertices that are declared.
func (c *cost) features(n, shapes, valueBytes int) int {
	return c.frame + n*c.point + shapes*c.shape + valueBytes
}

// limit returns the most points whose declared values fit budget, at least minLimit.
func (c *cost) limit(fields []field, budget int) int {
	over := sort.Search(budget, func(n int) bool {
		values := 0
		for i := range fields {
			f := &fields[i]
			switch {
			case !f.Keep:
			case f.Kind == column.String:
				values += min(n, f.distinct) * mvt.SizeString(f.textBytes)
			case f.Kind == column.Bool:
				values += 2 * mvt.SizeBool
			default:
				values += n * usualNumber
			}
		}
		return c.features(n, 0, values) > budget
	})
	return max(over-1, minLimit)
}

// longest returns what one feature with the longest values its schema admits costs.
func (c *cost) longest(schema *layers.Schema) int {
	values := 0
	for i := range schema.Fields {
		f := &schema.Fields[i]
		switch {
		case !f.Keep:
		case f.Kind == column.String && f.MaxLength > 0:
			values += mvt.SizeString(f.MaxLength)
		case f.Kind == column.String:
			values += mvt.SizeString(layers.DefaultMaxLength)
		default:
			values += longestNumber
		}
	}
	return c.features(1, 1, values)
}
