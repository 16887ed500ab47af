package checkpoint

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

// TestGoldens loads a checkpoint of every version that was ever written: testdata/v1 and so on, which never
// change. A new version gets its folder from the code of that version, with -update while there is none.
func TestGoldens(t *testing.T) {
	t.Parallel()
	current := filepath.Join("testdata", fmt.Sprintf("v%d", formatVersion))
	if _, err := os.Stat(current); err != nil && flag.Lookup("update").Value.String() == "true" {
		writeGolden(t, current)
	}
	for version := 1; version <= formatVersion; version++ {
		name := fmt.Sprintf("v%d", version)
		folder := newFolder(t) // a store tidies up
		if err := os.CopyFS(folder, os.DirFS(filepath.Join("testdata", name))); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(t.Context(), folder); err != nil {
			t.Error(err)
		}
		reports, coverage := newLayer(t, casesSchema("cases")), newLayer(t, goldenCoverage())
		s := open(t, folder, Options{})
		got := load(t, s, reports, coverage)
		var text strings.Builder
		fmt.Fprintf(&text, "checkpoint %d of log %q, written %s, notes %s\nchanges %v, skipped %v\n", got.Seq, got.Epoch, got.Time, got.Notes, got.Changes, got.Skipped)
		for _, l := range []*layers.Layer{reports, coverage} {
			text.WriteString(dump(l.Snapshot()))
			record := s.entries[0].manifest.layer(l.Name())
			fmt.Fprintf(&text, "pruned %v\n", record.pruned())
			p, err := makePlan(record, l.Schema())
			if err != nil {
				t.Fatal(err)
			}
			if record.Salt != "" {
				fmt.Fprintf(&text, "salt %s\n", record.Salt)
			}
			for _, from := range []*fileRecord{record.Tombstones, record.Erased} {
				if from == nil {
					continue
				}
				err = s.withFile(from, func(f file) error {
					dead, err := readTombstones(t.Context(), f, p, from)
					for _, d := range dead {
						what := map[bool]string{false: "tombstone", true: "erased"}[d.Erased]
						fmt.Fprintf(&text, "%s %q observed %v version %v received %d\n", what, d.ID, d.Observed, d.Version, d.Received)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		testkit.Golden(t, name+".txt", text.String())
	}
}

func goldenCoverage() *layers.Schema {
	return &layers.Schema{Name: "districts", Coverage: true, Fields: []layers.Field{{Name: "name", Kind: column.String}}}
}

var goldenSalt = layers.Salt{0: 1, 15: 0xff}

// writeGolden makes the checkpoint of the current version.
func writeGolden(t *testing.T, folder string) {
	t.Helper()
	reports, coverage := newLayer(t, casesSchema("cases")), newLayer(t, goldenCoverage())
	fill(t, reports, 40, cases()...)
	fill(t, coverage, 41, layers.Feature{ID: "west", Geometry: square(116, 39)}, layers.Feature{ID: "east", Geometry: square(117, 39)})
	c := content(1<<53+1, reports, coverage)
	c.Notes = map[string]json.RawMessage{"sources": json.RawMessage(`{"mqtt":[1,2]}`)}
	c.Layers[0].Pruned = column.MicrosOf(-1)
	c.Layers[0].Tombstones = []layers.Tombstone{
		{ID: "gone", Observed: column.MicrosOf(1_470_257_231_000_001), Version: column.IntOf(1<<53 + 1), Received: 1_470_257_240_000_000},
		{ID: "gone without a time"},
		{ID: goldenSalt.Hash("erased"), Erased: true, Observed: column.MicrosOf(1_470_257_231_000_001), Received: 1_470_257_240_000_000},
	}
	c.Layers[0].Salt = goldenSalt
	write(t, open(t, folder, Options{}), c)
}
