package inspect

import "fmt"

// Commands of a geometry (§4.3.1).
const (
	moveTo    = 1
	lineTo    = 2
	closePath = 7
)

// Types of geometries (§4.3.4).
const (
	pointType   = 1
	lineType    = 2
	polygonType = 3
)

// cursor reads the commands of a geometry.
type cursor struct {
	message
	x, y int64
	// The ring at hand: its first position, twice its area so far, and its last position.
	firstX, firstY, area int64
	vertices             int
}

// geometry reads the commands of feature n. It stops at the first fault.
func (r *reader) geometry(n int, kind uint64, b []byte) {
	c := cursor{message: message{b: b}}
	var fault string
	switch kind {
	case pointType:
		fault = c.points()
	case lineType:
		fault = c.lines()
	case polygonType:
		fault = c.polygons()
	default: // nobody says what it means
	}
	r.layer.Vertices += c.vertices
	if fault != "" {
		r.problem(n, fault)
	}
}

// command reads a command and its count.
func (c *cursor) command() (id, count uint64, fault string) {
	v, err := c.varint()
	switch {
	case err != nil:
		return 0, 0, "the geometry: " + err.Error()
	case v > 1<<32-1:
		return 0, 0, "a command of the geometry has more than 32 bits"
	}
	return v & 7, v >> 3, ""
}

// step moves by one pair of parameters.
func (c *cursor) step() (dx, dy int64, fault string) {
	for _, d := range []*int64{&dx, &dy} {
		if c.done() {
			return 0, 0, "the geometry ends inside a command: its count is too large"
		}
		v, err := c.varint()
		switch {
		case err != nil:
			return 0, 0, "the geometry: " + err.Error()
		case v > 1<<32-1:
			return 0, 0, "a parameter of the geometry has more than 32 bits"
		}
		*d = int64(v>>1) ^ -int64(v&1)
	}
	c.x, c.y = c.x+dx, c.y+dy
	c.vertices++
	return dx, dy, ""
}

// points reads one MoveTo with all positions (§4.3.4.2).
func (c *cursor) points() string {
	id, count, fault := c.begin("a point")
	switch {
	case fault != "":
		return fault
	case id != moveTo || count == 0:
		return "a point does not start with a MoveTo of at least one position"
	}
	for range count {
		if _, _, fault := c.step(); fault != "" {
			return fault
		}
	}
	if !c.done() {
		return "something follows the MoveTo of a point"
	}
	return ""
}

// begin reads the first command of something.
func (c *cursor) begin(what string) (id, count uint64, fault string) {
	if c.done() {
		return 0, 0, "the geometry of " + what + " is empty"
	}
	return c.command()
}

// lines reads pairs of a MoveTo and a LineTo (§4.3.4.3).
func (c *cursor) lines() string {
	for first := true; first || !c.done(); first = false {
		if fault := c.path("a line", 1); fault != "" {
			return fault
		}
	}
	return ""
}

// path reads a MoveTo of one position and a LineTo of at least so many.
func (c *cursor) path(what string, least uint64) string {
	id, count, fault := c.begin(what)
	switch {
	case fault != "":
		return fault
	case id != moveTo || count != 1:
		return what + " does not start with a MoveTo of one position"
	}
	if _, _, fault := c.step(); fault != "" {
		return fault
	}
	c.firstX, c.firstY, c.area = c.x, c.y, 0
	if c.done() {
		return what + " ends behind its MoveTo"
	}
	id, count, fault = c.command()
	switch {
	case fault != "":
		return fault
	case id != lineTo || count < least:
		return fmt.Sprintf("%s does not go on with a LineTo of at least %d", what, least)
	}
	still := false
	for range count {
		x, y := c.x, c.y
		dx, dy, fault := c.step()
		if fault != "" {
			return fault
		}
		still = still || dx == 0 && dy == 0
		c.area += (x-c.firstX)*(c.y-c.firstY) - (c.x-c.firstX)*(y-c.firstY)
	}
	if still {
		return what + " has a LineTo that does not move"
	}
	return ""
}

// polygons reads rings (§4.3.4.4). The first is an outer one, which goes round clockwise on the screen,
// where y grows downwards: its area by the surveyor's formula is positive.
func (c *cursor) polygons() string {
	for first := true; first || !c.done(); first = false {
		if fault := c.path("a ring", 2); fault != "" {
			return fault
		}
		if c.done() {
			return "a ring is not closed"
		}
		id, count, fault := c.command()
		switch {
		case fault != "":
			return fault
		case id != closePath:
			return "a ring is not closed"
		case count != 1:
			return fmt.Sprintf("a ClosePath has the count %d, not 1", count)
		case first && c.area < 0:
			return "the first ring of a polygon goes round the wrong way: it is an inner one"
		case c.area == 0:
			return "a ring has no area"
		}
	}
	return ""
}
