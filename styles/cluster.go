package styles

// clusterRadius is that of clusters of one, of those of the lowest class and of those of the highest, in
// pixels.
var clusterRadius = [3]float64{5, 9, 17}

// clusters draws clusters as circles by count, with the number in them where there is room for it: the
// larger the more. One of one is a point.
func (p *painter) clusters(l *Layer, f *from) *toldCells {
	all := p.countsOf(l)
	count := []any{"to-number", get(pointsField)}
	circle := f.part("", "circle", pointTypes, map[string]any{
		"circle-color":        byCount(pointsField, all, func(_ float64, c class) any { return c.colour }),
		"circle-radius":       clusterRadii(count, all),
		"circle-opacity":      0.92,
		"circle-stroke-color": p.theme.rim, "circle-stroke-width": 1.2, "circle-stroke-opacity": 0.8,
	})
	circle.Layout = map[string]any{"circle-sort-key": count}
	p.add(bandCircle, circle)
	if p.texts {
		number := p.text(f, "-label", pointTypes, []any{"to-string", get(shortField)}, 0, "")
		number.Filter = both(number.Filter, []any{">", count, 1})
		number.Layout["text-size"] = byCount(pointsField, all, func(share float64, _ class) any { return round3(10 + 2.5*share) })
		number.Layout["text-padding"] = 0
		number.Layout["symbol-sort-key"] = []any{"-", 0, count}
		number.Paint = map[string]any{"text-color": byCount(pointsField, all, func(_ float64, c class) any { return inkOn(c.colour) })}
		p.add(bandText, number)
	}
	return &toldCells{Field: pointsField, Legends: legends(all, func(share float64, c class) entry {
		e := classEntry("point", c)
		e.Shape, e.Radius = "circle", clusterSize(share)
		return e
	})}
}

// clusterSize is the radius of clusters of a class, by its place among all, 0 to 1.
func clusterSize(share float64) float64 {
	return round3(clusterRadius[1] + share*(clusterRadius[2]-clusterRadius[1]))
}

// clusterRadii is the expression of the radius of a cluster.
func clusterRadii(count []any, all []counts) any {
	var byZoom stops
	for i := range all {
		steps := all[i].steps(pointsField, func(share float64, _ class) any { return clusterSize(share) })
		byZoom = append(byZoom, stop{all[i].from, []any{"case", []any{"<=", count, 1}, clusterRadius[0], steps}})
	}
	return byZoom.expr()
}

// inkOn is black or white, whichever can be read better on a colour.
func inkOn(hex string) string {
	if l := luminance(rgbOf(hex)); contrast(l, 0) > contrast(1, l) {
		return "#000000"
	}
	return "#ffffff"
}
