package synthetic

import "hutong/layers"

// shopStream is what happens to stalls or markets: they open and shut.
type shopStream struct {
	now   instant
	hours []opening
	at    [quarters][]int32 // those that may open or shut at a quarter of the day
	make  func(r *random, i int, t instant, f *layers.Feature)
}

func newVendorStream(c *City, from instant) *shopStream {
	hours := func(r *random, i int) opening {
		_, _, o := c.vendorHours(r, i)
		return o
	}
	return newShopStream(from, c.features.vendors, hours, c.vendorAt)
}

func newMarketStream(c *City, from instant) *shopStream {
	hours := func(r *random, i int) opening {
		_, o := c.marketHours(r, i)
		return o
	}
	return newShopStream(from, c.features.markets, hours, c.marketAt)
}

// newShopStream returns the stream of n shops from a moment on.
func newShopStream(from instant, n int, hours func(r *random, i int) opening,
	fill func(r *random, i int, t instant, f *layers.Feature),
) *shopStream {
	s := &shopStream{now: from, hours: make([]opening, n), make: fill}
	var r random
	for i := range s.hours {
		o := hours(&r, i)
		s.hours[i] = o
		if o.days == nil {
			continue
		}
		s.at[o.from/quarter%quarters] = append(s.at[o.from/quarter%quarters], int32(i))
		if (o.to-o.from)%midnight != 0 {
			s.at[o.to/quarter%quarters] = append(s.at[o.to/quarter%quarters], int32(i))
		}
	}
	return s
}

// until implements liveStream. Those of a quarter are in the order of their numbers, as they were added to it,
// each at most once: none opens and shuts at the same quarter.
func (s *shopStream) until(dst []event, t instant) []event {
	const length = quarter * 60
	for k := s.now.floored(length) + 1; k <= t.floored(length); k++ {
		now := instant(k * length)
		for _, i := range s.at[now.ofDay()/length] {
			if o := s.hours[i]; o.is(now) != o.is(now-1) {
				dst = append(dst, event{instant: now, index: int(i)})
			}
		}
	}
	s.now = max(s.now, t)
	return dst
}

// feature implements liveStream.
func (s *shopStream) feature(r *random, e event, f *layers.Feature) {
	s.make(r, e.index, e.instant, f)
}
