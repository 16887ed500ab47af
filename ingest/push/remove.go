package push

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// Removal names a feature to delete and when that happened.
type Removal struct {
	ID layers.FeatureID
	// Observed is a time as in RFC 3339, and Version the text of a version; "" is the time of receipt, and
	// none.
	Observed, Version string
}

// ErrRemoval says that a [Removal] is not one; the error's text says why.
var ErrRemoval = errors.New("push: no such removal")

// Delete deletes one feature by its id. The error is a [*RateError], wraps [ErrRemoval], or is the
// acceptor's.
func (f *Feed) Delete(ctx context.Context, r Removal) (*Result, error) {
	if err := f.door.enter(f.opts.Now()); err != nil {
		return nil, err
	}
	defer f.door.leave()
	now := f.opts.Now()
	values, err := f.whenRemoved(r, now)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRemoval, err)
	}
	change := layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: r.ID, Values: values}}
	if err := f.mapper.Schema().Check(0, &change); err != nil {
		if c, ok := errors.AsType[*layers.ChangeError](err); ok {
			err = c.Err
		}
		return nil, fmt.Errorf("%w: %w", ErrRemoval, err)
	}
	batch := layers.Batch{Layer: f.opts.Layer, Changes: []layers.Change{change}, Received: now.UnixMicro()}
	receipt, err := f.opts.To.Accept(ctx, f.opts.Name, batch)
	if err != nil {
		return nil, err
	}
	f.count(1)
	outcome := outcomeOf(receipt.Outcomes, 0)
	result := &Result{Source: f.opts.Name, Layer: f.opts.Layer, Received: now.UTC().Truncate(time.Microsecond), Records: 1, Seq: receipt.Seq}
	result.outcome(outcome)
	result.add(Answer{ID: r.ID, Outcome: outcome.String()})
	return result, nil
}

// whenRemoved makes the values that say when a feature was deleted.
func (f *Feed) whenRemoved(r Removal, now time.Time) ([]column.Value, error) {
	s := f.mapper.Schema()
	switch {
	case r.Observed != "" && s.Observed == "":
		return nil, errors.New("observed: changes of this layer count in the order in which they come")
	case r.Version != "" && s.Version == "":
		return nil, errors.New("version: this layer has no versions")
	case s.Observed == "":
		return nil, nil
	}
	values := make([]column.Value, len(s.Fields))
	observed := now
	if r.Observed != "" {
		var err error
		if observed, err = time.Parse(time.RFC3339, r.Observed); err != nil || observed.Year() < 0 || observed.Year() > 9999 {
			return nil, errors.New("observed: want a time as in RFC 3339, such as 2016-08-03T20:47:11Z")
		}
		if most := f.opts.Mapping.MaxFuture; most > 0 && observed.After(now.Add(most)) {
			return nil, fmt.Errorf("observed: want a time at most %s ahead of now, which is %s", most, now.UTC().Format(time.RFC3339))
		}
	}
	values[s.FieldIndex(s.Observed)] = column.TimeOf(observed)
	if r.Version == "" {
		return values, nil
	}
	i := s.FieldIndex(s.Version)
	v, err := versionOf(r.Version, &s.Fields[i])
	if err != nil {
		return nil, err
	}
	values[i] = v
	return values, nil
}

// versionOf returns the version that a text spells.
func versionOf(text string, f *layers.Field) (column.Value, error) {
	switch f.Kind {
	case column.Int:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return column.Value{}, errors.New("version: want a whole number within ±2⁶³")
		}
		return column.IntOf(n), nil
	case column.Time:
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || at.Year() < 0 || at.Year() > 9999 {
			return column.Value{}, errors.New("version: want a time as in RFC 3339, such as 2016-08-03T20:47:11Z")
		}
		return column.TimeOf(at), nil
	default: // a version is no float or bool
		if most := max(f.MaxLength, layers.DefaultMaxLength); len(text) > most {
			return column.Value{}, fmt.Errorf("version: want at most %d bytes", most)
		}
		return column.StringOf(text), nil
	}
}

// Letters returns refused records of the source, see [ingest.DeadLetters].
func (f *Feed) Letters(ctx context.Context, after uint64, limit int) ([]ingest.Letter, error) {
	return f.opts.Letters.List(ctx, f.opts.Name, after, limit)
}
