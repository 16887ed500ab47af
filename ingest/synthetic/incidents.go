package synthetic

// Some complaints are about a thing that others complain of, too: an incident. Every incidentEvery-th
// complaint stands for one, which has a place and a category of its own, and complaints of the next
// two days, or until the next one, may be about it. Of two incidents the same one always draws more of them.

const (
	incidentEvery = 16
	echoShare     = 30 // of a hundred complaints are about an incident
	incidentDays  = 2
)

// matter is what a complaint is about.
type matter struct {
	when   moment
	where  address
	kind   *category
	echoes bool // it is about an incident
}

// matter draws what complaint i is about: when, then where, then what.
func (c *City) matter(r *random, i int) matter {
	r.begin(c.seed, streamComplaint, i)
	m := matter{when: c.year.nth(r, i)}
	if r.chance(echoShare) {
		if k := c.incidentOf(r, i); k >= 0 {
			var other random
			other.begin(c.seed, streamIncident, k)
			c.settle(&other, c.year.nth(&other, k*incidentEvery), &m)
			if m.kind.hours[partOfDay(m.when.hour)] >= 50 { // else nobody notices it at this hour
				m.echoes = true
				return m
			}
		}
	}
	c.settle(r, m.when, &m)
	return m
}

// settle draws the place of a matter and what it is, as of a moment.
func (c *City) settle(r *random, when moment, m *matter) {
	s := c.streets.complaints.draw(r)
	m.where = c.streets.streets[s].door(r)
	sky := weatherOf(c.seed, when.day(), when.month)
	m.kind = &categories[c.wishes[when.month][partOfDay(when.hour)][c.settings[s]][sky].draw(r)]
}

// incidentOf draws an incident that complaint i may be about; it is negative when there was none yet.
func (c *City) incidentOf(r *random, i int) int {
	last := i / incidentEvery
	span := max(1, c.year.yearly(i)*incidentDays/365/incidentEvery)
	a, b := last-int(r.below(span)), last-int(r.below(span))
	if mix(c.seed^uint64(a)) > mix(c.seed^uint64(b)) {
		return a
	}
	return b
}
