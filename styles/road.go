package styles

// roadZooms are the zooms from which the classes of roads are drawn, which is where a city's streets
// of that class are apart on the screen.
var roadZooms = map[string]float64{"avenue": 9, "street": 11, "lane": 13, "path": 14}

// Widths of roads in pixels by zoom: at roadStops the width of the surface, by class, and at the same
// how much wider the casing is.
var (
	roadStops  = [...]float64{8, 10, 12, 14, 16, 18, 20}
	roadWidths = map[string][len(roadStops)]float64{
		"motorway": {0.9, 1.5, 2.7, 5, 10, 22, 50},
		"ring":     {0.9, 1.5, 2.6, 4.8, 9.6, 21, 48},
		"avenue":   {0.3, 0.7, 1.5, 3.4, 7.6, 18, 40},
		"street":   {0.1, 0.3, 0.9, 2.2, 5.6, 14, 30},
		"lane":     {0, 0.1, 0.35, 1.3, 3.8, 10, 22},
		"path":     {0, 0, 0.3, 0.7, 1.2, 2.4, 5},
	}
	casingWidths = [len(roadStops)]float64{0.7, 0.9, 1.1, 1.4, 1.8, 2.4, 3.2}
)

// roadWidth is the expression of the width of roads, or with casing that of theirs.
func roadWidth(c *classes, casing bool) any {
	var stops []any
	for i, zoom := range roadStops {
		stops = append(stops, zoom, c.each(func(class string) any {
			w := roadWidths[class][i]
			if casing && class != "path" {
				w += casingWidths[i]
			}
			return w
		}))
	}
	return growing(stops...)
}

// roadLayer draws a layer of roads.
func (p *painter) roadLayer(l *Layer, f *from) {
	c := l.classesOf(roadClasses, middleRoad)
	if l.Polygons { // squares and yards
		p.add(bandCasing, f.part(":fill", "fill", polygonTypes, map[string]any{"fill-color": p.theme.roads["lane"].fill}))
	}
	if l.Lines {
		p.roads(f, c)
	}
	p.dots(l, f, p.theme.street)
	if name, from, ok := l.label(p.lang); ok && p.texts && l.Lines {
		p.streetNames(f, c, name, from)
	}
}

// roads draws the lines of f as roads: first all casings, then all surfaces, the larger classes over
// the smaller.
func (p *painter) roads(f *from, c *classes) {
	layout := map[string]any{"line-join": "round", "line-cap": "round", "line-sort-key": c.rank()}
	casing := f.part(":casing", "line", lineTypes, map[string]any{
		"line-color": c.each(func(class string) any {
			if class == "path" {
				return p.theme.roads[class].fill
			}
			return p.theme.roads[class].casing
		}),
		"line-width": roadWidth(c, true), "line-opacity": byZoom(9, 0.6, 12, 1),
	})
	surface := f.part(":line", "line", lineTypes, map[string]any{
		"line-color": c.each(func(class string) any { return p.theme.roads[class].fill }),
		"line-width": roadWidth(c, false),
	})
	for _, l := range []*layer{&casing, &surface} {
		l.Layout, l.Filter = layout, both(l.Filter, c.shown(roadZooms))
	}
	p.add(bandCasing, casing)
	p.add(bandRoad, surface)
}

// rails draws railways thin and dashed.
func (p *painter) rails(l *Layer, f *from) {
	if l.Polygons {
		p.add(bandParcel, f.part(":fill", "fill", polygonTypes, map[string]any{"fill-color": p.theme.parcels["industrial"]}))
	}
	if l.Lines {
		p.tracks(f)
	}
	p.dots(l, f, p.theme.rail)
	if name, from, ok := l.label(p.lang); ok && p.texts && l.Points {
		text := p.text(f, ":label", pointTypes, name, max(float64(from), 14.5), p.theme.placeFaint)
		text.Layout["text-size"] = byZoom(14, 10, 18, 13)
		text.Layout["text-offset"] = []float64{0, 0.6}
		text.Layout["text-anchor"] = "top"
		p.add(bandName, text)
	}
}

// tracks draws the lines of f as railways.
func (p *painter) tracks(f *from) {
	bed := f.part(":casing", "line", lineTypes, map[string]any{
		"line-color": p.theme.rail, "line-width": growing(9, 0.5, 13, 1.1, 16, 2.4, 19, 5), "line-opacity": byZoom(8, 0.5, 12, 0.9),
	})
	bed.Layout = butt
	gaps := f.part(":line", "line", lineTypes, map[string]any{
		"line-color": p.theme.railGap, "line-width": growing(12, 0.5, 16, 1.2, 19, 3), "line-dasharray": []float64{5, 5},
	})
	gaps.Layout, gaps.MinZoom = butt, 12
	p.add(bandRail, bed)
	p.add(bandRail, gaps)
}
