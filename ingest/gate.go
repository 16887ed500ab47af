package ingest

import (
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"hutong/layers/world"
)

// Gate refuses positions that must not get in. Its zero value takes every position that Web
// Mercator can show, but for 0, 0.
type Gate struct {
	// Bounds, in lon/lat degrees, is where features may be, edges included; nil means anywhere.
	// Bounds.Max[0] < Bounds.Min[0] means that it crosses the antimeridian.
	Bounds *orb.Bound
}

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
		return ReasonZero, "a position, or an address: 0, 0 stands for an unknown place"
	}
	if !inWorld(p) {
		if g.Bounds != nil && g.contains(orb.Point{p[1], p[0]}) {
			return ReasonSwapped, "longitude before latitude"
		}
		return ReasonPosition, fmt.Sprintf("a longitude in -180…180 and a latitude in ±%.7f", world.MaxLatitude)
	}
	if g.Bounds == nil || g.contains(p) {
		return "", ""
	}
	if g.contains(orb.Point{p[1], p[0]}) {
		return ReasonSwapped, "longitude before latitude"
	}
	b := g.Bounds
	return ReasonBounds, fmt.Sprintf("a position in %v, %v … %v, %v", b.Min[0], b.Min[1], b.Max[0], b.Max[1])
}

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
