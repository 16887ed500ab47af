package styles

// The zooms from which some of the ground is drawn: below, it would be dust.
const (
	parcelZoom   = 13
	buildingZoom = 14
	dotZoom      = 13 // points of the ground that are no places
)

// groundLayer draws a layer by its role and returns the colour that stands for it in a legend.
func (p *painter) groundLayer(l *Layer, f *from) string {
	t := p.theme
	switch l.Drawing.Role {
	case Parcel:
		p.parcels(l, f)
		return t.parcelLine
	case Park:
		p.plain(bandPark, l, f, l.classesOf(parkClasses, middlePark).each(func(class string) any {
			if class == "wood" {
				return t.wood
			}
			return t.park
		}), t.parkName)
		p.areaName(l, f, t.parkName, 13)
		return t.park
	case Water:
		p.water(l, f)
		return t.water
	case Building:
		p.buildings(l, f)
		return t.building
	case Road:
		p.roadLayer(l, f)
		return t.roads["avenue"].casing
	case Rail:
		p.rails(l, f)
		return t.rail
	case Boundary:
		p.boundaries(l, f)
		return t.boundary
	case Place:
		p.placeLayer(l, f)
		return t.place
	default: // Land
		p.plain(bandLand, l, f, t.land, t.parcelLine)
		return t.land
	}
}

// plain draws areas in a colour, and lines and points, which such a layer hardly has, thinly in
// another.
func (p *painter) plain(b band, l *Layer, f *from, area any, line string) {
	if l.Polygons {
		p.add(b, f.part(":fill", "fill", polygonTypes, map[string]any{"fill-color": area}))
	}
	p.thin(b, l, f, line)
	p.dots(l, f, line)
}

// thin draws the lines of a layer as such, for layers that are not made of lines.
func (p *painter) thin(b band, l *Layer, f *from, colour string) {
	if !l.Lines {
		return
	}
	line := f.part(":line", "line", lineTypes, map[string]any{
		"line-color": colour, "line-width": growing(8, 0.4, 14, 1.2, 18, 3),
	})
	line.Layout = round
	p.add(b, line)
}

// dots draws the points of a layer of the ground that are no places.
func (p *painter) dots(l *Layer, f *from, colour string) {
	if !l.Points {
		return
	}
	dot := f.part("", "circle", pointTypes, map[string]any{
		"circle-color": colour, "circle-radius": byZoom(13, 1.6, 16, 3, 19, 5),
		"circle-stroke-color": p.theme.halo, "circle-stroke-width": 1,
	})
	dot.MinZoom = dotZoom
	p.add(bandBoundary, dot)
}

// round is the layout of solid lines; butt that of dashed ones, whose gaps round caps would close.
var (
	round = map[string]any{"line-join": "round", "line-cap": "round"}
	butt  = map[string]any{"line-join": "round", "line-cap": "butt"}
)

// parcels draws parcels by class, hardly apart from each other, and their borders where they are large.
func (p *painter) parcels(l *Layer, f *from) {
	t, c := p.theme, l.classesOf(parcelClasses, middleParcel)
	if l.Polygons {
		fill := f.part(":fill", "fill", polygonTypes, map[string]any{
			"fill-color":   c.each(func(class string) any { return t.parcels[class] }),
			"fill-opacity": byZoom(parcelZoom, 0, parcelZoom+1, 1),
		})
		fill.MinZoom = parcelZoom
		p.add(bandParcel, fill)
		edge := f.part(":outline", "line", polygonTypes, map[string]any{
			"line-color": t.parcelLine, "line-width": growing(15, 0.5, 18, 1.2), "line-opacity": byZoom(15, 0, 16, 1),
		})
		edge.MinZoom = 15
		p.add(bandParcel, edge)
	}
	p.thin(bandParcel, l, f, t.parcelLine)
	p.dots(l, f, t.parcelLine)
}

// buildings draws blocks with an edge.
func (p *painter) buildings(l *Layer, f *from) {
	if l.Polygons {
		p.blocks(f)
	}
	p.thin(bandBuilding, l, f, p.theme.buildingLine)
	p.dots(l, f, p.theme.buildingLine)
}

// blocks draws the polygons of f as buildings.
func (p *painter) blocks(f *from) {
	fill := f.part(":fill", "fill", polygonTypes, map[string]any{
		"fill-color": p.theme.building, "fill-outline-color": p.theme.buildingLine,
		"fill-opacity": byZoom(buildingZoom, 0, buildingZoom+1, 0.9),
	})
	fill.MinZoom = buildingZoom
	p.add(bandBuilding, fill)
}

// water draws lakes, and rivers and canals as lines where they are such, with their names.
func (p *painter) water(l *Layer, f *from) {
	if l.Polygons {
		p.add(bandWater, f.part(":fill", "fill", polygonTypes, map[string]any{"fill-color": p.theme.water}))
	}
	if l.Lines {
		p.streams(f)
	}
	p.dots(l, f, p.theme.waterName)
	name, from, ok := l.label(p.lang)
	if !ok || !p.texts {
		return
	}
	if l.Polygons {
		p.add(bandName, p.areaText(f, name, max(float64(from), 12), p.theme.waterName))
	}
	if l.Lines {
		p.add(bandName, p.lineText(f, ":label-line", name, max(float64(from), 12), p.theme.waterName))
	}
}

// streams draws the lines of f as water.
func (p *painter) streams(f *from) {
	line := f.part(":line", "line", lineTypes, map[string]any{
		"line-color": p.theme.water, "line-width": growing(8, 0.6, 11, 1.3, 14, 2.6, 18, 9),
	})
	line.Layout = round
	p.add(bandWater, line)
}

// areaName writes the names of the polygons of a layer, from a zoom on.
func (p *painter) areaName(l *Layer, f *from, colour string, zoom float64) {
	if name, from, ok := l.label(p.lang); ok && p.texts && l.Polygons {
		p.add(bandName, p.areaText(f, name, max(float64(from), zoom), colour))
	}
}

// boundaries draws borders, and their names while no layer has places.
func (p *painter) boundaries(l *Layer, f *from) {
	k := borderOf(l.Count)
	if l.Polygons {
		p.border(f, ":outline", polygonTypes, k)
	}
	if l.Lines {
		p.border(f, ":line", lineTypes, k)
	}
	p.dots(l, f, p.theme.boundary)
	if name, from, ok := l.label(p.lang); ok && p.texts && l.Polygons && !p.places {
		text := p.areaText(f, name, max(float64(from), k.zoom+1, 8), p.theme.placeFaint)
		text.Layout["text-padding"] = 40 // an area that tiles cut has its name in each
		p.add(bandPlace, text)
	}
}

// border is how borders are drawn: from a zoom on, how strong, and whether with a band.
type border struct {
	zoom, strength float64
	band           bool
}

// borderOf returns how the borders of a number of areas are drawn: few areas are large ones, whose
// borders show from afar; those of many would be a net over the map, where one looks for streets.
func borderOf(areas int) border {
	switch {
	case areas <= 20:
		return border{strength: 1, band: true}
	case areas <= 100:
		return border{zoom: 10.5, strength: 0.7}
	}
	return border{zoom: 12.5, strength: 0.55}
}

// border draws the lines, or the edges of the polygons, of f as borders.
func (p *painter) border(f *from, suffix string, types []string, k border) {
	if k.band {
		wide := f.part(":casing", "line", types, map[string]any{
			"line-color": p.theme.boundary, "line-width": byZoom(7, 1.5, 12, 4, 16, 7), "line-opacity": byZoom(7, 0.07, 14, 0.06),
		})
		wide.Layout = round
		if suffix == ":line" {
			wide.ID = f.id + ":casing-line" // a layer may have lines and polygons
		}
		p.add(bandBoundary, wide)
	}
	line := f.part(suffix, "line", types, map[string]any{
		"line-color": p.theme.boundary, "line-width": byZoom(7, 0.5, 12, 1, 16, 1.6),
		"line-opacity": byZoom(7, 0.35*k.strength, 12, 0.5*k.strength), "line-dasharray": []float64{4, 3},
	})
	line.Layout, line.MinZoom = butt, k.zoom
	p.add(bandBoundary, line)
}
