package styles

// The values of the expression geometry-type. Renderers differ in whether a multi has a type of its
// own, so both are named.
var (
	pointTypes   = []string{"Point", "MultiPoint"}
	lineTypes    = []string{"LineString", "MultiLineString"}
	polygonTypes = []string{"Polygon", "MultiPolygon"}
)

// draw returns the style layers of list, the undermost first. Fills let through what they cover, yet
// all of them lie under all outlines, so that an outline keeps its colour.
func draw(list []Layer) []layer {
	var fills, outlines, lines, circles []layer
	for i, l := range list {
		if !l.Points && !l.Lines && !l.Polygons {
			l.Points, l.Lines, l.Polygons = true, true, true
		}
		if l.Polygons {
			fills = append(fills, l.part(":fill", "fill", polygonTypes, fill(i, l.Coverage)))
			outline := l.part(":outline", "line", polygonTypes, outline(i))
			outline.Layout = joined(i)
			outlines = append(outlines, outline)
		}
		if l.Lines {
			line := l.part(":line", "line", lineTypes, line(i))
			line.Layout = joined(i)
			lines = append(lines, line)
		}
		if l.Points {
			circles = append(circles, l.part("", "circle", pointTypes, circle(i, len(circles) == 0)))
		}
	}
	return append(append(append(fills, outlines...), lines...), circles...)
}

// part returns the style layer of l that draws features of the types given, and no others: a circle
// layer would put a circle on each vertex of a polygon, a line layer a line around it.
func (l Layer) part(suffix, kind string, types []string, paint map[string]any) layer {
	name := string(l.Name)
	title := l.Title
	if title == "" {
		title = name
	}
	return layer{
		ID: name + suffix, Type: kind,
		Metadata:    map[string]string{TitleKey: title},
		Source:      name,
		SourceLayer: name,
		Filter:      []any{"match", []any{"geometry-type"}, types, true, false},
		Paint:       paint,
	}
}
