package synthetic

import (
	"hutong/layers"
	"hutong/layers/column"
)

// The fields of a vendor.
const (
	vendorKind = iota
	vendorStatus
	vendorDistrict
	vendorTitle
	vendorArea
	vendorSince
)

func vendorLayer() LayerSpec {
	return LayerSpec{
		Title:       "Vendors",
		TitleZH:     "商贩",
		Description: "Invented stalls and street vendors, with and without a licence.",
		Attribution: attribution, Licence: licence,
		Distinct: map[string]int{"kind": len(wares), "status": len(permits)},
		Schema: &layers.Schema{
			Name: "vendors",
			Fields: []layers.Field{
				vendorKind:     {Name: "kind", Kind: column.String, Keep: true, MaxLength: 24},
				vendorStatus:   {Name: "status", Kind: column.String, Keep: true, MaxLength: 16},
				vendorDistrict: {Name: "district", Kind: column.String, Priority: 10, MaxLength: 16},
				vendorTitle:    {Name: "title", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 120},
				vendorArea:     {Name: "area", Kind: column.Int, Priority: 5},
				vendorSince:    {Name: "since", Kind: column.Time, FromZoom: layers.DefaultDetailZoom},
			},
			IDField: "id", IDFromZoom: layers.DefaultDetailZoom,
		},
	}
}

// ware is something that vendors sell, and how many sell it.
type ware struct {
	name   string
	weight int64
}

var wares = []ware{
	{"breakfast", 230},
	{"fruit and vegetables", 200},
	{"grilled food", 140},
	{"snacks and drinks", 130},
	{"clothes", 90},
	{"flowers", 60},
	{"phone accessories", 60},
	{"newspapers", 40},
	{"repairs", 30},
	{"toys", 20},
}

// permits are how a vendor stands with the city.
var (
	permits      = [...]string{"licensed", "unlicensed", "expired", "suspended"}
	permitShares = shares(620, 240, 100, 40)
	wareShares   = newSums(wares, func(w ware) int64 { return w.weight })
)

// vendor makes vendor i. Vendors stand where there are many people.
func (c *City) vendor(r *random, i int, f *layers.Feature) {
	r.begin(c.seed, streamVendor, i)
	s := &c.streets.streets[c.streets.vendors.draw(r)]
	where := s.door(r)
	kind := wares[wareShares.draw(r)].name
	permit := permits[permitShares.draw(r)]

	id := appendPadded([]byte("V-"), i+1, 6)
	f.ID = layers.FeatureID(id)
	p := place{where.x + r.bell(5*metre)*1000/cosine, where.y + r.bell(5*metre)}
	f.Geometry = p.point()
	f.Values[vendorKind] = column.StringOf(kind)
	f.Values[vendorStatus] = column.StringOf(permit)
	f.Values[vendorDistrict] = column.StringOf(districts[districtOf(p)])
	f.Values[vendorTitle] = column.StringOf(string(where.appendTo([]byte("Stall at "))))
	f.Values[vendorArea] = column.IntOf(2 + r.below(11))
	if permit != "unlicensed" {
		days := 1 + r.below(6*365)
		f.Values[vendorSince] = column.MicrosOf((yearStart + int64(yearHours)*3600 - days*24*3600) * 1_000_000)
	}
}
