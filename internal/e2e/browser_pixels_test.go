package e2e

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"
)

// checkPixels: the map with points on it differs from the empty one where the points are, and the
// empty one is empty. Only the part of the window that nothing lies over is looked at.
func checkPixels(t *testing.T, withPoints, withoutPoints string, points int) {
	t.Helper()
	full, empty := readPNG(t, withPoints), readPNG(t, withoutPoints)
	if full.Bounds() != empty.Bounds() {
		t.Fatalf("got screenshots of %v and %v, want the same size", full.Bounds(), empty.Bounds())
	}
	// Left is the panel with its shadow, right are the buttons, below the scale and the attribution.
	open := full.Bounds()
	open.Min.X += 370
	open.Max.X -= 96
	open.Max.Y -= 60
	ground := empty.At(open.Min.X+open.Dx()/2, open.Min.Y+open.Dy()/2)
	differ, stained := 0, 0
	for y := open.Min.Y; y < open.Max.Y; y++ {
		for x := open.Min.X; x < open.Max.X; x++ {
			if distance(full.At(x, y), empty.At(x, y)) > 24 {
				differ++
			}
			if distance(empty.At(x, y), ground) > 0 {
				stained++
			}
		}
	}
	if stained > 0 {
		t.Errorf("got %d pixels that are not ground on the empty map, want none", stained)
	}
	// A point of zoom 13 covers some twenty pixels; where it is dense they cover one another.
	if least := 3 * points; differ < least {
		t.Errorf("got %d of %d pixels that differ from an empty map, want at least %d for %d points",
			differ, open.Dx()*open.Dy(), least, points)
	}
	t.Logf("%d of %d pixels differ from an empty map, for %d points", differ, open.Dx()*open.Dy(), points)
}

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	img, err := png.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return img
}

// distance is the largest difference of two colours' channels, 0…255.
func distance(a, b color.Color) int {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	d := 0
	for _, c := range [][2]uint32{{ar, br}, {ag, bg}, {ab, bb}} {
		d = max(d, int(c[0]>>8)-int(c[1]>>8), int(c[1]>>8)-int(c[0]>>8))
	}
	return d
}
