package styles

import (
	"fmt"
	"math"
	"testing"
)

// rgb is a colour in linear light, 0…1.
type rgb [3]float64

// vision is a matrix over linear light that shows what a reader of that kind sees, after Machado,
// Oliveira and Fernandes (2009), severity 1.
type vision struct {
	name   string
	matrix [3][3]float64
}

var visions = []vision{
	{"trichromat", [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
	{"protanope", [3][3]float64{
		{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998},
	}},
	{"deuteranope", [3][3]float64{
		{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881},
	}},
	{"tritanope", [3][3]float64{
		{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900},
	}},
}

// themes are the themes by name.
var themes = map[string]*theme{"light": &light, "dark": &dark}

// TestPaletteDistinct: any two fills, that of other values among them, and any fill and the ground, lie
// at least minDelta apart in CIELAB (ΔE 1976; about 2.3 is just noticeable) for every kind of reader.
func TestPaletteDistinct(t *testing.T) {
	t.Parallel()
	const minDelta = 11
	for name, theme := range themes {
		colours := append([]string{theme.ground, theme.other}, theme.palette[:]...)
		for _, v := range visions {
			for i, a := range colours {
				for _, b := range colours[:i] {
					if got := delta(v.lab(linear(t, a)), v.lab(linear(t, b))); got < minDelta {
						t.Errorf("%s: %s: %s and %s: got ΔE %.1f, want at least %d", name, v.name, a, b, got, minDelta)
					}
				}
			}
		}
	}
}

// TestRampOrdered: classes of numbers can be told from their neighbours and from the ground by every
// kind of reader, and grow darker on a light ground and lighter on a dark one, step by step.
func TestRampOrdered(t *testing.T) {
	t.Parallel()
	const minStep, minGround = 8, 25
	for name, theme := range themes {
		for _, v := range visions {
			ground := v.lab(linear(t, theme.ground))
			for i, hex := range theme.ramp {
				c := v.lab(linear(t, hex))
				if got := delta(c, ground); got < minGround {
					t.Errorf("%s: %s: %s on the ground: got ΔE %.1f, want at least %d", name, v.name, hex, got, minGround)
				}
				if i == 0 {
					continue
				}
				before := v.lab(linear(t, theme.ramp[i-1]))
				if got := delta(c, before); got < minStep {
					t.Errorf("%s: %s: %s after %s: got ΔE %.1f, want at least %d", name, v.name, hex, theme.ramp[i-1], got, minStep)
				}
				if (c[0] < before[0]) != (ground[0] > 50) {
					t.Errorf("%s: %s: %s after %s: got lightness %.0f after %.0f", name, v.name, hex, theme.ramp[i-1], c[0], before[0])
				}
			}
		}
	}
}

// TestFillsShowAndLetThrough: at every zoom a fill can be told from the ground by every kind of
// reader, its outline from the fill, and what lies under it shows more than half.
func TestFillsShowAndLetThrough(t *testing.T) {
	t.Parallel()
	const (
		minFill    = 4 // ΔE, over an area; just noticeable is 2.3
		minOutline = 11
	)
	for i := 1; i < len(fillOpacity); i += 2 {
		opacity := fillOpacity[i]
		if opacity > 0.5 {
			t.Errorf("zoom %v: got opacity %v, want at most a half", fillOpacity[i-1], opacity)
		}
		for name, theme := range themes {
			ground := linear(t, theme.ground)
			for _, hex := range theme.palette {
				c := linear(t, hex)
				inside := blend(ground, c, opacity)
				for _, v := range visions {
					if got := delta(v.lab(inside), v.lab(ground)); got < minFill {
						t.Errorf("%s: %s: fill %s at %v on the ground: got ΔE %.1f, want at least %v", name, v.name, hex, opacity, got, minFill)
					}
					edge := blend(inside, c, 0.9) // from zoom 13 on
					if got := delta(v.lab(edge), v.lab(inside)); got < minOutline {
						t.Errorf("%s: %s: outline %s on its fill at %v: got ΔE %.1f, want at least %v", name, v.name, hex, opacity, got, minOutline)
					}
				}
			}
		}
	}
}

// TestHexesInOrder: hexagons can be told from the ground, and classes of them from their neighbours, by every
// kind of reader, and are in order by lightness alone.
func TestHexesInOrder(t *testing.T) {
	t.Parallel()
	const minGround, minStep = 15, 7
	for name, theme := range themes {
		ground := linear(t, theme.ground)
		for _, v := range visions {
			var before [3]float64
			for i, hex := range theme.ramp {
				share := float64(i) / float64(len(theme.ramp)-1)
				c := v.lab(blend(ground, linear(t, hex), hexOpacityOf(share)))
				if got := delta(c, v.lab(ground)); got < minGround {
					t.Errorf("%s: %s: class %d on the ground: got ΔE %.1f, want at least %d", name, v.name, i, got, minGround)
				}
				if i > 0 {
					if got := delta(c, before); got < minStep {
						t.Errorf("%s: %s: class %d after the one before: got ΔE %.1f, want at least %d", name, v.name, i, got, minStep)
					}
					if (c[0] < before[0]) != (luminance(rgbOf(theme.ground)) > 0.5) {
						t.Errorf("%s: %s: class %d: got lightness %.0f after %.0f", name, v.name, i, c[0], before[0])
					}
				}
				before = c
			}
		}
	}
}

// TestHotSpotsShow: on both grounds the bins are the colours that they must be, can be told from the ground
// and from each other by every kind of reader, and their strokes stand out from them by the ratio that
// WCAG 2.2 asks of what is no text.
func TestHotSpotsShow(t *testing.T) {
	t.Parallel()
	const minGround, minOther, minStroke = 18, 8, 4
	var got []string
	for _, b := range bins {
		got = append(got, b.colour)
	}
	if want := "[#2166ac #4393c3 #92c5de #f7f7f7 #f4a582 #d6604d #b2182b]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	for name, theme := range themes {
		ground := linear(t, theme.ground)
		for _, v := range visions {
			for i, b := range bins {
				c := blend(ground, linear(t, b.colour), b.opacity)
				if got := delta(v.lab(c), v.lab(ground)); b.shape != "" && got < minGround {
					t.Errorf("%s: %s: %s on the ground: got ΔE %.1f, want at least %d", name, v.name, b.colour, got, minGround)
				}
				for _, other := range bins[:i] {
					if got := delta(v.lab(c), v.lab(blend(ground, linear(t, other.colour), other.opacity))); got < minOther {
						t.Errorf("%s: %s: %s and %s: got ΔE %.1f, want at least %d", name, v.name, b.colour, other.colour, got, minOther)
					}
				}
			}
		}
		for i, b := range bins {
			for _, under := range []string{theme.ground, theme.land, theme.park, theme.water, theme.roads["street"].fill} {
				c := mix(rgbOf(under), rgbOf(b.colour), b.opacity)
				if got := contrast(luminance(rgbOf(theme.inkOf(i))), luminance(c)); b.shape != "" && got < minStroke {
					t.Errorf("%s: strokes on %s over %s: got contrast %.1f, want at least %d", name, b.colour, under, got, minStroke)
				}
			}
			if hot, cold := theme.inkOf(i), theme.inkOf(len(bins)-1-i); hot != cold {
				t.Errorf("%s: strokes on %s are %s, and %s on the other side", name, b.colour, hot, cold)
			}
		}
	}
}

// TestNumbersOfClustersCanBeRead: by the ratio that WCAG 2.2 asks of small texts.
func TestNumbersOfClustersCanBeRead(t *testing.T) {
	t.Parallel()
	for name, theme := range themes {
		for _, hex := range theme.ramp {
			if got := contrast(luminance(rgbOf(inkOn(hex))), luminance(rgbOf(hex))); got < 4.5 {
				t.Errorf("%s: numbers on %s: got contrast %.1f, want at least 4.5", name, hex, got)
			}
		}
	}
}

// TestGroundIsQuiet: what people find their way by is so near the paper that no data drowns in it:
// every colour of data stands out from every area of the ground.
func TestGroundIsQuiet(t *testing.T) {
	t.Parallel()
	const minData = 11
	for name, theme := range themes {
		areas := []string{theme.land, theme.park, theme.water, theme.building, theme.sand}
		for _, hex := range theme.parcels {
			areas = append(areas, hex)
		}
		for _, look := range theme.roads {
			areas = append(areas, look.fill)
		}
		for _, area := range areas {
			for _, hex := range theme.palette {
				for _, v := range visions {
					if got := delta(v.lab(linear(t, area)), v.lab(linear(t, hex))); got < minData {
						t.Errorf("%s: %s: %s on %s: got ΔE %.1f, want at least %d", name, v.name, hex, area, got, minData)
					}
				}
			}
		}
	}
}

// TestTextsCanBeRead: names stand out from what surrounds them by the ratio that WCAG 2.2 asks of
// large texts, the names of places by that of small ones.
func TestTextsCanBeRead(t *testing.T) {
	t.Parallel()
	for name, theme := range themes {
		for hex, want := range map[string]float64{
			theme.place: 7, theme.placeFaint: 4.5, theme.street: 3, theme.waterName: 3, theme.parkName: 3,
		} {
			if got := contrast(luminance(rgbOf(hex)), luminance(rgbOf(theme.halo))); got < want {
				t.Errorf("%s: text %s: got contrast %.1f, want at least %v", name, hex, got, want)
			}
		}
	}
}

// TestFit: an owner's colour is kept where it can be seen, and moved where it cannot.
func TestFit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		theme     *theme
		hex, want string
	}{
		{&light, "#0072b2", "#0072b2"},
		{&dark, "#0072b2", "#4a9df8"}, // the same place of the palette
		{&light, "#123456", "#123456"},
		{&light, "#ABCDEF", ""},
		{&dark, "#123456", ""},
		{&dark, "#000000", ""},
		{&light, "#ffffff", ""},
	} {
		got := tt.theme.fit(tt.hex)
		if tt.want != "" && got != tt.want {
			t.Errorf("fit(%s): got %s, want %s", tt.hex, got, tt.want)
		}
		if c := contrast(luminance(rgbOf(got)), luminance(rgbOf(tt.theme.ground))); !isColour(got) || c < tt.theme.contrast {
			t.Errorf("fit(%s): got %s with contrast %.1f, want at least %v", tt.hex, got, c, tt.theme.contrast)
		}
	}
}

// blend lays c over under with an opacity as browsers do, in sRGB.
func blend(under, c rgb, opacity float64) rgb {
	var out rgb
	for i := range out {
		out[i] = fromSRGB(toSRGB(under[i])*(1-opacity) + toSRGB(c[i])*opacity)
	}
	return out
}

// linear undoes the sRGB transfer of a colour such as "#0072b2".
func linear(t *testing.T, hex string) rgb {
	t.Helper()
	var n [3]int
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &n[0], &n[1], &n[2]); err != nil {
		t.Fatalf("colour %q: %v", hex, err)
	}
	var out rgb
	for i, c := range n {
		out[i] = fromSRGB(float64(c) / 255)
	}
	return out
}

func fromSRGB(s float64) float64 {
	if s <= 0.04045 {
		return s / 12.92
	}
	return math.Pow((s+0.055)/1.055, 2.4)
}

func toSRGB(l float64) float64 {
	if l <= 0.0031308 {
		return l * 12.92
	}
	return 1.055*math.Pow(l, 1/2.4) - 0.055
}

// lab returns what v makes of c, as CIELAB under D65.
func (v vision) lab(c rgb) [3]float64 {
	var s rgb
	for i, row := range v.matrix {
		s[i] = min(max(row[0]*c[0]+row[1]*c[1]+row[2]*c[2], 0), 1)
	}
	x := (0.4124564*s[0] + 0.3575761*s[1] + 0.1804375*s[2]) / 0.95047
	y := 0.2126729*s[0] + 0.7151522*s[1] + 0.0721750*s[2]
	z := (0.0193339*s[0] + 0.1191920*s[1] + 0.9503041*s[2]) / 1.08883
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	return [3]float64{116*f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))}
}

func delta(a, b [3]float64) float64 {
	return math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
}
