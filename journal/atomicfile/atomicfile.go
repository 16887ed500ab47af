// Package atomicfile writes small files and names of folders so that they are there after a power cut. Everything may be called
// from any goroutine; two that replace one file at once need a lock of their own.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace writes a file so that after a crash it is the old or the new one, as a whole. What it has written until an error
// it removes.
func Replace(path string, content []byte, mode fs.FileMode) (err error) {
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode) //nolint:gosec // the data folder is where the operator says
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // the data folder is where the operator says
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
