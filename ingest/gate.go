package ingest

import (
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/world"
)

// Gate refuses positions that must not get in. Its zero value takes every position that Web
// Mercator can show, but for 0, 0.
type Gate struct {
	// Bounds, in lon/lat degrees, is where features may be, edges included; nil means anywhere.
	// Bounds.Max[0] < Bounds.Min[0] means that it crosses the antimeridian.
	Bounds *orb.Bound
}

const (
	wantNoZero = "a position, or an address: 0, 0 stands for an unknown place"
	wantOrder  = "longitude before latitude"
)

var wantPosition = fmt.Sprintf("a longitude in -180…180 and a latitude in ±%.7f", world.MaxLatitude)

// Validate says what is wrong with g, or nil.
func (g *Gate) Validate() error {
	if g.Bounds == nil {
		return nil
	}
	b := g.Bounds
	for _, p := range [...]orb.Point{b.Min, b.Max} {
		if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) { // also true for NaN
			return fmt.Errorf("bounds corner %v, %v is not a longitude and a latitude in degrees", p[0], p[1])
		}
	}
	if b.Max[1] < b.Min[1] {
		return errors.New("bounds end south of where they start")
	}
	return nil
}

// Check returns "" when p, in lon/lat degrees, may get in, else the reason and what would be
// accepted.
func (g *Gate) Check(p orb.Point) (reason Reason, want string) {
	if p[0] == 0 && p[1] == 0 {
		return ReasonZero, wantNoZero
	}
	if !inWorld(p) {
		if g.Bounds != nil && g.contains(orb.Point{p[1], p[0]}) {
			return ReasonSwapped, wantOrder
		}
		return ReasonPosition, wantPosition
	}
	if g.Bounds == nil || g.contains(p) {
		return "", ""
	}
	if g.contains(orb.Point{p[1], p[0]}) {
		return ReasonSwapped, wantOrder
	}
	b := g.Bounds
	return ReasonBounds, fmt.Sprintf("a position in %v, %v … %v, %v", b.Min[0], b.Min[1], b.Max[0], b.Max[1])
}

// Admit returns what of a geometry other than a single point may get in, which shares its memory;
// else the reason, what was found and what would be accepted. Every vertex must be a longitude and a
// latitude. Lines and polygons are cut where Web Mercator ends; several points must all lie in the
// map, and none at 0, 0. The box of the geometry must meet the bounds.
func (g *Gate) Admit(shape orb.Geometry) (kept orb.Geometry, reason Reason, value, want string) {
	_, isPoints := shape.(orb.MultiPoint)
	limit := 90.0
	if isPoints {
		limit = world.MaxLatitude
	}
	box, wrong := emptyBound, -1
	n, zero := 0, false
	var at orb.Point // the first wrong vertex
	for run := range runs(shape) {
		for _, v := range run {
			box = box.Extend(v)
			if wrong < 0 && !(math.Abs(v[0]) <= 180 && math.Abs(v[1]) <= limit) { // also true for NaN
				wrong, at = n, v
			}
			zero = zero || v[0] == 0 && v[1] == 0
			n++
		}
	}
	switch {
	case n == 0:
		return nil, "", "", ""
	case n > layers.MaxVertices:
		f := tooManyVertices()
		return nil, f.reason, f.value, f.want
	case wrong >= 0 && !g.containsSwapped(box) && isPoints:
		return nil, ReasonPosition, formatPoint(at), wantPosition
	case wrong >= 0 && !g.containsSwapped(box):
		return nil, ReasonPosition, formatPoint(at), "longitudes in -180…180 and latitudes in -90…90"
	case isPoints && zero:
		return nil, ReasonZero, "a point at 0, 0", wantNoZero
	case wrong >= 0 || g.Bounds != nil && !g.meets(box) && g.containsSwapped(box):
		return nil, ReasonSwapped, formatBound(box), wantOrder
	case g.Bounds != nil && !g.meets(box):
		return nil, ReasonBounds, formatBound(box), "a geometry that meets " + formatBound(*g.Bounds)
	case box.Min[1] >= -world.MaxLatitude && box.Max[1] <= world.MaxLatitude:
		return shape, "", "", ""
	}
	if kept = cut(shape); kept == nil {
		return nil, ReasonPosition, formatBound(box), fmt.Sprintf("something between the latitudes ±%.7f", world.MaxLatitude)
	}
	return kept, "", "", ""
}

// emptyBound holds nothing, so extending it by a position gives that position's box.
var emptyBound = orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}

// runs yields the points, each line and each ring of a geometry other than a single point.
func runs(g orb.Geometry) iter.Seq[[]orb.Point] {
	return func(yield func([]orb.Point) bool) {
		switch g := g.(type) {
		case orb.MultiPoint:
			yield(g)
		case orb.LineString:
			yield(g)
		case orb.MultiLineString:
			for _, line := range g {
				if !yield(line) {
					return
				}
			}
		case orb.Polygon:
			for _, ring := range g {
				if !yield(ring) {
					return
				}
			}
		case orb.MultiPolygon:
			for _, p := range g {
				for _, ring := range p {
					if !yield(ring) {
						return
					}
				}
			}
		}
	}
}

// containsSwapped reports whether all of a box would lie in the bounds with its axes swapped.
func (g *Gate) containsSwapped(box orb.Bound) bool {
	return g.Bounds != nil && g.contains(orb.Point{box.Min[1], box.Min[0]}) && g.contains(orb.Point{box.Max[1], box.Max[0]})
}

// meets reports whether a box that does not cross the antimeridian and the bounds have a position in
// common.
func (g *Gate) meets(box orb.Bound) bool {
	b := g.Bounds
	if box.Max[1] < b.Min[1] || box.Min[1] > b.Max[1] {
		return false
	}
	if b.Max[0] < b.Min[0] {
		return box.Max[0] >= b.Min[0] || box.Min[0] <= b.Max[0]
	}
	return box.Max[0] >= b.Min[0] && box.Min[0] <= b.Max[0]
}

func formatBound(b orb.Bound) string { return formatPoint(b.Min) + " … " + formatPoint(b.Max) }

// inWorld reports whether [world.Project] takes p; it is false for NaN and infinities.
func inWorld(p orb.Point) bool {
	return p[0] >= -180 && p[0] <= 180 && p[1] >= -world.MaxLatitude && p[1] <= world.MaxLatitude
}

// contains reports whether p lies in the bounds.
func (g *Gate) contains(p orb.Point) bool {
	b := g.Bounds
	if !(p[1] >= b.Min[1] && p[1] <= b.Max[1]) {
		return false
	}
	if b.Max[0] < b.Min[0] {
		return p[0] >= b.Min[0] && p[0] <= 180 || p[0] <= b.Max[0] && p[0] >= -180
	}
	return p[0] >= b.Min[0] && p[0] <= b.Max[0]
}
