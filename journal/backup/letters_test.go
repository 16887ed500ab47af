package backup

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hutong/ingest"
	"hutong/journal"
	"hutong/layers"
)

var update = flag.Bool("update", false, "write the goldens anew")

// boxOf opens the log of a data folder, begun behind state 1, and its refused records.
func boxOf(t *testing.T, data string) (box Box, done func()) {
	t.Helper()
	j, err := journal.Open(t.Context(), journal.Options{
		Folder: data, Schemas: map[layers.Name]*layers.Schema{"reports": reports()}, First: func() (layers.Seq, error) { return 2, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	letters, err := j.DeadLetters(t.Context(), journal.LetterLimits{})
	if err != nil {
		t.Fatal(err)
	}
	return letters.(Box), func() {
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// refused puts letters into a data folder, one of that many bytes.
func refused(t *testing.T, data string, long int) {
	t.Helper()
	box, done := boxOf(t, data)
	defer done()
	for i, source := range []string{"hotline", "热线 . * >", "hotline"} {
		raw := fmt.Sprintf("record %d\x00\xff", i)
		if i == 1 {
			raw = strings.Repeat("\xfe", long)
		}
		if err := box.Put(t.Context(), source, []ingest.Letter{{
			Received: time.Date(2026, 11, 26, 10, 42, i, 5000, time.UTC), Type: "application/json", Raw: []byte(raw), Cut: i == 1,
			Refusal: ingest.Refusal{Reason: ingest.ReasonZero, Feature: i, Value: "0,0", Want: "a place"},
		}}); err != nil {
			t.Fatal(err)
		}
	}
}

// lettersIn lists letters without their IDs.
func lettersIn(t *testing.T, l Letters) []string {
	t.Helper()
	var all []string
	if err := l.Each(t.Context(), func(source string, l *ingest.Letter) error {
		same := *l
		same.ID = 0
		all = append(all, fmt.Sprintf("%q %+v", source, same))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestLettersRoundTrip: refused records go with a backup, from a folder that has only been restored too, and come
// back once, however often that is begun.
func TestLettersRoundTrip(t *testing.T) {
	t.Parallel()
	data := folderOf(t, 3)
	refused(t, data, ingest.MaxLetterRaw)
	box, done := boxOf(t, data)
	want := lettersIn(t, box)
	done()
	b := backupOf(t, data)
	target := filepath.Join(t.TempDir(), "data")
	c, err := Restore(t.Context(), bytes.NewReader(b), target, nil)
	if err != nil || c.Version != 2 || len(c.Members) != 3 || c.Members[2].Name != lettersName || len(want) != 3 {
		t.Fatalf("got %+v, %v of %d letters", c, err, len(want))
	}
	if again := backupOf(t, target); !bytes.Equal(again, b) {
		t.Error("a backup of what was restored is another one")
	}
	path := restoredLetters(target).path
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	box, done = boxOf(t, target)
	defer done()
	if n, err := PutLetters(t.Context(), target, box); err != nil || n != 3 {
		t.Errorf("put %d, %v, want 3", n, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("their file is still there: %v", err)
	}
	// As if it had been cut off before the file was removed, with one more that is damaged.
	if err := os.WriteFile(path, append(kept, "{\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := PutLetters(t.Context(), target, box); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "line 4") || n != 0 {
		t.Errorf("put %d, %v, want none and line 4 named", n, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("after an error their file is gone: %v", err)
	}
	if got := lettersIn(t, box); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n, err := PutLetters(t.Context(), t.TempDir(), box); n != 0 || err != nil {
		t.Errorf("of a folder that was not restored: put %d, %v", n, err)
	}
}

// failing are letters that cannot be read to their end.
type failing struct{}

func (failing) Each(_ context.Context, fn func(string, *ingest.Letter) error) error {
	return errors.Join(fn("s", &ingest.Letter{Raw: []byte("x")}), errors.New("no more"))
}

// TestLettersThatCannotBeRead make no backup, and leave nothing on the disk.
func TestLettersThatCannotBeRead(t *testing.T) {
	t.Parallel()
	data := folderOf(t, 3)
	f, err := OpenFolder(t.Context(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Write(t.Context(), io.Discard, f.Pinned, nil, failing{}, nil); err == nil || !strings.Contains(err.Error(), "no more") {
		t.Errorf("got %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(data, checkpoints, "*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}

// TestGoldens: a backup of every version of the format is read by this one.
func TestGoldens(t *testing.T) {
	t.Parallel()
	for version, letters := range map[int]int{1: 0, 2: 3} {
		name := filepath.Join("testdata", fmt.Sprintf("v%d.tar", version))
		if *update {
			data := folderOf(t, 3)
			if letters > 0 {
				refused(t, data, 300)
			}
			if err := os.WriteFile(name, backupOf(t, data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data := filepath.Join(t.TempDir(), "data")
		c, err := Restore(t.Context(), bytes.NewReader(b), data, nil)
		if err != nil || c.Version != version || c.Seq != 1 {
			t.Fatalf("version %d: got %+v, %v", version, c, err)
		}
		if n := len(lettersIn(t, restoredLetters(data))); n != letters {
			t.Errorf("version %d: got %d letters, want %d", version, n, letters)
		}
	}
}
