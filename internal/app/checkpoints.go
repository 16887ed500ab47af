package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"time"

	"hutong/journal/checkpoint"
	"hutong/layers"
)

// run writes checkpoints as they are due until ctx is done.
func (d *durable) run(ctx context.Context) {
	ticker := time.NewTicker(checkpointTick)
	defer ticker.Stop()
	retry := time.Time{} // after a failure
	for {
		work, done := d.checkpoint, (chan error)(nil)
		select {
		case <-ticker.C:
			switch now := time.Now(); {
			case now.Before(retry):
				continue
			case d.due(now):
			case d.shown != nil && now.Sub(d.shownAt) >= d.data.CheckpointEvery:
				work = d.keepViews
			default:
				continue
			}
		case r := <-d.requests:
			work, done = r.work, r.done
		case <-ctx.Done():
			return
		}
		err := work(ctx)
		switch {
		case done != nil:
			done <- err
		case err != nil && ctx.Err() == nil:
			retry = time.Now().Add(time.Minute)
			d.log.Error("no checkpoint was written; the log keeps all since the last one", slog.Any("error", err))
		}
	}
}

// due reports whether enough has changed, or for long enough.
func (d *durable) due(now time.Time) bool {
	if d.store.seqNow() <= d.last.seq {
		return false
	}
	return d.last.seq == 0 || d.journal.Bytes()-d.last.bytes >= d.data.checkpointBytes(d.last.size) || now.Sub(d.last.at) >= d.data.CheckpointEvery
}

// checkpointBytes is of how much of the log a checkpoint is due behind one of a size.
func (d *Data) checkpointBytes(size int64) int64 {
	if d.CheckpointBytes > 0 {
		return d.CheckpointBytes
	}
	return max(DefaultCheckpointBytes, 2*size)
}

// checkpoint writes one and cuts the log.
func (d *durable) checkpoint(ctx context.Context) error {
	content, err := d.store.content()
	if err != nil {
		return err
	}
	content.Epoch = d.journal.Epoch()
	d.mu.Lock()
	content.Notes = maps.Clone(d.notes)
	d.mu.Unlock()
	if content.Seq == 0 {
		return nil // nothing was ever there
	}
	start := time.Now()
	if err := d.keepViews(ctx); err != nil {
		return err
	}
	info, err := d.checkpoints.Write(ctx, content)
	if err != nil {
		return err
	}
	d.last.seq, d.last.at, d.last.size = content.Seq, start, info.Bytes
	if oldest := d.checkpoints.Oldest(); oldest > 0 {
		if err := d.journal.Truncate(ctx, oldest); err != nil {
			return err
		}
	}
	d.last.bytes = d.journal.Bytes()
	d.log.Info("checkpoint written", slog.Uint64("seq", uint64(info.Seq)), slog.Int64("bytes", info.Bytes),
		slog.Float64("seconds", time.Since(start).Seconds()), slog.Int64("log_bytes", d.last.bytes))
	return nil
}

// request is work on checkpoints and log, and where its error goes.
type request struct {
	work func(ctx context.Context) error
	done chan error // holds one
}

// request has work done between two checkpoints, now. Its ctx is not that of work, which is not cut off.
func (d *durable) request(ctx context.Context, work func(ctx context.Context) error) error {
	if err := ctx.Err(); err != nil { // else either case below may be taken
		return err
	}
	done := make(chan error, 1)
	select {
	case d.requests <- request{work, done}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pin has a checkpoint written now and keeps its files until it is released.
func (d *durable) pin(ctx context.Context) (*checkpoint.Pinned, error) {
	if err := d.request(ctx, d.checkpoint); err != nil {
		return nil, err
	}
	return d.checkpoints.Pin()
}

// content returns the state of all layers between two entries of the log. The error is that of an entry which
// could not be applied to all of them: nothing may start from such a state.
func (s *Store) content() (checkpoint.Content, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.torn != nil {
		return checkpoint.Content{}, s.torn
	}
	c := checkpoint.Content{Seq: s.seq, Layers: make([]layers.State, 0, len(s.layers))}
	for _, l := range s.order {
		c.Layers = append(c.Layers, l.State())
	}
	return c, nil
}

// note keeps something beside the states of the next checkpoints.
func (d *durable) note(name string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data of ours
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.notes == nil {
		d.notes = map[string]json.RawMessage{}
	}
	d.notes[name] = text
}
