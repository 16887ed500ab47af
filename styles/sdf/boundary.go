package sdf

import (
	"math"
	"slices"
)

// A contour may run through the inside of another, as where the strokes of a letter cross or two paths
// of an icon overlap. Distances to such an edge would draw a seam. So edges are cut where they meet,
// and a piece counts if one side of it is inside and the other is not.

const (
	// aside is how far beside a piece its sides are looked at, in pixels. Gaps and slivers that are
	// narrower vanish.
	aside = 1e-3
	// parallel is the sine of an angle below which two edges do not cross.
	parallel = 1e-9
	// shortest is the length in pixels below which an edge is nothing.
	shortest = 1e-9
	// longest is the length in pixels above which an edge is nothing either: nobody drew it.
	longest = 1e7
	// maxBands bounds the bands of a scan.
	maxBands = 512
)

// scan is the edges of an outline in pixels, and by bands across y, so that each is compared only with
// what is near.
type scan struct {
	edges  []edge
	rules  []Rule
	bands  [][]int32 // indices of the edges in each
	top    float64   // of the first band
	height float64   // of each band

	crossings []crossing // scratch of row
	winding   []int      // scratch: by fill
}

func newScan(o *Outline, f Frame) *scan {
	s := &scan{winding: make([]int, len(o.fills))}
	for i, fill := range o.fills {
		s.rules = append(s.rules, fill.rule)
		for _, contour := range fill.contours {
			last := contour[len(contour)-1]
			for _, p := range contour {
				e := edge{at(last, f), at(p, f), i}
				if l := math.Hypot(e.b.X-e.a.X, e.b.Y-e.a.Y); l > shortest && l < longest {
					s.edges = append(s.edges, e)
				}
				last = p
			}
		}
	}
	s.fillBands()
	return s
}

func at(p Point, f Frame) Point { return Point{f.X + p.X*f.Scale, f.Y + p.Y*f.Scale} }

func (s *scan) fillBands() {
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range s.edges {
		e := &s.edges[i]
		lo, hi = min(lo, e.a.Y, e.b.Y), max(hi, e.a.Y, e.b.Y)
	}
	if len(s.edges) == 0 {
		return
	}
	n := int(min(max(math.Ceil(hi-lo), 1), maxBands))
	s.top, s.height = lo, max((hi-lo)/float64(n), shortest)
	s.bands = make([][]int32, n)
	for i := range s.edges {
		e := &s.edges[i]
		for b := s.index(min(e.a.Y, e.b.Y)); b <= s.index(max(e.a.Y, e.b.Y)); b++ {
			s.bands[b] = append(s.bands[b], int32(i))
		}
	}
}

// index returns the band that y is in, or the nearest one.
func (s *scan) index(y float64) int {
	return int(min(max((y-s.top)/s.height, 0), float64(len(s.bands)-1)))
}

// band returns the edges that may meet the line at y.
func (s *scan) band(y float64) []int32 {
	if len(s.bands) == 0 {
		return nil
	}
	return s.bands[s.index(y)]
}

// inside reports whether p is inside some fill.
func (s *scan) inside(p Point) bool {
	clear(s.winding)
	for _, i := range s.band(p.Y) {
		if x, down, ok := s.edges[i].meet(p.Y); ok && x <= p.X {
			s.winding[s.edges[i].fill] += down
		}
	}
	return s.wound()
}

// wound reports whether the windings make some fill's inside.
func (s *scan) wound() bool {
	for i, w := range s.winding {
		if w != 0 && (s.rules[i] == NonZero || w%2 != 0) {
			return true
		}
	}
	return false
}

// boundary returns the pieces of all edges that have the inside on one side only.
func (s *scan) boundary() []edge {
	cuts := s.cuts()
	var pieces []edge
	for i := range s.edges {
		e := &s.edges[i]
		from := 0.0
		slices.Sort(cuts[i])
		for _, to := range append(cuts[i], 1) {
			piece := edge{e.along(from), e.along(to), e.fill}
			if to > from && s.parts(&piece) {
				pieces = append(pieces, piece)
			}
			from = to
		}
	}
	return pieces
}

func (e *edge) along(t float64) Point {
	switch t { // exactly
	case 0:
		return e.a
	case 1:
		return e.b
	default:
		return Point{e.a.X + t*(e.b.X-e.a.X), e.a.Y + t*(e.b.Y-e.a.Y)}
	}
}

// parts reports whether e has the inside on one side only.
func (s *scan) parts(e *edge) bool {
	dx, dy := e.b.X-e.a.X, e.b.Y-e.a.Y
	length := math.Hypot(dx, dy)
	if length <= shortest {
		return false
	}
	nx, ny := -dy/length*aside, dx/length*aside
	mx, my := (e.a.X+e.b.X)/2, (e.a.Y+e.b.Y)/2
	return s.inside(Point{mx + nx, my + ny}) != s.inside(Point{mx - nx, my - ny})
}

// cuts returns for each edge where others meet it, as shares of its length, in any order.
func (s *scan) cuts() [][]float64 {
	cuts := make([][]float64, len(s.edges))
	for b, band := range s.bands {
		for k, i := range band {
			for _, j := range band[k+1:] {
				// A pair that shares bands is compared in the first of them.
				e, f := &s.edges[i], &s.edges[j]
				top := max(min(e.a.Y, e.b.Y), min(f.a.Y, f.b.Y))
				if s.index(top) == b && e.near(f) {
					cuts[i], cuts[j] = cut(e, f, cuts[i], cuts[j])
				}
			}
		}
	}
	return cuts
}

// near reports whether the boxes of e and f meet.
func (e *edge) near(f *edge) bool {
	return min(e.a.X, e.b.X) <= max(f.a.X, f.b.X) && min(f.a.X, f.b.X) <= max(e.a.X, e.b.X) &&
		min(e.a.Y, e.b.Y) <= max(f.a.Y, f.b.Y) && min(f.a.Y, f.b.Y) <= max(e.a.Y, e.b.Y)
}

// cut appends where e and f meet to the cuts of each.
func cut(e, f *edge, ofE, ofF []float64) (cutE, cutF []float64) {
	rx, ry := e.b.X-e.a.X, e.b.Y-e.a.Y
	sx, sy := f.b.X-f.a.X, f.b.Y-f.a.Y
	qx, qy := f.a.X-e.a.X, f.a.Y-e.a.Y
	cross := rx*sy - ry*sx
	lengths := math.Hypot(rx, ry) * math.Hypot(sx, sy)
	if math.Abs(cross) > parallel*lengths {
		t, u := (qx*sy-qy*sx)/cross, (qx*ry-qy*rx)/cross
		if t >= 0 && t <= 1 && u >= 0 && u <= 1 {
			ofE, ofF = within(ofE, t), within(ofF, u)
		}
		return ofE, ofF
	}
	if math.Abs(qx*ry-qy*rx) > aside*math.Hypot(rx, ry) {
		return ofE, ofF // side by side
	}
	return within(within(ofE, e.share(f.a)), e.share(f.b)), within(within(ofF, f.share(e.a)), f.share(e.b))
}

// within appends t if it is strictly between 0 and 1.
func within(ts []float64, t float64) []float64 {
	if t > 0 && t < 1 {
		ts = append(ts, t)
	}
	return ts
}

// share returns where on e the foot of p is, as a share of its length.
func (e *edge) share(p Point) float64 {
	dx, dy := e.b.X-e.a.X, e.b.Y-e.a.Y
	return ((p.X-e.a.X)*dx + (p.Y-e.a.Y)*dy) / (dx*dx + dy*dy)
}
