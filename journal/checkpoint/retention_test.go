package checkpoint

import (
	"testing"
	"time"

	"hutong/layers"
)

// TestRetention: however often checkpoints are written, some few reach back as far as the retention, evenly spread, and the
// log is needed no further.
func TestRetention(t *testing.T) {
	t.Parallel()
	const every, retention = 30 * time.Minute, 24 * time.Hour
	s := open(t, newFolder(t), Options{Keep: 2, Retention: retention})
	now := testTime
	s.now = func() time.Time { return now }
	schema := casesSchema("reports")
	schema.Observed, schema.Version = "", ""
	l := newLayer(t, schema)
	for seq := layers.Seq(1); seq <= 120; seq++ {
		if seq == 1 {
			pinnable(t, s, l, seq)
		} else if _, err := s.Write(t.Context(), Content{Seq: seq, Epoch: "log", Layers: []layers.State{l.State()}}); err != nil {
			t.Fatal(err)
		}
		list := s.List()
		if most := 2 + 2*spread; len(list) > most {
			t.Fatalf("%d checkpoints after %s, want at most %d", len(list), now.Sub(testTime), most)
		}
		oldest := list[len(list)-1]
		switch age := now.Sub(oldest.Time); {
		case now.Sub(testTime) < retention && oldest.Seq != 1:
			t.Fatalf("after %s the first is gone", now.Sub(testTime))
		case now.Sub(testTime) >= retention && (age < retention || age > retention+retention/spread+every):
			t.Fatalf("after %s the oldest is of %s ago", now.Sub(testTime), age)
		}
		if now.Sub(testTime) >= retention && s.Oldest() != oldest.Seq || now.Sub(testTime) < retention && s.Oldest() != 0 {
			t.Fatalf("after %s the log goes from %d", now.Sub(testTime), s.Oldest())
		}
		for i := 1; i < len(list); i++ {
			if gap := list[i-1].Time.Sub(list[i].Time); gap > retention/spread {
				t.Fatalf("after %s there is a gap of %s", now.Sub(testTime), gap)
			}
		}
		now = now.Add(every)
	}
}
