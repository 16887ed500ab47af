package files

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
	"go.uber.org/goleak"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keeper is a publisher that keeps what it is given, as copies.
type keeper struct {
	schema  *layers.Schema
	changes []layers.Change
	batches int
}

func (k *keeper) Publish(ctx context.Context, batch layers.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(batch.Changes) == 0 || len(batch.Changes) > ingest.MaxBatch {
		return fmt.Errorf("a batch of %d changes", len(batch.Changes))
	}
	k.batches++
	for i := range batch.Changes {
		if err := k.schema.Check(i, &batch.Changes[i]); err != nil {
			return fmt.Errorf("accepted, but the layer refuses it: %w", err)
		}
		c := batch.Changes[i]
		c.Feature.Values = slices.Clone(c.Feature.Values)
		k.changes = append(k.changes, c)
	}
	return nil
}

// reports is the mapping most tests use: six fields of every kind and an id.
func reports(t testing.TB) *ingest.Mapping {
	t.Helper()
	return &ingest.Mapping{
		Schema: &layers.Schema{
			Name: "reports",
			Fields: []layers.Field{
				{Name: "category", Kind: column.String},
				{Name: "title", Kind: column.String, MaxLength: 60},
				{Name: "votes", Kind: column.Int},
				{Name: "score", Kind: column.Float},
				{Name: "open", Kind: column.Bool},
				{Name: "reported", Kind: column.Time},
			},
			IDField: "id",
		},
		ID: template(t, "{id}"),
		Fields: []ingest.FieldMapping{
			{From: "category"},
			{From: "title"},
			{From: "votes"},
			{From: "score"},
			{From: "open"},
			{From: "reported"},
		},
	}
}

func template(t testing.TB, s string) ingest.Template {
	t.Helper()
	tm, err := ingest.ParseTemplate(s)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

// source returns a source over texts by name, with chunks of a few bytes if chunk > 0.
func source(t testing.TB, opts Options, texts map[string]string, chunk int) *Source {
	t.Helper()
	if opts.Name == "" {
		opts.Name = "test"
	}
	opts.Layer = opts.Mapping.Schema.Name
	dir := t.TempDir()
	for name, text := range texts {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		opts.Paths = append(opts.Paths, path)
	}
	slices.Sort(opts.Paths)
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if chunk > 0 {
		s.chunk = chunk
	}
	return s
}

// stream makes s read r in the place of its files, which are then only a name.
func stream(t testing.TB, opts Options, name string, r func() io.Reader) *Source {
	t.Helper()
	s := source(t, opts, map[string]string{name: ""}, 0)
	s.open = func(string) (io.ReadCloser, error) { return io.NopCloser(r()), nil }
	return s
}

// run runs s to its end and returns what it published and counted.
func run(t testing.TB, s *Source) ([]layers.Change, ingest.Summary, error) {
	t.Helper()
	k := &keeper{schema: s.mapper.Schema()}
	var report ingest.Report
	err := s.Run(t.Context(), k, &report)
	sum := report.Summary()
	if sum.Read != sum.Accepted+sum.Refused || int(sum.Accepted) != len(k.changes) {
		t.Fatalf("report does not add up: %d published, %v", len(k.changes), sum)
	}
	return k.changes, sum, err
}

// show formats changes one a line.
func show(changes []layers.Change) string {
	var b strings.Builder
	for i := range changes {
		f := &changes[i].Feature
		fmt.Fprintf(&b, "%q", string(f.ID))
		switch g := f.Geometry.(type) {
		case nil:
			b.WriteString(" -")
		case orb.Point:
			fmt.Fprintf(&b, " %v,%v", g[0], g[1])
		default:
			b.WriteString(" " + wkt.MarshalString(g))
		}
		for _, v := range f.Values {
			b.WriteString(" " + v.String())
		}
		b.WriteString("\n")
	}
	return b.String()
}

// counts formats a summary's reasons, as "json 2, id 1".
func counts(s ingest.Summary) string {
	var parts []string
	for _, r := range s.Reasons {
		parts = append(parts, fmt.Sprintf("%s %d", r.Reason, r.Count))
	}
	return strings.Join(parts, ", ")
}

// feature appends one GeoJSON feature of about 350 bytes with ten properties, six of which the
// mapping of [reports] reads, beside the id.
func feature(b []byte, i int, rng *rand.Rand) []byte {
	categories := [...]string{"Abandoned Vehicle", "Illegal Dumping", "Pothole", "Streetlight Repair", "Parking Meter"}
	b = append(b, `{"type":"Feature","properties":{"OBJECTID":`...)
	b = strconv.AppendInt(b, int64(i), 10)
	b = append(b, `,"id":"BJ-2016-`...)
	b = append(b, fmt.Sprintf("%07d", i)...)
	b = append(b, `","category":"`...)
	b = append(b, categories[rng.IntN(len(categories))]...)
	b = append(b, `","title":"Report `...)
	b = strconv.AppendInt(b, rng.Int64N(1e12), 10)
	b = append(b, ` at the crossing","votes":`...)
	b = strconv.AppendInt(b, rng.Int64N(40), 10)
	b = append(b, `,"score":`...)
	b = strconv.AppendFloat(b, float64(rng.IntN(1e4))/100, 'f', -1, 64)
	b = append(b, `,"open":`...)
	b = strconv.AppendBool(b, rng.IntN(2) == 0)
	b = append(b, `,"reported":"2016-08-`...)
	b = append(b, fmt.Sprintf("%02dT%02d:47:11.000Z", 1+rng.IntN(28), rng.IntN(24))...)
	b = append(b, `","agency":"Department of Works","note":null},"geometry":{"type":"Point","coordinates":[`...)
	b = strconv.AppendFloat(b, float64(1157000000+rng.IntN(15000000))/1e7, 'f', -1, 64)
	b = append(b, ',')
	b = strconv.AppendFloat(b, float64(394000000+rng.IntN(11000000))/1e7, 'f', -1, 64)
	return append(b, `]}}`...)
}
