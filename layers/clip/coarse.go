package clip

// squares is how many squares a coarse result has along each axis.
const squares = 64

// coarse loads the sweep with the outline of the squares whose centres have a positive winding
// number in rings r. Cost is O(64·edges).
func (c *Clipper) coarse(r *rings) {
	b := box(r.points)
	side := max((b.MaxX-b.MinX+squares-1)/squares, (b.MaxY-b.MinY+squares-1)/squares, 1)
	const n = squares + 2 // with an empty square on each side
	c.raster = append(c.raster[:0], make([]int32, n*n)...)
	from := 0
	for _, end := range r.ends {
		for i := from; i+1 < end; i++ {
			c.rasterEdge(&b, side, r.points[i], r.points[i+1])
		}
		from = end
	}
	for y := range n {
		row := c.raster[y*n : (y+1)*n]
		for x := 1; x < n; x++ {
			row[x] += row[x-1]
		}
	}
	corner := func(x, y int) Point {
		return Point{min(b.MinX+int64(x-1)*side, b.MaxX), min(b.MinY+int64(y-1)*side, b.MaxY)}
	}
	s := &c.sweep
	s.edges = s.edges[:0]
	for y := 1; y < n; y++ {
		for x := 1; x < n; x++ {
			here := c.raster[y*n+x] > 0
			if west := c.raster[y*n+x-1] > 0; here && !west {
				s.add(corner(x, y+1), corner(x, y))
			} else if west && !here {
				s.add(corner(x, y), corner(x, y+1))
			}
			if north := c.raster[(y-1)*n+x] > 0; here && !north {
				s.add(corner(x, y), corner(x+1, y))
			} else if north && !here {
				s.add(corner(x+1, y), corner(x, y))
			}
		}
	}
}

// rasterEdge adds the edge a→b to the first square east of it in each row: it changes the winding
// number of that square's centre and all further east.
func (c *Clipper) rasterEdge(box *Rect, side int64, a, b Point) {
	const n = squares + 2
	change := int32(-1)
	if a.Y > b.Y {
		a, b, change = b, a, 1
	}
	// All in halves of a unit from the box's corner, where centres are side·(2i+1).
	ax, ay := 2*(a.X-box.MinX), 2*(a.Y-box.MinY)
	bx, by := 2*(b.X-box.MinX), 2*(b.Y-box.MinY)
	for row := (ay + side - 1) / (2 * side); row < squares; row++ {
		y := side * (2*row + 1)
		if y >= by {
			return
		}
		d := (bx - ax) * (y - ay)
		x := ax + d/(by-ay)
		if d%(by-ay) < 0 {
			x--
		}
		// The first centre beyond x.
		column := (x + side) / (2 * side)
		c.raster[(row+1)*n+column+1] += change
	}
}
