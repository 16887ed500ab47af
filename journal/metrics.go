package journal

import "hutong/internal/telemetry"

// metrics are the journal's.
type metrics struct {
	batches, bytes, messages  telemetry.Count
	lost, abandoned, passed   telemetry.Count
	followed, letters         telemetry.Count
	lostLetters               telemetry.Count
	commit                    telemetry.Histogram
	failing, lowDisk, waiting telemetry.Gauge
	refusals                  *telemetry.Counts
}

// commitBuckets go from a fast disk to one that hangs, in seconds.
var commitBuckets = []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 10, 30}

func newMetrics(t *telemetry.Metrics, j *Journal) *metrics {
	m := &metrics{
		batches:     t.Counter("hutong_journal_appended_batches_total", "Batches that became durable.").With(),
		bytes:       t.Counter("hutong_journal_appended_bytes_total", "Bytes of the messages that became durable.").With(),
		messages:    t.Counter("hutong_journal_appended_messages_total", "Messages that became durable; callers that wait together share one.").With(),
		followed:    t.Counter("hutong_journal_followed_messages_total", "Messages that this node has applied.").With(),
		letters:     t.Counter("hutong_journal_letters_total", "Refused records that were kept.").With(),
		lostLetters: t.Counter("hutong_journal_lost_letters_total", "Refused records that were missing or damaged when the log was opened.").With(),
		lost:        t.Counter("hutong_journal_lost_messages_total", "Messages that were missing or damaged when they were read.").With(),
		abandoned:   t.Counter("hutong_journal_abandoned_parts_total", "Parts of transactions that were let go because they did not end.").With(),
		passed:      t.Counter("hutong_journal_passed_changes_total", "Changes passed over because their layers are no longer there.").With(),
		commit:      t.Histogram("hutong_journal_commit_seconds", "From handing a message to the log until it was durable.", commitBuckets).With(),
		failing:     t.Gauge("hutong_journal_failing", "1 when the log cannot be written.").With(),
		lowDisk:     t.Gauge("hutong_journal_low_disk", "1 when the journal is read-only because the disk is nearly full.").With(),
		waiting:     t.Gauge("hutong_journal_waiting", "Callers that wait until their batches are durable.").With(),
		refusals:    t.Counter("hutong_journal_refused_total", "Calls that were refused, by reason.", "reason"),
	}
	for _, reason := range []string{"full", "failing", "read_only", "too_large", "unknown"} {
		m.refusals.With(reason).Add(0)
	}
	t.Sample("hutong_journal_bytes", "What the messages of the log take.", nil, func(emit func(float64, ...string)) { emit(float64(j.Bytes())) })
	t.Sample("hutong_journal_first_sequence", "The oldest message that is kept.", nil, func(emit func(float64, ...string)) { emit(float64(j.First())) })
	t.Sample("hutong_journal_last_sequence", "The newest message.", nil, func(emit func(float64, ...string)) { emit(float64(j.Last())) })
	return m
}

func (m *metrics) refused(reason string) { m.refusals.With(reason).Add(1) }
