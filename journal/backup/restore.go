package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hutong/journal"
	"hutong/journal/atomicfile"
	"hutong/journal/checkpoint"
	"hutong/journal/snapshot"
)

// What a data folder has: the checkpoints, and while they are restored the same under another name.
const (
	checkpoints = "checkpoints"
	restoring   = "checkpoints.restoring"
	lockName    = "lock"
)

// ErrUnfinished says that a restore into a data folder did not come to its end.
var ErrUnfinished = errors.New("backup: a restore into this folder did not end: restore into it again")

// ErrNotEmpty says that a folder has something that a restore would mix with.
var ErrNotEmpty = errors.New("backup: the folder is not empty")

// The modes of folders: whoever may look into the data folder may not look into checkpoints, which have
// private fields.
const (
	dataMode       = 0o750
	checkpointMode = 0o700
)

// CheckFolder returns [ErrUnfinished] when a restore into a data folder did not end, so that what is there is not what
// it should be. A folder that is not there is fine.
func CheckFolder(data string) error {
	_, err := os.Lstat(filepath.Join(data, restoring))
	switch {
	case err == nil:
		return fmt.Errorf("%w: %s", ErrUnfinished, data)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return fmt.Errorf("backup: %w", err)
	}
}

// Restore makes a data folder of a backup: of one that is missing or empty, or that a restore was broken off
// in. Its checkpoint is there, durable, when Restore returns without an error, and every byte of it was
// checked; otherwise there is none, and [CheckFolder] says so. The folder is locked meanwhile. The error is
// [ErrNotEmpty], [journal.ErrLocked], [ErrDamaged], [ErrNewer], ctx's, or what r or the disk say.
func Restore(ctx context.Context, r io.Reader, data string, progress *Progress) (*Contents, error) {
	if err := empty(data); err != nil { // before anything is put there
		return nil, err
	}
	if err := os.MkdirAll(data, dataMode); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	lock, err := journal.Lock(data)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if err := empty(data); err != nil {
		return nil, err
	}
	staging := filepath.Join(data, restoring)
	if err := begin(data, staging); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	c, err := fill(ctx, r, staging, progress)
	if err == nil {
		err = finish(data, staging)
	}
	if err != nil {
		_ = sweep(staging) // the folder itself stays, for CheckFolder
		return nil, err
	}
	return c, nil
}

// empty returns an error when a folder has more than a restore leaves that was broken off.
func empty(data string) error {
	entries, err := os.ReadDir(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	broken := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == restoring })
	for _, e := range entries {
		// A restore that was broken off at its very end has given the snapshots their place already.
		if name := e.Name(); name != lockName && name != restoring && (name != snapshot.Folder || !broken) {
			return fmt.Errorf("%w: %s has %s: restore into a folder that is empty or missing, and let journal.folder of the config name it", ErrNotEmpty, data, name)
		}
	}
	return nil
}

// begin makes an empty staging folder whose name is durable.
func begin(data, staging string) error {
	if err := errors.Join(sweep(staging), os.RemoveAll(filepath.Join(data, snapshot.Folder))); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(staging, "files"), checkpointMode); err != nil {
		return err
	}
	return errors.Join(atomicfile.SyncFolder(data), atomicfile.SyncFolder(filepath.Dir(filepath.Clean(data))))
}

// sweep removes what is in a staging folder.
func sweep(staging string) error {
	entries, err := os.ReadDir(staging)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var errs []error
	for _, e := range entries {
		errs = append(errs, os.RemoveAll(filepath.Join(staging, e.Name())))
	}
	return errors.Join(errs...)
}

// fill writes the files of a backup below a staging folder and checks them as a start would.
func fill(ctx context.Context, r io.Reader, staging string, progress *Progress) (*Contents, error) {
	c, err := read(ctx, r, progress, func(m *Member) (io.WriteCloser, error) {
		// The names were checked: none leads out of the folder.
		path := filepath.Join(staging, filepath.FromSlash(strings.TrimPrefix(m.Name, folder)))
		if snapshot.IsMember(m.Name) {
			if err := os.MkdirAll(filepath.Dir(path), checkpointMode); err != nil {
				return nil, err
			}
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
		if err != nil {
			return nil, err
		}
		return &synced{f}, nil
	})
	if err != nil {
		return nil, err
	}
	infos, err := checkpoint.Verify(ctx, staging)
	switch {
	case errors.Is(err, checkpoint.ErrNewer):
		return nil, fmt.Errorf("%w: %w", ErrNewer, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	case len(infos) != 1:
		return nil, fmt.Errorf("%w: it has %d checkpoints, not 1", ErrDamaged, len(infos))
	}
	if i := &infos[0]; i.Seq != c.Seq || i.Epoch != c.Epoch || !i.Time.Equal(c.Written) {
		return nil, fmt.Errorf("%w: %s says sequence %d of log %s, written %s, and its checkpoint %d, %s, %s",
			ErrDamaged, contentsName, c.Seq, c.Epoch, c.Written, i.Seq, i.Epoch, i.Time)
	}
	switch err := snapshot.Verify(ctx, staging); {
	case errors.Is(err, snapshot.ErrNewer):
		return nil, fmt.Errorf("%w: %w", ErrNewer, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return c, nil
}

// finish gives snapshots, and then the checkpoint, that are whole their names.
func finish(data, staging string) error {
	err := syncFolders(staging)
	if _, missing := os.Stat(filepath.Join(staging, snapshot.Folder)); err == nil && missing == nil {
		err = os.Rename(filepath.Join(staging, snapshot.Folder), filepath.Join(data, snapshot.Folder))
		if err == nil {
			err = errors.Join(atomicfile.SyncFolder(staging), atomicfile.SyncFolder(data))
		}
	}
	if err == nil {
		err = os.Rename(staging, filepath.Join(data, checkpoints))
	}
	if err == nil {
		err = atomicfile.SyncFolder(data)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// synced is a file that is durable once it is closed.
type synced struct{ *os.File }

// Close syncs and closes it.
func (s *synced) Close() error { return errors.Join(s.Sync(), s.File.Close()) }

// syncFolders makes the names in a folder, and in those below it, durable.
func syncFolders(path string) error {
	return filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = atomicfile.SyncFolder(path)
		}
		return err
	})
}
