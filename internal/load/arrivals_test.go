package load

import (
	"testing"
	"time"
)

func TestArrivals(t *testing.T) {
	t.Parallel()
	at := func(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, c := range []struct {
		name    string
		do      func(a *arrivals)
		max     time.Duration
		count   int64
		foreign int64
	}{
		{"after the acknowledgement", func(a *arrivals) {
			a.sending(0, at(0))
			a.acked(0, 5, at(10))
			a.arrived(arrival{4, 5, at(30)})
		}, ms(20), 1, 0},
		{"before the acknowledgement", func(a *arrivals) {
			a.sending(0, at(0))
			a.arrived(arrival{4, 5, at(8)})
			a.acked(0, 5, at(10))
		}, 0, 1, 0},
		{"while another request waits, whose change it tells of", func(a *arrivals) {
			a.sending(0, at(0))
			a.sending(1, at(1))
			a.arrived(arrival{4, 6, at(20)})
			a.acked(1, 6, at(5)) // too early to tell: connection 0 may have had 5
			if a.latency.total != 0 {
				t.Error("measured before all was known")
			}
			a.acked(0, 5, at(4))
			a.acked(0, 7, at(25))
		}, ms(16), 1, 0},
		{"the oldest of several", func(a *arrivals) {
			a.acked(0, 7, at(12))
			a.acked(0, 5, at(10))
			a.acked(0, 6, at(11))
			a.arrived(arrival{5, 7, at(40)})
			a.arrived(arrival{4, 7, at(41)})
		}, ms(31), 2, 0},
		{"the first of a shared sequence", func(a *arrivals) {
			a.acked(0, 5, at(10))
			a.acked(1, 5, at(20))
			a.arrived(arrival{4, 5, at(30)})
		}, ms(20), 1, 0},
		{"of others", func(a *arrivals) {
			a.acked(0, 5, at(10))
			a.arrived(arrival{5, 6, at(30)})
			a.arrived(arrival{2, 4, at(30)})
		}, 0, 0, 2},
		{"a request that failed", func(a *arrivals) {
			a.sending(0, at(0))
			a.acked(0, 0, at(10))
			a.arrived(arrival{0, 1, at(30)})
		}, 0, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newArrivals(2)
			c.do(a)
			a.finish()
			if a.latency.max != c.max || a.latency.total != c.count || a.foreign != c.foreign || len(a.waiting) != 0 {
				t.Errorf("got %v at most of %d, %d foreign, %d waiting; want %v, %d, %d", a.latency.max, a.latency.total, a.foreign, len(a.waiting), c.max, c.count, c.foreign)
			}
		})
	}
}

func TestArrivalsAreBounded(t *testing.T) {
	t.Parallel()
	a := newArrivals(1)
	a.waiting = make([]arrival, maxArrivals)
	a.arrived(arrival{0, 1, noon})
	if a.dropped != 1 || len(a.waiting) != maxArrivals {
		t.Errorf("got %d dropped of %d", a.dropped, len(a.waiting))
	}
	a.waiting = nil
	for seq := range uint64(maxAcks + 10) {
		a.acked(0, seq+1, noon)
	}
	if n := len(a.acks); n > maxAcks || a.acks[n-1].seq != maxAcks+10 {
		t.Errorf("got %d acknowledgements, want the newest", n)
	}
}
