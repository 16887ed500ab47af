package styles

import "hutong/layers"

// painter puts the style layers of a style together.
type painter struct {
	stack
	theme  *theme
	lang   Lang
	sprite bool
	texts  bool
	places bool // names of places come from a layer or an archive
	data   int  // layers of data so far, drawn or not
	// sources are where the layers that are drawn have their tiles.
	sources map[layers.Name]string
	// hottest is the layer of data whose points glow: the most crowded one, the first of several, drawn or
	// not. Two glows are mud.
	hottest layers.Name
}

func newPainter(in *Input, sources map[layers.Name]string) *painter {
	p := &painter{
		theme: themeOf(in.theme()), lang: in.lang(), sources: sources,
		sprite: in.Sprite, texts: in.Glyphs || len(in.Fonts) > 0,
	}
	p.add(bandGround, layer{ID: backgroundID, Type: "background", Paint: map[string]any{"background-color": p.theme.ground}})
	for i := range in.Archives {
		p.places = p.places || in.Archives[i].hasPlaces()
	}
	for i := range in.Layers {
		p.places = p.places || in.Layers[i].Drawing.Role == Place && in.draws(in.Layers[i].Name)
	}
	most := 0
	for i := range in.Layers {
		l := &in.Layers[i]
		if l.Drawing.Role == Data && l.hasFeatures() && l.glow() > 0 && l.crowd() > most {
			p.hottest, most = l.Name, l.crowd()
		}
	}
	return p
}

// skip leaves a layer out, which keeps its place among the others.
func (p *painter) skip(l *Layer) {
	if l.Drawing.Role == Data {
		p.data++
	}
}

// layer draws a layer and returns what is told of it.
func (p *painter) layer(l *Layer) described {
	one := *l
	if !one.Points && !one.Lines && !one.Polygons {
		one.Points, one.Lines, one.Polygons = true, true, true
	}
	d := described{
		Name: l.Name, Title: l.heading(p.lang), Role: l.Drawing.Role, Kinds: one.kinds(),
	}
	f := from{
		id: string(l.Name), source: p.sources[l.Name], sourceLayer: string(l.Name),
		metadata: map[string]string{TitleKey: d.Title, LayerKey: string(l.Name)},
	}
	if one.hasCells() {
		d.Cells = p.cellLayer(&one, &f)
	}
	if !one.hasFeatures() {
		p.skip(l)
		d.Kinds, d.Field, d.Legend = []string{one.cellKind()}, d.Cells.Field, d.Cells.Legends[0].Legend
		return d
	}
	if l.Drawing.Role == Data {
		s := p.schemeOf(&one)
		p.featureLayers(&one, func() { p.dataLayer(&one, &f, s) })
		p.data++
		d.Field, d.Legend = s.field, s.legend(&one, d.Title, p.sprite)
		return d
	}
	var colour string
	p.featureLayers(&one, func() { colour = p.groundLayer(&one, &f) })
	d.Legend = []entry{{Title: d.Title, Colour: colour, Kind: d.Kinds[0]}}
	return d
}

// kinds returns the kinds of geometry that a layer is drawn as; the first is what it is above all.
func (l *Layer) kinds() []string {
	var list []string
	for _, k := range []struct {
		name string
		is   bool
	}{{"point", l.Points}, {"line", l.Lines}, {"polygon", l.Polygons}} {
		if k.is {
			list = append(list, k.name)
		}
	}
	return list
}
