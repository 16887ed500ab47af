package synthetic

import (
	"math/bits"
	"strconv"

	"hutong/layers"
	"hutong/layers/column"
)

const (
	attribution = "Synthetic data"
	licence     = "CC0-1.0"
)

// The fields of a complaint.
const (
	complaintCategory = iota
	complaintStatus
	complaintDistrict
	complaintTitle
	complaintVotes
	complaintReported
)

func complaintLayer() LayerSpec {
	return LayerSpec{
		Title:       "Complaints",
		TitleZH:     "投诉",
		Description: "A year of invented complaints to a city's hotline.",
		Attribution: attribution, Licence: licence,
		Distinct: map[string]int{"category": len(categories), "status": len(statuses)},
		Schema: &layers.Schema{
			Name: "complaints",
			Fields: []layers.Field{
				complaintCategory: {Name: "category", Kind: column.String, Keep: true, MaxLength: 24},
				complaintStatus:   {Name: "status", Kind: column.String, Keep: true, MaxLength: 16},
				complaintDistrict: {Name: "district", Kind: column.String, Priority: 20, MaxLength: 16},
				complaintTitle:    {Name: "title", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 120},
				complaintVotes:    {Name: "votes", Kind: column.Int, Priority: 10},
				complaintReported: {Name: "reported", Kind: column.Time, Priority: 30},
			},
			IDField: "id", IDFromZoom: layers.DefaultDetailZoom, TimeField: "reported",
		},
	}
}

// maxVotes bounds the votes for one complaint.
const maxVotes = 60

// complaint makes complaint i: first when, then where, then what about.
func (c *City) complaint(r *random, i int, f *layers.Feature) {
	r.begin(c.seed, streamComplaint, i)
	when := c.year.nth(r, i, c.features[0])
	s := &c.streets.streets[c.streets.complaints.draw(r)]
	where := s.door(r)
	k := &categories[c.wishes[when.month][when.hour][s.class].draw(r)]

	p := where.place
	if r.chance(45) { // the others are put exactly at the door
		p.x += r.bell(9*metre) * 1000 / cosine
		p.y += r.bell(9 * metre)
	}
	// Half have no vote, and each further one is half as likely; what is wrong on a large street
	// bothers more people.
	votes := bits.TrailingZeros64(uint64(r.below(1<<40)) | 1<<41)
	if s.class != lane {
		votes += votes * int(r.below(4))
	}
	r.text = append(r.text[:0], k.titles[r.below(int64(len(k.titles)))]...)
	r.text = where.appendTo(append(r.text, ", "...))
	r.text = append(r.text, " ("...)
	number := len(r.text)
	r.text = appendPadded(append(strconv.AppendInt(r.text, year, 10), '-'), i+1, 7)
	f.ID = layers.FeatureID("BJ-" + string(r.text[number:]))
	title := string(append(r.text, ')'))
	f.Geometry = p.point()

	f.Values[complaintCategory] = column.StringOf(k.name)
	f.Values[complaintStatus] = column.StringOf(statusAt(r, yearHours*3600-when.second))
	f.Values[complaintDistrict] = column.StringOf(districts[districtOf(p)])
	f.Values[complaintTitle] = column.StringOf(title)
	f.Values[complaintVotes] = column.IntOf(int64(min(votes, maxVotes)))
	f.Values[complaintReported] = column.MicrosOf((yearStart + when.second) * 1_000_000)
}

// appendTo appends the address, such as "12 East Yongan Lane".
func (a address) appendTo(dst []byte) []byte {
	dst = append(strconv.AppendInt(dst, a.number, 10), ' ')
	return append(dst, a.street.name...)
}

// appendZH appends the address in Chinese, such as "永安东巷12号".
func (a address) appendZH(dst []byte) []byte {
	return append(strconv.AppendInt(append(dst, a.street.zh...), a.number, 10), "号"...)
}

// appendPadded appends n with zeros in front, at least width digits wide.
func appendPadded(dst []byte, n, width int) []byte {
	for limit := pow10(width - 1); limit > 1 && n < limit; limit /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}
