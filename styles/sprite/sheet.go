package sprite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"hutong/styles/sdf"
)

// Buffer is the pixels around an image that its distances go on in: room for a halo.
const Buffer = 3

// MaxRatio is the most pixels of a sheet that a pixel of a map may be.
const MaxRatio = 4

// Sheet is a picture of images and where in it they are.
type Sheet struct {
	// Index is JSON: by name x, y, width, height, pixelRatio and sdf.
	Index []byte
	// PNG is the picture. Only its alpha channel counts, the rest is black.
	PNG []byte
}

// place is where an image is, as MapLibre reads it.
type place struct {
	X          int  `json:"x"`
	Y          int  `json:"y"`
	Width      int  `json:"width"`
	Height     int  `json:"height"`
	PixelRatio int  `json:"pixelRatio"`
	SDF        bool `json:"sdf"`
}

// Sheet draws the named images side by side, in rows, each in a square of (Size + 2·Buffer)·ratio
// pixels. Names are in order and each once; ratio is 1 to MaxRatio. It takes about a millisecond an
// image. The error names an image that there is not, or whose SVG cannot be read.
func (s *Set) Sheet(names []string, ratio int) (*Sheet, error) {
	if ratio < 1 || ratio > MaxRatio {
		return nil, fmt.Errorf("sprite: the ratio %d is not 1 to %d", ratio, MaxRatio)
	}
	side := (Size + 2*Buffer) * ratio
	columns := max(1, int(math.Ceil(math.Sqrt(float64(len(names))))))
	rows := max(1, (len(names)+columns-1)/columns)
	picture := image.NewPaletted(image.Rect(0, 0, columns*side, rows*side), alphas())
	index := make(map[string]place, len(names)) // encoding/json sorts it
	for i, name := range names {
		o, err := s.outline(name)
		if err != nil {
			return nil, err
		}
		at := image.Pt(i%columns*side, i/columns*side)
		index[name] = place{at.X, at.Y, side, side, ratio, true}
		field := o.Field(frame(ratio))
		for y := range side {
			copy(picture.Pix[picture.PixOffset(at.X, at.Y+y):], field[y*side:(y+1)*side])
		}
	}
	var sheet Sheet
	var err error
	if sheet.Index, err = json.MarshalIndent(index, "", " "); err != nil {
		return nil, fmt.Errorf("sprite: %w", err)
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("sprite: %w", err)
	}
	sheet.PNG = out.Bytes()
	return &sheet, nil
}

// frame is how an image is drawn for ratio. The shader's 8 pixels are pixels of the map.
func frame(ratio int) sdf.Frame {
	side, scale := (Size+2*Buffer)*ratio, float64(ratio)
	return sdf.Frame{
		Width: side, Height: side, Scale: scale, X: Buffer * scale, Y: Buffer * scale,
		Radius: sdf.Radius8 * scale, Cutoff: sdf.Cutoff,
	}
}

// alphas is a palette in which a pixel's value is its alpha, so that a pixel takes a byte.
func alphas() color.Palette {
	p := make(color.Palette, 256)
	for i := range p {
		p[i] = color.NRGBA{A: uint8(i)}
	}
	return p
}
