package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// worn is a city whose data folder has two checkpoints, the log since the older one, and a tail behind the newer
// one. seqs are the messages of the log by number of pair.
func worn(t *testing.T) (c *city, seqs []uint64) {
	t.Helper()
	c = newCity(t, killable)
	for run := range 3 {
		s := c.serve(t)
		for range 5 {
			seqs = append(seqs, c.mustPush(t, s, "hotline", string(pair(len(seqs)))).Seq)
		}
		if run < 2 {
			s.stop(t) // writes a checkpoint
		} else {
			s.kill(t)
		}
	}
	return c, seqs
}

// files returns the files of the data folder that match a pattern, in the order of their names.
func (c *city) files(t *testing.T, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(c.folder, filepath.FromSlash(pattern)))
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: got %v, %v", pattern, all, err)
	}
	slices.Sort(all)
	return all
}

// flip flips a bit in the byte that stands at, a share of the file, or before the end when negative.
func flip(t *testing.T, path string, at float64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	i := int(at * float64(len(b)))
	if at < 0 {
		i = len(b) + int(at)
	}
	b[i] ^= 4
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func cut(t *testing.T, path string, bytes int64) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-bytes); err != nil {
		t.Fatal(err)
	}
}

const blockFiles = "log/jetstream/$G/streams/hutong/msgs/*.blk"

// pairsOf returns which of n pairs a server has.
func pairsOf(t *testing.T, s *server, n int) []bool {
	t.Helper()
	var paths []string
	for i := range n {
		paths = append(paths, fmt.Sprintf("/layers/reports/features/%d-0", i), fmt.Sprintf("/layers/reports/features/%d-1", i))
	}
	got := s.bodies(t, paths)
	out := make([]bool, n)
	for i := range out {
		out[i] = strings.HasPrefix(got[2*i], "200 ")
		if strings.HasPrefix(got[2*i+1], "200 ") != out[i] {
			t.Errorf("half of pair %d is there", i)
		}
	}
	return out
}

// TestDamageThatLosesNothing damages what there is twice.
func TestDamageThatLosesNothing(t *testing.T) {
	t.Parallel()
	base, seqs := worn(t)
	newest := fmt.Sprintf("checkpoints/%020d.json", seqs[9])
	for name, d := range map[string]struct {
		damage func(t *testing.T, c *city)
		says   string
		metric string // that is 1; "" for none
	}{
		"bit of a checkpoint's features": {func(t *testing.T, c *city) {
			flip(t, c.files(t, fmt.Sprintf("checkpoints/files/reports.%d.parquet", seqs[9]))[0], 0.5)
		}, "a checkpoint is damaged and passed over", `hutong_checkpoint_damaged_total{reason="checksum"}`},
		"checkpoint's features cut off": {func(t *testing.T, c *city) {
			cut(t, c.files(t, fmt.Sprintf("checkpoints/files/reports.%d.parquet", seqs[9]))[0], 10)
		}, "a checkpoint is damaged and passed over", `hutong_checkpoint_damaged_total{reason="checksum"}`},
		"bit of a manifest": {
			func(t *testing.T, c *city) { flip(t, c.files(t, newest)[0], 0.5) },
			"a checkpoint is damaged and passed over", `hutong_checkpoint_damaged_total{reason="manifest"}`,
		},
		"manifest gone": {func(t *testing.T, c *city) {
			if err := os.Remove(c.files(t, newest)[0]); err != nil {
				t.Fatal(err)
			}
		}, "", ""},
		"bit of a message that was truncated": {func(t *testing.T, c *city) { flip(t, c.files(t, blockFiles)[0], 0.2) }, "a file of the log is damaged", ""},
		"bit of log.high":                     {func(t *testing.T, c *city) { flip(t, c.files(t, "log.high")[0], 0.3) }, "log.high cannot be read", ""},
		"bit of the stream's description": {func(t *testing.T, c *city) {
			flip(t, c.files(t, "log/jetstream/$G/streams/hutong/meta.inf")[0], 0.5)
		}, "made anew", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := base.copied(t)
			d.damage(t, c)
			s := c.serve(t)
			if there := pairsOf(t, s, len(seqs)); slices.Contains(there, false) {
				t.Errorf("got pairs %v, want all", there)
			}
			s.says(t, d.says)
			if d.metric != "" {
				if got := s.metric(t, d.metric); got != 1 {
					t.Errorf("%s: got %v, want 1", d.metric, got)
				}
			}
			s.stop(t) // with a checkpoint in the place of the damaged one
			s = c.serve(t)
			if there := pairsOf(t, s, len(seqs)); slices.Contains(there, false) || strings.Contains(s.stderr.String(), "lost") {
				t.Errorf("later: got pairs %v, want all:\n%s", there, s.stderr)
			}
		})
	}
}

// TestDamageThatIsRefused damages what there is once. The start is refused until somebody accepts the loss, which
// is exactly what was said, or brings a backup.
func TestDamageThatIsRefused(t *testing.T) {
	t.Parallel()
	base, seqs := worn(t)
	block := func(t *testing.T, c *city) string { return c.files(t, blockFiles)[len(c.files(t, blockFiles))-1] }
	for name, d := range map[string]struct {
		damage func(t *testing.T, c *city)
		lost   int // pairs
	}{
		"torn tail":                 {func(t *testing.T, c *city) { cut(t, block(t, c), 20) }, 1},
		"bit of the last message":   {func(t *testing.T, c *city) { flip(t, block(t, c), -30) }, 1},
		"bit in the middle":         {func(t *testing.T, c *city) { flip(t, block(t, c), 0.75) }, 1},
		"bit before the checkpoint": {func(t *testing.T, c *city) { flip(t, block(t, c), 0.5) }, 0}, // what is lost the newest has
		"log gone": {func(t *testing.T, c *city) {
			if err := os.RemoveAll(filepath.Join(c.folder, "log")); err != nil {
				t.Fatal(err)
			}
		}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := base.copied(t)
			d.damage(t, c)
			before := c.blocks(t)
			for range 2 { // a refusal changes nothing
				c.refuses(t, " of the log ", "lost", "restore a backup", "--accept-loss")
				if diff := cmp.Diff(before, c.blocks(t)); diff != "" {
					t.Errorf("a refusal has changed the log (-before +after):\n%s", diff)
				}
			}
			s := c.serve(t, "--accept-loss")
			lost := lostOf(t, s)
			there := pairsOf(t, s, len(seqs))
			missing := 0
			for i, seq := range seqs {
				if !there[i] {
					missing++
				}
				if !there[i] && !slices.Contains(lost, seq) {
					t.Errorf("pair %d, message %d, is gone and nobody says so: %v are said to be lost", i, seq, lost)
				}
			}
			if missing != d.lost {
				t.Errorf("%d pairs are gone, want %d", missing, d.lost)
			}
			if got := s.metric(t, "hutong_journal_lost_messages_total"); int(got) < len(lost) || len(lost) == 0 {
				t.Errorf("got %v lost messages in the metrics, and %v in the log", got, lost)
			}
			if p := c.mustPush(t, s, "hotline", string(pair(len(seqs)))); p.Seq <= seqs[len(seqs)-1] {
				t.Errorf("the number %d is given twice", p.Seq)
			}
			s.kill(t)
			s = c.serve(t)
			if again := pairsOf(t, s, len(seqs)); !slices.Equal(again, there) {
				t.Errorf("later: got pairs %v, want %v", again, there)
			}
		})
	}
}

// blocks returns the files of the log by name.
func (c *city) blocks(t *testing.T) map[string][]byte {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(c.folder, filepath.FromSlash(blockFiles)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, path := range all {
		if out[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// lostOf returns the messages that the log says are lost.
func lostOf(t *testing.T, s *server) (seqs []uint64) {
	t.Helper()
	s.says(t, "log applied") // after that
	for line := range strings.Lines(s.stderr.String()) {
		var l struct {
			Msg         string
			First, Last uint64
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil || !strings.Contains(l.Msg, "which was accepted") {
			continue
		}
		for seq := l.First; seq <= l.Last; seq++ {
			seqs = append(seqs, seq)
		}
	}
	return seqs
}

// TestDamageBeyondHelp is refused with what to do, whatever is accepted.
func TestDamageBeyondHelp(t *testing.T) {
	t.Parallel()
	base, _ := worn(t)
	for name, d := range map[string]struct {
		damage func(t *testing.T, c *city)
		says   []string
	}{
		"all checkpoints": {func(t *testing.T, c *city) {
			for _, path := range c.files(t, "checkpoints/files/reports.*.parquet") {
				flip(t, path, 0.5)
			}
		}, []string{"every checkpoint is damaged", "restore a backup"}},
		"log.json": {func(t *testing.T, c *city) { flip(t, c.files(t, "log.json")[0], 0.5) }, []string{"log.json is damaged", "restore it from a backup"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := base.copied(t)
			d.damage(t, c)
			c.refuses(t, d.says...)
			c.refuses(t, d.says...)
		})
	}
}

// TestTwoServers has the second one refused.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	c := newCity(t, killable)
	s := c.serve(t)
	c.mustPush(t, s, "hotline", string(pair(0)))
	c.refuses(t, "the data folder is in use by process "+strconv.Itoa(s.cmd.Process.Pid), c.folder, "stop it first")
	c.mustPush(t, s, "hotline", string(pair(1)))
	if a := s.get(t, "/readyz"); a.StatusCode != http.StatusOK {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	s.kill(t)
	c.holds(t, 2)
}
