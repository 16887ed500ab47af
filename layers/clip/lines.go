package clip

// Lines clips lines to a window, which is closed: a line along its side stays. Each part that is
// inside becomes a line of its own; repeated points are left out, and so are lines and parts without
// a length, such as the touch of a corner. Lines may cross and overlap, as they did. The result is
// valid until the next call and shares in's memory where nothing had to change. Cost is O(points).
func (c *Clipper) Lines(in Paths, window Rect) Paths {
	window = window.within()
	if len(in.Ends) == 0 || window.MinX > window.MaxX || window.MinY > window.MaxY {
		return Paths{}
	}
	if kept(in, &window) {
		return in
	}
	c.out.Reset()
	from := 0
	for _, end := range in.Ends {
		c.line(in.Points[from:end], &window)
		from = end
	}
	return c.out
}

// kept reports whether clipping leaves lines as they are.
func kept(in Paths, w *Rect) bool {
	from := 0
	for _, end := range in.Ends {
		line := in.Points[from:end]
		from = end
		if len(line) < 2 || !w.contains(line[0]) {
			return false
		}
		for i, b := range line[1:] {
			if b == line[i] || !w.contains(b) {
				return false
			}
		}
	}
	return true
}

// line appends the parts of a line that are in w to c.out.
func (c *Clipper) line(line []Point, w *Rect) {
	open := len(c.out.Points) // where the part that is being made starts
	end := func() {
		if len(c.out.Points)-open < 2 {
			c.out.Points = c.out.Points[:open]
			return
		}
		c.out.End()
		open = len(c.out.Points)
	}
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		k := w.cut(a, b)
		if !k.in {
			continue
		}
		for _, p := range [2]Point{k.p, k.q} {
			if n := len(c.out.Points); n == open || c.out.Points[n-1] != p {
				c.out.Points = append(c.out.Points, p)
			}
		}
		if k.q != b {
			end()
		}
	}
	end()
}
