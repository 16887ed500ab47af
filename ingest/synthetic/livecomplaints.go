package synthetic

import (
	"sort"

	"hutong/layers"
)

// The orders of events of a complaint at one moment.
const (
	orderComes  = iota
	orderStep   // the first one; the others follow
	orderLeaves = orderStep + 3
)

// complaintStream is what happens to complaints: they come, take their steps, and leave.
type complaintStream struct {
	city    *City
	next    int     // the complaint that comes next
	comes   instant // and when
	pending agenda  // steps of those that have come, and those that leave
	random  random
}

// newComplaintStream returns the stream from a moment on, which is not before the end of the history.
// Complaints that came within the longest time that one stays open are drawn again, about 0.7 µs each.
func newComplaintStream(c *City, from instant) *complaintStream {
	s := &complaintStream{city: c}
	s.next = s.firstAfter(from)
	s.comes = s.reported(s.next)
	for i := s.firstAfter(from - courseLimit - keptLimit); i < s.next; i++ {
		_, course := c.course(&s.random, i)
		s.plan(i, &course, from)
		if follower := i + c.features.complaints; follower < s.next {
			s.planLeave(i, &course, s.reported(follower), from)
		}
	}
	return s
}

// reported returns when complaint i comes.
func (s *complaintStream) reported(i int) instant {
	s.random.begin(s.city.seed, streamComplaint, i)
	return s.city.year.nth(&s.random, i).instant
}

// firstAfter returns the first complaint that comes after t.
func (s *complaintStream) firstAfter(t instant) int {
	high := s.city.features.complaints
	for s.reported(high) <= t {
		high *= 2
	}
	return sort.Search(high, func(i int) bool { return s.reported(i) > t })
}

// plan plans the steps of complaint i after a moment.
func (s *complaintStream) plan(i int, c *course, after instant) {
	for k := 1; k < c.count; k++ {
		if c.steps[k].instant > after {
			s.pending.push(event{instant: c.steps[k].instant, index: i, order: int8(orderStep + k - 1)})
		}
	}
}

// planLeave plans that complaint i leaves once another has come in its place, unless it has left by the
// moment after.
func (s *complaintStream) planLeave(i int, c *course, follows, after instant) {
	if leaves := max(follows, c.end()+keptLimit); leaves > after {
		s.pending.push(event{instant: leaves, index: i, order: orderLeaves, gone: true})
	}
}

// until implements liveStream.
func (s *complaintStream) until(dst []event, t instant) []event {
	start := len(dst)
	for s.comes <= t {
		when, i := s.comes, s.next
		dst = append(dst, event{instant: when, index: i, order: orderComes})
		_, own := s.city.course(&s.random, i)
		s.plan(i, &own, when-1)
		if oldest := i - s.city.features.complaints; oldest >= 0 {
			_, course := s.city.course(&s.random, oldest)
			s.planLeave(oldest, &course, when, when-1)
		}
		s.next++
		s.comes = s.reported(s.next)
	}
	for len(s.pending) > 0 && s.pending[0].instant <= t {
		dst = append(dst, s.pending.pop())
	}
	sortEvents(dst[start:])
	return dst
}

// feature implements liveStream.
func (s *complaintStream) feature(r *random, e event, f *layers.Feature) {
	i := e.index
	if e.gone {
		r.begin(s.city.seed, streamComplaint, i)
		f.ID = complaintID(r, i, s.city.year.nth(r, i))
		return
	}
	s.city.complaintAt(r, i, e.instant, f)
}
