package styles

const (
	// backgroundID cannot be mistaken for a layer's name, which holds no ':'.
	backgroundID     = "hutong:ground"
	backgroundColour = "#f5f4f0"
)

// palette holds the fills of layers, in the order in which they are handed out. All but the last are
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

// rims are the strokes: layers beyond the palette start again with a dark rim.
var rims = [...]string{"#ffffff", "#000000"}

// circle returns the paint of layer number i, 0 being the undermost. Below zoom 13 points are small,
// rimless and let each other through, so that density shows; from there on they grow and get a rim,
// so that single ones can be told apart and hit with a finger. The undermost layer usually has the
// most features by far; the others are drawn somewhat larger and denser, or they would drown in it.
func circle(i int) map[string]any {
	radius := byZoom(7, 1.1, 11, 1.7, 13, 2.7, 15, 4.6, 17, 7, 20, 11)
	opacity := byZoom(7, 0.35, 11, 0.42, 13, 0.6, 15, 0.85, 17, 0.9)
	if i > 0 {
		radius = byZoom(7, 1.3, 11, 2.1, 13, 3.3, 15, 5.2, 17, 7.4, 20, 11)
		opacity = byZoom(7, 0.6, 11, 0.7, 13, 0.85, 15, 0.9)
	}
	return map[string]any{
		"circle-color":          palette[i%len(palette)],
		"circle-radius":         radius,
		"circle-opacity":        opacity,
		"circle-stroke-color":   rims[i/len(palette)%len(rims)],
		"circle-stroke-width":   byZoom(12.5, 0, 14, 0.6, 17, 1.4),
		"circle-stroke-opacity": byZoom(12.5, 0, 14, 0.9),
	}
}

// byZoom is the expression that interpolates linearly between stops: zoom, value, zoom, value and so on.
func byZoom(stops ...float64) []any {
	expr := []any{"interpolate", []any{"linear"}, []any{"zoom"}}
	for _, s := range stops {
		expr = append(expr, s)
	}
	return expr
}
