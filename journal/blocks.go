package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hutong/journal/atomicfile"
)

// blocks makes the names of a stream's files durable. JetStream syncs what is in a new file but not the
// folder that names it (nats-server 2.15.2, newMsgBlockForWrite), so that on some file systems a power cut
// may take the whole file. A look at the folder's time costs a microsecond a message.
type blocks struct {
	folder string // "" when nobody syncs
	mu     sync.Mutex
	seen   time.Time
}

// folderTick is more than what times of a folder are apart at least.
const folderTick = 100 * time.Millisecond

// blocksOf returns the blocks of an embedded stream that is synced at each write, and syncs the folders
// on the way to them.
func (j *Journal) blocksOf(stream string) (*blocks, error) {
	if j.server == nil || j.o.Sync > 0 {
		return &blocks{}, nil
	}
	folder := j.o.Folder
	for _, name := range []string{"log", "jetstream", "$G", "streams", stream, "msgs"} {
		if err := atomicfile.SyncFolder(folder); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		folder = filepath.Join(folder, name)
	}
	b := &blocks{folder: folder}
	return b, b.sync()
}

// sync syncs the folder if a file came or went since the last time.
func (b *blocks) sync() error {
	if b.folder == "" {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	info, err := os.Stat(b.folder)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if changed := info.ModTime(); !changed.Equal(b.seen) {
		if err := atomicfile.SyncFolder(b.folder); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		if time.Since(changed) > folderTick { // else another file may still get the same time
			b.seen = changed
		}
	}
	return nil
}
