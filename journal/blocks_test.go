package journal

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestBlocksAreSyncedWhenAFileComes(t *testing.T) {
	t.Parallel()
	j := open(t, options(t.TempDir()))
	past := time.Unix(1_790_000_000, 0)
	for n, step := range []struct {
		at   time.Time // of the folder
		seen time.Time
	}{{past, past}, {past.Add(time.Hour), past.Add(time.Hour)}, {time.Now().Add(time.Hour), past.Add(time.Hour)}} {
		if err := os.Chtimes(j.blocks.folder, step.at, step.at); err != nil {
			t.Fatal(err)
		}
		put(t, j, int64(n))
		if !j.blocks.seen.Equal(step.seen) { // a time that may be given again is not taken for seen
			t.Errorf("the folder was synced as of %s, want %s", j.blocks.seen, step.seen)
		}
	}
	if err := os.RemoveAll(filepath.Dir(j.blocks.folder)); err != nil {
		t.Fatal(err)
	}
	if err := j.blocks.sync(); err == nil {
		t.Error("a folder that is gone was synced")
	}
	o := options(t.TempDir())
	o.Sync = time.Minute
	if k := open(t, o); k.blocks.folder != "" || k.blocks.sync() != nil {
		t.Error("with an interval nobody waits for a sync")
	}
}
