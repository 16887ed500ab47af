package journal

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"go.uber.org/goleak"

	"hutong/journal/record"
	"hutong/layers"
	"hutong/layers/column"
)

func TestMain(m *testing.M) {
	if child() {
		return
	}
	goleak.VerifyTestMain(m)
}

var schemas = map[layers.Name]*layers.Schema{
	"reports": {Name: "reports", Fields: []layers.Field{{Name: "text", Kind: column.String, MaxLength: column.MaxText}, {Name: "n", Kind: column.Int}}},
}

// options are those of a log in folder, with what tests need to be quick.
func options(folder string) Options {
	return Options{Folder: folder, Schemas: schemas, seams: seams{probe: 20 * time.Millisecond}}
}

func open(t testing.TB, o Options) *Journal {
	t.Helper()
	j, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, j) })
	return j
}

func shut(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// numbered is a batch of one change with a number.
func numbered(n int64) record.Batch {
	b := record.Batch{Source: "test"}
	b.Layer, b.Received = "reports", n
	b.Changes = []layers.Change{{Feature: layers.Feature{
		ID: layers.FeatureID(strconv.FormatInt(n, 10)), Geometry: orb.Point{116.39, 39.9}, Values: []column.Value{column.StringOf("noise"), column.IntOf(n)},
	}}}
	return b
}

func put(t testing.TB, j *Journal, n int64) layers.Seq {
	t.Helper()
	seq, _, err := j.Append(t.Context(), numbered(n))
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// got is what a follower saw: the numbers in order, and of each the sequence.
type got struct {
	numbers []int64
	seqs    []layers.Seq
}

// read follows a log behind after until it has caught up.
func read(t testing.TB, j *Journal, after layers.Seq) (got, error) {
	t.Helper()
	var g got
	done := errors.New("caught up")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	err := j.Follow(ctx, after, func(e Entry) error {
		if e.Bytes <= 0 || e.Bytes > int(j.Bytes()) {
			t.Errorf("message %d: got %d bytes, of %d", e.Seq, e.Bytes, j.Bytes())
		}
		for _, b := range e.Batches {
			g.numbers, g.seqs = append(g.numbers, b.Changes[0].Feature.Values[1].Int()), append(g.seqs, e.Seq)
		}
		return nil
	}, func() { cancel(done) })
	if errors.Is(err, done) {
		err = nil
	}
	return g, err
}

func mustRead(t testing.TB, j *Journal, after layers.Seq) got {
	t.Helper()
	g, err := read(t, j, after)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
