package view

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"hutong/layers"
	"hutong/layers/column"
)

// summarized is a layer of one int field by a clock of its own, which each look moves by step.
type summarized struct {
	*Layer
	live *layers.Layer
	now  time.Time
	step time.Duration
}

func newSummarized(t *testing.T) *summarized {
	t.Helper()
	live, err := layers.New(&layers.Schema{Name: "a", Fields: []layers.Field{{Name: "v", Kind: column.Int}}}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := &summarized{Layer: Public(live), live: live, now: time.Unix(0, 0)}
	l.recent.now = func() time.Time {
		l.now = l.now.Add(l.step)
		return l.now
	}
	return l
}

// set makes v the value of the layer's only feature.
func (l *summarized) set(t *testing.T, v int64) {
	t.Helper()
	_, err := l.live.Apply(layers.Batch{Layer: "a", Changes: []layers.Change{{Feature: layers.Feature{ID: "1", Values: []column.Value{column.IntOf(v)}}}}})
	if err != nil {
		t.Fatal(err)
	}
}

// want checks that the summaries are those of a state, whose only value, if there is one, is its number.
func (l *summarized) want(t *testing.T, when string, want layers.Seq) []Summary {
	t.Helper()
	got, seq := l.Summaries()
	if seq != want || seq == 0 && got[0].Values != 0 || seq > 0 && got[0].Min != column.IntOf(int64(want)) {
		t.Errorf("%s: got %+v of state %d, want state %d", when, got, seq, want)
	}
	return got
}

// TestSummariesAreMadeOnceAState: what a layer's fields hold is read again only when the layer changed, and
// not at once.
func TestSummariesAreMadeOnceAState(t *testing.T) {
	t.Parallel()
	l := newSummarized(t)
	first := l.want(t, "an empty layer", 0)
	l.now = l.now.Add(time.Hour)
	if again := l.want(t, "the same state much later", 0); &again[0] != &first[0] {
		t.Error("the summaries of one state were made twice")
	}
	l.set(t, 1)
	l.want(t, "the first change after a long time", 1)
	l.set(t, 2)
	l.now = l.now.Add(minSummaryAge - 1)
	l.want(t, "nearly a second later", 1)
	l.now = l.now.Add(1)
	l.want(t, "a second later", 2)
}

// TestSummariesTakeLittleTime: what took long to make is kept for twenty times as long.
func TestSummariesTakeLittleTime(t *testing.T) {
	t.Parallel()
	l := newSummarized(t)
	l.step = 200 * time.Millisecond
	l.want(t, "an empty layer", 0)
	l.set(t, 1)
	l.now = l.now.Add(summaryFactor*l.step - 2*l.step)
	l.want(t, "after less than twenty times as long", 0)
	l.want(t, "after twenty times as long", 1)
}

// TestNobodyWaitsForSummaries: while they are made anew, others get those of before and their number.
func TestNobodyWaitsForSummaries(t *testing.T) {
	t.Parallel()
	l := newSummarized(t)
	l.set(t, 1)
	l.want(t, "the first", 1)
	l.set(t, 2)
	l.now = l.now.Add(minSummaryAge)
	l.recent.mu.Lock() // as who makes them does
	l.want(t, "while new ones are made", 1)
	l.recent.mu.Unlock()
	l.want(t, "afterwards", 2)
}

// TestSummariesOfWhatIsErased: however young they are, and also if they are only just being made.
func TestSummariesOfWhatIsErased(t *testing.T) {
	t.Parallel()
	l := newSummarized(t)
	l.set(t, 1)
	l.want(t, "the first", 1)
	l.set(t, 2)
	l.want(t, "at once after a change", 1)
	l.Erased()
	l.want(t, "at once after an erasure", 2)

	l.set(t, 3)
	l.now = l.now.Add(minSummaryAge)
	looks := 0
	l.recent.now = func() time.Time {
		if looks++; looks == 3 { // twice it was looked whether they are good; what they are made of is taken now
			l.set(t, 4)
			l.Erased()
		}
		return l.now
	}
	l.want(t, "who asked before an erasure", 3)
	l.want(t, "made meanwhile", 4)
}

// TestSummariesAreMadeOnce: those who ask while the first ones are made get the same.
func TestSummariesAreMadeOnce(t *testing.T) {
	t.Parallel()
	l := newSummarized(t)
	var others sync.WaitGroup
	got := make([][]Summary, 16)
	var begun sync.Once
	l.recent.now = func() time.Time {
		begun.Do(func() { // the first are being made
			for i := range got {
				others.Go(func() { got[i], _ = l.Summaries() })
			}
			for range 1000 {
				runtime.Gosched() // lets the others come as far as they can
			}
		})
		return time.Unix(0, 0)
	}
	first, _ := l.Summaries()
	others.Wait()
	for i := range got {
		if &got[i][0] != &first[0] {
			t.Fatal("they were made twice")
		}
	}
}
