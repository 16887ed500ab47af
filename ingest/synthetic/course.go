package synthetic

// status is where a complaint stands.
type status uint8

const (
	open status = iota
	assigned
	inProgress
	closed
	rejected
	duplicate
	statuses
)

// statusNames are the values of the field.
var statusNames = [statuses]string{
	open: "open", assigned: "assigned", inProgress: "in progress", closed: "closed", rejected: "rejected", duplicate: "duplicate",
}

// step is a status and when it is reached.
type step struct {
	instant
	status status
}

// course is what becomes of a complaint: open, assigned, in progress, closed; or it is soon rejected, or
// found to be a duplicate. Each step is later than the one before it.
type course struct {
	steps [4]step
	count int
}

// Bounds of a course.
const (
	courseLimit = 90 * day // from the report to the end
	keptLimit   = 3 * day  // that an ended complaint stays at least
)

// at returns the step that c has come to at t. It is the first one for any t before it.
func (c *course) at(t instant) step {
	i := c.count - 1
	for i > 0 && c.steps[i].instant > t {
		i--
	}
	return c.steps[i]
}

// end returns the moment of the last step.
func (c *course) end() instant { return c.steps[c.count-1].instant }

// add adds a step that is some seconds after the last one. What people do out in the city, they mostly
// do by day.
func (c *course) add(r *random, s status, after int64) {
	t := c.end() + instant(after)
	if s != assigned {
		t = t.atWork(r)
	}
	left := int64(len(c.steps) - c.count) // an hour for each step that may follow
	c.steps[c.count] = step{min(t, c.steps[0].instant+courseLimit-instant(left)*hour), s}
	c.count++
}

// atWork returns t, or mostly, when t is at night, a moment of the morning after it.
func (t instant) atWork(r *random) instant {
	h, later := t.ofDay()/hour, r.below(3*hour)
	if h >= 7 && h < 21 || r.chance(25) {
		return t
	}
	d := t.day()
	if h >= 21 {
		d++
	}
	return instant(d*day + 7*hour + later)
}

// newCourse draws what becomes of a complaint that comes at t. echoes says that somebody else has
// reported the same before.
func newCourse(r *random, t instant, k *category, echoes bool) course {
	c := course{steps: [4]step{{t, open}}, count: 1}
	duplicates := int64(0)
	if echoes {
		duplicates = 220
	}
	takes := k.takes * r.between(15, 165) / 100 * hour
	switch luck := r.below(100); {
	case luck < 3:
		takes *= 7
	case luck < 14:
		takes *= 3
	}
	switch fate := r.below(1000); {
	case fate < 30:
		c.add(r, rejected, r.between(hour, 30*hour))
	case fate < 30+duplicates:
		c.add(r, duplicate, r.between(600, 20*hour))
	default:
		c.add(r, assigned, r.between(240, 5*hour)+takes*r.between(2, 18)/100)
		c.add(r, inProgress, takes*r.between(10, 40)/100)
		c.add(r, closed, takes*r.between(40, 90)/100)
	}
	return c
}
