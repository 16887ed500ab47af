package styles

import "math"

// The zooms at which points become symbols, and symbols get their icons.
const (
	symbolZoom = 14
	iconZoom   = 16
)

// density is how the points of a layer are drawn, by how close they lie.
type density struct {
	// radius in pixels and opacity, 0…1, by zoom: zoom, value and so on.
	radius, opacity []float64
	// numberZoom and nameZoom are the zooms from which numbers and names are written.
	numberZoom, nameZoom uint8
}

// densities are the looks of single points, of some, of many and of very many. Where there are many
// they are small and let each other through, so that density shows; from zoom 13 on they grow, so that
// single ones can be told apart and hit with a finger.
var densities = [...]density{
	{
		[]float64{6, 2.2, 9, 3.6, 12, 5.2, 14, 6.6, 16, 9, 20, 12},
		[]float64{6, 0.9, 12, 0.95},
		12, 13,
	},
	{
		[]float64{6, 1.1, 9, 1.7, 11, 2.4, 13, 3.9, 14, 5, 16, 8, 20, 12},
		[]float64{6, 0.6, 11, 0.75, 13, 0.9},
		14, 16,
	},
	{
		[]float64{6, 0.75, 9, 1, 11, 1.5, 13, 2.7, 14, 4, 16, 7.4, 20, 12},
		[]float64{6, 0.35, 10, 0.45, 12, 0.65, 14, 0.9},
		15, 17,
	},
	{
		[]float64{6, 0.6, 9, 0.8, 11, 1.15, 13, 2.2, 14, 3.6, 16, 7, 20, 12},
		[]float64{6, 0.3, 10, 0.38, 12, 0.55, 14, 0.85},
		16, 17,
	},
}

// perPixel returns about how many of the layer's features lie on a pixel at zoom 10, where a city fills
// a window; 0 while that is unknown.
func (l *Layer) perPixel() float64 {
	const pixels = 512 * 1024 / 360.0 // a degree at zoom 10 along a parallel
	if l.Extent == nil {
		return 0
	}
	b := *l.Extent
	across := math.Cos(b.Center().Lat() * math.Pi / 180)
	width := max((b.Max.Lon()-b.Min.Lon())*pixels, 1)
	height := max((b.Max.Lat()-b.Min.Lat())*pixels/max(across, 0.1), 1)
	return float64(l.Count) / (width * height)
}

// crowd is the place in densities of how the layer's points are drawn.
func (l *Layer) crowd() int {
	d := l.perPixel()
	switch {
	case l.Count < 150 || l.Count < 3000 && d < 1.5e-4:
		return 0
	case l.Count < 1500 || d < 0.006:
		return 1
	case d < 0.15:
		return 2
	}
	return 3
}

// density returns how the layer's points are drawn.
func (l *Layer) density() *density { return &densities[l.crowd()] }

// minGlow is the fewest points that glow: those of a smaller layer can be counted.
const minGlow = 15_000

// glow is the intensity of the glow beneath the layer's points at zoom 10, so that its usual density
// is at the lower end of the colours whatever the city; 0 is none. It goes in powers of two.
func (l *Layer) glow() float64 {
	if l.Count < minGlow || l.crowd() < 2 {
		return 0
	}
	return 0.0035 * math.Exp2(-0.75*math.Round(math.Log2(l.perPixel())))
}

// What a status that is over takes from a point.
const (
	overOpacity = 0.32
	overRadius  = 0.75
)

// points draws points: circles, which cost little, while they are small; then, if there are images,
// symbols in the shape of what they are, with icons where these are known.
func (p *painter) points(l *Layer, f *from, s *scheme, colour any) {
	d := l.density()
	circle := f.part("", "circle", pointTypes, map[string]any{
		"circle-color":          colour,
		"circle-radius":         byZoom(scaled(d.radius, func(v float64) any { return l.recede(0, v, overRadius) })...),
		"circle-opacity":        byZoom(scaled(d.opacity, func(v float64) any { return l.recede(0, v, overOpacity) })...),
		"circle-stroke-color":   p.rim(),
		"circle-stroke-width":   byZoom(12, 0, 14, 0.8, 17, 1.4),
		"circle-stroke-opacity": byZoom(12, 0, 14, l.recede(0, 0.9, overOpacity)),
	})
	if l.Name == p.hottest {
		p.heat(l, f)
	}
	if top := l.onTop(0); top != nil {
		circle.Layout = map[string]any{"circle-sort-key": top}
	}
	if p.sprite {
		circle.MaxZoom = symbolZoom
	}
	p.add(bandCircle, circle)
	if p.sprite {
		p.symbols(l, f, s, colour, d)
	}
}

// heatZooms are where the glow beneath points begins and where it has gone, because single points tell
// more.
var heatZooms = [...]float64{7, 12.5}

// heat draws the glow of very many points: how many there are, where circles that lie over each other
// can no longer tell.
func (p *painter) heat(l *Layer, f *from) {
	ramp := []any{"interpolate", []any{"linear"}, []any{"heatmap-density"}}
	for _, stop := range p.theme.heat {
		ramp = append(ramp, stop.at, stop.colour)
	}
	first, last := heatZooms[0], heatZooms[len(heatZooms)-1]
	glow := f.part(":glow", "heatmap", pointTypes, map[string]any{
		"heatmap-weight": l.recede(0, 1, 0.6),
		"heatmap-radius": byZoom(first, 7, 10, 11, last, 22),
		// Four times the ground a pixel has is four times the points, up to what tiles hold.
		"heatmap-intensity": []any{
			"interpolate",
			[]any{"exponential", 2.6},
			[]any{"zoom"},
			first, round4(l.glow() / 4), 10, round4(l.glow()), last, round4(l.glow() * 9),
		},
		"heatmap-color":   ramp,
		"heatmap-opacity": byZoom(first, 0.9, 10.5, 0.85, last, 0),
	})
	glow.MaxZoom = last
	p.add(bandCircle, glow)
}

// rim is the colour of what parts points. Without images, layers beyond the palette have the other.
func (p *painter) rim() string {
	if !p.sprite && p.data/len(p.theme.palette)%2 == 1 {
		return p.theme.place
	}
	return p.theme.rim
}

// shapePixels is the width of the circle among the sprite's images at size 1, iconPixels that of icons.
const (
	shapePixels = 12
	iconPixels  = 15
)

// symbols draws points as images of the sprite.
func (p *painter) symbols(l *Layer, f *from, s *scheme, colour any, d *density) {
	size := func(part float64) any {
		return byZoom(scaled(after(symbolZoom, d.radius), func(v float64) any {
			return l.recede(symbolZoom, round3(2*v*part), overRadius)
		})...)
	}
	opacity := l.recede(symbolZoom, 0.95, overOpacity)
	symbol := f.part(":symbol", "symbol", pointTypes, map[string]any{
		"icon-color": colour, "icon-opacity": opacity, "icon-halo-color": p.theme.rim, "icon-halo-width": 1.2,
	})
	symbol.MinZoom = symbolZoom
	symbol.Layout = map[string]any{
		"icon-image": s.image(), "icon-size": size(1.0 / shapePixels), "icon-overlap": "always", "icon-ignore-placement": true,
		"icon-padding": 0,
	}
	if top := l.onTop(symbolZoom); top != nil {
		symbol.Layout["symbol-sort-key"] = top
	}
	p.add(bandSymbol, symbol)
	values, image := s.icons()
	if len(values) == 0 {
		return
	}
	from := s.iconsFrom()
	icon := f.part(":icon", "symbol", pointTypes, map[string]any{"icon-color": p.theme.ink, "icon-opacity": l.recede(from, 1, 0.6)})
	icon.Filter = both(icon.Filter, oneOf(get(s.field), values))
	icon.MinZoom = float64(from)
	icon.Layout = map[string]any{"icon-image": image, "icon-size": size(0.68 / iconPixels), "icon-padding": 0}
	if top := l.onTop(from); top != nil {
		icon.Layout["symbol-sort-key"] = []any{"-", 0, top}
	}
	p.add(bandIcon, icon)
}

// after returns the stops from a zoom on, which is one of them.
func after(zoom float64, stops []float64) []float64 {
	for i := 0; i < len(stops); i += 2 {
		if stops[i] >= zoom {
			return stops[i:]
		}
	}
	return stops[len(stops)-2:]
}

// round4 is v with four decimals.
func round4(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// round3 is v with three decimals.
func round3(v float64) float64 { return math.Round(v*1000) / 1000 }
