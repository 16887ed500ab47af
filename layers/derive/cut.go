package derive

import (
	"math"
	"slices"

	"hutong/layers/hexgrid"
	"hutong/layers/shape"
	"hutong/layers/world"
)

// at is a place on the map in world units that may be beyond its ends.
type at struct{ x, y float64 }

// mercatorEnd is the latitude in degrees that stands for a pole, where the map would be endless.
const mercatorEnd = 89.999

// unroll returns the vertices of a cell as a ring on the map, which goes on beyond the antimeridian. A cell around a
// pole becomes a band across the world that ends far beyond the map.
func unroll(vertices []hexgrid.LonLat) []at {
	out := make([]at, 0, len(vertices)+3)
	x := world.X(vertices[0].Lon)
	for _, v := range vertices {
		x += shortest(world.X(v.Lon) - x)
		out = append(out, at{x, mercatorY(v.Lat)})
	}
	first := out[0]
	round := x + shortest(first.x-x) - first.x // a world, or none
	if math.Abs(round) < worldSide/2 {
		return out
	}
	pole := mercatorY(math.Copysign(mercatorEnd, vertices[0].Lat))
	return append(out, at{first.x + round, first.y}, at{first.x + round, pole}, at{first.x, pole})
}

// shortest returns a way along x as the shorter one around the world.
func shortest(dx float64) float64 { return dx - worldSide*math.Round(dx/worldSide) }

// mercatorY returns the world y of a latitude, beyond the ends of the map, too.
func mercatorY(lat float64) float64 {
	sin := math.Sin(min(max(lat, -mercatorEnd), mercatorEnd) * (math.Pi / 180))
	return (0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)) * worldSide
}

// cut returns the parts of a ring that lie in the world, moved there when they lie in the one to the west or east.
func cut(ring []at) [][]at {
	if !slices.ContainsFunc(ring, func(p at) bool { return p.x < 0 || p.x > worldSide || p.y < 0 || p.y > worldSide }) {
		return [][]at{ring}
	}
	ring = clip(ring, func(p at) float64 { return p.y }, func(p at) float64 { return worldSide - p.y })
	var out [][]at
	for w := -2; w <= 2; w++ {
		from := float64(w) * worldSide
		part := clip(ring, func(p at) float64 { return p.x - from }, func(p at) float64 { return from + worldSide - p.x })
		if len(part) < 3 {
			continue
		}
		moved := make([]at, len(part))
		for i, p := range part {
			moved[i] = at{p.x - from, p.y}
		}
		out = append(out, moved)
	}
	return out
}

// clip returns the part of a ring where all of sides, which are linear, are not negative (Sutherland and Hodgman
// 1974, which is right for what is cut from a convex ring).
func clip(ring []at, sides ...func(p at) float64) []at {
	for _, side := range sides {
		var out []at
		for i, p := range ring {
			q := ring[(i+1)%len(ring)]
			a, b := side(p), side(q)
			if a >= 0 {
				out = append(out, p)
			}
			if (a >= 0) != (b >= 0) {
				t := a / (a - b)
				out = append(out, at{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)})
			}
		}
		ring = out
	}
	return ring
}

// newRing returns a ring in whole world units, clockwise with y south; without vertices when it has no area.
func newRing(path []at) ring {
	r := ring{box: world.EmptyBox}
	for _, p := range path {
		x, y := clampUnit(math.Round(p.x)), clampUnit(math.Round(p.y))
		if n := len(r.x); n > 0 && (r.x[n-1] == x && r.y[n-1] == y) {
			continue
		}
		r.x, r.y = append(r.x, x), append(r.y, y)
		r.box = r.box.Extend(world.Point{X: x, Y: y})
	}
	if n := len(r.x); n > 1 && r.x[0] == r.x[n-1] && r.y[0] == r.y[n-1] {
		r.x, r.y = r.x[:n-1], r.y[:n-1]
	}
	area := shape.SignedArea(r.x, r.y)
	switch {
	case area == 0:
		return ring{}
	case area < 0:
		reverse(r.x[1:])
		reverse(r.y[1:])
	}
	return r
}

func reverse(s []uint32) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}
