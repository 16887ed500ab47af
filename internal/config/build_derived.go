package config

import "hutong/layers"

// Derived describes a layer that is computed from another.
type Derived struct {
	// Name is the layer's name, which no other layer has.
	Name layers.Name
	// Of is the layer that it is computed from; it has Cells.
	Of layers.Name
	// As says what it shows.
	As DerivedKind
	// Title is what people call it, TitleZH in Chinese, "" if it has none.
	Title, TitleZH string
	// Description is "" when there is none.
	Description string
	// Shown says that maps show it before anybody asks for it.
	Shown bool
	// HotSpots says how hot spots are computed; nil for another kind.
	HotSpots *HotSpotSpec
}

// DerivedKind is what a derived layer shows, as a config spells it.
type DerivedKind string

// The kinds.
const (
	Hexes    DerivedKind = "hexes"    // a hexagon a cell
	Clusters DerivedKind = "clusters" // a point a cell
	HotSpots DerivedKind = "hotspots" // a hexagon a cell: where features lie closer together than by chance
)

// derived reads the derived layers.
func (b *builder) derived(n, from *node) {
	if n == nil {
		return
	}
	for _, e := range n.entries {
		if e.value.bad || e.value.kind != mapping || e.key.bad {
			continue
		}
		d := Derived{
			Name: layers.Name(e.key.text), Of: layers.Name(e.value.get("of").str()), As: DerivedKind(e.value.get("as").str()),
			Title: e.value.get("title").str(), TitleZH: e.value.get("title_zh").str(), Description: e.value.get("description").str(),
			Shown: e.value.get("shown").boolean(),
		}
		if from.has(e.key.text) {
			b.f.on(e.key, "%s is the name of a layer: a derived layer needs one of its own", quote(e.key.text))
		}
		if of := e.value.get("of"); of != nil {
			switch {
			case !from.has(of.text):
				b.f.on(of, "there is no layer %s%s; the layers are %s", quote(of.text), didYouMean(of.text, keys(from)), listOr(keys(from), "none"))
			case !from.get(of.text).has("h3"):
				b.f.on(of, "the layer %s is not counted by cell: it needs h3:, such as h3: {}", quote(of.text))
			case isHidden(from.get(of.text).get("public")):
				b.f.on(of, "the layer %s is public: false, and everybody would see what is derived from it", quote(of.text))
			}
		}
		if d.As == HotSpots {
			d.HotSpots = b.hotSpots(from.get(string(d.Of)), e.value, from)
		} else {
			b.noHotSpots(e.value)
			if of := from.get(string(d.Of)); of.has("h3") && !isHidden(of.get("public")) {
				b.needsCenter(e.value.get("as"))
			}
		}
		b.config.Derived = append(b.config.Derived, d)
	}
}

// noHotSpots reports keys that have no meaning.
func (b *builder) noHotSpots(n *node) {
	for _, key := range hotKeys {
		if at := n.get(key); at != nil && n.get("as") != nil {
			b.f.at(at.keyLine, at.keyColumn, at.path, "only a layer with as: hotspots has this key")
		}
	}
}
