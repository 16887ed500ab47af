package erasure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// searchBuffer is how much of a file is searched at once.
const searchBuffer = 1 << 20

// Folder searches every file of a folder, and of those below it, as it is. explained says of the path of a
// file, relative to the folder, that other features account for the id in it. Files that go meanwhile are
// passed over; one that cannot be read is an error.
func (p *Pattern) Folder(ctx context.Context, folder string, proof *Proof, explained func(path string) bool) error {
	if proof.Plain = p.Plain(); !proof.Plain {
		proof.Unsearched = append(proof.Unsearched, "the files' bytes: "+p.why()+"; what they hold was decoded")
		return nil
	}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !d.Type().IsRegular():
			return nil
		}
		n, at, err := p.file(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		proof.Files++
		proof.Bytes += n
		name, err := filepath.Rel(folder, path)
		if err == nil && at >= 0 && !explained(filepath.ToSlash(name)) {
			proof.Found.Addf("file %s at byte %d", filepath.ToSlash(name), at)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("erasure: search the data folder: %w", err)
	}
	return nil
}

// file searches a file and returns its length and where the first spelling is, −1 for nowhere.
func (p *Pattern) file(path string) (size, at int64, err error) {
	f, err := os.Open(path) //nolint:gosec // below the data folder
	if err != nil {
		return 0, -1, err
	}
	defer func() { _ = f.Close() }()
	overlap := p.longest() - 1
	b := make([]byte, searchBuffer+overlap)
	kept := 0
	at = -1
	for {
		n, err := io.ReadFull(f, b[kept:])
		if at < 0 {
			if i := p.Bytes(b[:kept+n]); i >= 0 {
				at = size - int64(kept) + int64(i)
			}
		}
		size += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return size, at, nil
		}
		if err != nil {
			return size, at, err
		}
		kept = copy(b, b[len(b)-overlap:])
	}
}
