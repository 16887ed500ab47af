package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"hutong/ingest"
	"hutong/journal"
	"hutong/journal/checkpoint"
	"hutong/journal/snapshot"
	"hutong/layers"
)

// ErrBehind says that the log of a data folder has changes that its newest checkpoint does not have, as after
// a kill.
var ErrBehind = errors.New("backup: the log has changes that no checkpoint has: start the server and stop it, or run hutong import with its config, which writes a checkpoint")

// Folder is a data folder that no server has open, and its newest checkpoint. It is locked until it is closed.
type Folder struct {
	*checkpoint.Pinned
	// Snapshots are those that it has.
	Snapshots *snapshot.Store

	lock    io.Closer // the log, if there is one
	letters []Letters
}

var _ Letters = (*Folder)(nil)

// OpenFolder opens a data folder for a backup. The error is [journal.ErrLocked] when a server has it,
// [ErrBehind], [ErrUnfinished], [checkpoint.ErrNone], or says what is wrong with its log. log gets what the log says
// of itself.
func OpenFolder(ctx context.Context, data string, log *slog.Logger) (*Folder, error) {
	if _, err := os.Stat(filepath.Join(data, checkpoints)); errors.Is(err, fs.ErrNotExist) {
		if err := CheckFolder(data); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %s is no data folder, or one in which none was written", checkpoint.ErrNone, data)
	}
	newest, err := checkpoint.Newest(filepath.Join(data, checkpoints))
	if err != nil {
		return nil, err
	}
	f := &Folder{}
	if _, err := os.Stat(filepath.Join(data, "log.json")); errors.Is(err, fs.ErrNotExist) {
		f.lock, err = journal.Lock(data) // nothing was accepted since it was restored
		if err != nil {
			return nil, err
		}
	} else if f.lock, err = openLog(ctx, data, newest, log); err != nil {
		return nil, err
	}
	store, err := checkpoint.Open(filepath.Join(data, checkpoints), checkpoint.Options{Log: log})
	if err == nil {
		f.Pinned, err = store.Pin()
	}
	if j, ok := f.lock.(*journal.Journal); ok && err == nil {
		err = j.GoesOnFrom(f.Info.Epoch, f.Info.Seq)
	}
	if err == nil && f.Info.Seq != newest { // its manifest is damaged
		err = fmt.Errorf("%w: the newest checkpoint, %d, cannot be read", ErrDamaged, newest)
	}
	if j, ok := f.lock.(*journal.Journal); ok && err == nil {
		var letters ingest.DeadLetters
		letters, err = j.DeadLetters(ctx, journal.LetterLimits{})
		if all, ok := letters.(Letters); ok {
			f.letters = append(f.letters, all)
		}
	}
	if err == nil {
		f.Snapshots, err = snapshot.Open(data, snapshot.Options{Log: log})
	}
	if err != nil {
		return nil, errors.Join(err, f.lock.Close())
	}
	f.letters = append(f.letters, restoredLetters(data))
	return f, nil
}

// Each calls fn with the folder's refused records, those that a restore has left there last.
func (f *Folder) Each(ctx context.Context, fn func(source string, l *ingest.Letter) error) error {
	for _, letters := range f.letters {
		if err := letters.Each(ctx, fn); err != nil {
			return err
		}
	}
	return nil
}

// openLog opens the log of a data folder, which must have nothing behind a checkpoint.
func openLog(ctx context.Context, data string, newest layers.Seq, log *slog.Logger) (io.Closer, error) {
	if _, err := os.Stat(filepath.Join(data, "log")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("backup: the log of %s is not in it but in a cluster: back up the running server with --server", data)
	}
	j, err := journal.Open(ctx, journal.Options{Folder: data, Log: log})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	whole := false
	err = j.Follow(ctx, newest, func(journal.Entry) error { return ErrBehind }, func() { whole = true; cancel() })
	if whole {
		return j, nil
	}
	return nil, errors.Join(err, j.Close())
}

// Close lets the folder go.
func (f *Folder) Close() error {
	f.Release()
	return f.lock.Close()
}
