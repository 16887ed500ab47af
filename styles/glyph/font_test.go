package glyph

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"golang.org/x/image/font/sfnt"

	"hutong/internal/testkit"
	"hutong/styles/sdf"
)

func rangeOf(t *testing.T, f *Font, first rune) map[rune]parsed {
	t.Helper()
	message, err := f.Range(first)
	if err != nil {
		t.Fatal(err)
	}
	name, span, glyphs := parse(t, message)
	if want := fmt.Sprintf("%d-%d", first, first+255); name != f.Name() || span != want {
		t.Errorf("got %q %q, want %q %q", name, span, f.Name(), want)
	}
	for r, g := range glyphs {
		if want := (g.width + 6) * (g.height + 6); r < first || r > first+255 || len(g.bitmap) != want {
			t.Errorf("%U: got %d bytes, want %d", r, len(g.bitmap), want)
			continue
		}
		for i, v := range g.bitmap {
			x, y := i%(g.width+6), i/(g.width+6)
			if (x < Buffer || y < Buffer || x >= g.width+Buffer || y >= g.height+Buffer) && v > 191 {
				t.Errorf("%U: there is ink in the buffer at %d, %d", r, x, y)
			}
		}
	}
	return glyphs
}

// TestNotoSans: every file is a font with something of what it is for, and of each tenth all that it has
// of the first range is drawn. A piece of Noto Sans SC may have less than it is said to.
func TestNotoSans(t *testing.T) {
	t.Parallel()
	total := 0
	for i, f := range notoSans(t) {
		font := New("One", []File{f})
		opened, err := font.files[0].open()
		if err != nil {
			t.Errorf("file %d: %v", i, err)
			continue
		}
		var buf sfnt.Buffer
		byRange := map[rune]int{}
		first := rune(-1)
		for _, span := range f.Spans {
			for r := span.First; r <= span.Last; r++ {
				if index, err := opened.GlyphIndex(&buf, r); err != nil || index == 0 {
					continue
				}
				total++
				byRange[r&^255]++
				if first < 0 && r < LastRange+RangeSize {
					first = r &^ 255
				}
			}
		}
		if len(byRange) == 0 {
			t.Errorf("file %d: there is nothing in it", i)
		}
		if first < 0 || i%10 != 0 { // signs beyond the ranges only; drawing takes long
			continue
		}
		if got := len(rangeOf(t, font, first)); got != byRange[first] {
			t.Errorf("file %d: got %d glyphs from U+%X on, want %d", i, got, first, byRange[first])
		}
	}
	if total < 8000 {
		t.Errorf("got %d characters, want those of Chinese", total)
	}
}

// TestRange: metrics are those of the outlines in whole pixels, and the fields those of the shapes.
func TestRange(t *testing.T) {
	t.Parallel()
	f := New("Own", []File{file(t, []Span{{0, 255}}, ' ', 'A', 'B', 'O', 'é')})
	got := rangeOf(t, f, 0)
	want := map[rune]parsed{ // "A" is 1.2 to 12.72 pixels wide and 16.8 high
		' ': {top: -26, advance: 6},
		'A': {width: 12, height: 17, left: 1, top: -9, advance: 14},
		'B': {width: 12, height: 17, left: 1, top: -9, advance: 14},
		'O': {width: 18, height: 15, left: 0, top: -11, advance: 18},
		'é': {width: 11, height: 16, left: -3, top: -16, advance: 12},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(parsed{}), cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().String() == ".bitmap"
	}, cmp.Ignore())); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	if a, b := got['A'].bitmap, got['B'].bitmap; string(a) != string(b) {
		t.Error("a box of two that overlap is not drawn like one")
	}
	box := sdf.New(0.01)
	box.MoveTo(sdf.Point{X: 1.2})
	for _, p := range []sdf.Point{{X: 12.72, Y: 0}, {X: 12.72, Y: -16.8}, {X: 1.2, Y: -16.8}} {
		box.LineTo(p)
	}
	a := box.Field(sdf.Frame{Width: 18, Height: 23, Scale: 1, X: 2, Y: 20, Radius: 8, Cutoff: 0.25})
	for i, v := range got['A'].bitmap {
		if math.Abs(float64(v)-float64(a[i])) > 1 {
			t.Fatalf("pixel %d: got %d, want %d", i, v, a[i])
		}
	}
	var drawn strings.Builder
	for _, r := range " AOé" {
		drawn.WriteString(picture(r, got[r]))
	}
	testkit.Golden(t, "own.txt", drawn.String())
	message, err := f.Range(0)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "own.pbf", string(message))
}

// picture shows a field: the inside as #, a pixel around it as -, the rest of what is there as a dot.
func picture(r rune, g parsed) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%U width %d height %d left %d top %d advance %d\n", r, g.width, g.height, g.left, g.top, g.advance)
	for i, v := range g.bitmap {
		switch {
		case v >= 192:
			b.WriteByte('#')
		case v >= 160:
			b.WriteByte('-')
		case v > 0:
			b.WriteByte('.')
		default:
			b.WriteByte(' ')
		}
		if (i+1)%(g.width+6) == 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// TestFiles: a file is asked for the characters that it is for, and the first that has one counts.
func TestFiles(t *testing.T) {
	t.Parallel()
	never := File{[]Span{{0x4E00, 0x4FFF}}, func() ([]byte, error) { return nil, errors.New("nobody asked for it") }}
	f := New("Own", []File{
		file(t, []Span{{'0', 'B'}, {'a', 'z'}}, 'A', 'O'),
		file(t, []Span{{0, 0x10FFFF}}, ' ', 'B', 'O', 'é'),
		never,
	})
	want := map[rune]bool{' ': true, 'A': true, 'B': true, 'O': true, 'é': true}
	got := map[rune]bool{}
	for r := range rangeOf(t, f, 0) {
		got[r] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("characters (-want +got):\n%s", diff)
	}
	if got := rangeOf(t, f, LastRange); len(got) != 0 {
		t.Errorf("got %d glyphs of the last range, want none", len(got))
	}
	if _, err := f.Range(0x4F00); err == nil || !strings.Contains(err.Error(), "glyph: Own: nobody asked for it") {
		t.Errorf("got error %v, want that of the file", err)
	}
	message, err := New("Nothing", nil).Range(0)
	if err != nil || len(message) == 0 {
		t.Errorf("a font of nothing: got %d bytes and %v, want an empty range", len(message), err)
	}
}

func TestParseSpans(t *testing.T) {
	t.Parallel()
	got, err := ParseSpans([]string{"U+0-FF", "u+131", "U+1f300-1F320"})
	if diff := cmp.Diff([]Span{{0, 255}, {0x131, 0x131}, {0x1F300, 0x1F320}}, got); diff != "" || err != nil {
		t.Errorf("got %v and %s", err, diff)
	}
	for _, bad := range []string{"", "U+", "U+5-1", "U+4??", "U+110000", "U+1-2-3", "U+-1"} {
		if got, err := ParseSpans([]string{bad}); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}

func TestBrokenFonts(t *testing.T) {
	t.Parallel()
	noCmap := ttf('A')
	noCmap["cmap"] = noCmap["cmap"][:4]
	huge := ttf('A')
	huge["head"] = append([]byte(nil), huge["head"]...)
	huge["head"][19], huge["head"][18] = 16, 0 // units an em
	for name, b := range map[string][]byte{"no WOFF": []byte("OTTO"), "no cmap": woffOf(noCmap), "an em of 16 units": woffOf(huge)} {
		f := New("Own", []File{{[]Span{{0, 255}}, func() ([]byte, error) { return b, nil }}})
		if message, err := f.Range(0); err == nil {
			t.Errorf("%s: got %d bytes, want an error", name, len(message))
		}
	}
}

// TestUpstream compares the glyphs of Noto Sans with those that others serve. They cut sizes and
// advances down to whole pixels, take the ascender for 25 pixels and move each outline to a whole
// pixel; ours keep its place.
func TestUpstream(t *testing.T) {
	t.Parallel()
	upstream := testkit.Data(t, "map-assets", "glyphs", "Noto Sans Regular", "0-255.pbf")
	fonts := notoSans(t)
	want := parseFile(t, upstream)
	got := rangeOf(t, New("Noto Sans Regular", fonts), 0)
	within := func(a, b, slack int) bool { return a-b <= slack && b-a <= slack }
	missing := 0
	for r, w := range want {
		g, ok := got[r]
		if !ok {
			missing++
			continue
		}
		if !within(g.advance, w.advance, 1) || !within(g.left, w.left, 1) || !within(g.top, w.top-1, 1) ||
			g.width < w.width-1 || g.width > w.width+2 || g.height < w.height-1 || g.height > w.height+2 {
			t.Errorf("%U: got %s, want about %s", r, picture(r, parsed{advance: g.advance, width: g.width, height: g.height, left: g.left, top: g.top}),
				picture(r, parsed{advance: w.advance, width: w.width, height: w.height, left: w.left, top: w.top}))
		}
		if a, b := ink(g.bitmap), ink(w.bitmap); math.Abs(a-b) > 6+0.1*b {
			t.Errorf("%U: got %.1f pixels of ink, want about %.1f", r, a, b)
		}
	}
	if len(want) < 180 || missing > 3 {
		t.Errorf("%d of %d glyphs are missing", missing, len(want))
	}
}

// ink is about how many pixels of a field are inside.
func ink(field []byte) float64 {
	sum := 0.0
	for _, v := range field {
		sum += min(max((float64(v)-191.25)/32+0.5, 0), 1)
	}
	return sum
}
