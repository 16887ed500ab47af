package synthetic

import "slices"

// crossing is a crossing of a grid's lines.
type crossing struct{ i, j int }

// outlines returns the areas of a grid's blocks of some kinds, with rough borders. Blocks that meet at
// a corner only are not of one area.
func (g *grid) outlines(name word, class string, of func(kind) bool) []area {
	var exteriors, holes []path
	seen := map[[3]int]bool{}
	for j := range g.ys {
		for i := range g.xs {
			// Every border has a side that leads east with a block north of it, or is that of a hole,
			// which has one that leads west with a block south of it.
			for _, way := range [...]int{0, 2} {
				if !g.isBorder(of, crossing{i, j}, way) || seen[[3]int{i, j, way}] {
					continue
				}
				border := g.walk(of, crossing{i, j}, way, seen).rounded(2).ruffled()
				if border.area() > 0 {
					exteriors = append(exteriors, border)
				} else {
					holes = append(holes, border)
				}
			}
		}
	}
	areas := make([]area, len(exteriors))
	for k, border := range exteriors {
		areas[k] = newArea(name, class, border)
	}
	for _, hole := range holes {
		for k := range areas {
			if areas[k].bounds.contains(hole[0]) && areas[k].border.contains(hole[0]) {
				areas[k].holes = append(areas[k].holes, hole.counterclockwise())
				break
			}
		}
	}
	return areas
}

// isBorder reports whether the way from a crossing has a block of the kinds on its left and none on its
// right.
func (g *grid) isBorder(of func(kind) bool, c crossing, way int) bool {
	built := func(i, j int) bool { return of(g.kind(i, j)) }
	switch way {
	case 0:
		return built(c.i, c.j) && !built(c.i, c.j-1)
	case 1:
		return built(c.i-1, c.j) && !built(c.i, c.j)
	case 2:
		return built(c.i-1, c.j-1) && !built(c.i-1, c.j)
	default:
		return built(c.i, c.j-1) && !built(c.i-1, c.j-1)
	}
}

// walk returns the border that leads from a crossing, and marks its sides as seen.
func (g *grid) walk(of func(kind) bool, c crossing, way int, seen map[[3]int]bool) path {
	var border path
	for !seen[[3]int{c.i, c.j, way}] {
		seen[[3]int{c.i, c.j, way}] = true
		border = append(border, g.frame.place(g.xs[c.i].at, g.ys[c.j].at))
		c = crossing{c.i + steps[way].column, c.j + steps[way].row}
		border = append(border, border[len(border)-1].towards(g.frame.place(g.xs[c.i].at, g.ys[c.j].at), 1, 2))
		// Turn left most first: blocks that meet at a corner only stay apart.
		for turn := 1; ; turn += 3 {
			if next := (way + turn) % 4; g.isBorder(of, c, next) {
				way = next
				break
			}
		}
	}
	return border
}

// ruffled returns the border p moved as the ground under it is, a hundred metres or so. Neighbours move
// alike, less than they are apart, so it never meets itself unless p does.
func (p path) ruffled() path {
	out := append(slices.Clip(p), p[0]).dense(130 * metre)[1:]
	for i, q := range out {
		out[i] = whole.nearest(q.plus(
			noise(51, q, 900)*120*metre/1000+noise(52, q, 420)*42*metre/1000,
			noise(53, q, 900)*120*metre/1000+noise(54, q, 420)*42*metre/1000,
		))
	}
	return out
}
