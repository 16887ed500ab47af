package archive

import (
	"sync"
	"sync/atomic"
	"time"
)

// calm is how long an archive must go without a failure before one that went well says that it is in order
// again. A single broken tile among good ones would else fill the log.
const calm = time.Minute

// health is what the log was told of an archive: that it fails, once for each kind of failure, and that it
// is in order again. It may be used from any goroutine.
type health struct {
	failing atomic.Bool // so that requests that go well take no lock

	mu       sync.Mutex
	told     map[string]bool // kinds since the archive was last in order
	failures int             // since then
	last     time.Time       // of the last failure
}

// fails takes a failure and reports whether the log has to be told.
func (h *health) fails(kind string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.told == nil {
		h.told = map[string]bool{}
	}
	again := h.told[kind]
	h.told[kind] = true
	h.failures++
	h.last = now
	h.failing.Store(true)
	return !again
}

// works takes a success; after a calm it returns how many failures there were and true, once.
func (h *health) works(now time.Time) (failures int, recovered bool) {
	if !h.failing.Load() {
		return 0, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failures == 0 || now.Sub(h.last) < calm {
		return 0, false
	}
	failures = h.failures
	h.told, h.failures = nil, 0
	h.failing.Store(false)
	return failures, true
}
