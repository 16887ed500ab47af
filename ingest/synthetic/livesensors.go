package synthetic

import "hutong/layers"

// The orders of events of a sensor at one moment.
const (
	orderShift = iota
	orderRead
)

// sensorStream is what happens to sensors: they read, fall silent and come back.
type sensorStream struct {
	city    *City
	now     instant
	sensors []sensor // without the places
}

func newSensorStream(c *City, from instant) *sensorStream {
	s := &sensorStream{city: c, now: from, sensors: make([]sensor, c.features.sensors)}
	for i := range s.sensors {
		s.sensors[i] = c.sensorClock(i)
	}
	return s
}

// until implements liveStream.
func (s *sensorStream) until(dst []event, t instant) []event {
	start := len(dst)
	for i := range s.sensors {
		one := &s.sensors[i]
		for n := one.shiftOf(s.now) + 1; n <= one.shiftOf(t); n++ {
			if one.state(n) != one.state(n-1) {
				dst = append(dst, event{instant: one.shiftStart(n), index: i, order: orderShift})
			}
		}
		for n := one.ticks(s.now) + 1; n <= one.ticks(t); n++ {
			if at := one.tick(n); one.state(one.shiftOf(at)) == online {
				dst = append(dst, event{instant: at, index: i, order: orderRead})
			}
		}
	}
	s.now = max(s.now, t)
	sortEvents(dst[start:])
	return dst
}

// feature implements liveStream.
func (s *sensorStream) feature(r *random, e event, f *layers.Feature) {
	s.city.sensorAt(r, e.index, e.instant, f)
}
