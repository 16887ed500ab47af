package auth

import (
	"net/netip"
	"sync"
	"time"

	"hutong/internal/telemetry"
)

// Bounds of attempts with unknown keys.
const (
	// Burst is how many an address has at once, and Refill how long it takes to get one back.
	Burst  = 20
	Refill = 3 * time.Second
	// maxAddresses is how many addresses are told apart. When there are more, further ones share one
	// allowance until some are forgotten.
	maxAddresses = 4096
	// networkBits are those of an IPv6 address by which senders are told apart: one site has the rest.
	networkBits = 64
)

// attempts remembers for each address when its allowance will be whole again (a leaky bucket by its virtual
// time: GCRA). It may be used from any goroutine.
type attempts struct {
	now      func() time.Time
	overflow telemetry.Count

	mu     sync.Mutex
	whole  map[netip.Prefix]time.Time
	shared time.Time // of the addresses for which there is no room
}

func newAttempts(now func() time.Time, m *telemetry.Metrics) *attempts {
	a := &attempts{
		now: now, whole: map[netip.Prefix]time.Time{},
		overflow: m.Counter("hutong_auth_addresses_limited_total",
			"Attempts with an unknown key from addresses for which there was no room among those told apart.").With(),
	}
	m.Sample("hutong_auth_addresses", "Addresses from which an unknown key came lately.", nil,
		func(emit func(float64, ...string)) { emit(float64(a.count())) })
	return a
}

func (a *attempts) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.whole)
}

// fail notes an attempt from an address. It returns how long the address has to wait when it was one too
// many, which is then not noted, else 0.
func (a *attempts) fail(from netip.Addr) (wait time.Duration) {
	from = from.Unmap().WithZone("")
	bits := from.BitLen()
	if from.Is6() {
		bits = networkBits
	}
	key, _ := from.Prefix(bits) // of an address that is none: the zero prefix, which is as good a key
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	whole, known := a.whole[key]
	room := known || a.room(now)
	if !room {
		whole = a.shared
		a.overflow.Add(1)
	}
	if whole.Before(now) {
		whole = now
	}
	whole = whole.Add(Refill)
	if wait = whole.Sub(now) - Burst*Refill; wait > 0 {
		return wait
	}
	if room {
		a.whole[key] = whole
	} else {
		a.shared = whole
	}
	return 0
}

// room reports whether one more address can be told apart; addresses whose allowance is whole are forgotten
// when there is none.
func (a *attempts) room(now time.Time) bool {
	if len(a.whole) < maxAddresses {
		return true
	}
	for key, whole := range a.whole {
		if whole.Before(now) {
			delete(a.whole, key)
		}
	}
	return len(a.whole) < maxAddresses
}
