package filter

import "github.com/paulmach/orb"

// kind is what a node of a filter as it was written is.
type kind uint8

const (
	kindAnd kind = iota
	kindOr
	kindNot
	kindCompare // op: = <> < <= > >=
	kindBetween // of, from, to
	kindIn      // of, values …
	kindLike    // of, pattern
	kindIsNull
	kindSpatial  // op: S_…
	kindTemporal // op: T_…
	kindArith    // op: + - * / % div ^
	kindCaseI
	kindProperty // text
	kindText     // text
	kindNumber   // number
	kindBool     // truth
	kindDate     // text
	kindTimestamp
	kindInterval // two of kindText, kindProperty
	kindGeometry // shape
	kindBox      // box
)

// kindNames say in errors what was found.
var kindNames = [...]string{
	"AND", "OR", "NOT", "a comparison", "BETWEEN", "IN", "LIKE", "IS NULL", "a spatial test", "a temporal test",
	"arithmetic", "CASEI", "a property", "text", "a number", "a truth value", "a date", "a timestamp", "an interval",
	"a geometry", "a bounding box",
}

// place is where a node stands: the byte offset in CQL2 text, or the path in CQL2 JSON.
type place struct {
	offset int
	path   string
}

// raw is a filter as it was written, in either encoding, before it meets a schema. What a reader of
// both would write alike is alike here: x NOT IN (1) is the NOT of an IN.
type raw struct {
	kind   kind
	op     string
	text   string
	truth  bool
	number number
	shape  orb.Geometry
	box    []float64 // west, south, east, north
	args   []*raw
	at     place
	depth  int
}

// budget counts what a filter may not have too much of, in either encoding.
type budget struct {
	nodes, vertices int
	over            func(at place, limit, format string, args ...any) error // makes an error
}

// node returns n, whose args are complete, unless the filter is too large with it.
func (b *budget) node(n raw) (*raw, error) {
	n.depth = 1
	for i, a := range n.args {
		if n.kind == kindIn && i > 0 {
			continue // the list is bounded by itself
		}
		n.depth = max(n.depth, a.depth+1)
	}
	if n.depth > MaxDepth {
		return nil, b.over(n.at, "depth", "this is more than %d levels deep", MaxDepth)
	}
	if b.nodes++; b.nodes > MaxNodes {
		return nil, b.over(n.at, "nodes", "the filter has more than %d operators and operands", MaxNodes)
	}
	return &n, nil
}

// values takes the n-th value of an IN list. Values do not count as nodes; what they are made of does.
func (b *budget) values(at place, n int) error {
	if n > MaxValues {
		return b.over(at, "values", "the list has more than %d values", MaxValues)
	}
	b.nodes--
	return nil
}

// maxBox is the most numbers of a bounding box that are read.
const maxBox = 6

// box returns the bounding box of numbers, which must be four.
func (b *budget) box(at place, numbers []float64) (*raw, error) {
	switch len(numbers) {
	case 4:
		return b.node(raw{kind: kindBox, box: numbers, at: at})
	case maxBox:
		return nil, b.over(at, "", "the bounding box has heights, and no feature has one: want four numbers, west, south, east, north in degrees")
	default:
		return nil, b.over(at, "", "the bounding box has %d numbers: want four, west, south, east, north in degrees", len(numbers))
	}
}

// positions counts the vertices of geometries.
func (b *budget) positions(at place, n int) error {
	if b.vertices += n; b.vertices > MaxVertices {
		return b.over(at, "vertices", "the filter's geometries have more than %d vertices", MaxVertices)
	}
	return nil
}
