package synthetic

import (
	"iter"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// named is a feature of the ground before it has its values.
type named struct {
	id       string
	geometry orb.Geometry
	name     word
	class    string
	more     column.Value // the layer's further field, if it has one
}

// feature returns n with its values, which are those of [groundFields] in their order.
func (n *named) feature(values []column.Value) layers.Feature {
	text := func(s string) column.Value {
		if s == "" {
			return column.Value{}
		}
		return column.StringOf(s)
	}
	values[groundClass], values[groundName], values[groundNameZH] = text(n.class), text(n.name.en), text(n.name.zh)
	if len(values) > groundMore {
		values[groundMore] = n.more
	}
	return layers.Feature{ID: layers.FeatureID(n.id), Geometry: n.geometry, Values: values}
}

// number returns an id of a letter or two and a number from 1.
func number(prefix string, i int) string {
	return string(appendPadded([]byte(prefix+"-"), i+1, 5))
}

// polygon returns an area in degrees.
func (a *area) polygon() orb.Polygon {
	out := orb.Polygon{a.border.ring()}
	for _, hole := range a.holes {
		ring := hole.ring()
		ring.Reverse()
		out = append(out, ring)
	}
	return out
}

// areas yields areas as features.
func areas(prefix string, list []area) iter.Seq[named] {
	return func(yield func(named) bool) {
		for i := range list {
			a := &list[i]
			if !yield(named{id: number(prefix, i), geometry: a.polygon(), name: a.name, class: a.class}) {
				return
			}
		}
	}
}

// chain yields what several sequences do, one after the other.
func chain(list ...iter.Seq[named]) iter.Seq[named] {
	return func(yield func(named) bool) {
		for _, seq := range list {
			for n := range seq {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// landFeatures are the areas that are built over.
func (c *City) landFeatures() iter.Seq[named] { return areas("L", c.streets.land) }

// parcelFeatures are the parcels, those of compounds first.
func (c *City) parcelFeatures() iter.Seq[named] {
	compounds := func(yield func(named) bool) {
		for i, border := range compoundParcels() {
			if !yield(named{id: number("PC", i), geometry: orb.Polygon{border.ring()}, class: civic}) {
				return
			}
		}
	}
	return chain(compounds, c.lotFeatures("P", false))
}

// parkFeatures are the forests, the parks with a name of their own, and the small ones.
func (c *City) parkFeatures() iter.Seq[named] {
	return chain(areas("F", c.streets.woods), areas("G", nature().parks), c.lotFeatures("PK", true))
}

// lotFeatures are the lots that are green, or all others.
func (c *City) lotFeatures(prefix string, green bool) iter.Seq[named] {
	return func(yield func(named) bool) {
		i := 0
		c.streets.eachLot(green, func(l *lot) bool {
			i++
			return yield(named{id: number(prefix, i-1), geometry: orb.Polygon{l.border.ring()}, name: l.name, class: l.class})
		})
	}
}

// waterFeatures are lakes, moats and the beds of rivers, and the lines of rivers, which have their names.
func (c *City) waterFeatures() iter.Seq[named] {
	lines := func(yield func(named) bool) {
		for i, r := range rivers() {
			line := nature().courses[i].lineString()
			if !yield(named{id: number("R", i), geometry: line, name: r.name, class: r.class}) {
				return
			}
		}
	}
	return chain(areas("W", nature().water), lines)
}

// roadFeatures are the roads of a list.
func roadFeatures(prefix string, list []road) iter.Seq[named] {
	return func(yield func(named) bool) {
		for i := range list {
			r := &list[i]
			if !yield(named{id: number(prefix, i), geometry: r.line.lineString(), name: r.name, class: r.class}) {
				return
			}
		}
	}
}

// railFeatures are the lines of the metro and the railways.
func (c *City) railFeatures() iter.Seq[named] {
	return func(yield func(named) bool) {
		for i, l := range rails() {
			f := named{id: number("M", i), geometry: l.course().lineString(), name: l.name, class: l.class}
			if l.ref != "" {
				f.more = column.StringOf(l.ref)
			}
			if !yield(f) {
				return
			}
		}
	}
}

// districtFeatures are the districts.
func (c *City) districtFeatures() iter.Seq[named] {
	return func(yield func(named) bool) {
		for i, border := range borders().members {
			name := word{districts[i], districtsZH[i]}
			if !yield(named{id: number("D", i), geometry: orb.Polygon{border.ring()}, name: name, class: "district"}) {
				return
			}
		}
	}
}

// placeFeatures are the city, the seats of its districts, towns, neighbourhoods and villages, with a
// rank from 1, the most important, to 5.
func (c *City) placeFeatures() iter.Seq[named] {
	return func(yield func(named) bool) {
		i := 0
		put := func(p place, name word, class string, rank int64) bool {
			i++
			return yield(named{id: number("N", i-1), geometry: p.point(), name: name, class: class, more: column.IntOf(rank)})
		}
		if !put(heart, word{"Beijing", "北京"}, "city", 1) {
			return
		}
		for d, seat := range seats {
			if !put(seat, word{districts[d], districtsZH[d]}, "district", 2) {
				return
			}
		}
		for k := range towns {
			if t := &towns[k]; !isDistrict(t.name) && !put(t.place, t.name, "town", 3) {
				return
			}
		}
		for k := range hubs {
			if h := &hubs[k]; !isTown(h.name) && !put(h.place, h.name, "neighbourhood", 4) {
				return
			}
		}
		for k := range c.streets.hamlets {
			if h := &c.streets.hamlets[k]; !put(h.place, h.name.with(wordCun), "neighbourhood", 5) {
				return
			}
		}
	}
}

func isDistrict(name word) bool {
	for _, d := range districts {
		if d == name.en {
			return true
		}
	}
	return false
}

func isTown(name word) bool {
	for i := range towns {
		if towns[i].name == name {
			return true
		}
	}
	return false
}
