package layers

import (
	"math"

	"github.com/paulmach/orb"

	"hutong/layers/shape"
	"hutong/layers/world"
)

// DistanceMetres returns the great-circle distance from a place in degrees to a feature: to its nearest
// point, 0 inside a polygon, infinite when it has no place.
func (r Row) DistanceMetres(lon, lat float64) float64 {
	if r.Block.class == unlocated {
		return math.Inf(1)
	}
	return r.Block.distanceMetres(lon, lat, r.Index)
}

// Anchor returns a place on the feature in degrees, for a marker or a name: the middle of its box where
// that is inside a polygon, else the place nearest to it on its edges, lines or points; ok is false when
// the feature has no place. Its cost is a look at each vertex.
func (r Row) Anchor() (at orb.Point, ok bool) {
	b := r.Block
	if b.class == unlocated {
		return orb.Point{}, false
	}
	if b.shapes == nil {
		lon, lat := b.Point(r.Index).LonLat()
		return orb.Point{lon, lat}, true
	}
	middle := b.Point(r.Index)
	x, y := float64(middle.X), float64(middle.Y)
	if nx, ny, inside := b.shapes.nearestPoint(r.Index, x+0.5, y+0.5); !inside {
		x, y = nx, ny
	}
	return orb.Point{world.Lon(x + 0.5), world.Lat(y + 0.5)}, true
}

// Bound returns the box of the feature in degrees; ok is false when the feature has no place.
func (r Row) Bound() (bound orb.Bound, ok bool) {
	if r.Block.class == unlocated {
		return orb.Bound{}, false
	}
	box := r.Block.RowBox(r.Index)
	west, north := box.Min.LonLat()
	east, south := box.Max.LonLat()
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}, true
}

// distanceMetres returns the great-circle distance from a place in degrees to a row of located
// features: to a point, or to the nearest point of a shape, 0 inside a polygon. Which point of a shape
// is the nearest is judged on the Mercator plane, where it is right as far as shapes are small.
func (b *Block) distanceMetres(lon, lat float64, row int) float64 {
	if b.shapes == nil {
		x, y := b.Point(row).LonLat()
		return world.DistanceMetres(lon, lat, x, y)
	}
	box := b.shapes.Box(row)
	px, py := world.X(lon), world.Y(lat)
	// Of the places one world apart the nearest to the shape counts.
	const side = 1 << world.Bits
	middle := (float64(box.Min.X) + float64(box.Max.X)) / 2
	px += side * math.Round((middle-px)/side)
	x, y, inside := b.shapes.nearestPoint(row, px, py)
	if inside {
		return 0
	}
	return world.DistanceMetres(lon, lat, world.Lon(x+0.5), world.Lat(y+0.5))
}

// nearestPoint returns the point of a row's shape that is nearest to px, py on the plane, all in world
// units, or that px, py is inside its polygon.
func (s *Shapes) nearestPoint(row int, px, py float64) (x, y float64, inside bool) {
	px, py = px-0.5, py-0.5 // vertices stand for the centres of their cells
	least := math.Inf(1)
	kind, winding := s.Kinds[row], 0
	for part := s.Parts[row]; part < s.Parts[row+1]; part++ {
		from, to := s.Part(int(part))
		for i := from; i < to; i++ {
			ax, ay := float64(s.X[i]), float64(s.Y[i])
			next := i + 1
			switch {
			case kind == shape.MultiPoint:
				next = i
			case next == to && kind.IsPolygon():
				next = from
			case next == to:
				continue
			}
			bx, by := float64(s.X[next]), float64(s.Y[next])
			if (ay > py) != (by > py) && px < ax+(py-ay)/(by-ay)*(bx-ax) {
				if winding--; by > ay {
					winding += 2
				}
			}
			if nx, ny := onSegment(px, py, ax, ay, bx, by); math.Hypot(nx-px, ny-py) < least {
				least = math.Hypot(nx-px, ny-py)
				x, y = nx, ny
			}
		}
	}
	return x, y, winding > 0 && kind.IsPolygon()
}

// onSegment returns the point of the segment from a to b that is nearest to p.
func onSegment(px, py, ax, ay, bx, by float64) (x, y float64) {
	dx, dy := bx-ax, by-ay
	length := dx*dx + dy*dy
	if length == 0 {
		return ax, ay
	}
	t := min(max(((px-ax)*dx+(py-ay)*dy)/length, 0), 1)
	return ax + t*dx, ay + t*dy
}
