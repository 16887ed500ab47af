package app

import (
	"context"
	"slices"
	"sync"
	"time"

	api "hutong/api/snapshot"
	"hutong/journal/checkpoint"
	"hutong/layers"
)

// What a moment means, and what its answers tell.
//
// The log counts the messages of all layers, hidden ones too. So nothing that it alone knows leaves (S10): the newest and
// the earliest number that can be asked for are those of layers that everybody sees, and a time is accepted or not by when
// checkpoints were written and not by when messages came. What a moment becomes is for the server only.

// Seq returns the sequence that a moment means.
func (h *history) Seq(ctx context.Context, m api.Moment, names []layers.Name) (layers.Seq, error) {
	if err := h.check(names); err != nil {
		return 0, err
	}
	newest, last := h.newest()
	now := h.app.store.now()
	if m.Seq > newest || m.Time.After(now) {
		return 0, &api.FutureError{Last: newest, Now: now}
	}
	first, oldest := h.first(names)
	if oldest.Seq == 0 {
		return 0, first
	}
	seq := m.Seq
	if seq == 0 {
		if m.Time.Before(oldest.Time) {
			return 0, first
		}
		var err error
		if seq, err = h.at(ctx, m.Time, now); err != nil {
			return 0, err
		}
		seq = max(min(seq, last), oldest.Seq)
	}
	if seq < first.Seq {
		return 0, first
	}
	return max(seq, oldest.Seq), nil // the layers are there as they were since first.Seq
}

// pinned is [history.Seq] for a snapshot: no moment is now, of which there is a past then.
func (h *history) pinned(ctx context.Context, m api.Moment, names []layers.Name) (layers.Seq, error) {
	if !m.IsZero() {
		return h.Seq(ctx, m, names)
	}
	if err := h.check(names); err != nil {
		return 0, err
	}
	if _, oldest := h.first(names); oldest.Seq == 0 { // the city is new, or one of the layers
		if err := h.app.durable.request(ctx, h.app.durable.checkpoint); err != nil {
			return 0, err
		}
	}
	if first, oldest := h.first(names); oldest.Seq == 0 {
		return 0, first
	}
	return h.app.store.seqNow(), nil
}

// wasSo returns a time at which layers were as they are at seq: when the message was durable that changed one of them
// last, which everybody reads in /layers when it is the newest. What the log does not have any more the newest checkpoint
// up to seq has.
func (h *history) wasSo(ctx context.Context, changed, seq layers.Seq) (time.Time, error) {
	d := h.app.durable
	at, err := d.journal.Written(ctx, changed)
	if err != nil || !at.IsZero() {
		return at.UTC(), err
	}
	for _, c := range d.checkpoints.List() {
		if c.Damaged == "" && c.Seq <= seq {
			return c.Time, nil
		}
	}
	return h.app.store.now().UTC(), nil // as they are now
}

// newest returns the newest number of a layer whose past is served, which everybody reads in /layers, and that of the
// newest state of any. All messages up to the first have been applied.
func (h *history) newest() (shown, last layers.Seq) {
	s := h.app.store
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, l := range s.layers {
		if h.check([]layers.Name{name}) == nil {
			shown = max(shown, l.Snapshot().Seq())
		}
	}
	return max(shown, firstSeq), s.seq
}

// first returns the earliest moment that layers can be asked for, as a refusal tells it, and the oldest checkpoint that
// has all of them; its Seq is 0 when there is none. What the layers were at that checkpoint they were since the last
// message before it that changed one of them: that is the number which is told.
func (h *history) first(names []layers.Name) (first *api.EarlierError, oldest checkpoint.Info) {
	kept := slices.DeleteFunc(h.app.durable.checkpoints.List(), func(c checkpoint.Info) bool { return c.Damaged != "" })
	first = &api.EarlierError{}
	for _, c := range slices.Backward(kept) {
		if seq, has := stateIn(&c, names); has {
			oldest = c
			first.Seq, first.Time = max(seq, firstSeq), c.Time
			break
		}
	}
	if oldest.Seq == 0 {
		return first, oldest
	}
	if erased := h.app.store.erasedFrom(names); erased > first.Seq {
		first = &api.EarlierError{Seq: erased}
		for _, c := range slices.Backward(kept) {
			if c.Seq >= erased {
				first.Time = c.Time
				break
			}
		}
	}
	return first, oldest
}

// stateIn returns the newest number of some layers in a checkpoint, if it has all of them.
func stateIn(c *checkpoint.Info, names []layers.Name) (seq layers.Seq, has bool) {
	for _, name := range names {
		i := slices.IndexFunc(c.Layers, func(l checkpoint.LayerInfo) bool { return l.Name == name })
		if i < 0 {
			return 0, false
		}
		seq = max(seq, c.Layers[i].Seq)
	}
	return seq, true
}

// at returns the last message that was durable at a time, or that of the newest checkpoint of then when the log does not
// go back so far: what is truncated was durable before the checkpoint that has it. now is the time.
func (h *history) at(ctx context.Context, t, now time.Time) (layers.Seq, error) {
	if seq, known := h.moments.find(t); known {
		return seq, nil
	}
	d := h.app.durable
	seq, err := d.journal.At(ctx, t)
	if err != nil {
		return 0, err
	}
	if seq < d.journal.First() {
		seq = 0
	}
	for _, c := range d.checkpoints.List() {
		if c.Damaged == "" && !c.Time.After(t) {
			seq = max(seq, c.Seq)
			break
		}
	}
	if now.Sub(t) >= settled {
		h.moments.put(t, seq)
	}
	return seq, nil
}

const (
	// settled is how long ago a time is that gets no message any more.
	settled = 10 * time.Second
	// maxMoments is of how many times the message is remembered: each tile of a map asks anew, and a look into the log
	// reads some twenty messages.
	maxMoments = 256
)

// moments are times and the messages that they mean. All are forgotten when there are too many.
type moments struct {
	mu    sync.Mutex
	known map[time.Time]layers.Seq
}

func (m *moments) find(t time.Time) (layers.Seq, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seq, known := m.known[t.UTC()]
	return seq, known
}

func (m *moments) put(t time.Time, seq layers.Seq) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= maxMoments {
		m.known = map[time.Time]layers.Seq{}
	}
	m.known[t.UTC()] = seq
}
