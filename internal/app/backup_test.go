package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"hutong/journal"
	"hutong/journal/backup"
	"hutong/layers"
)

// TestBackupIsOneState: a backup that is made while changes come is the state of one entry of the log, and a server
// goes on from what is restored of it.
func TestBackupIsOneState(t *testing.T) {
	t.Parallel()
	city, dir, push := durableCity(t)
	c, watch := city()
	a, _ := newTestApp(t, c, func(o *Options) { o.Watch = watch })
	r := start(t, a)
	report := func(n int) string {
		const one = `{"no": "%s", "x": 116.4, "y": 39.9, "state": "s%d", "at": "2026-01-02T00:00:%02dZ"}`
		return fmt.Sprintf("["+one+","+one+"]", "p1", n, n, "p2", n, n)
	}
	push(r, report(0))
	push(r, `[{"no": "p3", "x": 200, "y": 0}]`) // refused
	var pushing sync.WaitGroup
	pushing.Go(func() {
		for n := 1; n < 40; n++ {
			push(r, report(n))
		}
	})
	var backups [][]byte
	for range 3 {
		pinned, err := a.durable.pin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := backup.Write(t.Context(), &b, pinned, a.durable.snapshots, a.letters.DeadLetters.(backup.Letters), nil); err != nil {
			t.Fatal(err)
		}
		pinned.Release()
		backups = append(backups, b.Bytes())
	}
	pushing.Wait()
	stopped(t, r)

	for i, b := range backups {
		folder := filepath.Join(dir, fmt.Sprintf("restored-%d", i))
		contents, err := backup.Restore(t.Context(), bytes.NewReader(b), folder, nil)
		if err != nil {
			t.Fatal(err)
		}
		c, watch := city()
		c.Data.Folder = folder
		a, _ := newTestApp(t, c, func(o *Options) { o.Watch = watch })
		r := start(t, a)
		p1, p2 := stateOf(t, r, "p1"), stateOf(t, r, "p2")
		if p1 == "" || p1 != p2 || stateOf(t, r, "d1") != "open" {
			t.Errorf("backup %d: got %q and %q, which came together", i, p1, p2)
		}
		if letters, err := a.letters.List(t.Context(), "hotline", 0, 9); err != nil || len(letters) != 1 || !strings.Contains(string(letters[0].Raw), "p3") {
			t.Errorf("backup %d: got letters %v, %v, want the refused one", i, letters, err)
		}
		push(r, `[{"no": "p1", "x": 116.4, "y": 39.9, "state": "after", "at": "2026-01-03T00:00:00Z"}]`)
		if got := stateOf(t, r, "p1"); got != "after" {
			t.Errorf("backup %d: got %q, want what came after the restore", i, got)
		}
		if seq := a.store.seqNow(); seq <= contents.Seq || a.durable.journal.Epoch() == contents.Epoch {
			t.Errorf("backup %d: the state %d is not behind %d in a log of its own", i, seq, contents.Seq)
		}
		stopped(t, r)

		// At the next start there are checkpoints of two logs.
		c, watch = city()
		c.Data.Folder = folder
		a, _ = newTestApp(t, c, func(o *Options) { o.Watch = watch })
		r = start(t, a)
		if got := stateOf(t, r, "p1"); got != "after" {
			t.Errorf("backup %d: got %q at the second start", i, got)
		}
		stopped(t, r)
	}
}

// TestCheckpointOfAnotherLog: a log that does not go on from the checkpoint beside it is refused, as is a restore that
// did not end.
func TestCheckpointOfAnotherLog(t *testing.T) {
	t.Parallel()
	serve := func(folder string) error {
		city := newCity()
		city.Data, city.Sources = &Data{Folder: folder}, nil
		a, _ := newTestApp(t, city, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		return a.Run(ctx, func(string) { t.Error("it is ready"); cancel() })
	}
	served := func(changes int) string {
		folder := t.TempDir()
		city := newCity()
		city.Data, city.Sources = &Data{Folder: folder}, nil
		a, _ := newTestApp(t, city, nil)
		r := start(t, a)
		for i := range changes {
			change := point(layers.FeatureID(strconv.Itoa(i)), 116.4, 39.9)
			if _, err := a.store.Accept(t.Context(), "desk", layers.Batch{Layer: "complaints", Changes: []layers.Change{change}}); err != nil {
				t.Fatal(err)
			}
		}
		stopped(t, r)
		return folder
	}
	one, other := served(5), served(9)
	mixed := filepath.Join(other, "checkpoints")
	if err := os.RemoveAll(mixed); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(one, "checkpoints"), mixed); err != nil {
		t.Fatal(err)
	}
	if err := serve(other); !errors.Is(err, journal.ErrOtherLog) || !strings.Contains(err.Error(), "empty folder") {
		t.Errorf("got %v, want ErrOtherLog and what to do", err)
	}
	half := t.TempDir()
	if err := os.Mkdir(filepath.Join(half, "checkpoints.restoring"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := serve(half); !errors.Is(err, backup.ErrUnfinished) {
		t.Errorf("got %v, want ErrUnfinished", err)
	}
}
