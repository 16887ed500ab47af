package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers"
)

// damageSize is how many messages the logs have that are damaged.
const damageSize = 30

// templates returns a log that was closed and one whose process was killed, with the same messages.
func templates(t *testing.T) map[string]string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "log")
	j := open(t, options(folder))
	for n := range int64(damageSize) {
		put(t, j, n+1)
	}
	killed, closed := t.TempDir(), t.TempDir()
	copyFolder(t, folder, killed) // what is there now is what a kill leaves: every write is synced
	shut(t, j)
	copyFolder(t, folder, closed)
	return map[string]string{"closed": closed, "killed": killed}
}

func copyFolder(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// files returns the files of a log that are not empty, largest block first.
func files(t testing.TB, folder string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() > 0 && d.Name() != "lock" {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(all, func(a, b string) int { return strings.Compare(filepath.Ext(a), filepath.Ext(b)) })
	return all
}

// holdsOrSays opens a damaged log that had the numbers from 1 to damageSize. Either all are there, or
// what is missing is said, exactly; and when the loss is accepted the rest is there, new numbers have new
// sequences, and the next start needs no acceptance.
func holdsOrSays(t *testing.T, folder string) (lost int) {
	t.Helper()
	strict := func() (got, error) {
		j, err := Open(t.Context(), options(folder))
		if err != nil {
			return got{}, err
		}
		defer shut(t, j)
		return read(t, j, 0)
	}
	g, err := strict()
	var loss *LossError
	switch {
	case err == nil:
		if want := damageSize; len(g.numbers) != want {
			t.Fatalf("%d of %d numbers are left, and nobody says so", len(g.numbers), want)
		}
		return 0
	case !errors.As(err, &loss):
		if !strings.Contains(err.Error(), "restore") {
			t.Fatalf("%v says not what to do", err)
		}
		return 0 // one of our own files, which is named
	}
	if _, again := strict(); again == nil {
		t.Fatalf("%v the first time, and nothing the second", err)
	}
	o := options(folder)
	o.AcceptLoss = true
	j, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	g = mustRead(t, j, 0)
	if seq := put(t, j, damageSize+1); seq <= damageSize {
		t.Errorf("the sequence %d is used twice", seq)
	}
	said := map[layers.Seq]bool{}
	for _, s := range j.ledger.is.Lost {
		for seq := s.First; seq <= s.Last; seq++ {
			said[seq] = true
		}
	}
	for seq := layers.Seq(1); seq <= damageSize; seq++ {
		if there := slices.Contains(g.seqs, seq); there == said[seq] {
			t.Errorf("message %d: there %t, said to be lost %t", seq, there, said[seq])
		}
	}
	if !said[loss.First] {
		t.Errorf("%v, but %v", loss, j.ledger.is.Lost)
	}
	shut(t, j)
	after, err := strict()
	if err != nil || len(after.numbers) != len(g.numbers)+1 {
		t.Errorf("once accepted: %d numbers, %v, want %d", len(after.numbers), err, len(g.numbers)+1)
	}
	return damageSize - len(g.numbers)
}

var flips atomic.Uint64

func TestFlippedBits(t *testing.T) {
	t.Parallel()
	bits := 5
	for name, template := range templates(t) {
		all := files(t, template)
		for _, seed := range testkit.Seeds(t, &flips, 1) {
			rng := rand.New(rand.NewPCG(seed, 2))
			for range bits {
				file := all[0]
				if rng.IntN(3) == 0 {
					file = all[rng.IntN(len(all))]
				}
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				rel, err := filepath.Rel(template, file)
				if err != nil {
					t.Fatal(err)
				}
				bit := rng.IntN(len(b) * 8)
				t.Run(fmt.Sprintf("%s, HUTONG_SEED=%d, bit %d of %s", name, seed, bit, filepath.Base(rel)), func(t *testing.T) {
					t.Parallel()
					folder := t.TempDir()
					copyFolder(t, template, folder)
					b[bit/8] ^= 1 << (bit % 8)
					if err := os.WriteFile(filepath.Join(folder, rel), b, 0o600); err != nil {
						t.Fatal(err)
					}
					t.Logf("%d lost", holdsOrSays(t, folder))
				})
			}
		}
	}
}

var cuts atomic.Uint64

// A file of the log that ends too early, at every length of its last record (one in 24 of them in one run).
func TestTornTail(t *testing.T) {
	t.Parallel()
	for name, template := range templates(t) {
		block := files(t, template)[0]
		rel, err := filepath.Rel(template, block)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(block)
		if err != nil {
			t.Fatal(err)
		}
		size := len(b) / damageSize // all are as long, but for some digits
		for _, seed := range testkit.Seeds(t, &cuts, 1) {
			for cut := 1 + int(seed%24); cut <= size+1; cut += 24 {
				t.Run(fmt.Sprintf("%s, %d bytes", name, cut), func(t *testing.T) {
					t.Parallel()
					folder := t.TempDir()
					copyFolder(t, template, folder)
					if err := os.Truncate(filepath.Join(folder, rel), int64(len(b)-cut)); err != nil {
						t.Fatal(err)
					}
					if lost := holdsOrSays(t, folder); lost == 0 {
						t.Error("nothing is said to be lost")
					}
				})
			}
		}
	}
}

// Files and folders of the log that are gone.
func TestMissingFiles(t *testing.T) {
	t.Parallel()
	for name, template := range templates(t) {
		for _, missing := range []string{"log", "log/jetstream/$G/streams/hutong/meta.inf", "log/jetstream/$G/streams/hutong/msgs", "log.high", "log.json"} {
			t.Run(name+", no "+filepath.Base(missing), func(t *testing.T) {
				t.Parallel()
				folder := t.TempDir()
				copyFolder(t, template, folder)
				if err := os.RemoveAll(filepath.Join(folder, filepath.FromSlash(missing))); err != nil {
					t.Fatal(err)
				}
				lost := holdsOrSays(t, folder)
				// What describes the stream is known from log.json.
				if whole := strings.HasPrefix(missing, "log.") || strings.HasSuffix(missing, ".inf"); whole != (lost == 0) {
					t.Errorf("%d are lost", lost)
				}
			})
		}
	}
}
