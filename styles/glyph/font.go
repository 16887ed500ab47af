// Package glyph makes the glyphs that maps write labels with: from the outlines of WOFF fonts to
// signed distance fields in the ranges of 256 characters that MapLibre's "glyphs" URL names.
//
// A [Font] is a list of files, each with the characters that it is for; of several that have one the
// first counts. So one font writes Latin and Chinese. A file is read when the first range needs it and
// then kept.
//
// The format of a range is glyphs.proto of Mapbox's node-fontnik: 24 pixels an em, 3 pixels around each
// glyph, and the distances of [hutong/styles/sdf] with MapLibre's radius. The place of a pixel is exact,
// so nothing is lost by a glyph's place and size being whole pixels.
//
// A Font may be used from any goroutine.
package glyph

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"hutong/styles/sdf"
)

// Regular is the name of the font that our styles write with: Noto Sans and Noto Sans SC.
const Regular = "Noto Sans Regular"

const (
	// Em is the size of the glyphs, in pixels.
	Em = 24
	// Buffer is the pixels on each side of a glyph.
	Buffer = 3
	// RangeSize is how many characters a range has.
	RangeSize = 256
	// LastRange is the first character of the last range.
	LastRange = 0xFF00

	// ascent is how far the baseline is below the line that a glyph's top is measured from, in pixels:
	// Noto Sans' ascender, 1.069 em. The same for all files, so that they share a baseline.
	ascent = 26
	// maxExtent is the most pixels that a glyph may have in a direction; an em is 24.
	maxExtent = 255
	// tolerance is how far, in pixels, a curve and what we measure from may be apart.
	tolerance = 0.005
)

// File is a font file and what it is for.
type File struct {
	// Spans are the characters that it is for; it may have fewer.
	Spans []Span
	// Read returns the WOFF 1.0 file. It is called once.
	Read func() ([]byte, error)
}

// Font is a font of several files.
type Font struct {
	name  string
	files []*source
}

// source is a file that is opened once.
type source struct {
	File
	open func() (*sfnt.Font, error)
}

// New returns the font of files, by the name under which styles ask for it. Nothing is read yet.
func New(name string, files []File) *Font {
	f := &Font{name: name}
	for _, file := range files {
		f.files = append(f.files, &source{file, sync.OnceValues(func() (*sfnt.Font, error) {
			packed, err := file.Read()
			if err != nil {
				return nil, err
			}
			plain, err := DecodeWOFF(packed)
			if err != nil {
				return nil, err
			}
			return sfnt.Parse(plain)
		})})
	}
	return f
}

// Name returns the font's name.
func (f *Font) Name() string { return f.name }

// Range returns the glyphs of the 256 characters from first on, as a message of glyphs.proto. A
// character that no file has is not in it. Making one takes up to 90 ms. The error is that
// a file cannot be read.
func (f *Font) Range(first rune) ([]byte, error) {
	var glyphs [RangeSize]*glyph
	for _, s := range f.files {
		if err := s.fill(&glyphs, first); err != nil {
			return nil, fmt.Errorf("glyph: %s: %w", f.name, err)
		}
	}
	return encode(f.name, first, &glyphs), nil
}

// fill puts those of the file's glyphs in a range that it has no glyph of yet.
func (s *source) fill(glyphs *[RangeSize]*glyph, first rune) error {
	var buf sfnt.Buffer
	for _, span := range s.Spans {
		for r := max(span.First, first); r <= min(span.Last, first+RangeSize-1); r++ {
			if glyphs[r-first] != nil {
				continue
			}
			f, err := s.open()
			if err != nil {
				return err
			}
			g, err := draw(f, &buf, r)
			if err != nil {
				return fmt.Errorf("%U: %w", r, err)
			}
			glyphs[r-first] = g
		}
	}
	return nil
}

// glyph is one glyph as a range has it; sizes are in pixels.
type glyph struct {
	bitmap        []byte // (width + 2·Buffer) × (height + 2·Buffer)
	width, height int
	left, top     int // of the glyph's box from where it is written, up above 0
	advance       int
}

// errTooLarge says that a glyph is larger than any that somebody would write on a map.
var errTooLarge = errors.New("the glyph is too large")

// draw returns the glyph of r, or nil if f has none.
func draw(f *sfnt.Font, buf *sfnt.Buffer, r rune) (*glyph, error) {
	index, err := f.GlyphIndex(buf, r)
	if err != nil || index == 0 {
		return nil, err
	}
	// A font of one unit a pixel has its outlines unrounded.
	units := fixed.I(int(f.UnitsPerEm()))
	scale := Em / float64(f.UnitsPerEm())
	advance, err := f.GlyphAdvance(buf, index, units, font.HintingNone)
	if err != nil {
		return nil, err
	}
	segments, err := f.LoadGlyph(buf, index, units, nil)
	if err != nil {
		return nil, err
	}
	g := &glyph{advance: int(math.Round(float64(advance) / 64 * scale))}
	err = g.render(trace(segments, scale))
	return g, err
}

// trace returns segments as an outline in pixels, with the baseline at y 0.
func trace(segments sfnt.Segments, scale float64) *sdf.Outline {
	o := sdf.New(tolerance)
	point := func(p fixed.Point26_6) sdf.Point {
		return sdf.Point{X: float64(p.X) / 64 * scale, Y: float64(p.Y) / 64 * scale}
	}
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			o.MoveTo(point(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			o.LineTo(point(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			o.QuadTo(point(s.Args[0]), point(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			o.CubeTo(point(s.Args[0]), point(s.Args[1]), point(s.Args[2]))
		}
	}
	return o
}

// render draws o, in whole pixels around its box.
func (g *glyph) render(o *sdf.Outline) error {
	lo, hi, ok := o.Bounds()
	if !ok { // a space
		g.top = -ascent
	} else {
		left, top := int(math.Floor(lo.X)), int(math.Floor(lo.Y))
		g.width, g.height = int(math.Ceil(hi.X))-left, int(math.Ceil(hi.Y))-top
		g.left, g.top = left, -top-ascent
	}
	if g.width > maxExtent || g.height > maxExtent {
		return errTooLarge
	}
	g.bitmap = o.Field(sdf.Frame{
		Width: g.width + 2*Buffer, Height: g.height + 2*Buffer, Scale: 1,
		X: float64(Buffer - g.left), Y: float64(Buffer + g.top + ascent),
		Radius: sdf.Radius8, Cutoff: sdf.Cutoff,
	})
	return nil
}
