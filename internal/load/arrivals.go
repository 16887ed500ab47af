package load

import (
	"slices"
	"sync"
	"time"
)

// Bounds of what arrivals remembers; what is beyond them is counted.
const (
	maxArrivals = 2_000_000 // that wait for acknowledgements
	maxAcks     = 100_000   // the newest
)

// arrivals measures how long events take to clients, from the acknowledgement of the oldest change that an event
// tells of to its arrival. An event may arrive before the acknowledgement does, so it is measured once
// no request is unanswered that was sent before it arrived. Any goroutine may use it.
type arrivals struct {
	mu      sync.Mutex
	acks    []ack       // by sequence
	sent    []time.Time // by connection: when its request was sent; zero when none is under way
	waiting []arrival   // in about the order in which they arrived
	latency histogram
	// foreign counts events that tell of no change of ours, dropped those that there was no room to remember.
	foreign, dropped int64
	last             arrival // the last one that was looked up, as most clients get the same events
	lastAck          time.Time
	lastFound        bool
}

// ack is when a sequence was acknowledged.
type ack struct {
	seq uint64
	at  time.Time
}

// arrival is an event that tells a client of the sequences above from up to to.
type arrival struct {
	from, to uint64
	at       time.Time
}

// newArrivals returns arrivals of the changes of so many connections.
func newArrivals(connections int) *arrivals { return &arrivals{sent: make([]time.Time, connections)} }

// sending says that a connection sends a request.
func (a *arrivals) sending(connection int, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent[connection] = at
}

// acked says that a connection's request has its answer: the sequence of its changes, 0 when there is none.
func (a *arrivals) acked(connection int, seq uint64, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent[connection] = time.Time{}
	if seq > 0 {
		i, found := slices.BinarySearchFunc(a.acks, seq, func(x ack, seq uint64) int {
			switch {
			case x.seq < seq:
				return -1
			case x.seq > seq:
				return 1
			}
			return 0
		})
		if !found { // several requests may share a sequence; the first one counts
			a.acks = slices.Insert(a.acks, i, ack{seq, at})
			a.last = arrival{}
		}
		if len(a.acks) > maxAcks {
			a.acks = slices.Delete(a.acks, 0, maxAcks/10)
		}
	}
	oldest := at
	for _, sent := range a.sent {
		if !sent.IsZero() && sent.Before(oldest) {
			oldest = sent
		}
	}
	a.measure(oldest)
}

// newest returns the highest sequence that was acknowledged, 0 when none was.
func (a *arrivals) newest() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.acks) == 0 {
		return 0
	}
	return a.acks[len(a.acks)-1].seq
}

// arrived says that an event reached a client.
func (a *arrivals) arrived(e arrival) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == maxArrivals {
		a.dropped++
		return
	}
	a.waiting = append(a.waiting, e)
}

// finish measures what is left.
func (a *arrivals) finish() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.measure(time.Now().Add(time.Hour))
}

// measure measures what arrived before a time. The caller holds mu.
func (a *arrivals) measure(before time.Time) {
	kept := a.waiting[:0]
	for _, e := range a.waiting {
		if !e.at.Before(before) {
			kept = append(kept, e)
			continue
		}
		if at, found := a.oldest(e); found {
			a.latency.add(e.at.Sub(at))
		} else {
			a.foreign++
		}
	}
	a.waiting = kept
}

// oldest returns when the first of an event's sequences was acknowledged that is ours. The caller holds mu.
func (a *arrivals) oldest(e arrival) (time.Time, bool) {
	if e.from == a.last.from && e.to == a.last.to && e.to > 0 {
		return a.lastAck, a.lastFound
	}
	i, _ := slices.BinarySearchFunc(a.acks, e.from, func(x ack, from uint64) int {
		if x.seq <= from {
			return -1
		}
		return 1
	})
	var at time.Time
	for ; i < len(a.acks) && a.acks[i].seq <= e.to; i++ {
		if at.IsZero() || a.acks[i].at.Before(at) {
			at = a.acks[i].at
		}
	}
	a.last, a.lastAck, a.lastFound = e, at, !at.IsZero()
	return at, a.lastFound
}
