// Package clip cuts lines and polygons to a tile's window in integer space, and mends what snapping
// to the integer grid broke, so that what leaves it is valid by OGC 06-103r4 §6.1.11 (and so by GEOS).
//
// All coordinates are integers, in tile units with y south; the package knows of no layer, tile or
// format. Areas are by the surveyor's formula in these coordinates: exterior rings are positive and
// holes negative, which on a screen is clockwise and counter-clockwise (MVT 2.1 §4.3.4.4). Nothing
// here computes in floating point, and a crossing is rounded from its exact value, so a result
// depends on the input alone, and two polygons that share an edge get the same points on it
// whichever way round each goes.
//
// A polygon passes three stages, and most leave after the second:
//
//  1. Every ring is pressed into the window: each point moves to the nearest point of the window, so
//     what is outside becomes a path along the window's edge ([Clipper.press]). That leaves the
//     winding number of every inner point as it was.
//  2. Rings that meet nowhere, each other or themselves, and are nested as they should be are done
//     ([Clipper.Strict]): a tree of boxes over runs of edges shows it in a few ns an edge.
//  3. Otherwise all edges are rounded to where they meet (snap rounding, J. D. Hobby, "Practical
//     segment intersection with finite precision output", 1999), and a sweep links the borders of
//     what has a positive winding number into rings that touch at most in points.
//
// So overlapping parts merge, parts that snapping turned inside out vanish, a ring that touches
// itself becomes several, and edges that run to and fro along the window cancel.
//
// A [Clipper] belongs to one goroutine at a time.
package clip

// Limits of coordinates.
const (
	// MaxInput is the largest coordinate that goes in, by amount.
	MaxInput = 1 << 61
	// MaxWindow is the largest coordinate of a window that cuts, by amount. A window is cut to it.
	MaxWindow = 1 << 29
)

// Point is a place in tile units.
type Point struct{ X, Y int64 }

// Rect is a closed rectangle in tile units. It is empty if a maximum is below its minimum.
type Rect struct{ MinX, MinY, MaxX, MaxY int64 }

// Paths is a list of lines, or of rings: exterior rings, each before its holes. The first point of a
// ring is not repeated at its end. The zero value is an empty list.
type Paths struct {
	Points []Point // of all of them
	Ends   []int   // of each, in Points
}

// Reset empties p and keeps its memory.
func (p *Paths) Reset() { p.Points, p.Ends = p.Points[:0], p.Ends[:0] }

// Add appends a point to the path that is being made.
func (p *Paths) Add(x, y int64) { p.Points = append(p.Points, Point{x, y}) }

// End ends the path that is being made.
func (p *Paths) End() { p.Ends = append(p.Ends, len(p.Points)) }

// Len returns the number of paths.
func (p *Paths) Len() int { return len(p.Ends) }

// At returns path i, a part of p.Points.
func (p *Paths) At(i int) []Point {
	from := 0
	if i > 0 {
		from = p.Ends[i-1]
	}
	return p.Points[from:p.Ends[i]]
}

// Repair says what it took to make a polygon valid.
type Repair uint8

// Repairs.
const (
	// Kept is a polygon that was valid as it was, or once it was clipped.
	Kept Repair = iota
	// Mended is one whose rings had to be made anew. Where edges crossed, they moved by up to a unit.
	Mended
	// Coarse is one with so many meeting edges that the bound was hit. It was drawn on a raster of
	// 64 × 64 squares, and the squares' outline is the result: valid, and up to a square off.
	Coarse
)

// Clipper clips. It keeps its memory from call to call; the zero value is ready.
type Clipper struct {
	out     Paths
	rings   rings   // pressed, then rounded
	pressed rings   // before they were rounded
	chains  chains  // over rings
	snaps   snaps   // roundings
	sweep   sweep   // over the edges of noded rings
	raster  []int32 // of a coarse result
}

// within cuts r to what [MaxWindow] allows.
func (r Rect) within() Rect {
	return Rect{
		max(r.MinX, -MaxWindow), max(r.MinY, -MaxWindow),
		min(r.MaxX, MaxWindow), min(r.MaxY, MaxWindow),
	}
}

func (r *Rect) contains(p Point) bool {
	return r.MinX <= p.X && p.X <= r.MaxX && r.MinY <= p.Y && p.Y <= r.MaxY
}

// holds reports whether r contains all of o.
func (r *Rect) holds(o *Rect) bool {
	return r.MinX <= o.MinX && o.MaxX <= r.MaxX && r.MinY <= o.MinY && o.MaxY <= r.MaxY
}

// meets reports whether r and o have a point in common.
func (r *Rect) meets(o *Rect) bool {
	return r.MinX <= o.MaxX && o.MinX <= r.MaxX && r.MinY <= o.MaxY && o.MinY <= r.MaxY
}

func (r *Rect) add(o *Rect) {
	r.MinX, r.MinY = min(r.MinX, o.MinX), min(r.MinY, o.MinY)
	r.MaxX, r.MaxY = max(r.MaxX, o.MaxX), max(r.MaxY, o.MaxY)
}

// nearest returns the point of r that is nearest to p.
func (r *Rect) nearest(p Point) Point {
	return Point{min(max(p.X, r.MinX), r.MaxX), min(max(p.Y, r.MinY), r.MaxY)}
}

// span returns the box of the edge from a to b.
func span(a, b Point) Rect {
	return Rect{min(a.X, b.X), min(a.Y, b.Y), max(a.X, b.X), max(a.Y, b.Y)}
}

// box returns the box of points, of which there is at least one.
func box(points []Point) Rect {
	r := span(points[0], points[0])
	for _, p := range points[1:] {
		r.MinX, r.MaxX = min(r.MinX, p.X), max(r.MaxX, p.X)
		r.MinY, r.MaxY = min(r.MinY, p.Y), max(r.MaxY, p.Y)
	}
	return r
}

// rings are rings as the stages hand them on: each with its first point again at its end, so that
// edge i runs from point i to point i+1.
type rings struct {
	points []Point
	ends   []int // past the repeated point
}

func (r *rings) reset() { r.points, r.ends = r.points[:0], r.ends[:0] }

// close ends the ring that starts at points[from], or drops it if it has no area.
func (r *rings) close(from int) {
	if len(r.points)-from < 3 {
		r.points = r.points[:from]
		return
	}
	r.points = append(r.points, r.points[from])
	r.ends = append(r.ends, len(r.points))
}

// Polygon clips the rings of one polygon or multipolygon to a window. Exterior rings of in are
// positive and holes negative, in any order; what has a positive winding number is inside. A window
// without an inside gives nothing.
//
// The result is valid as it stands: no point repeats, no ring meets itself, exterior rings stand
// before their holes, rings meet in points only, and a result put in again comes out the same. It is
// valid until the next call and shares in's memory where nothing had to change.
//
// For n points time grows as n·log n on real data, and whatever the data, a pass over edges looks at
// 64·n + 2²⁰ pairs of them (or of a ring and a run of edges) and finds 16·n + 2¹⁶ meeting points at
// most, or the answer is [Coarse].
func (c *Clipper) Polygon(in Paths, window Rect) (Paths, Repair) {
	window = window.within()
	if in.Len() == 1 && in.Ends[0] > 0 {
		if b := box(in.At(0)); window.holds(&b) && star(in.At(0)) {
			return in, Kept
		}
	}
	same := c.press(in, window)
	if len(c.rings.ends) == 0 {
		return Paths{}, Kept
	}
	if c.chains.strict(&c.rings, false) {
		if same {
			return in, Kept
		}
		c.out.Reset()
		from := 0
		for _, end := range c.rings.ends {
			c.out.Points = append(c.out.Points, c.rings.points[from:end-1]...)
			c.out.End()
			from = end
		}
		return c.out, Kept
	}
	return c.mend()
}

// Strict reports whether the rings are valid by themselves and meet nowhere, which is a little more
// than validity asks for: a hole that touches its exterior ring in a point is valid and not strict.
// Exterior rings must be positive and stand before their holes, holes must be negative; no point may
// repeat. Coordinates are within [MaxInput]. It is false too if the bound of [Clipper.Polygon] is
// hit before the answer is found. Strict rings within a window pass [Clipper.Polygon] unchanged.
func (c *Clipper) Strict(in Paths) bool {
	c.rings.reset()
	from := 0
	for _, end := range in.Ends {
		ring := in.Points[from:end]
		from = end
		if len(ring) < 3 {
			return false
		}
		c.rings.points = append(append(c.rings.points, ring...), ring[0])
		c.rings.ends = append(c.rings.ends, len(c.rings.points))
	}
	return len(in.Ends) > 0 && c.chains.strict(&c.rings, true)
}

// mend makes c.rings valid.
func (c *Clipper) mend() (Paths, Repair) {
	c.pressed.points = append(c.pressed.points[:0], c.rings.points...)
	c.pressed.ends = append(c.pressed.ends[:0], c.rings.ends...)
	how := Mended
	if c.node() {
		c.sweep.load(&c.rings)
	} else {
		how = Coarse
	}
	if how == Coarse || !c.sweep.link() {
		how = Coarse
		c.coarse(&c.pressed)
		c.sweep.link() // squares are an arrangement
	}
	c.sweep.trace(&c.out)
	return c.out, how
}
