package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"hutong/journal/atomicfile"
	"hutong/layers/view"
)

// secretName is the file in the data folder with the secret by which views hide places and ids.
const secretName = "secret"

// maxSecret is the most bytes of a secret's file.
const maxSecret = 4096

// readSecret reads the file with the secret of views. No error shows any of it. Nobody but the file's owner may be able
// to read it.
func readSecret(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("app: the secret of views: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("app: the secret of views: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("app: the secret of views: %s is no regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("app: the secret of views: others than its owner may open %s (mode %04o): make that 0600, and if somebody may have read it, "+
			"put another secret there", path, info.Mode().Perm())
	}
	secret, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("app: the secret of views: %w", err)
	case len(secret) < view.MinSecret || len(secret) > maxSecret:
		return nil, fmt.Errorf("app: the secret of views: %s has %d bytes: want at least %d random ones, and at most %d", path, info.Size(), view.MinSecret, maxSecret)
	}
	return secret, nil
}

// keptSecret returns the secret of a data folder, which nobody else may have open, and makes it if there is none.
func keptSecret(folder string) (secret []byte, made bool, err error) {
	path := filepath.Join(folder, secretName)
	_, err = os.Lstat(path)
	switch {
	case err == nil:
		secret, err = readSecret(path)
		return secret, false, err
	case !errors.Is(err, fs.ErrNotExist):
		return nil, false, fmt.Errorf("app: the secret of views: %w", err)
	}
	secret = make([]byte, view.MinSecret)
	_, _ = rand.Read(secret) // it never fails
	if err := atomicfile.Replace(path, secret, 0o600); err != nil {
		return nil, false, fmt.Errorf("app: the secret of views: %w", err)
	}
	return secret, true, nil
}
