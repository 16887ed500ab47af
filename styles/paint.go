package styles

const (
	// backgroundID cannot be mistaken for a layer's name, which holds no ':'.
	backgroundID     = "hutong:ground"
	backgroundColour = "#f5f4f0"
)

// palette holds the colours of layers, in the order in which they are handed out. All but the last are
// from Okabe and Ito's set (2008) for colour-blind readers, without its yellow, which is lost on a
// light ground, and with the black lifted a little; the last is the wine of Paul Tol's muted set.
// palette_test.go shows that every pair differs for the three common kinds of colour blindness.
var palette = [...]string{
	"#0072b2", // blue
	"#d55e00", // vermilion
	"#009e73", // green
	"#cc79a7", // pink
	"#e69f00", // orange
	"#56b4e9", // sky
	"#22262b", // slate
	"#882255", // wine
}

// rims are the strokes of circles: layers beyond the palette start again with a dark rim, as their
// lines start again with dashes.
var rims = [...]string{"#ffffff", "#000000"}

// dashes are those of lines, in widths of the line; nil is solid.
var dashes = [...][]float64{nil, {3, 1.5}}

// circle returns the paint of the points of layer number i. Below zoom 13 points are small, rimless
// and let each other through, so that density shows; from there on they grow and get a rim, so that
// single ones can be told apart and hit with a finger. The undermost layer with points usually has
// the most features by far; the others are drawn somewhat larger and denser, or they would drown in it.
func circle(i int, undermost bool) map[string]any {
	radius := byZoom(7, 1.3, 11, 2.1, 13, 3.3, 15, 5.2, 17, 7.4, 20, 11)
	opacity := byZoom(7, 0.6, 11, 0.7, 13, 0.85, 15, 0.9)
	if undermost {
		radius = byZoom(7, 1.1, 11, 1.7, 13, 2.7, 15, 4.6, 17, 7, 20, 11)
		opacity = byZoom(7, 0.35, 11, 0.42, 13, 0.6, 15, 0.85, 17, 0.9)
	}
	return map[string]any{
		"circle-color":          colour(i),
		"circle-radius":         radius,
		"circle-opacity":        opacity,
		"circle-stroke-color":   rims[i/len(palette)%len(rims)],
		"circle-stroke-width":   byZoom(12.5, 0, 14, 0.6, 17, 1.4),
		"circle-stroke-opacity": byZoom(12.5, 0, 14, 0.9),
	}
}

// line returns the paint of the lines of layer number i: hairlines when a city fits the window, a
// street's width when a street does.
func line(i int) map[string]any {
	return dashed(i, map[string]any{
		"line-color":   colour(i),
		"line-width":   byZoom(7, 0.7, 11, 1.3, 13, 2, 15, 3, 17, 5, 20, 9),
		"line-opacity": byZoom(7, 0.7, 13, 0.85, 16, 0.9),
	})
}

// The opacities of fills by zoom. They fall as polygons grow from pixels to grounds.
var fillOpacity = []float64{9, 0.4, 12, 0.3, 15, 0.22}

// coverageOpacity is that of the fills of a coverage, which cover everything: districts, wards and
// parishes may lie over each other, and the map under them must still show.
const coverageOpacity float64 = 0.05

// fill returns the paint of the inside of the polygons of layer number i. Tiles show a polygon too
// small for its zoom as a square of one pixel, which is all fill.
func fill(i int, coverage bool) map[string]any {
	if coverage {
		return map[string]any{"fill-color": colour(i), "fill-opacity": coverageOpacity}
	}
	return map[string]any{"fill-color": colour(i), "fill-opacity": byZoom(fillOpacity...)}
}

// outline returns the paint of the edges of the polygons of layer number i. It is thin and faint where
// polygons may be squares of a pixel, or it would make each of them three pixels wide.
func outline(i int) map[string]any {
	return dashed(i, map[string]any{
		"line-color":   colour(i),
		"line-width":   byZoom(7, 0.4, 11, 0.8, 13, 1.2, 16, 1.8, 20, 3),
		"line-opacity": byZoom(7, 0.5, 11, 0.75, 13, 0.9),
	})
}

// dashed adds to the paint of a line the dashes of layer number i, if it has any.
func dashed(i int, paint map[string]any) map[string]any {
	if d := dashesOf(i); d != nil {
		paint["line-dasharray"] = d
	}
	return paint
}

// joined returns the layout of the lines of layer number i. Round caps would close the gaps of dashes.
func joined(i int) map[string]any {
	ends := "round"
	if dashesOf(i) != nil {
		ends = "butt"
	}
	return map[string]any{"line-join": "round", "line-cap": ends}
}

func colour(i int) string { return palette[i%len(palette)] }

func dashesOf(i int) []float64 { return dashes[i/len(palette)%len(dashes)] }

// byZoom is the expression that interpolates linearly between stops: zoom, value, zoom, value and so on.
func byZoom(stops ...float64) []any {
	expr := []any{"interpolate", []any{"linear"}, []any{"zoom"}}
	for _, s := range stops {
		expr = append(expr, s)
	}
	return expr
}
