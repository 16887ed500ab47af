package journal

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"hutong/journal/record"
	"hutong/layers"
)

// Bounds of parts that are held back until their transaction ends. What goes beyond is let go; should
// its last part come after all, the others are read from the log again.
const (
	maxOpenTx    = 16
	maxOpenBytes = 2 * record.MaxBody
	maxOpenAge   = 10 * time.Minute
)

// maxPartSpan bounds how far the parts of one transaction may lie from each other in the log.
const maxPartSpan = 100_000

// assembler joins the parts of transactions. A process that died between two parts leaves some that
// nothing follows. It belongs to one follower.
type assembler struct {
	j     *Journal
	open  []*openTx // oldest first
	bytes int
}

// openTx is a transaction whose end has not come.
type openTx struct {
	tx    record.Tx
	since time.Time // by the log's clock
	parts [][]byte
	bytes int
}

func (a *assembler) index(tx record.Tx) int {
	return slices.IndexFunc(a.open, func(o *openTx) bool { return o.tx == tx })
}

// add holds a part back. at is when it was written.
func (a *assembler) add(at time.Time, m *record.Message) {
	i := a.index(m.Tx)
	switch {
	case i < 0 && m.Index == 0:
		i = len(a.open)
		a.open = append(a.open, &openTx{tx: m.Tx, since: at})
	case i < 0:
		return // the parts before are not here; the commit reads all of them
	case int(m.Index) != len(a.open[i].parts):
		a.drop(i, "a part is missing")
		return
	}
	o := a.open[i]
	o.parts = append(o.parts, m.Body)
	o.bytes += len(m.Body)
	a.bytes += len(m.Body)
	for len(a.open) > 0 {
		switch first := a.open[0]; {
		case len(a.open) > maxOpenTx:
			a.drop(0, "too many transactions are open")
		case a.bytes > maxOpenBytes:
			a.drop(0, "open transactions have too many bytes")
		case at.Sub(first.since) > maxOpenAge:
			a.drop(0, "it did not end in time")
		default:
			return
		}
	}
}

// drop lets a transaction go that will not end.
func (a *assembler) drop(i int, reason string) {
	o := a.open[i]
	a.j.metrics.abandoned.Add(len(o.parts))
	a.j.log.Info("a transaction is let go", slog.String("reason", reason), slog.Int("parts", len(o.parts)), slog.Time("since", o.since))
	a.remove(i)
}

func (a *assembler) remove(i int) {
	a.bytes -= a.open[i].bytes
	a.open = slices.Delete(a.open, i, i+1)
}

// commit returns the body whose last part is m, at seq.
func (a *assembler) commit(ctx context.Context, seq layers.Seq, m *record.Message) ([]byte, error) {
	var parts [][]byte
	if i := a.index(m.Tx); i >= 0 {
		parts = a.open[i].parts
		a.remove(i)
	}
	if len(parts) != int(m.Index) {
		var err error
		if parts, err = a.collect(ctx, seq, m); err != nil {
			return nil, err
		}
	}
	body := slices.Concat(slices.Concat(parts...), m.Body)
	if sum := record.Sum(body); sum != m.BodySum {
		return nil, fmt.Errorf("%w: the checksum of the %d parts is %08x, not %08x", record.ErrCorrupt, m.Index+1, sum, m.BodySum)
	}
	return body, nil
}

// collect reads the parts before a commit from the log: the follower started between them, or let them go.
func (a *assembler) collect(ctx context.Context, seq layers.Seq, m *record.Message) ([][]byte, error) {
	if m.First >= seq || seq-m.First > maxPartSpan {
		return nil, fmt.Errorf("%w: the parts of message %d start at %d", record.ErrCorrupt, seq, m.First)
	}
	var parts [][]byte
	for at := m.First; at < seq && len(parts) < int(m.Index); at++ {
		raw, err := a.j.message(ctx, at)
		if isGone(err) {
			continue // whether that was one of the parts shows below
		}
		if err != nil {
			return nil, err
		}
		p, err := record.Parse(raw.Data)
		if err == nil && p.Kind == record.Part && p.Tx == m.Tx && int(p.Index) == len(parts) {
			parts = append(parts, p.Body)
		}
	}
	if len(parts) != int(m.Index) {
		return nil, fmt.Errorf("%w: of the %d parts of message %d only %d are there", record.ErrCorrupt, m.Index+1, seq, len(parts))
	}
	return parts, nil
}
