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

// linear undoes the sRGB transfer of a colour such as "#0072b2".
func linear(t *testing.T, hex string) rgb {
	t.Helper()
	var n [3]int
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &n[0], &n[1], &n[2]); err != nil {
		t.Fatalf("colour %q: %v", hex, err)
	}
	var out rgb
	for i, c := range n {
		s := float64(c) / 255
		if s <= 0.04045 {
			out[i] = s / 12.92
		} else {
			out[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return out
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
