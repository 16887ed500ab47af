package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hutong/journal/atomicfile"
)

// JetStream cuts a file where its damage starts, as soon as it opens it (nats-server 2.15.2,
// rebuildStateFromBufLocked): one flipped bit, and all messages behind it are gone, though nobody has agreed to
// lose one. So before it starts every file is read, and the damaged ones are copied to log.aside/:
//
//   - the start is refused: they are put back, so that a refusal changes nothing;
//   - the loss is accepted, or it is of refused records, which never keep a server from starting: they are kept as
//     log.damaged-TIME/, for whoever wants to save something of them;
//   - nothing was lost, since a kill had cut off what was never acknowledged: they are removed.
//
// Once the copies are durable, the records behind the damage are moved up to those before it, so that JetStream takes
// them as well: only what is damaged is missing, and a refusal names no more. Nothing is written to the log before one of the above is
// durable. A start that finds log.aside/ was cut off before, and puts it back.
const asideFolder = "log.aside"

// damagedFolder and lostFolder start the names of what is kept aside.
const (
	damagedFolder = "log.damaged-"
	lostFolder    = "log.lost-"
)

// Asides returns the names of what starts have put aside in the data folder: files whose damage was accepted, and
// whole logs. They hold what the log held, and nothing ever reads or removes them.
func (j *Journal) Asides() []string {
	var all []string
	for _, name := range []string{damagedFolder, lostFolder} {
		paths, _ := filepath.Glob(filepath.Join(j.o.Folder, name+"*")) // only a bad pattern is an error
		for _, path := range paths {
			all = append(all, filepath.Base(path))
		}
	}
	return all
}

// msgsFolder is where a stream's files are.
func (j *Journal) msgsFolder(stream string) string {
	return filepath.Join(j.o.Folder, "log", "jetstream", "$G", "streams", stream, "msgs")
}

// blockFiles returns the files of a stream in the order in which they were begun.
func (j *Journal) blockFiles(stream string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(j.msgsFolder(stream), "*.blk"))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(blockNumber(a), blockNumber(b)) })
	return all, nil
}

// blockNumber returns the number of a file of messages, 0 when it has none.
func blockNumber(path string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimSuffix(filepath.Base(path), ".blk"), 10, 64) // 0 on an error
	return n
}

// lettersName is the stream of the refused records.
func (j *Journal) lettersName() string { return j.name + "-refused" }

// setDamagedAside copies the damaged files of the log before the server opens them.
func (j *Journal) setDamagedAside() error {
	if err := j.restoreAside(); err != nil {
		return err
	}
	next := filepath.Join(j.o.Folder, asideFolder+".tmp")
	if err := os.RemoveAll(next); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	mend := map[string][]byte{}
	for _, stream := range []string{j.name, j.lettersName()} {
		all, err := j.blockFiles(stream)
		if err != nil {
			return err
		}
		seen := &seenRecords{}
		for _, path := range all {
			whole, damaged, err := j.copyDamaged(path, stream, filepath.Join(next, stream), seen)
			if err != nil {
				return err
			}
			if damaged && len(whole) > 0 {
				mend[path] = whole
			}
		}
		if stream != j.name {
			j.lostLetters = seen.missing
		}
	}
	err := os.Rename(next, filepath.Join(j.o.Folder, asideFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := j.synced(err); err != nil {
		return err
	}
	for path, whole := range mend {
		if err := atomicfile.Replace(path, whole, fileMode); err != nil {
			return fmt.Errorf("journal: mend: %w", err)
		}
	}
	return nil
}

// copyDamaged copies a file of a stream that is damaged to a folder, and returns what is whole of it.
func (j *Journal) copyDamaged(path, stream, to string, seen *seenRecords) (whole []byte, damaged bool, err error) {
	b, err := os.ReadFile(path) //nolint:gosec // the data folder is where the operator says
	if err != nil {
		return nil, false, fmt.Errorf("journal: %w", err)
	}
	at, whole := openBlock(b, stream, filepath.Base(path)).mended(seen)
	if at < 0 {
		return nil, false, nil
	}
	j.log.Warn("a file of the log is damaged, or its last message was cut off", slog.String("file", path),
		slog.Int("byte", at), slog.Int("bytes", len(b)), slog.Int("whole_bytes", len(whole)))
	err = os.MkdirAll(to, 0o750)
	if err == nil {
		err = atomicfile.Replace(filepath.Join(to, filepath.Base(path)), b, fileMode)
	}
	if err == nil { // the name of the folder
		err = atomicfile.SyncFolder(filepath.Dir(to))
	}
	if err != nil {
		return nil, true, fmt.Errorf("journal: set aside: %w", err)
	}
	return whole, true, nil
}

// restoreAside puts the files that were set aside back where they were.
func (j *Journal) restoreAside() error {
	folder := filepath.Join(j.o.Folder, asideFolder)
	all, err := filepath.Glob(filepath.Join(folder, "*", "*.blk"))
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	for _, path := range all {
		to := j.msgsFolder(filepath.Base(filepath.Dir(path)))
		if err := os.MkdirAll(to, 0o750); err != nil {
			return fmt.Errorf("journal: put back: %w", err)
		}
		b, err := os.ReadFile(path) //nolint:gosec // the data folder is where the operator says
		if err == nil {
			err = atomicfile.Replace(filepath.Join(to, filepath.Base(path)), b, fileMode)
		}
		if err != nil {
			return fmt.Errorf("journal: put back: %w", err)
		}
	}
	return j.synced(os.RemoveAll(folder)) // folders without files, too, which would be in the way of the next
}

// settleAside is called when the log is open, before anything is appended.
func (j *Journal) settleAside() error {
	folder := filepath.Join(j.o.Folder, asideFolder)
	if _, err := os.Stat(folder); err != nil {
		return nil //nolint:nilerr // nothing was set aside
	}
	var errs []error
	if !j.lossAccepted.Load() {
		errs = append(errs, os.RemoveAll(filepath.Join(folder, j.name)))
	}
	if len(j.lostLetters) == 0 {
		errs = append(errs, os.RemoveAll(filepath.Join(folder, j.lettersName())))
	}
	entries, err := os.ReadDir(folder)
	if err := errors.Join(append(errs, err)...); err != nil || len(entries) == 0 {
		return j.synced(errors.Join(err, os.RemoveAll(folder)))
	}
	kept := filepath.Join(j.o.Folder, damagedFolder+strconv.FormatInt(j.o.Now().UnixNano(), 10))
	j.log.Warn("the damaged files of the log are kept", slog.String("folder", kept))
	return j.synced(os.Rename(folder, kept))
}

// synced makes what was done in the data folder durable, unless it failed.
func (j *Journal) synced(err error) error {
	if err == nil {
		err = atomicfile.SyncFolder(j.o.Folder)
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}
