package styles

import "strconv"

// maxBin is the highest bin of a hot spot; the lowest is its negative.
const maxBin = 3

// bin is how hot spots of one bin look.
type bin struct {
	colour string
	// opacity is that of its fill. What is not significant is the ground of all others.
	opacity float64
	// shape is the second cue: strokes that point up for hot and down for cold, as many as the bin; "" is none.
	// Their colour is that of inkOf.
	shape string
	title Words
}

// bins are those from −3 to 3. The colours are ColorBrewer's red and blue, which readers with each of the
// common kinds of colour blindness can tell apart, and the same on every ground, so that maps of hot spots
// can be laid side by side.
var bins = [2*maxBin + 1]bin{
	{"#2166ac", 0.82, "down-3", Words{"Cold spot, 99 % confidence", "冷点（99% 置信度）"}},
	{"#4393c3", 0.76, "down-2", Words{"Cold spot, 95 % confidence", "冷点（95% 置信度）"}},
	{"#92c5de", 0.7, "down-1", Words{"Cold spot, 90 % confidence", "冷点（90% 置信度）"}},
	{"#f7f7f7", 0.12, "", Words{"Not significant", "不显著"}},
	{"#f4a582", 0.7, "up-1", Words{"Hot spot, 90 % confidence", "热点（90% 置信度）"}},
	{"#d6604d", 0.76, "up-2", Words{"Hot spot, 95 % confidence", "热点（95% 置信度）"}},
	{"#b2182b", 0.82, "up-3", Words{"Hot spot, 99 % confidence", "热点（99% 置信度）"}},
}

// byBin is the expression of what of gives for a hot spot's bin and its place in bins.
func byBin(of func(i int, b *bin) any) []any {
	expr := []any{"match", get(binField)}
	for i := range bins {
		if i != maxBin {
			expr = append(expr, i-maxBin, of(i, &bins[i]))
		}
	}
	return append(expr, of(maxBin, &bins[maxBin]))
}

// strokesAfter is after how many zooms of a layer's tiles hot spots have strokes. Tiles begin where the edge of a
// cell has two to four pixels; there strokes would cover it.
const strokesAfter = 1

// inkOf is black or white for the strokes of a bin, whichever stands out more on its colour and on that of the bin
// on the other side: hot and cold are drawn alike. They lie on the theme's ground.
func (t *theme) inkOf(i int) string {
	least := func(ink string) float64 {
		ratio := func(b bin) float64 {
			return contrast(luminance(rgbOf(ink)), luminance(mix(rgbOf(t.ground), rgbOf(b.colour), b.opacity)))
		}
		return min(ratio(bins[i]), ratio(bins[2*maxBin-i]))
	}
	const black, white = "#000000", "#ffffff"
	if least(black) > least(white) {
		return black
	}
	return white
}

// hotspots draws hot spots by bin, and over those that are significant, where there are images and room, the
// strokes of their bin.
func (p *painter) hotspots(l *Layer, f *from) *toldCells {
	p.add(bandFill, f.part("", "fill", polygonTypes, map[string]any{
		"fill-color":     byBin(func(_ int, b *bin) any { return b.colour }),
		"fill-opacity":   byBin(func(_ int, b *bin) any { return b.opacity }),
		"fill-antialias": false,
	}))
	edge := p.cellEdge(f)
	edge.Paint["line-color"] = byBin(func(_ int, b *bin) any {
		if b.shape == "" {
			return p.theme.other // its fill is hardly seen on a light ground
		}
		return p.theme.ground
	})
	edge.Paint["line-opacity"] = byBin(func(_ int, b *bin) any {
		if b.shape == "" {
			return 0.3
		}
		return edgeOpacity
	})
	p.add(bandOutline, edge)
	if p.sprite {
		strokes := f.part("-symbol", "symbol", polygonTypes, map[string]any{"icon-color": byBin(func(i int, _ *bin) any { return p.theme.inkOf(i) })})
		begin := int(l.MinZoom) + strokesAfter
		strokes.MinZoom = float64(begin)
		strokes.Filter = both(strokes.Filter, []any{"!=", get(binField), 0})
		strokes.Layout = map[string]any{
			"icon-image": byBin(func(_ int, b *bin) any {
				if b.shape == "" {
					return ""
				}
				return shapeImage(b.shape)
			}),
			"icon-size": growing(begin, 0.35, begin+1, 0.5, begin+3, 0.8, begin+5, 1.3), "icon-overlap": "always", "icon-ignore-placement": true, "icon-padding": 0,
		}
		p.add(bandSymbol, strokes)
	}
	var list []entry
	for i := len(bins) - 1; i >= 0; i-- { // the hottest first
		value := strconv.Itoa(i - maxBin)
		e := entry{Value: &value, Title: bins[i].title.In(p.lang), Colour: bins[i].colour, Opacity: bins[i].opacity, Kind: "polygon"}
		if p.sprite {
			e.Shape = bins[i].shape
		}
		if e.Shape != "" {
			e.Ink = p.theme.inkOf(i)
		}
		list = append(list, e)
	}
	return &toldCells{Field: binField, Legends: []zoomLegend{{0, list}}}
}
