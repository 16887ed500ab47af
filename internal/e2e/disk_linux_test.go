package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hutong/internal/testkit"
)

// small is a city whose data folder is on a file system of its own with so many MiB, and that is
// read-only below lowDisk bytes free.
func small(t *testing.T, mib, lowDisk int) *city {
	t.Helper()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		testkit.Missing(t, "a tmpfs cannot be mounted, which takes root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	c := newCity(t, strings.Replace(killable, "low_disk: 1048576", fmt.Sprintf("low_disk: %d", lowDisk), 1))
	folder := filepath.Join(disk, "data")
	c.rewrite(t, c.folder, folder)
	c.folder = folder
	return c
}

// fill takes the room that is left beside the data folder, but for so many bytes.
func (c *city) fill(t *testing.T, left int64) {
	t.Helper()
	f, err := os.Create(c.filler())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 16<<10)
	for {
		var s syscall.Statfs_t
		if err := syscall.Statfs(filepath.Dir(c.folder), &s); err != nil {
			t.Fatal(err)
		}
		if int64(s.Bavail)*s.Bsize <= left { //nolint:unconvert // their types differ between systems
			return
		}
		if _, err := f.Write(block); err != nil {
			return // full
		}
	}
}

func (c *city) filler() string { return filepath.Join(filepath.Dir(c.folder), "filler") }

// TestLowDisk fills the disk until there is less room than the config asks for: the server is read-only, says so,
// and takes changes again when there is room, without a restart.
func TestLowDisk(t *testing.T) {
	t.Parallel()
	c := small(t, 48, 16<<20)
	s := c.serve(t)
	c.mustPush(t, s, "hotline", string(pair(0)))
	c.fill(t, 8<<20)
	until(t, "low disk", func() bool { return s.get(t, "/readyz").StatusCode == http.StatusServiceUnavailable })
	p, err := c.push(t.Context(), s, http.MethodPost, "hotline", asJSON, pair(1))
	if err != nil {
		t.Fatal(err)
	}
	refusedAs(t, s, p, "read_only")
	if a := s.get(t, "/readyz"); !strings.Contains(string(a.body), "make room") {
		t.Errorf("got %s, want what to do", a.body)
	}
	if got := s.metric(t, "hutong_journal_low_disk"); got != 1 {
		t.Errorf("got %v for low disk, want 1", got)
	}
	if a := s.get(t, "/layers/reports/features/0-0"); a.StatusCode != http.StatusOK {
		t.Errorf("reads: got %d", a.StatusCode)
	}
	if err := os.Remove(c.filler()); err != nil {
		t.Fatal(err)
	}
	until(t, "room again", func() bool { return s.get(t, "/readyz").StatusCode == http.StatusOK })
	c.mustPush(t, s, "hotline", string(pair(1)))
	s.kill(t)
	c.holds(t, 2)
}

// TestFullDisk fills the disk to the last byte while records come: those that do not fit are refused, and all
// that was acknowledged is there when the disk has room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, mib := range []int{16, 24} {
		t.Run(fmt.Sprintf("%d MiB", mib), func(t *testing.T) {
			t.Parallel()
			c := small(t, mib, 1<<20)
			s := c.serve(t)
			c.mustPush(t, s, "hotline", string(pair(0)))
			c.fill(t, 0)
			acknowledged := pushUntilRefused(t, c, s, "read_only", "unavailable")
			// The last checkpoint does not fit either.
			if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			s.wait()
			if err := os.Remove(c.filler()); err != nil {
				t.Fatal(err)
			}
			c.holds(t, acknowledged)
		})
	}
}
