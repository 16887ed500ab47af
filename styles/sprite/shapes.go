package sprite

import (
	"math"

	"hutong/styles/sdf"
)

// prefix begins the names of our own shapes.
const prefix = "shape-"

// shapes are the second cue beside colour: simple, as different as can be and, but for the star, about
// as large in area, so that none looks more important. Those that point up or down are more the more
// strokes they have. They are drawn into a square of [Size].
var shapes = map[string]func(o *sdf.Outline){
	"circle":        func(o *sdf.Outline) { circle(o, 6) },
	"square":        func(o *sdf.Outline) { corners(o, 4, middle, 7.5, 45) },
	"triangle":      func(o *sdf.Outline) { corners(o, 3, middle+1.5, 8.25, 0) },
	"triangle-down": func(o *sdf.Outline) { corners(o, 3, middle-1.5, 8.25, 180) },
	"diamond":       func(o *sdf.Outline) { corners(o, 4, middle, 7.5, 0) },
	"pentagon":      func(o *sdf.Outline) { corners(o, 5, middle+0.4, 6.9, 0) },
	"hexagon":       func(o *sdf.Outline) { corners(o, 6, middle, 6.6, 30) },
	"star":          star,
	"cross":         cross,
	"ring": func(o *sdf.Outline) {
		o.Fill(sdf.EvenOdd)
		circle(o, 6.75)
		circle(o, 3.5)
	},
	"up-1":   func(o *sdf.Outline) { strokes(o, 1, 1) },
	"up-2":   func(o *sdf.Outline) { strokes(o, 2, 1) },
	"up-3":   func(o *sdf.Outline) { strokes(o, 3, 1) },
	"down-1": func(o *sdf.Outline) { strokes(o, 1, -1) },
	"down-2": func(o *sdf.Outline) { strokes(o, 2, -1) },
	"down-3": func(o *sdf.Outline) { strokes(o, 3, -1) },
}

// middle is the middle of the square in both directions.
const middle = Size / 2.0

func circle(o *sdf.Outline, radius float64) {
	arc := sdf.Arc{RX: radius, RY: radius, Sweep: true}
	o.MoveTo(sdf.Point{X: middle - radius, Y: middle})
	o.ArcTo(arc, sdf.Point{X: middle + radius, Y: middle})
	o.ArcTo(arc, sdf.Point{X: middle - radius, Y: middle})
	o.Close()
}

// corners draws a regular polygon of n corners, the first at degrees clockwise from the top.
func corners(o *sdf.Outline, n int, y, radius, degrees float64) {
	radii := make([]float64, n)
	for i := range radii {
		radii[i] = radius
	}
	around(o, y, radii, degrees)
}

// around draws a polygon whose corners are at these distances and equal angles around a point.
func around(o *sdf.Outline, y float64, radii []float64, degrees float64) {
	for i, r := range radii {
		sin, cos := math.Sincos(degrees*math.Pi/180 + 2*math.Pi*float64(i)/float64(len(radii)))
		p := sdf.Point{X: middle + r*sin, Y: y - r*cos}
		if i == 0 {
			o.MoveTo(p)
		} else {
			o.LineTo(p)
		}
	}
	o.Close()
}

func star(o *sdf.Outline) {
	radii := make([]float64, 10)
	for i := range radii {
		radii[i] = []float64{8, 3.6}[i%2]
	}
	around(o, middle+0.5, radii, 0)
}

// cross draws a plus: two bars, which become one where they overlap.
func cross(o *sdf.Outline) {
	const arm, half = 7, 2.5
	bar(o, arm, half)
	bar(o, half, arm)
}

// strokes draws n bent strokes over each other that point up, or with side −1 down.
func strokes(o *sdf.Outline, n int, side float64) {
	const half, rise, thick, apart = 5.8, 3.2, 2.3, 4.6
	top := -(rise + thick + apart*float64(n-1)) / 2
	for i := range n {
		y := top + apart*float64(i)
		at := func(x, y float64) sdf.Point { return sdf.Point{X: middle + x, Y: middle + side*y} }
		o.MoveTo(at(-half, y+rise))
		o.LineTo(at(0, y))
		o.LineTo(at(half, y+rise))
		o.LineTo(at(half, y+rise+thick))
		o.LineTo(at(0, y+thick))
		o.LineTo(at(-half, y+rise+thick))
		o.Close()
	}
}

// bar draws a rectangle in the middle, from its middle w to each side and h up and down.
func bar(o *sdf.Outline, w, h float64) {
	o.MoveTo(sdf.Point{X: middle - w, Y: middle - h})
	o.LineTo(sdf.Point{X: middle + w, Y: middle - h})
	o.LineTo(sdf.Point{X: middle + w, Y: middle + h})
	o.LineTo(sdf.Point{X: middle - w, Y: middle + h})
	o.Close()
}
