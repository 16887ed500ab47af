package push

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hutong/ingest"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is the time of all tests.
var clock = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// store is an acceptor over one layer.
type store struct {
	layer *layers.Layer
	mu    sync.Mutex
	sizes []int // of the batches
	// fail, unless it is nil, is asked before each batch.
	fail func(batch int) error
	// outcomes, unless it is nil, are told of each change.
	outcomes func(c *layers.Change) layers.Outcome
}

func (s *store) Accept(_ context.Context, source string, b layers.Batch) (ingest.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(len(s.sizes)); err != nil {
			return ingest.Receipt{}, err
		}
	}
	s.sizes = append(s.sizes, len(b.Changes))
	d, err := s.layer.Apply(b)
	if err != nil {
		return ingest.Receipt{}, err
	}
	r := ingest.Receipt{Seq: d.Seq}
	if s.outcomes != nil {
		for i := range b.Changes {
			r.Outcomes = append(r.Outcomes, s.outcomes(&b.Changes[i]))
		}
	}
	return r, nil
}

// state returns the layer's features, one a line in canonical order.
func (s *store) state() string {
	var b strings.Builder
	s.layer.Snapshot().Scan(nil, func(r layers.Row) bool {
		f := r.Feature()
		fmt.Fprintf(&b, "%s %v", f.ID, f.Geometry)
		for _, v := range f.Values {
			fmt.Fprintf(&b, " %v", v)
		}
		b.WriteByte('\n')
		return true
	})
	return b.String()
}

func template(t testing.TB, s string) ingest.Template {
	t.Helper()
	tm, err := ingest.ParseTemplate(s)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

// options returns a source of reports with a private phone number.
func options(t testing.TB) Options {
	t.Helper()
	m := telemetry.NewMetrics()
	schema := &layers.Schema{
		Name: "reports",
		Fields: []layers.Field{
			{Name: "title", Kind: column.String, MaxLength: 30},
			{Name: "votes", Kind: column.Int},
			{Name: "phone", Kind: column.Int, Private: true},
			{Name: "updated", Kind: column.Time},
		},
		TimeField: "updated", Observed: "updated",
	}
	return Options{
		Name: "hotline", Layer: "reports",
		Mapping: &ingest.Mapping{
			Schema: schema, ID: template(t, "{id}"),
			Fields:    []ingest.FieldMapping{{From: "title"}, {From: "votes"}, {From: "phone"}, {From: "updated"}},
			Nulls:     []string{""},
			Place:     ingest.PlaceProperties{PlaceColumns: ingest.PlaceColumns{Lon: "lon", Lat: "lat"}},
			Delete:    ingest.DeleteRule{From: "op", Values: []string{"delete"}},
			MaxFuture: 10 * time.Minute,
		},
		Letters: ingest.NewLetters(ingest.LettersOptions{Metrics: m}),
		Budget:  NewBudget(0, m),
		Meters: Meters{
			Accepted: m.Counter("accepted_total", "x", "source"),
			Refused:  m.Counter("refused_total", "x", "source", "reason"),
		},
		Now: func() time.Time { return clock },
	}
}

// feed returns a feed into a new layer.
func feed(t testing.TB, change func(o *Options)) (*Feed, *store) {
	t.Helper()
	o := options(t)
	s := &store{}
	o.To = s
	o.State = func() *layers.Snapshot { return s.layer.Snapshot() }
	if change != nil {
		change(&o)
	}
	layer, err := layers.New(o.Mapping.Schema, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.layer = layer
	f, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return f, s
}

// take sends a body of a media type.
func take(t testing.TB, f *Feed, media, text string, headers ...string) (*Result, error) {
	t.Helper()
	return f.Take(t.Context(), Request{ContentType: media, ContentEncoding: headers, Body: bytes.NewReader([]byte(text))})
}

// tell returns a result in one line, and its answers below.
func tell(r *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d: %d applied, %d refused", r.Records, r.Applied, r.Refused)
	for _, a := range r.Answers {
		fmt.Fprintf(&b, "\n%d@%d %s %s", a.Index, a.Line, a.ID, a.Outcome)
		if a.Reason != "" {
			fmt.Fprintf(&b, " %s %s: %s: want %s", a.Reason, a.Field, a.Value, a.Want)
		}
	}
	return b.String()
}
