package layers

import (
	"cmp"
	"strings"

	"hutong/layers/shape"
	"hutong/layers/world"
)

// class separates features that do not share blocks: by whether they have a place, and by size, so
// that one large feature does not widen the box of a block of small ones.
type class uint8

const (
	unlocated   class = iota // no geometry: ordered by id, outside the tree
	onePoint                 // a point each
	smallShape               // lines, polygons and multipoints with a box of up to 2¹⁴ world units a side, 150 m
	mediumShape              // up to 2¹⁸, 2.4 km
	largeShape               // up to 2²², 39 km
	hugeShape                // larger ones
	classes
)

// classOf returns the class of a shape with a box.
func classOf(b world.Box) class {
	switch side := max(b.Max.X-b.Min.X, b.Max.Y-b.Min.Y); {
	case side <= 1<<14:
		return smallShape
	case side <= 1<<18:
		return mediumShape
	case side <= 1<<22:
		return largeShape
	default:
		return hugeShape
	}
}

// isShape reports whether the class's features are more than one point.
func (c class) isShape() bool { return c > onePoint }

// key orders the rows of a class: by place, then number, then text. The text is "" for an id that
// is its number's decimal, so of ids that share a number and a place the decimal comes first.
type key struct {
	hilbert uint64 // of the place, which is the centre of the box; 0 when unlocated
	number  uint64
	text    string
}

func (k key) compare(o key) int {
	switch {
	case k.hilbert != o.hilbert:
		return cmp.Compare(k.hilbert, o.hilbert)
	case k.number != o.number:
		return cmp.Compare(k.number, o.number)
	default:
		return strings.Compare(k.text, o.text)
	}
}

// placed is a change made ready: where its feature goes and under which key.
type placed struct {
	class class
	point world.Point // of a point; zero for others
	key   key
	shape *shape.Shape // of a class of shapes
	box   world.Box    // of shape
	clean uint32       // see [Shapes.IsClean]
}

// idKey splits an id into its number and the text that tells it from others with that number.
func idKey(id FeatureID) (number uint64, text string) {
	number, decimal := id.Number()
	if decimal {
		return number, ""
	}
	return number, string(id)
}
