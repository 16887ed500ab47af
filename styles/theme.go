package styles

import (
	"math"
	"strconv"
	"strings"
)

// theme is all colours of a style.
type theme struct {
	// The ground, from the paper up.
	ground, land, parcelLine, park, wood, water, waterLine, building, buildingLine, sand string
	parcels                                                                              map[string]string // by class
	roads                                                                                map[string]roadLook
	rail, railGap, boundary                                                              string
	// Texts, and what they stand out from the map with.
	place, placeFaint, street, waterName, parkName, halo string
	// Data: the colours of categories in the order in which they are handed out, that of all others,
	// and those of classes of numbers, the lowest first.
	palette [8]string
	other   string
	ramp    [6]string
	// rim parts points from each other and from the ground; ink draws icons on them.
	rim, ink string
	// heat is the colours of the glow of very many points, by how dense they are, 0…1.
	heat []heatStop
	// contrast is the least that a colour chosen by an owner may have against the ground (WCAG 2.2).
	contrast float64
}

// heatStop is the colour of the glow at a density.
type heatStop struct {
	at     float64
	colour string
}

// roadLook is the colours of a class of roads.
type roadLook struct{ fill, casing string }

// light is a paper map: a warm ground, on which only data are strong. The palette is, but for its last
// colour, from Okabe and Ito's set (2008) for colour-blind readers, without its yellow, which is lost
// on a light ground, and with the black lifted a little; the last is the wine of Paul Tol's muted set.
// palette_test.go shows that every pair differs for the three common kinds of colour blindness.
var light = theme{
	ground: "#f5f2ea", land: "#efebe0", parcelLine: "#e2dccf", park: "#d3e3c1", wood: "#dce8cf", water: "#b5d2de",
	waterLine: "#a0c5d6", building: "#e3dccf", buildingLine: "#d2c9ba", sand: "#f0e6cb",
	parcels: map[string]string{
		"residential": "#f1ece1", "commercial": "#f3e8da", "industrial": "#e9e6e0", "civic": "#ece7ec", "farm": "#edf0dd",
	},
	roads: map[string]roadLook{
		"motorway": {"#f5d49f", "#d8ab6b"}, "ring": {"#f8e1b5", "#dabb84"}, "avenue": {"#fffdf7", "#cfc5b2"},
		"street": {"#ffffff", "#dcd4c5"}, "lane": {"#ffffff", "#e1dacc"}, "path": {"#d5ccbb", ""},
	},
	rail: "#a39ca8", railGap: "#f5f2ea", boundary: "#9d8ba6",
	place: "#3d3a36", placeFaint: "#6f675d", street: "#7a7166", waterName: "#4a7c97", parkName: "#587a47", halo: "#fbf9f3",
	palette: [8]string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#22262b", "#882255"},
	other:   "#b9b0a6",
	ramp:    [6]string{"#dcb80c", "#7fb83e", "#2b9c80", "#2a728c", "#40407f", "#3b0a4a"},
	rim:     "#ffffff", ink: "#ffffff", contrast: 1.9,
	heat: []heatStop{
		{0, "rgba(236,176,104,0)"},
		{0.08, "rgba(236,180,112,0.16)"},
		{0.35, "rgba(232,160,92,0.34)"},
		{0.7, "rgba(220,124,76,0.44)"},
		{1, "rgba(196,84,72,0.5)"},
	},
}

// dark is the same map at night: a deep slate, on which data shine. Its palette is that of light lifted
// to its ground, in the same order.
var dark = theme{
	ground: "#12161d", land: "#161b23", parcelLine: "#222935", park: "#17281f", wood: "#14211c", water: "#0f2434",
	waterLine: "#17354a", building: "#1f2530", buildingLine: "#2a323e", sand: "#24231d",
	parcels: map[string]string{
		"residential": "#181d26", "commercial": "#1d1d26", "industrial": "#191e25", "civic": "#1c1e2a", "farm": "#17211f",
	},
	roads: map[string]roadLook{
		"motorway": {"#5b4a33", "#0d1015"}, "ring": {"#4b4436", "#0d1015"}, "avenue": {"#373d49", "#0d1015"},
		"street": {"#2b313c", "#0f1319"}, "lane": {"#252b35", "#10141a"}, "path": {"#2a313c", ""},
	},
	rail: "#4c5262", railGap: "#12161d", boundary: "#75698c",
	place: "#d3d7de", placeFaint: "#98a0ad", street: "#818a98", waterName: "#6698b8", parkName: "#6b9a7d", halo: "#0f1318",
	palette: [8]string{"#4a9df8", "#ff7043", "#2fd6a2", "#e28cc6", "#f8d348", "#99d4ff", "#f4f1e8", "#c05e63"},
	other:   "#78818f",
	ramp:    [6]string{"#6468cc", "#3d8fc6", "#1fab93", "#5fc95a", "#b3dd3c", "#fff27a"},
	rim:     "#0d1116", ink: "#0d1116", contrast: 3,
	heat: []heatStop{
		{0, "rgba(60,70,120,0)"},
		{0.06, "rgba(70,72,120,0.16)"},
		{0.25, "rgba(140,90,110,0.34)"},
		{0.55, "rgba(230,140,80,0.55)"},
		{0.85, "rgba(255,190,100,0.75)"},
		{1, "rgba(255,236,190,0.85)"},
	},
}

// themeOf returns the colours of a theme.
func themeOf(t Theme) *theme {
	if t == Dark {
		return &dark
	}
	return &light
}

// fit returns a colour that an owner chose as it is shown on the theme's ground: one of the light
// palette is that of this palette, any other is moved towards white or black until it can be seen.
func (t *theme) fit(hex string) string {
	hex = strings.ToLower(hex)
	for i, c := range light.palette {
		if c == hex {
			return t.palette[i]
		}
	}
	away := rgbOf("#ffffff")
	if luminance(rgbOf(t.ground)) > 0.5 {
		away = rgbOf("#000000")
	}
	c, ground := rgbOf(hex), luminance(rgbOf(t.ground))
	for step := 0.0; step < 1; step += 0.1 {
		mixed := mix(c, away, step)
		if contrast(luminance(mixed), ground) >= t.contrast {
			return mixed.hex()
		}
	}
	return away.hex()
}

// colour is red, green and blue as sRGB, 0…1.
type colour [3]float64

// rgbOf reads a colour such as "#0072b2".
func rgbOf(hex string) colour {
	n, _ := strconv.ParseUint(hex[1:], 16, 32) // checked by isColour, or written here
	return colour{float64(n>>16&0xff) / 255, float64(n>>8&0xff) / 255, float64(n&0xff) / 255}
}

func (c colour) hex() string {
	n := uint64(1) << 24
	for i, v := range c {
		n |= uint64(math.Round(v*255)) << (16 - 8*i)
	}
	return "#" + strconv.FormatUint(n, 16)[1:]
}

// mix is a with a share of b, 0…1.
func mix(a, b colour, share float64) colour {
	for i := range a {
		a[i] += (b[i] - a[i]) * share
	}
	return a
}

// luminance is WCAG's relative luminance, 0…1.
func luminance(c colour) float64 {
	var l [3]float64
	for i, s := range c {
		if s <= 0.04045 {
			l[i] = s / 12.92
		} else {
			l[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}

// contrast is WCAG's contrast of two luminances, 1…21.
func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }
