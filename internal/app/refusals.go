package app

import (
	"log/slog"

	"hutong/ingest"
	"hutong/internal/telemetry"
)

// refusals counts what one run of a source refuses. It belongs to one goroutine at a time.
type refusals struct {
	counts *telemetry.Counts
	source string
	told   map[ingest.Reason]int64 // what is counted already
}

func newRefusals(counts *telemetry.Counts, source ingest.Source) *refusals {
	return &refusals{counts, source.Name(), map[ingest.Reason]int64{}}
}

// count counts what sum has more than the summary before it. It returns the reasons that occur for the
// first time.
func (r *refusals) count(sum ingest.Summary) (first []ingest.ReasonCount) {
	for _, reason := range sum.Reasons {
		before, known := r.told[reason.Reason]
		if !known {
			first = append(first, reason)
		}
		r.counts.With(r.source, string(reason.Reason)).Add(int(reason.Count - before))
		r.told[reason.Reason] = reason.Count
	}
	return first
}

// logRefused logs what was refused of a source's records, which log names. Examples hold no private value:
// a report masks them.
func logRefused(log *slog.Logger, reasons []ingest.ReasonCount) {
	for _, r := range reasons {
		examples := make([]string, len(r.Examples))
		for i, e := range r.Examples {
			examples[i] = e.String()
		}
		log.Warn("records refused", slog.String("reason", string(r.Reason)), slog.Int64("count", r.Count), slog.Any("examples", examples))
	}
}
