package app

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"hutong/api"
	"hutong/ingest/expiry"
	"hutong/journal/record"
	"hutong/layers"
	"hutong/layers/column"
)

// firstSeq is the state of a layer that was filled from files before anything was accepted. The log's
// numbers start behind it.
const firstSeq = 1

// applyAll makes entries visible at once and tells whoever waits for each. live says that they came while the server runs,
// and not while it read the log again at its start, so that they count. The error says that one does not fit the layers as
// they are configured now; nothing of its layer, and of those behind it, was applied.
func (s *Store) applyAll(entries []reading, live bool) error {
	last := entries[len(entries)-1].Seq
	var batches []record.Batch
	var seqs []layers.Seq
	for i := range entries {
		batches = append(batches, entries[i].Batches...)
		seqs = append(seqs, slices.Repeat([]layers.Seq{entries[i].Seq}, len(entries[i].Batches))...)
	}
	s.mu.Lock()
	outcomes, err := s.show(last, batches, seqs, live)
	s.mu.Unlock()
	if err != nil {
		return &unfitError{entries[0].Seq, last, err}
	}
	for i := range entries {
		n := len(entries[i].Batches)
		s.receipts.deliver(entries[i].Seq, outcomes[:n:n])
		outcomes = outcomes[n:]
	}
	return nil
}

// show applies batches, those of a layer together and in their order, so that each layer goes over to its state of seq
// at once. seqs are the numbers of their entries: a layer's state has that of its own last one, so that it tells nothing of
// others that happened to be applied with it, and is the same on every node (S8, S10). It returns the outcomes by batch.
// s.mu is held.
func (s *Store) show(seq layers.Seq, batches []record.Batch, seqs []layers.Seq, live bool) ([][]layers.Outcome, error) {
	arrived := s.now()
	outcomes := make([][]layers.Outcome, len(batches))
	some := false // a layer is at its state of seq
	for i := range batches {
		if outcomes[i] != nil || s.layers[batches[i].Layer] == nil {
			continue // done with an earlier one, or of a layer that is configured no more
		}
		l := s.layers[batches[i].Layer]
		all := together(batches[i:])
		for j := i; j < len(batches); j++ {
			if batches[j].Layer == all.Layer {
				all.Seq = seqs[j]
			}
		}
		before := l.Snapshot()
		delta, err := l.Apply(all)
		if err != nil {
			if some {
				s.torn = fmt.Errorf("app: layer %s is not at state %d, as others are: %w", l.Name(), seq, err)
			}
			return nil, err
		}
		passage := api.Passage{Observed: newest(l.Schema(), batches[i:]), Received: earliest(l.Name(), batches[i:])}
		if at := observedBy(l.Schema()); at >= 0 {
			passage.Private = l.Schema().Fields[at].Private // whoever fills it: one that no config names is, too (S10)
		}
		if s.log != nil {
			passage.Durable = arrived
		}
		s.seq, some = seq, true
		if erases(all.Changes) {
			s.erased[l.Name()] = all.Seq
			s.forget(l.Name(), all.Seq)
		}
		if err := s.showAll(l, before, all.Changes, &delta, passage, live); err != nil {
			s.torn = err
			return nil, err
		}
		if erases(all.Changes) {
			s.tellNoSummaries(l)
		}
		rest := delta.Outcomes
		for j := i; j < len(batches); j++ {
			if n := len(batches[j].Changes); batches[j].Layer == all.Layer {
				outcomes[j], rest = rest[:n:n], rest[n:]
				if live {
					s.count(batches[j].Source, outcomes[j])
				}
			}
		}
	}
	s.seq = seq
	return outcomes, nil
}

// erases reports whether one of changes is an erasure.
func erases(changes []layers.Change) bool {
	return slices.ContainsFunc(changes, func(c layers.Change) bool { return c.Op == layers.Erase })
}

// tellNoSummaries has what is told of the values of a layer, its views and what follows it be of states behind an erasure.
func (s *Store) tellNoSummaries(l *liveLayer) {
	l.view.Erased()
	for _, v := range l.views {
		v.view.Erased()
	}
	for _, name := range l.followers {
		s.public.Named(name).View.Erased()
	}
}

// together returns the first batch with the changes of all others of its layer behind its own. The
// batches of an entry are all of snapshot feeds, or none of them is.
func together(batches []record.Batch) layers.Batch {
	all := batches[0].Batch
	own := true // the changes are the first batch's
	for _, b := range batches[1:] {
		if b.Layer != all.Layer {
			continue
		}
		if own {
			all.Changes, own = append([]layers.Change(nil), all.Changes...), false
		}
		all.Changes = append(all.Changes, b.Changes...)
		all.Received = max(all.Received, b.Received)
		if all.Salt == (layers.Salt{}) {
			all.Salt = b.Salt
		}
	}
	return all
}

// shown advances the versions and tells of a state that is visible (S3), and notes how long it took.
func (s *Store) shown(fresh *api.Freshness, d *layers.Delta, p api.Passage, followers ...layers.Name) {
	s.advance(d, followers...)
	p.Visible = s.now()
	switch {
	case d.Everywhere:
		fresh.Loaded(p.Visible)
	case d.Inserted+d.Updated+d.Deleted > 0: // not when a file is read again that says the same
		fresh.Passed(p)
	}
	s.tell(*d)
	for _, name := range followers {
		s.tell(of(name, d))
	}
}

// advance advances the versions of a layer or view that has changed, and of those that follow it.
func (s *Store) advance(d *layers.Delta, followers ...layers.Name) {
	s.versions.Advance(*d)
	for _, name := range followers {
		s.versions.Advance(of(name, d))
	}
}

// of returns what a layer changed by that changes where and when another does.
func of(name layers.Name, d *layers.Delta) layers.Delta {
	follower := *d
	follower.Layer = name
	return follower
}

// count counts outcomes of a source's changes.
func (s *Store) count(source string, outcomes []layers.Outcome) {
	var counts [layers.Outcomes]int
	for _, o := range outcomes {
		counts[o]++
	}
	for o, n := range counts {
		if n > 0 {
			s.outcomes.With(source, layers.Outcome(o).String()).Add(n) //nolint:gosec // fewer than 256
		}
	}
}

// earliest returns when the first of the batches of a layer came: what waited longest says how late tiles are.
func earliest(name layers.Name, batches []record.Batch) time.Time {
	at := batches[0].Received
	for _, b := range batches {
		if b.Layer == name {
			at = min(at, b.Received)
		}
	}
	return time.UnixMicro(at)
}

// observedBy returns the position of the field with the event times of a layer, −1 without one.
func observedBy(schema *layers.Schema) int {
	return schema.FieldIndex(cmp.Or(schema.Observed, schema.TimeField))
}

// newest returns the newest event time of the changes of a layer in batches, the zero time when they have none.
// Changes that only time brought about do not count: they are as old as they are.
func newest(schema *layers.Schema, batches []record.Batch) time.Time {
	field := observedBy(schema)
	if field < 0 {
		return time.Time{}
	}
	var at column.Value
	for _, b := range batches {
		if b.Layer != schema.Name || b.Source == expiry.Source {
			continue
		}
		for i := range b.Changes {
			if op := b.Changes[i].Op; op == layers.Erase || op == layers.Delete && b.Snapshot {
				continue // its time is not of what the layer shows, or that of a feature that is absent
			}
			if values := b.Changes[i].Feature.Values; field < len(values) && (at.IsNull() || values[field].Micros() > at.Micros()) {
				at = values[field]
			}
		}
	}
	if at.IsNull() {
		return time.Time{}
	}
	return at.Time()
}
