package app

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/config"
	"hutong/journal"
	"hutong/journal/checkpoint"
)

// importConfig is a city with a layer of two files and one that is pushed to beside its file; %s is its folder.
const importConfig = `city: A city
journal: {folder: "%[1]s/data"}
layers:
  shops: {title: Shops, licence: CC0-1.0, fields: {state: {type: string}}}
  reports: {title: Reports, licence: CC0-1.0, fields: {state: {type: string}}}
sources:
  north: {layer: shops, files: ["%[1]s/north*.csv"], csv: {lon: lon, lat: lat}, id: "{no}", fields: {state: state}}
  south: {layer: shops, files: ["%[1]s/south.csv"], csv: {lon: lon, lat: lat}, id: "{no}", fields: {state: state}}
  desk: {layer: reports, files: ["%[1]s/desk.csv"], csv: {lon: lon, lat: lat}, id: "{no}", fields: {state: state}}
  hotline: {layer: reports, push: {position: {lon: lon, lat: lat}}, id: "{no}", fields: {state: state}}
`

// importable is a city whose files a test writes.
type importable struct {
	t   *testing.T
	dir string
}

func newImportable(t *testing.T) *importable {
	i := &importable{t, t.TempDir()}
	i.write("city.yaml", fmt.Sprintf(importConfig, i.dir))
	i.write("north1.csv", "no,lon,lat,state\n1,116.4,39.9,open\n2,116.4,39.9,open\n2,116.4,39.9,shut\n3,500,39.9,open\n")
	i.write("south.csv", "no,lon,lat,state\n7,116.4,39.8,open\n")
	i.write("desk.csv", "no,lon,lat,state\nd,116.4,39.7,open\n")
	return i
}

func (i *importable) write(name, text string) {
	i.t.Helper()
	if err := os.WriteFile(filepath.Join(i.dir, name), []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
}

func (i *importable) city() *City {
	i.t.Helper()
	c, err := config.Load(filepath.Join(i.dir, "city.yaml"), nil)
	if err != nil {
		i.t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		i.t.Fatal(err)
	}
	return city
}

// run imports and returns a line for each source and layer.
func (i *importable) run(only ...string) (lines []string, done Imported) {
	i.t.Helper()
	var read atomic.Int64
	done, err := Import(i.t.Context(), i.city(), ImportOptions{
		Config: filepath.Join(i.dir, "city.yaml"), Only: only, Log: slog.New(slog.DiscardHandler), Read: &read,
	})
	if err != nil {
		i.t.Fatal(err)
	}
	if read.Load() == 0 {
		i.t.Error("no bytes were counted")
	}
	for _, s := range done.Sources {
		lines = append(lines, fmt.Sprintf("%s: %d read, %d refused, %d applied, %d duplicate", s.Source, s.Read, s.Refused, s.Applied, s.Duplicate))
	}
	for _, l := range done.Layers {
		line := fmt.Sprintf("%s: %d features, %d deleted", l.Layer, l.Features, l.Deleted)
		if l.Error != "" {
			line += ", error"
		}
		lines = append(lines, line)
	}
	return lines, done
}

func TestImport(t *testing.T) {
	t.Parallel()
	i := newImportable(t)
	step := func(name string, want []string, only ...string) Imported {
		t.Helper()
		got, done := i.run(only...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		return done
	}
	first := step("all", []string{
		"north: 4 read, 1 refused, 3 applied, 0 duplicate", "south: 1 read, 0 refused, 1 applied, 0 duplicate", "desk: 1 read, 0 refused, 1 applied, 0 duplicate",
		"shops: 3 features, 0 deleted", "reports: 1 features, 0 deleted",
	})
	again := step("again: the two rows of id 2 are what they were, one after the other", []string{
		"north: 4 read, 1 refused, 1 applied, 2 duplicate", "south: 1 read, 0 refused, 0 applied, 1 duplicate", "desk: 1 read, 0 refused, 0 applied, 1 duplicate",
		"shops: 3 features, 0 deleted", "reports: 1 features, 0 deleted",
	})
	if again.Seq <= first.Seq {
		t.Errorf("the second import ends at %d, the first at %d", again.Seq, first.Seq)
	}
	i.write("north1.csv", "no,lon,lat,state\n1,116.4,39.9,shut\n")
	i.write("desk.csv", "no,lon,lat,state\ne,116.4,39.7,open\n")
	step("only one of two sources: what is gone may be the other's", []string{
		"north: 1 read, 0 refused, 1 applied, 0 duplicate", "shops: 3 features, 0 deleted",
	}, "north")
	step("what is gone from all files of a layer is deleted, unless records are pushed to it", []string{
		"north: 1 read, 0 refused, 0 applied, 1 duplicate", "south: 1 read, 0 refused, 0 applied, 1 duplicate", "desk: 1 read, 0 refused, 1 applied, 0 duplicate",
		"shops: 2 features, 1 deleted", "reports: 2 features, 0 deleted",
	})
	i.write("south.csv", "no,lon,lat,state\n8,116.4,39.8,open\n9,\"116")
	got, done := i.run()
	if !strings.Contains(strings.Join(got, "\n"), "shops: 2 features, 0 deleted, error") || done.Sources[1].Error == "" || done.Layers[0].Error == "" || done.Layers[1].Error != "" {
		t.Errorf("a file that breaks off: got %q", got)
	}

	// A server goes on with that, and reads only what changed since.
	i.write("south.csv", "no,lon,lat,state\n7,116.4,39.8,open\n")
	i.run()
	c, err := config.Load(filepath.Join(i.dir, "city.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	a, log := newTestApp(t, i.city(), func(o *Options) { o.Watch = &Watch{Config: filepath.Join(i.dir, "city.yaml"), Old: c} })
	r := start(t, a)
	if n := a.store.layers["shops"].Snapshot().Count(); n != 2 || strings.Contains(log.String(), `"msg":"source read"`) {
		t.Errorf("got %d shops: %s", n, log)
	}
	_, err = Import(t.Context(), i.city(), ImportOptions{Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, journal.ErrLocked) || !strings.Contains(err.Error(), "--server") {
		t.Errorf("while a server has the folder: got %v, want ErrLocked and what to do", err)
	}
	stopped(t, r)
	infos, err := checkpoint.Verify(t.Context(), filepath.Join(i.dir, "data", "checkpoints"))
	if err != nil || len(infos) == 0 {
		t.Errorf("got %d checkpoints, %v", len(infos), err)
	}
}

func TestImportWithoutJournal(t *testing.T) {
	t.Parallel()
	city := newImportable(t).city()
	city.Data = nil
	if _, err := Import(t.Context(), city, ImportOptions{Log: slog.New(slog.DiscardHandler)}); !errors.Is(err, ErrNoJournal) {
		t.Errorf("got %v, want ErrNoJournal", err)
	}
}
