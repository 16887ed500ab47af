package clip

import "unsafe"

// Bytes returns the memory that p keeps.
func (p *Paths) Bytes() int { return sized(p.Points) + sized(p.Ends) }

// Bytes returns the memory that c keeps from call to call, for those that keep clippers.
func (c *Clipper) Bytes() int {
	n := int(unsafe.Sizeof(*c)) + c.out.Bytes() + c.rings.bytes() + c.pressed.bytes() + sized(c.raster)
	n += sized(c.chains.leaves) + sized(c.chains.boxes) + sized(c.chains.levels)
	n += sized(c.snaps.hits) + sized(c.snaps.crossings) + c.snaps.next.bytes()
	s := &c.sweep
	n += sized(s.edges) + sized(s.byEnd) + sized(s.states) + sized(s.line) + sized(s.around)
	return n + sized(s.walk) + sized(s.seen) + sized(s.points) + sized(s.made)
}

func (r *rings) bytes() int { return sized(r.points) + sized(r.ends) }

// sized returns the memory of a slice.
func sized[E any](s []E) int {
	var e E
	return cap(s) * int(unsafe.Sizeof(e))
}
