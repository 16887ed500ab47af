package push

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/ingest"
)

// widened returns a feed into the letters of old whose mapping takes longer titles.
func widened(t *testing.T, old *Feed) (*Feed, *store) {
	t.Helper()
	return feed(t, func(o *Options) {
		o.Mapping.Schema.Fields[0].MaxLength = 100
		o.Letters = old.opts.Letters
		o.Now = func() time.Time { return clock.Add(time.Hour) }
	})
}

func TestReplay(t *testing.T) {
	t.Parallel()
	f, _ := feed(t, nil)
	long := strings.Repeat("x", 50)
	for _, b := range []struct{ media, text string }{
		{"application/json", fmt.Sprintf(`[{"id": 1, "title": %q}, {"id": 2, "title": %q, "votes": "x"}]`, long, long)},
		{"text/csv", "id,title,votes,phone,updated,lon,lat\n3," + long + ",,,,1,2\n4,,x,,,,"},
		{"application/geo+json", fmt.Sprintf(`{"type": "Feature", "geometry": null, "properties": {"id": 5, "title": %q}}`, long)},
		{"application/json", `{"id": 6, "updated": "2026-01-02T03:20:00Z"}`},
		{"application/json", `{"id": 7, "more": "` + strings.Repeat("x", ingest.MaxLetterRaw) + `", "votes": "x"}`},
	} {
		if _, err := take(t, f, b.media, b.text); err != nil {
			t.Fatal(err)
		}
	}
	next, s := widened(t, f)
	result, err := next.Replay(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range result.Answers {
		got = append(got, fmt.Sprintf("%d %d %s %s %s", a.Letter, a.New, a.ID, a.Outcome, a.Reason))
	}
	want := []string{
		"1 0 1 applied ", "2 8 2 refused type", "3 0 3 applied ", "4 0 4 refused type", "5 0 5 applied ", "6 0 6 applied ", "7 9  refused too_long",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if result.Letters != 7 || result.Accepted != 4 || result.Refused != 3 {
		t.Errorf("got %+v, want 4 of 7 accepted", result)
	}
	letters, err := next.Letters(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var left []uint64
	for _, l := range letters {
		left = append(left, l.ID)
	}
	if !cmp.Equal(left, []uint64{4, 8, 9}) || letters[1].Refusal.Field != "votes" || !letters[1].Received.Equal(clock) {
		t.Errorf("got letters %v, %+v; want 4, 8, 9 and the new reason of 8 with the old time", left, letters[1])
	}
	for _, id := range []string{"1 ", "3 ", "5 ", "6 "} {
		if !strings.Contains("\n"+s.state(), "\n"+id) {
			t.Errorf("the layer has no %s: %s", id, s.state())
		}
	}
}

// TestReplayOfMany: a replay goes through all pages, once, also when all letters get another reason.
func TestReplayOfMany(t *testing.T) {
	t.Parallel()
	f, _ := feed(t, nil)
	body := "[" + strings.Repeat(`{"id": 1, "title": "`+strings.Repeat("x", 50)+`", "votes": "x"},`, 3*replayPage) + "{}]"
	if _, err := take(t, f, "application/json", body); err != nil {
		t.Fatal(err)
	}
	next, _ := widened(t, f)
	result, err := next.Replay(t.Context(), nil)
	if err != nil || result.Letters != 3*replayPage+1 || result.Refused != result.Letters {
		t.Errorf("got %d letters, %d refused, %v; want %d", result.Letters, result.Refused, err, 3*replayPage+1)
	}
}

func TestReplayOfSome(t *testing.T) {
	t.Parallel()
	f, _ := feed(t, nil)
	body := "[" + strings.TrimSuffix(strings.Repeat(`{"id": 1, "title": "`+strings.Repeat("x", 50)+`"},`, 2*replayPage), ",") + "]"
	if _, err := take(t, f, "application/json", body); err != nil {
		t.Fatal(err)
	}
	next, s := widened(t, f)
	s.fail = func(int) error { return ingest.ErrReadOnly }
	if result, err := next.Replay(t.Context(), []uint64{2}); !errors.Is(err, ingest.ErrReadOnly) || result.Letters != 0 {
		t.Errorf("got %+v, %v; want %v", result, err, ingest.ErrReadOnly)
	}
	s.fail = nil
	last := uint64(2 * replayPage)
	result, err := next.Replay(t.Context(), []uint64{last, 2, 2, 1000})
	if err != nil || result.Accepted != 2 || !cmp.Equal(result.Missing, []uint64{1000}) {
		t.Errorf("got %+v, %v; want 2 accepted and 1000 missing", result, err)
	}
	if letters, _ := next.Letters(t.Context(), 0, 3); letters[1].ID != 3 {
		t.Errorf("got %d behind the first, want 3", letters[1].ID)
	}
}

func TestDoor(t *testing.T) {
	t.Parallel()
	d := door{slots: 2, every: 100 * time.Millisecond, burst: 10}
	enter := func(after time.Duration) error { return d.enter(clock.Add(after)) }
	for i := range 2 {
		if err := enter(0); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	if err := enter(0); err == nil || err.Error() != "push: the source takes 2 requests at once; send again in 1s" {
		t.Errorf("got %v, want no third at once", err)
	}
	d.leave()
	for i := range 8 {
		if err := enter(0); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		d.leave()
	}
	if err := enter(0); err == nil || err.Error() != "push: the source takes 10 requests a second; send again in 100ms" {
		t.Errorf("got %v, want no eleventh in a second", err)
	}
	if err := enter(100 * time.Millisecond); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// TestBudget: a body beyond what all may hold is turned away, and nothing stays held.
func TestBudget(t *testing.T) {
	t.Parallel()
	f, _ := feed(t, func(o *Options) { o.Budget.limit = 40 << 10 })
	if _, err := take(t, f, "application/json", "[]"+strings.Repeat(" ", 64<<10)); !errors.Is(err, ingest.ErrBusy) {
		t.Errorf("got %v, want %v", err, ingest.ErrBusy)
	}
	if r, err := take(t, f, "application/json", `{"id": 1}`); err != nil || r.Applied != 1 {
		t.Errorf("a small one: got %v, %v", r, err)
	}
	if held := f.opts.Budget.used.Load(); held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
}

// TestBudgetOfLetters: the letters of a request are of the budget, as small rows below a long header make much of
// little.
func TestBudgetOfLetters(t *testing.T) {
	t.Parallel()
	f, s := feed(t, func(o *Options) { o.Budget.limit = 1 << 20 })
	header := "id,title,votes,phone,updated,lon,lat," + strings.Repeat("x", 10<<10)
	refused := strings.Repeat("1,,many,,,,,\n", 200)
	r, err := take(t, f, "text/csv", header+"\n2,,,,,,,\n"+refused)
	if !errors.Is(err, ingest.ErrBusy) || r == nil || r.Accepted() != 0 || len(s.sizes) != 0 {
		t.Errorf("got %v, %v and %d batches; want %v and nothing", r, err, len(s.sizes), ingest.ErrBusy)
	}
	if r, err := take(t, f, "text/csv", header+"\n2,,,,,,,\n"+refused[:1000]); err != nil || r.Applied != 1 || r.Refused == 0 {
		t.Errorf("fewer: got %v, %v", r, err)
	}
	if held := f.opts.Budget.used.Load(); held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
}

// TestBudgetOfReading: while a body is read no more is held than the two buffers of the last growth.
func TestBudgetOfReading(t *testing.T) {
	t.Parallel()
	f, _ := feed(t, func(o *Options) { o.Budget.limit = (64 + 128) << 10 })
	if _, err := take(t, f, "application/json", "[]"+strings.Repeat(" ", 100<<10)); err != nil {
		t.Errorf("got %v, want none", err)
	}
}

// TestTakeFromMany: requests to one source side by side all count, and the door is empty afterwards.
func TestTakeFromMany(t *testing.T) {
	t.Parallel()
	f, s := feed(t, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				body := fmt.Sprintf(`[{"id": "%d-%d"}, {"votes": "x"}]`, i, j)
				r, err := f.Take(t.Context(), Request{ContentType: "application/json", Body: strings.NewReader(body)})
				if err != nil || r.Applied != 1 || r.Refused != 1 {
					t.Errorf("got %v, %v", r, err)
				}
			}
		})
	}
	wg.Wait()
	if n := s.layer.Snapshot().Count(); n != 160 || f.door.used != 0 {
		t.Errorf("got %d features and %d requests under way, want 160 and 0", n, f.door.used)
	}
	if letters, err := f.Letters(t.Context(), 0, 1000); err != nil || len(letters) != 160 {
		t.Errorf("got %d letters, %v; want 160", len(letters), err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(o *Options){
		"there is no name":                     func(o *Options) { o.Name = "" },
		`no format "xml"`:                      func(o *Options) { o.Formats = []Format{"xml"} },
		"limit of records 2000000 is not 1 to": func(o *Options) { o.Limits.Records = 2_000_000 },
		"is not one byte of ASCII":             func(o *Options) { o.Delimiter = '"' },
		`"a.#" has a #`:                        func(o *Options) { o.Records = "a.#" },
		"there is nobody to take changes":      func(o *Options) { o.Letters = nil },
		`the mapping is for layer "reports"`:   func(o *Options) { o.Layer = "other" },
		"a row of CSV has no property with a geometry": func(o *Options) {
			o.Formats, o.Mapping.Place = []Format{CSV}, ingest.PlaceProperties{Geometry: "g"}
		},
	} {
		o := options(t)
		o.To = &store{}
		change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
