package synthetic

import (
	"hutong/layers"
	"hutong/layers/column"
)

// The fields of a market.
const (
	marketKind = iota
	marketOpen
	marketDistrict
	marketTitle
	marketTitleZH
	marketHours
	marketStalls
)

func marketLayer() LayerSpec {
	return LayerSpec{
		Title:       "Markets",
		TitleZH:     "集市",
		Description: "Invented markets beside busy streets, and when they are open.",
		Looks:       marketLooks(),
		Attribution: attribution, Licence: licence,
		Distinct: map[string]int{"kind": len(marketKinds), "open": 2},
		Schema: &layers.Schema{
			Name: "markets",
			Fields: []layers.Field{
				marketKind:     {Name: "kind", Kind: column.String, Keep: true, MaxLength: 24},
				marketOpen:     {Name: "open", Kind: column.String, Keep: true, MaxLength: 8},
				marketDistrict: {Name: "district", Kind: column.String, Priority: 10, MaxLength: 16},
				marketTitle:    {Name: "title", Kind: column.String, FromZoom: 12, MaxLength: 120},
				marketTitleZH:  {Name: "title_zh", Kind: column.String, FromZoom: 12, MaxLength: 120},
				marketHours:    {Name: "hours", Kind: column.String, FromZoom: 12, MaxLength: 32},
				marketStalls:   {Name: "stalls", Kind: column.Int, Priority: 5},
			},
			IDField: "id", IDFromZoom: 12,
		},
	}
}

// trade is a kind of market.
type trade struct {
	name, zh, icon string
	weight         int64
	hours          usual
	weekends       bool     // open on weekends only
	stalls         [2]int64 // from and to
}

var marketKinds = []trade{
	{"farmers' market", "农贸市场", "grocery", 340, usual{[2]int64{12, 14}, [2]int64{36, 40}, 92}, false, [2]int64{40, 180}},
	{"morning market", "早市", "temaki-grapes", 220, usual{[2]int64{10, 12}, [2]int64{17, 20}, 88}, false, [2]int64{25, 120}},
	{"night market", "夜市", "restaurant-bbq", 140, usual{[2]int64{34, 37}, [2]int64{46, 51}, 90}, false, [2]int64{25, 110}},
	{"clothing market", "服装市场", "clothing-store", 90, usual{[2]int64{18, 20}, [2]int64{36, 40}, 85}, false, [2]int64{60, 240}},
	{"wholesale market", "批发市场", "warehouse", 80, usual{[2]int64{6, 9}, [2]int64{26, 30}, 95}, false, [2]int64{120, 420}},
	{"flower and bird market", "花鸟市场", "florist", 70, usual{[2]int64{17, 19}, [2]int64{34, 37}, 60}, false, [2]int64{30, 140}},
	{"flea market", "旧货市场", "temaki-vase", 60, usual{[2]int64{9, 16}, [2]int64{30, 36}, 100}, true, [2]int64{50, 300}},
}

var marketShares = newSums(marketKinds, func(k trade) int64 { return k.weight })

// market makes market i as it is at the end of the history.
func (c *City) market(r *random, i int, f *layers.Feature) { c.marketAt(r, i, historyEnd, f) }

// marketAt makes market i as it is at t.
func (c *City) marketAt(r *random, i int, t instant, f *layers.Feature) {
	k, hours := c.marketHours(r, i)
	kind := &marketKinds[k]
	stalls := r.between(kind.stalls[0], kind.stalls[1])
	s := &c.streets.streets[c.sites[i]]
	p := s.door(r).place

	r.text = appendPadded(append(r.text[:0], "M-"...), i+1, 4)
	f.ID = layers.FeatureID(r.text)
	f.Geometry = p.point()
	f.Values[marketKind] = column.StringOf(kind.name)
	f.Values[marketOpen] = column.StringOf(hours.openText(t))
	f.Values[marketDistrict] = column.StringOf(districts[districtOf(p)])
	f.Values[marketTitle] = column.StringOf(s.name + " " + kind.name)
	f.Values[marketTitleZH] = column.StringOf(s.zh + kind.zh)
	r.text = hours.appendText(r.text[:0])
	f.Values[marketHours] = column.StringOf(string(r.text))
	f.Values[marketStalls] = column.IntOf(stalls)
}

// marketHours draws the kind of market i and when it is open. The kinds of the first ones go by their
// number, so that even a small city has every kind.
func (c *City) marketHours(r *random, i int) (kind int, hours opening) {
	r.begin(c.seed, streamMarket, i)
	if kind = marketShares.draw(r); i < len(marketKinds) {
		kind = i
	}
	hours = marketKinds[kind].hours.draw(r)
	if marketKinds[kind].weekends {
		hours.days = weekends
	}
	return kind, hours
}

// newSites draws the street of each market that a city may have, busy ones the likelier. No two markets of
// one kind are by streets of one name, which is part of theirs; a city has thousands of names.
func (c *City) newSites() []int {
	type named struct {
		kind   int
		street string
	}
	taken := make(map[named]bool, MaxMarkets)
	sites := make([]int, MaxMarkets)
	var r random
	for i := range sites {
		kind, _ := c.marketHours(&r, i)
		for {
			sites[i] = c.streets.vendors.draw(&r)
			name := named{kind, c.streets.streets[sites[i]].name}
			if !taken[name] {
				taken[name] = true
				break
			}
		}
	}
	return sites
}
