package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Lock takes the lock of a data folder, which must be there, without opening the journal: until it is closed
// no process can. The error is [ErrLocked] when one has it open.
func Lock(folder string) (io.Closer, error) {
	f, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// lockFolder takes the lock of a data folder, which the kernel gives back when the process ends, however
// it does. Closing the file unlocks it.
func lockFolder(folder string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE, 0o640) //nolint:gosec // the operator's group may look
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w by process %s: %s; stop it first, or give this one another folder", ErrLocked, holder(f), folder)
		}
		return nil, fmt.Errorf("journal: lock %s: %w", f.Name(), err)
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(strconv.AppendInt(nil, int64(os.Getpid()), 10), 0) // for whom it is shown to
	}
	return f, nil
}

// holder returns the process that wrote its number into the lock.
func holder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 20))
	if s := strings.TrimSpace(string(b)); err == nil && s != "" {
		return s
	}
	return "(unknown)"
}

// Free returns the bytes that a folder's file system has left for us.
func Free(folder string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", folder, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil //nolint:unconvert // their types differ between systems
}
