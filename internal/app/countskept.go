package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hutong/journal/atomicfile"
	"hutong/layers"
	"hutong/layers/view"
)

// Tables of counts are kept in the folder counts of the data folder, a file for each view: a JSON object, and in a line of
// its own its SHA-256. They hold counts that are not published, and no ids. A file that was made by another config is
// not gone on with, and nothing is counted that it may be about; nor that a file may be about which counts the same layer for a
// view that the config has not: it may be this one by its name of then. One that is damaged ends the start: without it periods
// would be counted again, and who has both would know what came between. So they would behind a restore, since backups have
// no tables: a view without a file begins behind it.

// countsFolder is the folder in the data folder.
const countsFolder = "counts"

// countsEnding is how names of files there end.
const countsEnding = ".json"

// keptCounts is what is in a file.
type keptCounts struct {
	MadeBy string      `json:"made_by"`
	Of     layers.Name `json:"of"`
	// From is when the view began, if nothing was published since and what was before is not known.
	From   time.Time     `json:"from,omitzero"`
	Tables []*view.Table `json:"tables"`
}

// last returns when the view was published last, or began.
func (k *keptCounts) last() time.Time {
	last := k.From
	for _, t := range k.Tables {
		if t.At.After(last) {
			last = t.At
		}
	}
	return last
}

// errDamaged says that a file is not as it was written.
var errDamaged = errors.New("it is not as it was written; put it back from a copy, or remove it to have all periods counted anew, " +
	"by which who kept the old counts learns of what changed since")

// beyond reports whether something was published that tables have not: views of one layer that were there side by side have
// published the same periods at about the same time.
func (k *keptCounts) beyond(tables []*view.Table) bool {
	if len(tables) == 0 || len(k.Tables) == 0 {
		return true
	}
	newest := view.Newest(k.Tables)[0]
	return newest == view.Period{} || newest.Compare(view.Newest(tables)[0]) > 0
}

func (l *countLayer) file(folder string) string {
	return filepath.Join(folder, countsFolder, string(l.spec.Name)+countsEnding)
}

// readCounts returns what is in a file; nil when there is none.
func readCounts(name string) (*keptCounts, error) {
	content, err := os.ReadFile(name) //nolint:gosec // the data folder is where the operator says
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // nothing was published
	case err != nil:
		return nil, fmt.Errorf("app: counts: %w", err)
	}
	text, sum, _ := bytes.Cut(content, []byte("\n"))
	if want := sha256.Sum256(text); string(bytes.TrimSpace(sum)) != hex.EncodeToString(want[:]) {
		return nil, fmt.Errorf("app: counts: %s: %w", name, errDamaged)
	}
	kept := new(keptCounts)
	if err := json.Unmarshal(text, kept); err != nil {
		return nil, fmt.Errorf("app: counts: %s: %w (%w)", name, errDamaged, err)
	}
	return kept, nil
}

// recover returns the tables of a view that were written down; none when there are none, or ones of another config. Behind
// these, and behind what was published of its layer under a name that the config has not any more, the view then begins.
func (c *countViews) recover(l *countLayer, log *slog.Logger) ([]*view.Table, error) {
	if c.folder == "" {
		return nil, nil
	}
	own := l.file(c.folder)
	kept, err := readCounts(own)
	if err != nil {
		return nil, err
	}
	var tables []*view.Table
	var last time.Time // of what is gone on with
	from, file := time.Time{}, ""
	switch {
	case kept == nil:
	case kept.MadeBy == l.spec.Digest:
		if tables, last = kept.Tables, kept.last(); len(tables) == 0 {
			from, file = last, own
		}
	default:
		from, file = kept.last(), own
	}
	others, err := c.others()
	if err != nil {
		return nil, err
	}
	for _, path := range others {
		kept, err := readCounts(path)
		switch {
		case err != nil:
			return nil, err
		case kept != nil && kept.Of == l.spec.Of && kept.last().After(from) && kept.last().After(last) && kept.beyond(tables):
			from, file = kept.last(), path
		}
	}
	if !from.IsZero() {
		l.spec.Spec.From = from
		log.Warn("counts were published in another way before: the view goes on behind that, and shows nothing of it; "+
			"remove the file to have all counted anew, by which who kept the old counts learns of what changed since",
			slog.String("view", string(l.spec.Name)), slog.Time("published", from), slog.String("file", file))
	}
	return tables, nil
}

// others returns the files of views that the config has not.
func (c *countViews) others() ([]string, error) {
	folder := filepath.Join(c.folder, countsFolder)
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("app: counts: %w", err)
	}
	var list []string
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		ours := func(l *countLayer) bool { return l.file(c.folder) == path }
		if filepath.Ext(path) == countsEnding && !slices.ContainsFunc(c.list, ours) {
			list = append(list, path)
		}
	}
	return list, nil
}

// beginBehind has views without a file begin at a time: what was published before it is not known.
func (c *countViews) beginBehind(at time.Time, log *slog.Logger) error {
	for _, l := range c.list {
		name := l.file(c.folder)
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			continue // what does not go is told when it is read
		}
		if err := l.write(c.folder, keptCounts{From: at}); err != nil {
			return fmt.Errorf("app: counts of view %s: %w", l.spec.Name, err)
		}
		log.Warn("the data folder was made of a backup, which has no tables of counts: the view goes on behind now; if there still is its file, stop and put it here",
			slog.String("view", string(l.spec.Name)), slog.String("file", name))
	}
	return nil
}

// keep writes tables down, before any of them is shown.
func (l *countLayer) keep(folder string, tables []*view.Table) error {
	if folder == "" {
		return nil
	}
	return l.write(folder, keptCounts{Tables: tables})
}

// write writes a file.
func (l *countLayer) write(folder string, kept keptCounts) error {
	kept.MadeBy, kept.Of = l.spec.Digest, l.spec.Of
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	text = append(append(append(text, '\n'), hex.EncodeToString(sum[:])...), '\n')
	name := l.file(folder)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return atomicfile.Replace(name, text, 0o600)
}
