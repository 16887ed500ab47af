package sprite

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"hutong/styles/sdf"
)

const (
	// Size is the side of the square that an icon is fitted into, in pixels: Maki's.
	Size = 15
	// maxSVGBytes is the most that an icon may have; those of Maki and Temaki have 5 kB at most.
	maxSVGBytes = 64 << 10
	// tolerance is how far a curve and what distances are measured from may be apart, in pixels.
	tolerance = 0.002
	// faint is the opacity below which a path is left out: a distance field is all or nothing.
	faint = 0.5
)

// parseSVG reads an icon into a square of Size: what it fills, not in which colour. Icons are made of
// paths; anything that would have to be drawn otherwise is an error, so that no icon comes out wrong.
func parseSVG(text string) (*sdf.Outline, error) {
	if len(text) > maxSVGBytes {
		return nil, fmt.Errorf("%d bytes are more than %d", len(text), maxSVGBytes)
	}
	out := sdf.New(tolerance)
	var p *pen
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF { //nolint:errorlint // readers return it as it is
			break
		}
		if err != nil {
			return nil, err
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch name := element.Name.Local; {
		case name == "svg" && p == nil:
			p, err = newPen(out, element.Attr)
		case name == "path" && p != nil:
			err = p.path(element.Attr)
		default:
			err = fmt.Errorf("<%s> is not read here", name)
		}
		if err != nil {
			return nil, err
		}
	}
	if _, _, ok := out.Bounds(); !ok {
		return nil, errors.New("it draws nothing")
	}
	return out, nil
}

// newPen returns a pen that fits what the attributes of <svg> say there is to see into the square.
func newPen(out *sdf.Outline, attributes []xml.Attr) (*pen, error) {
	for _, a := range attributes {
		if a.Name.Local != "viewBox" {
			continue
		}
		s := scanner{text: a.Value}
		x, y, w, h := s.number(), s.number(), s.number(), s.number()
		s.skip(false)
		if s.err != nil || !s.done() || w <= 0 || h <= 0 {
			return nil, fmt.Errorf("the viewBox %q is none", a.Value)
		}
		scale := Size / max(w, h)
		return &pen{out: out, scale: scale, dx: Size/2.0 - (x+w/2)*scale, dy: Size/2.0 - (y+h/2)*scale}, nil
	}
	return nil, errors.New("the viewBox is missing")
}

// path draws a path by its attributes.
func (p *pen) path(attributes []xml.Attr) error {
	rule, opacity, data := sdf.NonZero, 1.0, ""
	for _, a := range attributes {
		switch a.Name.Local {
		case "d":
			data = a.Value
		case "id":
		case "opacity", "fill-opacity":
			v, err := strconv.ParseFloat(a.Value, 64)
			if err != nil {
				return fmt.Errorf("%s is %q", a.Name.Local, a.Value)
			}
			opacity *= v
		case "fill-rule":
			switch a.Value {
			case "nonzero":
				rule = sdf.NonZero
			case "evenodd":
				rule = sdf.EvenOdd
			default:
				return fmt.Errorf("%s is %q", a.Name.Local, a.Value)
			}
		default:
			return fmt.Errorf("the attribute %s of a path is not read here", a.Name.Local)
		}
	}
	if opacity < faint {
		return nil
	}
	p.out.Fill(rule)
	p.start, p.at, p.last = sdf.Point{}, sdf.Point{}, 0
	return p.draw(data)
}
