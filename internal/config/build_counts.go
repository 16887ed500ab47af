package config

import (
	"slices"
	"strings"
	"time"

	"hutong/layers"
	"hutong/layers/filter"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
)

// CountView describes a view that shows how many features of a layer there are in cells, in place of features.
type CountView struct {
	// Name is the view's; no layer nor other view has it.
	Name layers.Name
	// Layer is the name of one of the config's layers.
	Layer layers.Name
	// Audience is who may open it.
	Audience view.Audience
	// Title is what people call it, TitleZH in Chinese, "" if it has none.
	Title, TitleZH string
	// Hidden says that maps show it only once somebody asks for it.
	Hidden bool
	// Description, Attribution and Licence are the layer's where the file does not say.
	Description, Attribution, Licence string
	// K is the least count that is published.
	K int
	// Resolutions are rising.
	Resolutions []hexgrid.Resolution
	// By divides time.
	By view.CountBy
	// Weeks is how many are kept, Settle how long after its end a period is counted, Every how often all time is.
	Weeks         int
	Settle, Every time.Duration
	// Until is when the clock stops, for data that is not live; the zero time is never.
	Until time.Time
	// Where is the canonical text of a filter of what is counted; "" is everything.
	Where string
	// Sets are the sets beside all, in the order of the file, with canonical filters.
	Sets []CountSet
}

// CountSet is a set of features that has tables of its own.
type CountSet struct {
	// Name stands in queries, Filter is canonical text.
	Name, Filter string
	// Title and TitleZH are for people; "" where the file does not say.
	Title, TitleZH string
}

// Defaults and bounds of views of counts.
const (
	countsLeast      = 5
	countsResolution = 8
	countsWeeks      = 8
	countsEvery      = 7 * 24 * time.Hour
	countsMinEvery   = 24 * time.Hour // more often would tell of each feature that came
	countsMaxEvery   = 366 * 24 * time.Hour
)

// countKeys are the keys of views of counts alone, featureKeys those that they have not.
var (
	countKeys   = []string{"k", "resolutions", "by", "weeks", "settle", "until", "every", "filters", "shown"}
	featureKeys = []string{"fields", "ids", "delay", "zooms"}
)

// noCounts reports keys that have no meaning in a view of features.
func (b *builder) noCounts(n *node) {
	for _, key := range countKeys {
		if at := n.get(key); at != nil {
			b.f.at(at.keyLine, at.keyColumn, at.path, "only a view with place: counts has this key")
		}
	}
}

// counts reads a view of counts of l.
func (b *builder) counts(e entry, l *Layer, tree *node) CountView {
	n := e.value
	v := CountView{
		Name: layers.Name(e.key.text), Layer: l.Schema.Name, Audience: view.Audience(n.get("audience").str()),
		Title: n.get("title").str(), TitleZH: n.get("title_zh").str(),
		Hidden: n.has("shown") && !n.get("shown").boolean(), Description: l.Description, Attribution: l.Attribution, Licence: l.Licence,
		K: n.get("k").integer(countsLeast), Weeks: n.get("weeks").integer(countsWeeks), Every: countsEvery,
		Settle: b.duration(n.get("settle"), 0, maxDelay), Where: b.condition(n.get("where"), l),
	}
	for _, text := range []struct {
		key string
		to  *string
	}{{"description", &v.Description}, {"attribution", &v.Attribution}, {"licence", &v.Licence}} {
		if said := n.get(text.key); said != nil {
			*text.to = said.text
		}
	}
	for _, key := range featureKeys {
		if at := n.get(key); at != nil {
			b.f.at(at.keyLine, at.keyColumn, at.path, "a view with place: counts shows no features, so it does not have this key")
		}
	}
	if every := n.get("every"); every != nil {
		v.Every = b.duration(every, countsMinEvery, countsMaxEvery)
	}
	v.Resolutions = b.countResolutions(n.get("resolutions"))
	b.countTime(&v, n, tree)
	if filters := n.get("filters"); filters != nil {
		for _, f := range filters.entries {
			if f.key.text == view.AllSet {
				b.f.on(f.key, "all is the set of all features; a filter needs another name")
			}
			where := f.value
			if of := where.get("where"); of != nil {
				where = of
			}
			v.Sets = append(v.Sets, CountSet{
				Name: f.key.text, Filter: b.condition(where, l), Title: f.value.get("title").str(), TitleZH: f.value.get("title_zh").str(),
			})
		}
	}
	b.reason(n.get("reason"))
	if tree.get("journal").has("nats") {
		b.f.on(e.key, "with the log in a cluster each node would count at a moment of its own, and the difference would tell of single features: "+
			"a view of counts needs journal: {folder: …} alone")
	}
	return v
}

// keepsNothing reports counts for everybody of what everybody sees elsewhere, too, unless somebody wrote why. It is called once
// all views are read.
func (b *builder) keepsNothing(e entry, v *CountView) {
	reason, other := e.value.get("reason"), b.openBeside(v)
	i := slices.IndexFunc(b.config.Layers, func(l Layer) bool { return l.Schema.Name == v.Layer })
	seen := !b.config.Layers[i].Hidden
	switch {
	case !v.Audience.Open() || !seen && other == "":
		if reason != nil {
			b.f.at(reason.keyLine, reason.keyColumn, reason.path, "only counts for everybody of what everybody sees elsewhere, too, need a reason")
		}
	case reason != nil:
	case seen:
		b.f.on(e.key, "everybody sees each feature of the layer %s as it is, so counts of it keep no secret: say public: false on the layer, "+
			"or h3: {} there for counts without any, or write why all the same, reason: …", v.Layer)
	default:
		b.f.on(e.key, "everybody sees the view %s of the layer %s, too, and what one of the two withholds may follow from the other: give each an audience of its own, "+
			"make them one view of counts, or write why there are both, reason: …", other, v.Layer)
	}
}

// openBeside returns the name of another view of the layer of v that everybody sees, "" when there is none.
func (b *builder) openBeside(v *CountView) layers.Name {
	for i := range b.config.Views {
		if o := &b.config.Views[i]; o.Layer == v.Layer && o.Audience.Open() {
			return o.Policy.Name
		}
	}
	for i := range b.config.Counts {
		if o := &b.config.Counts[i]; o.Layer == v.Layer && o.Name != v.Name && o.Audience.Open() {
			return o.Name
		}
	}
	return ""
}

// countResolutions reads the resolutions of cells.
func (b *builder) countResolutions(n *node) []hexgrid.Resolution {
	if n == nil {
		return []hexgrid.Resolution{countsResolution}
	}
	var list []hexgrid.Resolution
	for _, item := range n.items {
		r := hexgrid.Resolution(item.integer(0))
		if len(list) > 0 && r <= list[len(list)-1] {
			b.f.on(item, "resolutions rise: %d stands behind %d", r, list[len(list)-1])
		}
		list = append(list, r)
	}
	return list
}

// countTime reads the periods.
func (b *builder) countTime(v *CountView, n, tree *node) {
	by := n.get("by").str()
	v.By = map[string]view.CountBy{"": view.ByDay, "day": view.ByDay, "week": view.ByWeek, "none": view.ByNone}[by]
	other, needs := []string{"every"}, "none"
	if v.By == view.ByNone {
		other, needs = []string{"weeks", "settle", "until"}, "day or by: week"
	}
	if until := n.get("until"); until != nil {
		var err error
		if v.Until, err = time.Parse(time.RFC3339, until.text); err != nil {
			b.f.on(until, `%s is no time: write one such as "2016-09-01T00:00:00Z"`, quote(until.text))
		}
	}
	for _, key := range other {
		if at := n.get(key); at != nil {
			b.f.at(at.keyLine, at.keyColumn, at.path, "only a view of counts with by: %s has this key", needs)
		}
	}
	at := n.get("by")
	if at == nil {
		at = n.get("place")
	}
	switch layer := tree.get("layers").get(string(v.Layer)); {
	case v.By == view.ByNone:
	case !layer.has("time"):
		b.f.on(at, "the layer %s has no time, so nothing of it is in a day or week: say time: the field that says when, or by: none", v.Layer)
	case !tree.has("time_zone"):
		b.f.on(at, "whole days and weeks are those of the city: say time_zone: such as Asia/Shanghai, or by: none")
	}
}

// condition reads a condition over all fields of a layer into its canonical text; "" when there is none.
func (b *builder) condition(n *node, l *Layer) string {
	if n == nil {
		return ""
	}
	e, err := filter.Parse(filter.Text, n.text, l.Schema)
	if err != nil {
		b.f.on(n, "%s", strings.TrimPrefix(err.Error(), "filter: "))
		return ""
	}
	return e.Text()
}
