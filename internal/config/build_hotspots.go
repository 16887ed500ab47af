package config

import (
	"slices"
	"strings"
	"time"

	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/filter"
	"hutong/layers/spatialstat"
)

// HotSpotSpec says how a layer of hot spots is computed, see docs/formats/hotspots.md.
type HotSpotSpec struct {
	// Resolution is that of the cells; at most the finest of the layer that is counted.
	Resolution uint8
	// Rings is within how many rings cells are neighbours, Grow by how many the study area grows.
	Rings, Grow int
	// Area is the layer whose polygons are the study area; "" is the hull of what is counted.
	Area layers.Name
	// Window is how much time is counted, in steps of Step; 0 is all there is.
	Window, Step time.Duration
	// Until is when the clock stops; zero is never.
	Until time.Time
	// Filter selects what is counted, in canonical CQL2 text over the layer's public fields; "" is everything.
	Filter string
	// Rate is the layer whose features counts are divided by, Number its field whose sum they are divided by in place of
	// those; "" is none.
	Rate   layers.Name
	Number string
	// Level is the false discovery rate of a significant cell.
	Level float64
	// Uncorrected takes the levels of bins for each cell by itself.
	Uncorrected bool
	// Moran and Emerging add the local I and the classes of emerging hot spots.
	Moran, Emerging bool
	// Every is how often they are computed at most.
	Every time.Duration
}

// Defaults of hot spots.
const (
	hotResolution = 9
	hotEvery      = 10 * time.Second
)

// hotKeys are the keys that only hot spots have.
var hotKeys = []string{
	"resolution", "rings", "grow", "area", "window", "step", "until", "filter", "rate", "level", "correction", "moran", "emerging", "every",
}

// hotSpots reads how hot spots of a layer are computed. from has all layers.
func (b *builder) hotSpots(of, n, from *node) *HotSpotSpec {
	spec := &HotSpotSpec{
		Rings: n.get("rings").integer(1), Area: layers.Name(n.get("area").str()),
		Level: n.get("level").number(derive.DefaultLevel), Uncorrected: n.get("correction").str() == "none",
		Moran: n.get("moran").boolean(), Emerging: n.get("emerging").boolean(), Every: hotEvery,
	}
	spec.Grow = n.get("grow").integer(spec.Rings)
	if every := n.get("every"); every != nil {
		spec.Every = b.duration(every, time.Second, 24*time.Hour)
	}
	if level := n.get("level"); level != nil && !(spec.Level > 0 && spec.Level < 1) {
		b.f.on(level, "%s is no false discovery rate: it is more than 0 and less than 1, such as 0.05", level.text)
	}
	finest := finestOf(of)
	spec.Resolution = min(hotResolution, finest)
	if r := n.get("resolution"); r != nil {
		spec.Resolution = uint8(r.integer(0))
		if spec.Resolution > finest {
			b.f.on(r, "the layer is counted up to resolution %d: at most that, or a finer one in its h3: {resolutions: …}", finest)
		}
	}
	if area := n.get("area"); area != nil {
		switch {
		case !from.has(area.text):
			b.f.on(area, "there is no layer %s%s; the layers are %s", quote(area.text), didYouMean(area.text, keys(from)), listOr(keys(from), "none"))
		case isHidden(from.get(area.text).get("public")):
			b.f.on(area, "the layer %s is public: false, and everybody would see where its polygons are", quote(area.text))
		}
	}
	b.hotFilter(spec, n.get("of").str(), n.get("filter"))
	b.hotTime(spec, of, n)
	b.hotRate(spec, n.get("rate"), from)
	return spec
}

// finestOf returns the finest resolution of the cells of a layer.
func finestOf(layer *node) uint8 {
	if r := layer.get("h3").get("resolutions"); r != nil && len(r.items) == 2 {
		return uint8(r.items[1].integer(0))
	}
	return finestDefault
}

// hotFilter reads what is counted.
func (b *builder) hotFilter(spec *HotSpotSpec, of string, n *node) {
	if n == nil {
		return
	}
	for i := range b.config.Layers {
		if s := b.config.Layers[i].Schema; string(s.Name) == of {
			expr, err := filter.Parse(filter.Text, n.text, visible(s))
			if err != nil {
				b.f.on(n, "%s", strings.TrimPrefix(err.Error(), "filter: "))
				return
			}
			spec.Filter = expr.Text()
		}
	}
}

// hotTime reads the window of hot spots.
func (b *builder) hotTime(spec *HotSpotSpec, of, n *node) {
	window, step := n.get("window"), n.get("step")
	if window == nil || step == nil {
		for _, key := range []string{"window", "step", "until", "emerging"} {
			if at := n.get(key); at != nil && at.text != "false" {
				b.f.on(at, "needs both window: how much time is counted, and step: in which steps it moves on")
				return
			}
		}
		return
	}
	spec.Window = b.duration(window, derive.MinStep, derive.MaxWindow*derive.MaxStep)
	spec.Step = b.duration(step, derive.MinStep, derive.MaxStep)
	if b.f.below(window.path) || b.f.below(step.path) {
		return
	}
	steps := int64(spec.Window / spec.Step)
	switch field := of.get("time"); {
	case spec.Step%time.Second != 0:
		b.f.on(step, "%s is no whole number of seconds", step.text)
	case spec.Window%spec.Step != 0 || steps > derive.MaxWindow:
		b.f.on(window, "%s is not 1 to %d steps of %s", window.text, derive.MaxWindow, step.text)
	case spec.Emerging && steps < spatialstat.EmergingSteps:
		b.f.on(n.get("emerging"), "%d steps show no trend: want %d at least", steps, spatialstat.EmergingSteps)
	case field == nil:
		b.f.on(window, "the layer has no time: it needs time: the field that says when")
	case of.get("fields").get(field.text).get("private").boolean():
		b.f.on(window, "the field %s is private, so nothing that is shown may depend on it", quote(field.text))
	}
	if until := n.get("until"); until != nil {
		var err error
		if spec.Until, err = time.Parse(time.RFC3339, until.text); err != nil {
			b.f.on(until, `%s is no time: write one such as "2016-09-01T00:00:00Z"`, quote(until.text))
		}
	}
}

// hotRate reads what counts are divided by.
func (b *builder) hotRate(spec *HotSpotSpec, n, from *node) {
	if n == nil {
		return
	}
	of := n.get("of")
	if of == nil {
		return
	}
	spec.Rate, spec.Number = layers.Name(of.text), n.get("number").str()
	layer := from.get(of.text)
	switch {
	case !from.has(of.text):
		b.f.on(of, "there is no layer %s%s; the layers are %s", quote(of.text), didYouMean(of.text, keys(from)), listOr(keys(from), "none"))
		return
	case !layer.has("h3"):
		b.f.on(of, "the layer %s is not counted by cell: it needs h3:, such as h3: {}", quote(of.text))
		return
	case isHidden(layer.get("public")):
		b.f.on(of, "the layer %s is public: false, and everybody would see by it what is divided", quote(of.text))
	case finestOf(layer) < spec.Resolution:
		b.f.on(of, "the layer %s is counted up to resolution %d, and the hot spots are of %d", quote(of.text), finestOf(layer), spec.Resolution)
	}
	number := n.get("number")
	if number == nil {
		return
	}
	var sums []string
	if list := layer.get("h3").get("numbers"); list != nil {
		for _, item := range list.items {
			sums = append(sums, item.text)
		}
	}
	if !slices.Contains(sums, number.text) {
		b.f.on(number, "the layer %s has no sums of %s%s; in its h3: {numbers: …} are %s",
			quote(of.text), quote(number.text), didYouMean(number.text, sums), listOr(sums, "none"))
	}
}
