package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// JetStream cuts a file where its damage starts, as soon as it opens it (nats-server 2.15.2,
// rebuildStateFromBufLocked): one flipped bit, and all messages behind it are gone, though nobody has agreed to
// lose one. So before it starts every file is read, and the damaged ones are copied to log.aside/:
//
//   - the start is refused: they are put back, so that a refusal changes nothing;
//   - the loss is accepted: they are kept as log.damaged-TIME/, for whoever wants to save something of them;
//   - nothing was lost, since a kill had cut off what was never acknowledged: they are removed.
//
// Nothing is written to the log before one of these is durable. A start that finds log.aside/ was cut off before,
// and puts it back.
const asideFolder = "log.aside"

// msgsFolder is where the stream's files are.
func (j *Journal) msgsFolder() string {
	return filepath.Join(j.o.Folder, "log", "jetstream", "$G", "streams", j.name, "msgs")
}

// setDamagedAside copies the damaged files of the log before the server opens them.
func (j *Journal) setDamagedAside() error {
	if err := j.restoreAside(); err != nil {
		return err
	}
	all, err := filepath.Glob(filepath.Join(j.msgsFolder(), "*.blk"))
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	next := filepath.Join(j.o.Folder, asideFolder+".tmp")
	if err := os.RemoveAll(next); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	for _, path := range all {
		b, err := os.ReadFile(path) //nolint:gosec // the data folder is where the operator says
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		at := damageOf(b, j.name, filepath.Base(path))
		if at < 0 {
			continue
		}
		j.log.Warn("a file of the log is damaged, or its last message was cut off", slog.String("file", path), slog.Int("byte", at), slog.Int("bytes", len(b)))
		if err := os.MkdirAll(next, 0o750); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		if err := replaceFile(filepath.Join(next, filepath.Base(path)), b); err != nil {
			return fmt.Errorf("journal: set aside: %w", err)
		}
	}
	err = os.Rename(next, filepath.Join(j.o.Folder, asideFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return j.synced(err)
}

// restoreAside puts the files that were set aside back where they were.
func (j *Journal) restoreAside() error {
	folder := filepath.Join(j.o.Folder, asideFolder)
	all, err := filepath.Glob(filepath.Join(folder, "*.blk"))
	if err != nil || len(all) == 0 {
		return err
	}
	if err := os.MkdirAll(j.msgsFolder(), 0o750); err != nil {
		return fmt.Errorf("journal: put back: %w", err)
	}
	for _, path := range all {
		b, err := os.ReadFile(path) //nolint:gosec // the data folder is where the operator says
		if err == nil {
			err = replaceFile(filepath.Join(j.msgsFolder(), filepath.Base(path)), b)
		}
		if err != nil {
			return fmt.Errorf("journal: put back: %w", err)
		}
	}
	return j.synced(os.RemoveAll(folder))
}

// settleAside is called when the log is open, before anything is appended.
func (j *Journal) settleAside() error {
	folder := filepath.Join(j.o.Folder, asideFolder)
	if _, err := os.Stat(folder); err != nil {
		return nil //nolint:nilerr // nothing was set aside
	}
	if !j.lossAccepted.Load() {
		return j.synced(os.RemoveAll(folder))
	}
	kept := filepath.Join(j.o.Folder, "log.damaged-"+strconv.FormatInt(j.o.Now().UnixNano(), 10))
	j.log.Warn("the damaged files of the log are kept", slog.String("folder", kept))
	return j.synced(os.Rename(folder, kept))
}

// synced makes what was done in the data folder durable, unless it failed.
func (j *Journal) synced(err error) error {
	if err == nil {
		err = syncFolder(j.o.Folder)
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// A record of a file: its length, of which the highest bit says that there are headers, sequence, time, length of
// the subject; subject, headers with their length before them, message; a checksum of all but the lengths.
const (
	recordHeader   = 22
	recordSum      = 8
	recordHasMore  = 1 << 31
	recordHeaders  = 4
	recordSequence = 4
	recordSubject  = 20
)

// damageOf returns where in a file of a stream the first record starts that is not as it was written, or is not
// whole; −1 when all are.
func damageOf(b []byte, stream, file string) int {
	key := sha256.Sum256([]byte(stream + "-" + strings.TrimSuffix(file, ".blk")))
	hash, err := highwayhash.NewDigest64(key[:])
	if err != nil {
		return 0 // a key has 32 bytes, so this cannot be
	}
	for at := 0; at < len(b); {
		rest := b[at:]
		if len(rest) < recordHeader+recordSum {
			return at
		}
		size := binary.LittleEndian.Uint32(rest)
		more := size&recordHasMore != 0
		size &^= recordHasMore
		subject := int(binary.LittleEndian.Uint16(rest[recordSubject:]))
		from := recordHeader + subject
		if more {
			from += recordHeaders
		}
		if uint64(size) > uint64(len(rest)) || from+recordSum > int(size) {
			return at
		}
		record := rest[:size]
		hash.Reset()
		_, _ = hash.Write(record[recordSequence:recordSubject]) // hashes never fail
		_, _ = hash.Write(record[recordHeader : recordHeader+subject])
		_, _ = hash.Write(record[from : len(record)-recordSum])
		if !bytes.Equal(hash.Sum(nil), record[len(record)-recordSum:]) {
			return at
		}
		at += len(record)
	}
	return -1
}
