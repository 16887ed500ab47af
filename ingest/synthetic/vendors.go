package synthetic

import (
	"hutong/layers"
	"hutong/layers/column"
)

// The fields of a vendor.
const (
	vendorKind = iota
	vendorStatus
	vendorOpen
	vendorDistrict
	vendorTitle
	vendorTitleZH
	vendorHours
	vendorArea
	vendorSince
)

func vendorLayer() LayerSpec {
	return LayerSpec{
		Title:       "Vendors",
		TitleZH:     "商贩",
		Description: "Invented stalls and street vendors, with and without a licence, and when they are open.",
		Looks:       vendorLooks(),
		Attribution: attribution, Licence: licence,
		Distinct: map[string]int{"kind": len(wares), "status": len(permits), "open": 2},
		Schema: &layers.Schema{
			Name: "vendors",
			Fields: []layers.Field{
				vendorKind:     {Name: "kind", Kind: column.String, Keep: true, MaxLength: 24},
				vendorStatus:   {Name: "status", Kind: column.String, Keep: true, MaxLength: 16},
				vendorOpen:     {Name: "open", Kind: column.String, Keep: true, MaxLength: 8},
				vendorDistrict: {Name: "district", Kind: column.String, Priority: 10, MaxLength: 16},
				vendorTitle:    {Name: "title", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 120},
				vendorTitleZH:  {Name: "title_zh", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 120},
				vendorHours:    {Name: "hours", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 32},
				vendorArea:     {Name: "area", Kind: column.Int, Priority: 5},
				vendorSince:    {Name: "since", Kind: column.Time, FromZoom: layers.DefaultDetailZoom},
			},
			IDField: "id", IDFromZoom: layers.DefaultDetailZoom,
		},
	}
}

// ware is something that vendors sell, how many sell it, and when.
type ware struct {
	name, zh, icon string
	stall          word
	weight         int64
	hours          usual
}

var wares = []ware{
	{"breakfast", "早点", "bakery", word{"Breakfast stall", "早点摊"}, 230, usual{[2]int64{11, 13}, [2]int64{18, 21}, 72}},
	{"fruit and vegetables", "果蔬", "grocery", word{"Greengrocer's stall", "果蔬摊"}, 200, usual{[2]int64{13, 16}, [2]int64{36, 41}, 85}},
	{"grilled food", "烧烤", "restaurant-bbq", word{"Grill stall", "烧烤摊"}, 140, usual{[2]int64{33, 36}, [2]int64{46, 52}, 88}},
	{"snacks and drinks", "小吃饮料", "fast-food", word{"Snack stall", "小吃摊"}, 130, usual{[2]int64{19, 22}, [2]int64{40, 45}, 80}},
	{"clothes", "服装", "clothing-store", word{"Clothes stall", "服装摊"}, 90, usual{[2]int64{19, 21}, [2]int64{38, 42}, 75}},
	{"flowers", "鲜花", "florist", word{"Flower stall", "鲜花摊"}, 60, usual{[2]int64{16, 18}, [2]int64{36, 40}, 70}},
	{"phone accessories", "手机配件", "mobile-phone", word{"Phone accessories stall", "手机配件摊"}, 60, usual{[2]int64{20, 22}, [2]int64{40, 44}, 85}},
	{"newspapers", "报刊", "library", word{"Newspaper kiosk", "报刊亭"}, 40, usual{[2]int64{12, 14}, [2]int64{36, 39}, 55}},
	{"repairs", "修理", "temaki-tools", word{"Repair stall", "修理摊"}, 30, usual{[2]int64{16, 18}, [2]int64{34, 37}, 40}},
	{"toys", "玩具", "gaming", word{"Toy stall", "玩具摊"}, 20, usual{[2]int64{30, 34}, [2]int64{40, 43}, 60}},
}

// The indices of permits.
const (
	licensed = iota
	unlicensed
	expired
	suspended
)

// permits are how a vendor stands with the city.
var (
	permits      = [...]string{licensed: "licensed", unlicensed: "unlicensed", expired: "expired", suspended: "suspended"}
	permitShares = shares(620, 240, 100, 40)
	wareShares   = newSums(wares, func(w ware) int64 { return w.weight })
)

// vendor makes vendor i as it is at the end of the history.
func (c *City) vendor(r *random, i int, f *layers.Feature) { c.vendorAt(r, i, historyEnd, f) }

// vendorAt makes vendor i as it is at t. Vendors stand where there are many people.
func (c *City) vendorAt(r *random, i int, t instant, f *layers.Feature) {
	kind, permit, hours := c.vendorHours(r, i)
	s := &c.streets.streets[c.streets.vendors.draw(r)]
	where := s.door(r)
	p := place{where.x + r.bell(5*metre)*1000/cosine, where.y + r.bell(5*metre)}

	r.text = appendPadded(append(r.text[:0], "V-"...), i+1, 6)
	f.ID = layers.FeatureID(r.text)
	f.Geometry = p.point()
	f.Values[vendorKind] = column.StringOf(kind.name)
	f.Values[vendorStatus] = column.StringOf(permit)
	f.Values[vendorOpen] = column.StringOf(hours.openText(t))
	f.Values[vendorDistrict] = column.StringOf(districts[districtOf(p)])
	r.text = where.appendTo(append(append(r.text[:0], kind.stall.en...), ", "...))
	f.Values[vendorTitle] = column.StringOf(string(r.text))
	r.text = append(append(where.appendZH(r.text[:0]), ' '), kind.stall.zh...)
	f.Values[vendorTitleZH] = column.StringOf(string(r.text))
	if r.text = hours.appendText(r.text[:0]); len(r.text) > 0 {
		f.Values[vendorHours] = column.StringOf(string(r.text))
	}
	f.Values[vendorArea] = column.IntOf(2 + r.below(11))
	if since := permitSince(r, permit); since > 0 {
		f.Values[vendorSince] = column.MicrosOf((historyEnd - instant(since)*day).micros())
	}
}

// permitYears is how long a permit lasts.
const permitYears = 3

// permitSince draws how many days before the end of the history a vendor got its permit; 0 when it has none.
// One that has expired is older than a permit lasts, the others are not.
func permitSince(r *random, permit string) int64 {
	const lasts = permitYears * 365
	switch permit {
	case permits[unlicensed]:
		return 0
	case permits[expired]:
		return lasts + 1 + r.below(lasts)
	default:
		return 1 + r.below(lasts-1)
	}
}

// vendorHours draws what vendor i sells, how it stands with the city, and when it is open: never while
// its permit is suspended.
func (c *City) vendorHours(r *random, i int) (*ware, string, opening) {
	r.begin(c.seed, streamVendor, i)
	kind, permit := &wares[wareShares.draw(r)], permits[permitShares.draw(r)]
	hours := kind.hours.draw(r)
	if permit == permits[suspended] {
		hours = opening{}
	}
	return kind, permit, hours
}
