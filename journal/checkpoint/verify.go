package checkpoint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// checkFile compares a file with its record, byte by byte through the checksum.
func (s *Store) checkFile(record *fileRecord) error { return checkFile(s.fs, s.folder, record) }

func checkFile(fs filesystem, folder string, record *fileRecord) error {
	path := filepath.Join(folder, filesFolder, record.File)
	f, err := fs.Open(path)
	if err != nil {
		return damageOf(reasonMissing, fmt.Errorf("file %s: %w", record.File, err))
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(f, record.Bytes+1))
	if err != nil {
		return damageOf(reasonChecksum, fmt.Errorf("file %s: %w", record.File, err))
	}
	if n != record.Bytes {
		return &damage{reasonChecksum, fmt.Errorf("file %s: it does not have the %d bytes that were written", record.File, record.Bytes)}
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != record.SHA256 {
		return &damage{reasonChecksum, fmt.Errorf("file %s: its checksum is %s, not %s: bytes of it changed", record.File, sum, record.SHA256)}
	}
	return nil
}

// Verify reads every byte of the checkpoints in a folder and changes nothing. It returns what there is,
// newest first; the error joins everything that is wrong, which Info.Damaged says too.
func Verify(ctx context.Context, folder string) ([]Info, error) {
	entries, err := scan(disk{}, folder)
	if err != nil {
		return nil, err
	}
	var out []Info
	var errs []error
	sound := map[fileRecord]error{} // checkpoints share files
	for i := range entries {
		e := &entries[i]
		if e.err == nil {
			for _, f := range e.manifest.files() {
				if ctx.Err() != nil {
					return nil, context.Cause(ctx)
				}
				result, known := sound[*f]
				if !known {
					result = checkFile(disk{}, folder, f)
					sound[*f] = result
				}
				e.err = errors.Join(e.err, result)
			}
		}
		if e.err != nil {
			errs = append(errs, fmt.Errorf("checkpoint %d: %w", e.seq, e.err))
		}
		out = append(out, e.info())
	}
	return out, errors.Join(errs...)
}
