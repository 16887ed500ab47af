package sprite

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
	"hutong/styles/sdf"
)

var own = map[string]string{
	"box":           icon("M2 3H12V11H2z"),
	"temaki-gibbon": icon("M3 7a4 4 0 018 0z"),
	"broken":        icon("L1 1"),
}

// decode returns the picture and index of a sheet, both checked against each other.
func decode(t *testing.T, s *Sheet) (image.Image, map[string]place) {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(s.PNG))
	if err != nil {
		t.Fatal(err)
	}
	var index map[string]place
	if err := json.Unmarshal(s.Index, &index); err != nil {
		t.Fatal(err)
	}
	taken := map[image.Point]string{}
	for name, p := range index {
		r := image.Rect(p.X, p.Y, p.X+p.Width, p.Y+p.Height)
		if want := (Size + 2*Buffer) * p.PixelRatio; !r.In(picture.Bounds()) || !p.SDF || p.Width != want || p.Height != want {
			t.Errorf("%s: got %+v in %v", name, p, picture.Bounds())
		}
		if other, ok := taken[r.Min]; ok {
			t.Errorf("%s lies on %s", name, other)
		}
		taken[r.Min] = name
	}
	return picture, index
}

// alpha returns an image's values and that nothing else in it counts.
func alpha(t *testing.T, picture image.Image, p place) []byte {
	t.Helper()
	var out []byte
	for y := range p.Height {
		for x := range p.Width {
			c, ok := color.NRGBAModel.Convert(picture.At(p.X+x, p.Y+y)).(color.NRGBA)
			if !ok || c.R != 0 || c.G != 0 || c.B != 0 {
				t.Fatalf("got the colour %v, want black", c)
			}
			out = append(out, c.A)
		}
	}
	return out
}

func TestSheet(t *testing.T) {
	t.Parallel()
	s := New(own)
	names := s.Chosen([]string{"box", "temaki-gibbon", "no such icon"})
	var text strings.Builder
	for ratio := 1; ratio <= 2; ratio++ {
		sheet, err := s.Sheet(names, ratio)
		if err != nil {
			t.Fatal(err)
		}
		again, err := New(own).Sheet(names, ratio)
		if err != nil || !bytes.Equal(again.PNG, sheet.PNG) || !bytes.Equal(again.Index, sheet.Index) {
			t.Errorf("ratio %d: the same images made another sheet, or %v", ratio, err)
		}
		picture, index := decode(t, sheet)
		sum := sha256.New()
		for _, name := range names {
			field := alpha(t, picture, index[name])
			sum.Write(field)
			if ratio == 1 {
				fmt.Fprintf(&text, "%s\n%s", name, drawing(field))
			}
		}
		if want := drawn(t, own["box"]); ratio == 1 && !bytes.Equal(alpha(t, picture, index["box"]), want) {
			t.Error("the box is not what its SVG draws")
		}
		fmt.Fprintf(&text, "ratio %d: %v, pixels %x\n%s\n", ratio, picture.Bounds(), sum.Sum(nil)[:8], sheet.Index)
	}
	testkit.Golden(t, "sheet.txt", text.String())
}

// drawing shows the inside of a field of ratio 1 as #, a pixel around it as -.
func drawing(field []byte) string {
	var b strings.Builder
	for i, v := range field {
		switch {
		case v >= 192:
			b.WriteByte('#')
		case v >= 160:
			b.WriteByte('-')
		default:
			b.WriteByte('.')
		}
		if (i+1)%(Size+2*Buffer) == 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestNoSheet(t *testing.T) {
	t.Parallel()
	s := New(own)
	tests := []struct {
		names []string
		ratio int
		want  string
	}{
		{[]string{"box"}, 0, "ratio 0"},
		{[]string{"box"}, 5, "ratio 5"},
		{[]string{"box", "nothing"}, 1, `no image "nothing"`},
		{[]string{"shape-box"}, 1, `no image "shape-box"`},
		{[]string{"circle"}, 1, `no image "circle"`},
		{[]string{"broken"}, 1, "sprite: broken: byte"},
	}
	for _, tt := range tests {
		if _, err := s.Sheet(tt.names, tt.ratio); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v at ratio %d: got %v, want an error with %q", tt.names, tt.ratio, err, tt.want)
		}
	}
	empty, err := s.Sheet(nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, index := decode(t, empty); len(index) != 0 {
		t.Errorf("got %v, want nothing", index)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	s := New(own)
	if !slices.IsSorted(s.Names()) || len(s.Names()) != len(shapes)+len(own) || s.Icons() != len(own) {
		t.Errorf("got %v", s.Names())
	}
	for name, want := range map[string]bool{"box": true, "shape-circle": true, "circle": false, "": false, "shape-": false} {
		if s.Has(name) != want {
			t.Errorf("%q: got %t, want %t", name, !want, want)
		}
	}
	bare := New(nil)
	if diff := cmp.Diff(bare.Names(), bare.Chosen([]string{"bus"})); diff != "" || bare.Icons() != 0 {
		t.Errorf("without icons there are our shapes: %s", diff)
	}
}

// TestShapes: no shape leaves the square by more than a pixel, and none looks much larger than others but for strokes, of which
// more are more.
func TestShapes(t *testing.T) {
	t.Parallel()
	fields := map[string]string{}
	for name, draw := range shapes {
		o := sdf.New(tolerance)
		draw(o)
		lo, hi, _ := o.Bounds()
		if min(lo.X, lo.Y) < -0.5 || max(hi.X, hi.Y) > Size+0.5 {
			t.Errorf("%s: got %v to %v, want it in the square", name, lo, hi)
		}
		if math.Abs(lo.X+hi.X-Size) > 0.01 || math.Abs(lo.Y+hi.Y-Size) > 1.5 {
			t.Errorf("%s: got %v to %v, want it in the middle", name, lo, hi)
		}
		least, most := 70.0, 125.0
		if strokes := float64(name[len(name)-1] - '0'); strokes <= 3 { // each as much as the first
			least, most = 22*strokes, 30*strokes
		}
		if a := area(o); a < least || a > most {
			t.Errorf("%s: got an area of %.0f square pixels, want %.0f to %.0f", name, a, least, most)
		}
		field := string(o.Field(frame(1)))
		if other, ok := fields[field]; ok {
			t.Errorf("%s looks like %s", name, other)
		}
		fields[field] = name
	}
}

// area is how many square pixels of its square and the space around it an outline fills.
func area(o *sdf.Outline) float64 {
	inside := 0
	for _, v := range o.Field(frame(4)) {
		if v >= 192 {
			inside++
		}
	}
	return float64(inside) / 16
}

// TestAllIcons: every icon of Maki and Temaki is read, shows something, and leaves the square by no more
// than what there is around it.
func TestAllIcons(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "web", "dist", "icons.json"))
	if err != nil {
		testkit.Missing(t, "web/dist holds no icons: run npm ci && npm run build in web/")
	}
	var icons map[string]string
	if err := json.Unmarshal(text, &icons); err != nil {
		t.Fatal(err)
	}
	if len(icons) != 772 {
		t.Errorf("got %d icons, want Maki's 215 and Temaki's 557", len(icons))
	}
	s := New(icons)
	for name := range icons {
		o, err := s.outline(name)
		if err != nil {
			t.Error(err)
			continue
		}
		lo, hi, _ := o.Bounds()
		if min(lo.X, lo.Y) < -0.51 || max(hi.X, hi.Y) > Size+0.51 {
			t.Errorf("%s: got %v to %v, want it in the square", name, lo, hi)
		}
		if !slices.ContainsFunc(o.Field(frame(1)), func(v byte) bool { return v >= 192 }) {
			t.Errorf("%s: nothing is to be seen", name)
		}
	}
	for _, name := range Common {
		if !s.Has(name) {
			t.Errorf("there is no icon %q", name)
		}
	}
}

func BenchmarkSheet(b *testing.B) {
	s := New(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Sheet(s.Names(), 2); err != nil {
			b.Fatal(err)
		}
	}
}
