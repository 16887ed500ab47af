package backup

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	"go.uber.org/goleak"

	"hutong/journal"
	"hutong/journal/checkpoint"
	"hutong/journal/record"
	"hutong/layers"
	"hutong/layers/column"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func reports() *layers.Schema {
	return &layers.Schema{Name: "reports", Fields: []layers.Field{{Name: "state", Kind: column.String}, {Name: "phone", Kind: column.String, Private: true}}}
}

// upserts returns a batch of n features.
func upserts(n int) layers.Batch {
	b := layers.Batch{Layer: "reports", Received: 1}
	for i := range n {
		b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{
			ID: layers.FeatureID(strconv.Itoa(i)), Geometry: orb.Point{float64(i % 90), 40},
			Values: []column.Value{column.StringOf(fmt.Sprintf("state %d", i)), column.StringOf("13800138000")},
		}})
	}
	return b
}

// folderOf makes a data folder with a checkpoint of n features behind one entry of a log.
func folderOf(t *testing.T, n int) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	j, err := journal.Open(t.Context(), journal.Options{Folder: data, Schemas: map[layers.Name]*layers.Schema{"reports": reports()}})
	if err != nil {
		t.Fatal(err)
	}
	batch := upserts(n)
	if batch.Seq, _, err = j.Append(t.Context(), record.Batch{Source: "hotline", Batch: batch}); err != nil {
		t.Fatal(err)
	}
	l, err := layers.New(reports(), layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Apply(batch); err != nil {
		t.Fatal(err)
	}
	s, err := checkpoint.Open(filepath.Join(data, checkpoints), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(t.Context(), checkpoint.Content{Seq: batch.Seq, Epoch: j.Epoch(), Layers: []layers.State{l.State()}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return data
}

// backupOf returns a backup of a data folder.
func backupOf(t *testing.T, data string) []byte {
	t.Helper()
	f, err := OpenFolder(t.Context(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if _, err := Write(t.Context(), &b, f.Pinned, f.Snapshots, f, &Progress{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
