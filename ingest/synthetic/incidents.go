package synthetic

// Some complaints are about a thing that others complain of, too: an incident. Every incidentEvery-th
// complaint is the first of one, and some complaints of about the next two days echo it. Of two incidents
// the same one always draws more of them. Only echoes can be found to be duplicates.

const (
	incidentEvery = 16
	echoShare     = 30 // of a hundred complaints are about an incident
	incidentDays  = 2  // at the average rate
	longestEcho   = 4 * day
)

// matter is what a complaint is about.
type matter struct {
	when   moment
	where  address
	kind   *category
	echoes bool // it is about an incident of which it is not the first complaint
}

// matter draws what complaint i is about: when, then where, then what.
func (c *City) matter(r *random, i int) matter {
	r.begin(c.seed, streamComplaint, i)
	m := matter{when: c.year.nth(r, i)}
	if i%incidentEvery > 0 && r.chance(echoShare) {
		if first := c.incidentOf(r, i); first >= 0 {
			var other random // draws what the first one does
			other.begin(c.seed, streamComplaint, first)
			began := c.year.nth(&other, first)
			c.settle(&other, began, &m)
			// Else it is over, or nobody notices it at this hour.
			if m.when.instant-began.instant < longestEcho && m.kind.hours[partOfDay(m.when.hour)] >= 50 {
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

// incidentOf draws the first complaint of an incident that complaint i may be about; it is negative when
// there was none yet.
func (c *City) incidentOf(r *random, i int) int {
	last := i / incidentEvery
	span := max(1, c.year.yearly(i)*incidentDays/365/incidentEvery)
	a, b := last-int(r.below(span)), last-int(r.below(span))
	if mix(c.seed^uint64(a)) > mix(c.seed^uint64(b)) {
		return a * incidentEvery
	}
	return b * incidentEvery
}
