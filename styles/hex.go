package styles

// hexOpacity is that of the fills of hexagons with the fewest and with the most: where there is little, the
// map under them shows.
var hexOpacity = [2]float64{0.5, 0.78}

// hexes draws hexagons by count: the more the stronger, in colours that grow darker on a light ground and
// lighter on a dark one, so that they are in order without their hue too.
func (p *painter) hexes(l *Layer, f *from) *toldCells {
	all := p.countsOf(l)
	p.add(bandFill, f.part("", "fill", polygonTypes, map[string]any{
		"fill-color":     byCount(countField, all, func(_ float64, c class) any { return c.colour }),
		"fill-opacity":   byCount(countField, all, func(share float64, _ class) any { return hexOpacityOf(share) }),
		"fill-antialias": false, // its edges would be drawn twice, once for each of two neighbours
	}))
	p.add(bandOutline, p.cellEdge(f))
	return &toldCells{Field: countField, Legends: legends(all, func(share float64, c class) entry {
		e := classEntry("polygon", c)
		e.Opacity = hexOpacityOf(share)
		return e
	})}
}

// hexOpacityOf is the opacity of a class by its place among all, 0 to 1.
func hexOpacityOf(share float64) float64 {
	return round3(hexOpacity[0] + share*(hexOpacity[1]-hexOpacity[0]))
}

// edgeOpacity is that of the lines between hexagons.
const edgeOpacity = 0.55

// cellEdge parts hexagons from each other by a line like the ground between them.
func (p *painter) cellEdge(f *from) layer {
	edge := f.part("-outline", "line", polygonTypes, map[string]any{
		"line-color": p.theme.ground, "line-opacity": edgeOpacity, "line-width": byZoom(6, 0.5, 12, 0.8, 18, 1.4),
	})
	edge.Layout = round
	return edge
}
