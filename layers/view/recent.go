package view

import (
	"sync"
	"sync/atomic"
	"time"

	"hutong/layers"
)

// How long summaries of a state that is no longer the newest are good: [summaryFactor] times what making
// them took, so that it takes at most a twentieth of a processor however fast a layer changes, and at
// least [minSummaryAge].
const (
	summaryFactor = 20
	minSummaryAge = time.Second
)

// recent has the summaries of one layer as they were not long ago.
type recent struct {
	now    func() time.Time // replaced in tests
	mu     sync.Mutex       // held while summaries are made
	last   atomic.Pointer[summaries]
	erased atomic.Uint64 // see [Layer.LastErasure]
}

// summaries are of one state. They never change.
type summaries struct {
	list []Summary
	seq  layers.Seq
	turn uint64    // of the ages
	next time.Time // when they may be made anew
}

// Erased notes that the newest state is the first without something that was erased: from now on nobody is told the
// summaries of one before it, however young they are (S10). It is for one goroutine at a time.
func (l *Layer) Erased() { l.recent.erased.Store(uint64(l.Now().Seq())) }

// LastErasure returns the number of the first state without what was erased last; 0 when nothing was.
func (l *Layer) LastErasure() layers.Seq { return layers.Seq(l.recent.erased.Load()) }

// Summaries returns the summary of each field of the newest state, or of one shortly before it, and the
// number of that state. Making them reads every value of the layer, so it is done by one caller at a time
// and not for each state; meanwhile others get what there was, and wait only when there is nothing yet, or
// something was erased from it. Read only.
func (l *Layer) Summaries() ([]Summary, layers.Seq) {
	r := l.recent
	if s := r.last.Load(); s == nil || s.seq < l.LastErasure() {
		r.mu.Lock()
	} else if r.good(s, l) || !r.mu.TryLock() {
		return s.list, s.seq
	}
	defer r.mu.Unlock()
	s := r.last.Load()
	if s == nil || s.seq < l.LastErasure() || !r.good(s, l) { // else somebody has made them in between
		s = r.make(l.Now())
		r.last.Store(s)
	}
	return s.list, s.seq
}

// good reports whether s need not be made anew.
func (r *recent) good(s *summaries, l *Layer) bool {
	v := l.Now()
	return s.seq >= v.Seq() && s.turn == v.Turns() || r.now().Before(s.next)
}

// make makes the summaries of v.
func (r *recent) make(v *View) *summaries {
	start := r.now()
	s := &summaries{list: v.Summaries(), seq: v.Seq(), turn: v.Turns()}
	end := r.now()
	s.next = end.Add(max(minSummaryAge, summaryFactor*end.Sub(start)))
	return s
}
