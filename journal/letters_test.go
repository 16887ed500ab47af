package journal

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/ingest"
)

func letter(text string) ingest.Letter {
	return ingest.Letter{
		Received: time.Date(2026, 11, 26, 10, 42, 0, 5000, time.UTC), Type: "application/json", Raw: []byte(text),
		Refusal: ingest.Refusal{Reason: ingest.ReasonZero, Feature: 3, Want: "a place"},
	}
}

func lettersOf(t *testing.T, j *Journal, limits LetterLimits) ingest.DeadLetters {
	t.Helper()
	l, err := j.DeadLetters(t.Context(), limits)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func putLetters(t *testing.T, l ingest.DeadLetters, source string, texts ...string) []ingest.Letter {
	t.Helper()
	var all []ingest.Letter
	for _, s := range texts {
		all = append(all, letter(s))
	}
	if err := l.Put(t.Context(), source, all); err != nil {
		t.Fatal(err)
	}
	return all
}

func list(t *testing.T, l ingest.DeadLetters, source string, after uint64, limit int) []ingest.Letter {
	t.Helper()
	all, err := l.List(t.Context(), source, after, limit)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLetters(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, options(folder))
	l := lettersOf(t, j, LetterLimits{})
	a := putLetters(t, l, "热线 . * >", strings.Split(strings.Repeat("x,", 99)+"y", ",")...)
	b := putLetters(t, l, "", "other")
	a = append(a, putLetters(t, l, "热线 . * >", "last")...)
	if a[0].ID != 1 || a[100].ID != 102 || b[0].ID != 101 {
		t.Errorf("ids %d, %d and %d", a[0].ID, a[100].ID, b[0].ID)
	}
	if diff := cmp.Diff(a, list(t, l, "热线 . * >", 0, 500)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(a[98:100], list(t, l, "热线 . * >", a[97].ID, 2)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(b, list(t, l, "", 0, 9)); diff != "" {
		t.Error(diff)
	}
	var each []string
	if err := l.(*letters).Each(t.Context(), func(source string, l *ingest.Letter) error {
		each = append(each, fmt.Sprintf("%d %q %s", l.ID, source, l.Raw))
		return nil
	}); err != nil || len(each) != 102 || each[0] != `1 "热线 . * >" x` || each[100] != `101 "" other` {
		t.Errorf("each: got %d, %v: %v", len(each), err, each)
	}
	if all := list(t, l, "nobody", 0, 9); all != nil {
		t.Errorf("got %v", all)
	}
	// A source cannot remove what is another's.
	if err := l.Remove(t.Context(), "", []uint64{a[0].ID, b[0].ID, 0, 999}); err != nil {
		t.Error(err)
	}
	if err := l.Remove(t.Context(), "热线 . * >", []uint64{a[1].ID, a[1].ID}); err != nil {
		t.Error(err)
	}
	shut(t, j)
	l = lettersOf(t, open(t, options(folder)), LetterLimits{PerSource: 50})
	if all := list(t, l, "", 0, 9); len(all) != 0 {
		t.Errorf("got %v of what was removed", all)
	}
	if diff := cmp.Diff(a[len(a)-50:], list(t, l, "热线 . * >", 0, 500)); diff != "" {
		t.Error(diff)
	}
}

func TestLettersAreBounded(t *testing.T) {
	t.Parallel()
	j := open(t, options(t.TempDir()))
	l := lettersOf(t, j, LetterLimits{PerSource: 3})
	all := putLetters(t, l, "s", "1", "2", "3", "4", "5")
	if diff := cmp.Diff(all[2:], list(t, l, "s", 0, 9)); diff != "" {
		t.Error(diff)
	}
	long := putLetters(t, l, "s", strings.Repeat("x", ingest.MaxLetterRaw+1))
	if got := list(t, l, "s", all[4].ID, 9); len(got) != 1 || !got[0].Cut || !bytes.Equal(got[0].Raw, long[0].Raw) || len(got[0].Raw) != ingest.MaxLetterRaw {
		t.Errorf("got %d letters", len(got))
	}
	if j.Last() != 0 {
		t.Error("letters are in the log")
	}
	if _, err := j.DeadLetters(t.Context(), LetterLimits{Age: -1}); err == nil {
		t.Error("an age below 0 was taken")
	}
}

// Letters whose stream cannot be read are no reason not to start.
func TestLettersAreDamaged(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"meta.inf", "meta.sum", "msgs/1.blk"} {
		folder := t.TempDir()
		j := open(t, options(folder))
		put(t, j, 1)
		putLetters(t, lettersOf(t, j, LetterLimits{}), "s", "1", "2")
		shut(t, j)
		path := filepath.Join(folder, "log", "jetstream", "$G", "streams", "hutong-refused", filepath.FromSlash(file))
		if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
		j = open(t, options(folder))
		l := lettersOf(t, j, LetterLimits{})
		t.Logf("%s: %d letters are left", file, len(list(t, l, "s", 0, 9)))
		if all := putLetters(t, l, "s", "3"); len(list(t, l, "s", all[0].ID-1, 9)) != 1 {
			t.Errorf("%s: letters are not kept", file)
		}
	}
}
