package styles

// text returns the style layer that writes an expression at the features of f.
func (p *painter) text(f *from, suffix string, types []string, field any, zoom float64, colour string) layer {
	l := f.part(suffix, "symbol", types, map[string]any{
		"text-color": colour, "text-halo-color": p.theme.halo, "text-halo-width": 1.4, "text-halo-blur": 0.4,
	})
	l.MinZoom = zoom
	l.Layout = map[string]any{
		"text-field": field, "text-font": []string{fontName}, "text-size": 12, "text-max-width": 8, "text-padding": 4,
	}
	return l
}

// areaText writes names in the middle of polygons.
func (p *painter) areaText(f *from, name any, zoom float64, colour string) layer {
	l := p.text(f, ":label", polygonTypes, name, zoom, colour)
	l.Layout["text-size"] = byZoom(12, 10.5, 16, 13)
	l.Layout["text-letter-spacing"] = 0.04
	l.Layout["text-padding"] = 12
	return l
}

// lineText writes names along lines.
func (p *painter) lineText(f *from, suffix string, name any, zoom float64, colour string) layer {
	l := p.text(f, suffix, lineTypes, name, zoom, colour)
	l.Layout["symbol-placement"] = "line"
	l.Layout["symbol-spacing"] = 350
	l.Layout["text-max-angle"] = 35
	l.Layout["text-size"] = byZoom(12, 10.5, 16, 13)
	l.Layout["text-letter-spacing"] = 0.08
	return l
}

// nameZooms are the zooms from which streets of a class are named: where there is room for it.
var nameZooms = map[string]float64{"motorway": 11, "ring": 11, "avenue": 13, "street": 14, "lane": 15, "path": 16}

// streetNames writes the names of streets along them, those of the larger classes first.
func (p *painter) streetNames(f *from, c *classes, name any, from uint8) {
	l := p.lineText(f, ":label", name, max(float64(from), 11), p.theme.street)
	if c.input == nil {
		l.MinZoom = max(float64(from), nameZooms[middleRoad])
	}
	size := func(class string) float64 {
		switch class {
		case "motorway", "ring":
			return 11.5
		case "avenue":
			return 11
		}
		return 10
	}
	l.Layout["text-size"] = byZoom(12, c.each(func(class string) any { return size(class) }),
		18, c.each(func(class string) any { return size(class) + 3.5 }))
	l.Layout["text-letter-spacing"] = 0.02
	l.Layout["symbol-sort-key"] = c.each(func(class string) any { return -c.rankOf(class) })
	l.Filter = both(l.Filter, c.shown(nameZooms))
	p.add(bandName, l)
}

// placeLook is how the names of a class of places are written.
type placeLook struct {
	from    float64                  // zoom
	to      float64                  // zoom at which one is inside it and its name says nothing; 0 is never
	sizes   [len(placeStops)]float64 // pixels
	spacing float64                  // ems between letters
	halo    float64                  // pixels
	faint   bool
}

// placeStops are the zooms of the sizes of a placeLook.
var placeStops = [...]float64{8, 12, 16}

var placeLooks = map[string]placeLook{
	"city":          {to: 15, sizes: [len(placeStops)]float64{15, 21, 26}, spacing: 0.02, halo: 1.8},
	"district":      {from: 8, to: 17, sizes: [len(placeStops)]float64{11, 14.5, 19}, spacing: 0.14, halo: 1.6},
	"town":          {from: 10, sizes: [len(placeStops)]float64{9.5, 12.5, 16}, spacing: 0.03, halo: 1.4},
	"neighbourhood": {from: 12, sizes: [len(placeStops)]float64{9, 10.5, 14}, spacing: 0.05, faint: true, halo: 1.4},
}

// placeZooms are the zooms from which places of a class are named.
func placeZooms() map[string]float64 {
	zooms := map[string]float64{}
	for class, look := range placeLooks {
		zooms[class] = look.from
	}
	return zooms
}

// gone is the filter that lets each class of places through up to its zoom; nil lets all through.
func (c *classes) gone() []any {
	if c.input == nil {
		return nil
	}
	filter := []any{"step", []any{"zoom"}, true}
	var hidden []string
	for _, name := range c.names { // the larger go first
		if to := placeLooks[name].to; to > 0 {
			hidden = append(hidden, name)
			filter = append(filter, to, c.not(hidden))
		}
	}
	return filter
}

// placeLayer draws a layer of places: their names, or dots while there is nothing to write with.
func (p *painter) placeLayer(l *Layer, f *from) {
	if l.Polygons {
		p.border(f, ":outline", polygonTypes, borderOf(l.Count))
	}
	p.thin(bandBoundary, l, f, p.theme.boundary)
	name, from, ok := l.label(p.lang)
	if !ok || !p.texts {
		p.dots(l, f, p.theme.place)
		return
	}
	if l.Points {
		p.placeNames(f, l.classesOf(placeClasses, middlePlace), name, float64(from))
	}
}

// placeNames writes the names of the points of f: the larger a place's class the larger, from the
// lower zooms on, and first where two are in each other's way.
func (p *painter) placeNames(f *from, c *classes, name any, zoom float64) {
	l := p.text(f, "", pointTypes, name, zoom, "")
	sizes := []any{}
	for i, stop := range placeStops {
		sizes = append(sizes, stop, c.each(func(class string) any { return placeLooks[class].sizes[i] }))
	}
	l.Layout["text-size"] = byZoom(sizes...)
	l.Layout["text-letter-spacing"] = c.each(func(class string) any { return placeLooks[class].spacing })
	l.Layout["text-max-width"] = 7
	l.Layout["text-padding"] = 6
	l.Layout["symbol-sort-key"] = c.each(func(class string) any { return -c.rankOf(class) })
	l.Paint["text-color"] = c.each(func(class string) any {
		if placeLooks[class].faint {
			return p.theme.placeFaint
		}
		return p.theme.place
	})
	l.Paint["text-halo-width"] = c.each(func(class string) any { return placeLooks[class].halo })
	l.Filter = both(both(l.Filter, c.shown(placeZooms())), c.gone())
	if c.input == nil {
		l.MinZoom = max(zoom, placeLooks[c.middle].from)
	}
	p.add(bandPlace, l)
}
