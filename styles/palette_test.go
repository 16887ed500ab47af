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

// TestPaletteDistinct: any two fills, and any fill and the ground, lie at least minDelta apart in
// CIELAB (ΔE 1976; about 2.3 is just noticeable) for every kind of reader.
func TestPaletteDistinct(t *testing.T) {
	t.Parallel()
	const minDelta = 11
	colours := append([]string{backgroundColour}, palette[:]...)
	for _, v := range visions {
		for i, a := range colours {
			for _, b := range colours[:i] {
				got := delta(v.lab(linear(t, a)), v.lab(linear(t, b)))
				if got < minDelta {
					t.Errorf("%s: %s and %s: got ΔE %.1f, want at least %d", v.name, a, b, got, minDelta)
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
	ground := linear(t, backgroundColour)
	for i := 1; i < len(fillOpacity); i += 2 {
		opacity := fillOpacity[i]
		if opacity > 0.5 {
			t.Errorf("zoom %v: got opacity %v, want at most a half", fillOpacity[i-1], opacity)
		}
		for _, hex := range palette {
			c := linear(t, hex)
			inside := blend(ground, c, opacity)
			for _, v := range visions {
				if got := delta(v.lab(inside), v.lab(ground)); got < minFill {
					t.Errorf("%s: fill %s at %v on the ground: got ΔE %.1f, want at least %v", v.name, hex, opacity, got, minFill)
				}
				edge := blend(inside, c, 0.9) // from zoom 13 on
				if got := delta(v.lab(edge), v.lab(inside)); got < minOutline {
					t.Errorf("%s: outline %s on its fill at %v: got ΔE %.1f, want at least %v", v.name, hex, opacity, got, minOutline)
				}
			}
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
