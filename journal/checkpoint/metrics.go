package checkpoint

import "hutong/internal/telemetry"

// metrics are a store's.
type metrics struct {
	written, unchanged, failed telemetry.Count // checkpoints
	stored, reused, rewritten  telemetry.Count // files
	damaged                    map[reason]telemetry.Count
	writeSeconds, loadSeconds  telemetry.Histogram
}

func newMetrics(s *Store, m *telemetry.Metrics) *metrics {
	writes := m.Counter("hutong_checkpoint_writes_total", "Checkpoints that were to be written, by outcome.", "outcome")
	files := m.Counter("hutong_checkpoint_files_total", "Files of checkpoints, by whether they were written, reused, or written again because the one there was damaged.", "outcome")
	damage := m.Counter("hutong_checkpoint_damaged_total", "Checkpoints that were passed over, by what was wrong with them.", "reason")
	seconds := []float64{.01, .03, .1, .3, 1, 3, 10, 30, 100, 300}
	out := &metrics{
		written: writes.With("written"), unchanged: writes.With("unchanged"), failed: writes.With("failed"),
		stored: files.With("written"), reused: files.With("reused"), rewritten: files.With("damaged"),
		damaged:      map[reason]telemetry.Count{},
		writeSeconds: m.Histogram("hutong_checkpoint_write_seconds", "How long writing a checkpoint took.", seconds).With(),
		loadSeconds:  m.Histogram("hutong_checkpoint_load_seconds", "How long loading a checkpoint took.", seconds).With(),
	}
	for _, r := range reasons {
		out.damaged[r] = damage.With(string(r))
	}
	gauge := func(name, help string, of func(Info) float64) {
		m.Sample(name, help, nil, func(emit func(float64, ...string)) {
			if e := newest(s.snapshot()); e != nil {
				emit(of(e.info()))
			}
		})
	}
	gauge("hutong_checkpoint_bytes", "Size of the newest checkpoint.", func(i Info) float64 { return float64(i.Bytes) })
	gauge("hutong_checkpoint_sequence", "The log's last message in the newest checkpoint.", func(i Info) float64 { return float64(i.Seq) })
	gauge("hutong_checkpoint_timestamp_seconds", "When the newest checkpoint was written, in seconds since 1970.",
		func(i Info) float64 { return float64(i.Time.UnixMilli()) / 1000 })
	return out
}
