package archive

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// TestReplacedByOneOfItsSize changes the last byte of an archive, which no first 16 kB show. The new one is
// read even where a program puts the time of modification back, and has another tag where none does.
func TestReplacedByOneOfItsSize(t *testing.T) {
	t.Parallel()
	first := append(small().bytes(), make([]byte, PrefixBytes)...)
	second := bytes.Clone(first)
	second[len(second)-1] = 1
	at := time.Unix(1_700_000_000, 0)
	inPlace := func(path string) error { return os.WriteFile(path, second, 0o600) }
	byAnother := func(path string) error {
		next := filepath.Join(filepath.Dir(path), "next")
		return errors.Join(os.WriteFile(next, second, 0o600), os.Rename(next, path))
	}
	keepTime := func(replace func(path string) error) func(path string) error {
		return func(path string) error { return errors.Join(replace(path), os.Chtimes(path, at, at)) }
	}
	for _, c := range []struct {
		name     string
		replace  func(path string) error
		keepsTag bool
	}{
		{"in place", inPlace, false},
		{"by another file", byAnother, false},
		{"in place, of the same time", keepTime(inPlace), true},
		{"by another file, of the same time", keepTime(byAnother), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.keepsTag && runtime.GOOS != "linux" {
				t.Skip("the system gives no time of change that stays what it is")
			}
			path := write(t, first)
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
			a := open(t, path, Options{})
			read := func() (tag string, last byte) {
				raw, err := a.Raw(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var b [1]byte
				if err := raw.ReadAt(t.Context(), b[:], raw.Size()-1); err != nil {
					t.Fatal(err)
				}
				return raw.Tag(), b[0]
			}
			held, err := a.Raw(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			before, _ := read()
			if again, last := read(); again != before || last != 0 {
				t.Errorf("got %d of %s, want 0 of %s while nothing changes", last, again, before)
			}
			if err := c.replace(path); err != nil {
				t.Fatal(err)
			}
			if err := held.ReadAt(t.Context(), make([]byte, 1), 0); !errors.Is(err, ErrChanged) {
				t.Errorf("who has the old one: got %v, want ErrChanged", err)
			}
			if after, last := read(); last != 1 || (after == before) != c.keepsTag {
				t.Errorf("got %d of %s after 0 of %s, want 1, and the tag kept: %v", last, after, before, c.keepsTag)
			}
		})
	}
}

// TestFreshFiles opens a file at once after a change and changes it again: the times must differ, for which
// the opening waits.
func TestFreshFiles(t *testing.T) {
	t.Parallel()
	const tick = 10 * time.Millisecond // of a kernel's clock at most
	path := write(t, small().bytes())
	for i := range 20 {
		if err := os.WriteFile(path, append(small().bytes(), byte(i)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, _, err := openFile(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if rested := time.Since(changeOf(info)); rested < tick { // newer kernels would tell the next change
			t.Errorf("it was opened %s after a change", rested)
		}
		if err := os.WriteFile(path, append(small().bytes(), byte(100+i)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.check(t.Context()); err == nil {
			t.Errorf("change %d was not seen", i)
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
}

// TestUnrest: a tag is strong once the next change of its file must have another time.
func TestUnrest(t *testing.T) {
	t.Parallel()
	second := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name    string
		changed time.Time
		ago     time.Duration
		want    time.Duration
	}{
		{"just now", second.Add(1), 0, grain},
		{"a tick ago", second.Add(1), 15 * time.Millisecond, 5 * time.Millisecond},
		{"two ticks ago", second.Add(1), grain, 0},
		{"long ago", second.Add(1), time.Hour, 0},
		{"in a whole second", second, 500 * time.Millisecond, 1500 * time.Millisecond},
		{"in a whole second, long ago", second, time.Hour, 0},
		{"by a clock that is fast", second.Add(1), -time.Hour, time.Hour + grain},
	} {
		if got := unrest(c.changed, c.changed.Add(c.ago)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	path := write(t, small().bytes())
	s, prefix, err := openFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	strong := tagOf(s, prefix)
	s.(*file).rested = false //nolint:forcetypeassert // what openFile returns
	if weak := tagOf(s, prefix); weak != "W/"+strong {
		t.Errorf("got %s, want the tag %s as a weak one", weak, strong)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}
