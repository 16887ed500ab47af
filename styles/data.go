package styles

import "hutong/layers/column"

// fillOpacity is that of fills by zoom. It falls as polygons grow from pixels to grounds.
var fillOpacity = []float64{9, 0.4, 12, 0.3, 15, 0.22}

// coverageOpacity is that of the fills of a coverage, which cover everything: districts, wards and
// parishes may lie over each other, and the map under them must still show.
const coverageOpacity float64 = 0.05

// choroplethOpacity is that of the fills of a coverage that is coloured by a number: there the fills
// are what is told.
const choroplethOpacity float64 = 0.5

// dataLayer draws a layer of data by its scheme. Fills let through what they cover, yet all of them
// lie under all outlines, so that an outline keeps its colour.
func (p *painter) dataLayer(l *Layer, f *from, s *scheme) {
	colour := s.colour()
	dash := s.dash()
	if l.Polygons {
		p.add(bandFill, f.part(":fill", "fill", polygonTypes, map[string]any{
			"fill-color": colour, "fill-opacity": fillOpacityOf(l.Schema != nil && l.Schema.Coverage, len(s.classes) > 0),
		}))
		p.add(bandOutline, dashed(f.part(":outline", "line", polygonTypes, map[string]any{
			"line-color": colour, "line-width": byZoom(7, 0.4, 11, 0.8, 13, 1.2, 16, 1.8, 20, 3),
			"line-opacity": byZoom(7, 0.5, 11, 0.75, 13, 0.9),
		}), dash))
	}
	if l.Lines {
		p.add(bandLine, dashed(f.part(":line", "line", lineTypes, map[string]any{
			"line-color": colour, "line-width": byZoom(7, 0.7, 11, 1.3, 13, 2, 15, 3, 17, 5, 20, 9),
			"line-opacity": byZoom(7, 0.7, 13, 0.85, 16, 0.9),
		}), dash))
	}
	if l.Points {
		p.points(l, f, s, colour)
	}
	if p.texts {
		p.dataTexts(l, f)
	}
}

func fillOpacityOf(coverage, numbers bool) any {
	switch {
	case coverage && numbers:
		return choroplethOpacity
	case coverage:
		return coverageOpacity
	}
	return byZoom(plain(fillOpacity)...)
}

// dataTexts writes the names of features of data, and beside points their numbers.
func (p *painter) dataTexts(l *Layer, f *from) {
	name, from, named := l.label(p.lang)
	if l.Points {
		p.pointText(l, f)
	}
	if !named {
		return
	}
	if l.Polygons {
		text := p.areaText(f, name, max(float64(from), 10), p.theme.placeFaint)
		text.ID = f.id + ":label-area"
		p.add(bandText, text)
	}
	if l.Lines {
		p.add(bandText, p.lineText(f, ":label-line", name, max(float64(from), 14), p.theme.placeFaint))
	}
}

// pointText writes beside points the number that the layer is about, and under it, or alone where
// there is none, the point's name, each once there is room for it.
func (p *painter) pointText(l *Layer, f *from) {
	d := l.density()
	var number stops
	if from, ok := l.has(l.Drawing.Number, column.Int, column.Float); ok {
		number = stops{{max(from, d.numberZoom), numberText(l)}}
	}
	text := number.with(l.names(p.lang).since(d.nameZoom), func(number, name any) any {
		return []any{
			"case",
			[]any{"has", l.Drawing.Number},
			[]any{"format", number, map[string]any{}, "\n", map[string]any{}, name, map[string]any{"font-scale": 0.82}},
			name,
		}
	})
	if text == nil {
		return
	}
	zoom := text.from()
	t := p.text(f, ":label", pointTypes, text.expr(), float64(zoom), p.theme.place)
	t.Layout["text-size"] = byZoom(10, 11, 18, 14)
	t.Layout["text-variable-anchor"] = []string{"left", "right", "top", "bottom"}
	t.Layout["text-radial-offset"] = 0.9
	t.Layout["text-justify"] = "auto"
	t.Layout["text-max-width"] = 9
	if top := l.onTop(zoom); top != nil {
		t.Layout["symbol-sort-key"] = []any{"-", 0, top}
	}
	p.add(bandText, t)
}

// numberText is a layer's number as it is written on the map: with one decimal at most and its unit,
// nothing where there is none. A unit stands in the drawing or, where sensors measure many things, in a
// field called unit, of the features that have it in their tile.
func numberText(l *Layer) []any {
	field := l.Drawing.Number
	number := []any{"number-format", []any{"to-number", get(field)}, map[string]any{"locale": "en", "max-fraction-digits": 1}}
	if unit := l.Drawing.Fields[field].Unit; unit != "" {
		number = []any{"concat", number, "\u00a0" + unit}
	} else if from, ok := l.has("unit", column.String); ok && from == 0 {
		number = []any{"concat", number, []any{"case", []any{"has", "unit"}, []any{"concat", "\u00a0", get("unit")}, ""}}
	}
	return []any{"case", []any{"has", field}, number, ""}
}
