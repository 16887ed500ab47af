package synthetic

import (
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
	complaintTitleZH
	complaintVotes
	complaintReported
	complaintChanged
	complaintChannel
)

func complaintLayer() LayerSpec {
	return LayerSpec{
		Title:       "Complaints",
		TitleZH:     "投诉",
		Description: "A year of invented complaints to a city's hotline.",
		Looks:       complaintLooks(),
		Attribution: attribution, Licence: licence,
		Distinct: map[string]int{"category": len(categories), "status": int(statuses)},
		Schema: &layers.Schema{
			Name: "complaints",
			Fields: []layers.Field{
				complaintCategory: {Name: "category", Kind: column.String, Keep: true, MaxLength: 24},
				complaintStatus:   {Name: "status", Kind: column.String, Keep: true, MaxLength: 16},
				complaintDistrict: {Name: "district", Kind: column.String, Priority: 20, MaxLength: 16},
				complaintTitle:    {Name: "title", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 120},
				complaintTitleZH:  {Name: "title_zh", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 120},
				complaintVotes:    {Name: "votes", Kind: column.Int, Priority: 10},
				complaintReported: {Name: "reported", Kind: column.Time, Priority: 30},
				complaintChanged:  {Name: "changed", Kind: column.Time, FromZoom: layers.DefaultDetailZoom},
				complaintChannel:  {Name: "channel", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 16},
			},
			IDField: "id", IDFromZoom: layers.DefaultDetailZoom, TimeField: "reported",
		},
	}
}

// Bounds of the votes for one complaint.
const (
	maxVotes  = 60
	votesTake = 2 * day // until all have come
)

// drawVotes draws how many votes a complaint gets: more when it is of a large street, or of an incident. The
// more it has, the likelier is one more.
func drawVotes(r *random, prominent bool) int64 {
	likely := int64(450) // thousandths
	if prominent {
		likely = 680
	}
	votes := int64(0)
	for votes < maxVotes && r.below(1000) < likely+12*min(votes, 15) {
		votes++
	}
	return votes
}

// votesAt returns how many votes there are at t of all for a complaint that came at came.
func votesAt(votes int64, came, t instant) int64 {
	return votes * min(int64(t-came), votesTake) / votesTake
}

// complaint makes complaint i as it is at the end of the history.
func (c *City) complaint(r *random, i int, f *layers.Feature) { c.complaintAt(r, i, historyEnd, f) }

// complaintAt makes complaint i as it is at t, which is not before it was reported. Nobody votes for one that
// has ended.
func (c *City) complaintAt(r *random, i int, t instant, f *layers.Feature) {
	m := c.matter(r, i)
	k := m.kind
	now := newCourse(r, m.when.instant, k, m.echoes)
	p := m.where.place
	if r.chance(45) { // the others are put exactly at the door
		p.x += r.bell(9*metre) * 1000 / cosine
		p.y += r.bell(9 * metre)
	}
	votes := drawVotes(r, m.where.street.class != lane || m.echoes || i%incidentEvery == 0)
	en, zh := c.complaintTitles(r, &m)
	reached := now.at(t)

	f.ID = complaintID(r, i, m.when)
	f.Geometry = p.point()
	f.Values[complaintCategory] = column.StringOf(k.name)
	f.Values[complaintStatus] = column.StringOf(statusNames[reached.status])
	f.Values[complaintDistrict] = column.StringOf(districts[districtOf(p)])
	f.Values[complaintTitle] = column.StringOf(en)
	f.Values[complaintTitleZH] = column.StringOf(zh)
	f.Values[complaintVotes] = column.IntOf(votesAt(votes, m.when.instant, min(t, now.end())))
	f.Values[complaintReported] = column.MicrosOf(m.when.micros())
	f.Values[complaintChanged] = column.MicrosOf(reached.micros())
	f.Values[complaintChannel] = column.StringOf(channels[k.channels.draw(r)].name)
}

// course draws what becomes of complaint i, without the rest of it.
func (c *City) course(r *random, i int) (moment, course) {
	m := c.matter(r, i)
	return m.when, newCourse(r, m.when.instant, m.kind, m.echoes)
}

// complaintTitles draws what a complaint says, in both languages. The two share their memory.
func (c *City) complaintTitles(r *random, m *matter) (en, zh string) {
	phrase := m.kind.phrase(r, m.when)
	r.text = m.where.appendTo(append(append(r.text[:0], phrase.en...), ", "...))
	split := len(r.text)
	r.text = append(append(m.where.appendZH(r.text), ' '), phrase.zh...)
	both := string(r.text)
	return both[:split], both[split:]
}

// complaintID returns the id of complaint i: the year by the city's clock in which it was reported, and
// its number from 1, which goes on from year to year.
func complaintID(r *random, i int, when moment) layers.FeatureID {
	y := int64(year)
	if when.instant >= yearHours*hour {
		y = int64(when.date().Year())
	}
	r.text = append(strconv.AppendInt(append(r.text[:0], "BJ-"...), y, 10), '-')
	r.text = appendPadded(r.text, i+1, 7)
	return layers.FeatureID(r.text)
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
