package app

import (
	"context"
	"fmt"
	"slices"

	"hutong/ingest"
	"hutong/ingest/expiry"
	"hutong/journal/record"
	"hutong/layers"
)

// changeLog is the part of a journal that the store writes to. What it takes comes back, in the log's
// order, to [Store.apply].
type changeLog interface {
	// Append returns when batches are durable, all of them or none: the number of the entry that has them,
	// and the place of the first of them in it. The error is one of package ingest's.
	Append(ctx context.Context, batches ...record.Batch) (seq layers.Seq, first int, err error)
}

// Accept makes a batch durable, if there is a log, and visible. The error is layers.ErrLayer or a
// *layers.ChangeError, with which nothing of it was accepted, that of the log, or ctx's, which ended before the
// batch was visible.
func (s *Store) Accept(ctx context.Context, source string, batch layers.Batch) (ingest.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return ingest.Receipt{}, err
	}
	l := s.layers[batch.Layer]
	if l == nil {
		return ingest.Receipt{}, fmt.Errorf("app: accept: %w: there is no layer %q", layers.ErrLayer, batch.Layer)
	}
	if batch.Received == 0 {
		batch.Received = s.now().UnixMicro()
	}
	if batch.Snapshot && l.ages() {
		return s.acceptAged(ctx, source, l, batch)
	}
	return s.accept(ctx, source, l, batch)
}

// acceptAged is accept for a feed that tells its whole state, of a layer whose features age. What has expired is not
// accepted and counts as late.
func (s *Store) acceptAged(ctx context.Context, source string, l *liveLayer, batch layers.Batch) (ingest.Receipt, error) {
	outcomes := slices.Repeat([]layers.Outcome{layers.Late}, len(batch.Changes))
	var kept []int
	batch.Changes, kept = expiry.Age(l.Schema(), l.aging, batch.Changes)
	receipt := ingest.Receipt{Seq: l.Snapshot().Seq(), Outcomes: []layers.Outcome{}}
	if len(kept) > 0 {
		var err error
		if receipt, err = s.accept(ctx, source, l, batch); err != nil {
			return ingest.Receipt{}, err
		}
	}
	s.count(source, outcomes[len(kept):])
	if len(receipt.Outcomes) != len(kept) { // nobody knows any more
		return ingest.Receipt{Seq: receipt.Seq}, nil
	}
	for i, at := range kept {
		outcomes[at] = receipt.Outcomes[i]
	}
	receipt.Outcomes = outcomes
	return receipt, nil
}

// accept makes a batch durable, if there is a log, and visible.
func (s *Store) accept(ctx context.Context, source string, l *liveLayer, batch layers.Batch) (ingest.Receipt, error) {
	if s.log == nil {
		return s.applyAtOnce(source, batch)
	}
	for i := range batch.Changes {
		if err := l.Schema().Check(i, &batch.Changes[i]); err != nil {
			return ingest.Receipt{}, err
		}
	}
	seq, first, err := s.log.Append(ctx, record.Batch{Source: source, Batch: batch})
	if err != nil {
		return ingest.Receipt{}, err
	}
	outcomes, err := s.receipts.wait(ctx, seq, first)
	if err != nil { // it is durable and nobody can say what became of it: who sends it again hears that
		return ingest.Receipt{}, fmt.Errorf("app: accept: not visible yet: %w", err)
	}
	return ingest.Receipt{Seq: seq, Outcomes: outcomes}, nil
}

// applyAtOnce is what accepting means without a log.
func (s *Store) applyAtOnce(source string, batch layers.Batch) (ingest.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seq := max(s.seq, firstSeq) + 1
	outcomes, err := s.show(seq, []record.Batch{{Source: source, Batch: batch}}, []layers.Seq{seq}, true)
	if err != nil {
		return ingest.Receipt{}, err
	}
	return ingest.Receipt{Seq: seq, Outcomes: outcomes[0]}, nil
}

// publisher publishes for one source and counts what was accepted.
type publisher struct {
	store    *Store
	source   string
	snapshot bool // of a feed that tells the whole state each time it is read
}

var _ ingest.Publisher = publisher{}

// Publish accepts a batch.
func (p publisher) Publish(ctx context.Context, batch layers.Batch) error {
	batch.Snapshot = p.snapshot
	if _, err := p.store.Accept(ctx, p.source, batch); err != nil {
		return err
	}
	p.store.layers[batch.Layer].up(p.source)
	p.store.records.With(p.source).Add(len(batch.Changes))
	return nil
}
