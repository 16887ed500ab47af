package ingest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/telemetry"
)

func letter(raw string) Letter {
	return NewLetter(&Refusal{Reason: ReasonID, Want: "an id"}, time.Unix(1, 0), "application/json", raw)
}

func idsOf(t *testing.T, l *Letters, source string, after uint64, limit int) []uint64 {
	t.Helper()
	list, err := l.List(t.Context(), source, after, limit)
	if err != nil {
		t.Fatal(err)
	}
	var ids []uint64
	for i := range list {
		ids = append(ids, list[i].ID)
	}
	return ids
}

func TestLetters(t *testing.T) {
	t.Parallel()
	l := NewLetters(LettersOptions{Count: 5, Metrics: telemetry.NewMetrics()})
	put := func(n int) {
		for range n {
			if err := l.Put(t.Context(), "a", []Letter{letter("{}")}); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(name string, got []uint64, want ...uint64) {
		if !cmp.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	check("none", idsOf(t, l, "a", 0, 10))
	put(4)
	check("all", idsOf(t, l, "a", 0, 10), 1, 2, 3, 4)
	check("another source", idsOf(t, l, "b", 0, 10))
	check("a page", idsOf(t, l, "a", 1, 2), 2, 3)
	check("behind the last", idsOf(t, l, "a", 4, 2))
	if err := l.Remove(t.Context(), "a", []uint64{9, 3, 2}); err != nil {
		t.Fatal(err)
	}
	check("after a removal", idsOf(t, l, "a", 2, 10), 4)
	put(5)
	check("the oldest went", idsOf(t, l, "a", 0, 10), 5, 6, 7, 8, 9)
	if err := l.Remove(t.Context(), "a", []uint64{5, 6, 7, 8, 9}); err != nil {
		t.Fatal(err)
	}
	put(1)
	check("numbers go on", idsOf(t, l, "a", 0, 10), 10)
}

// TestLettersBytes: letters are bounded by their memory, too, and what is counted comes back to nothing.
func TestLettersBytes(t *testing.T) {
	t.Parallel()
	l := NewLetters(LettersOptions{Bytes: 3 * MaxLetterRaw, Metrics: telemetry.NewMetrics()})
	for range 5 {
		if err := l.Put(t.Context(), "a", []Letter{letter(strings.Repeat("x", 2*MaxLetterRaw))}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := idsOf(t, l, "a", 0, 10), []uint64{4, 5}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	list, _ := l.List(t.Context(), "a", 0, 1)
	if len(list[0].Raw) != MaxLetterRaw || !list[0].Cut {
		t.Errorf("%d bytes are kept, cut %v; want %d, true", len(list[0].Raw), list[0].Cut, MaxLetterRaw)
	}
	if err := l.Remove(t.Context(), "a", []uint64{4, 5}); err != nil {
		t.Fatal(err)
	}
	if n := l.sources["a"].bytes; n != 0 {
		t.Errorf("%d bytes are counted and nothing is kept", n)
	}
}
