package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"hutong/journal/atomicfile"
	"hutong/layers/view"
)

// Tables of counts are kept in the folder counts of the data folder, a file for each view: a JSON object, and in a line of
// its own its SHA-256. They hold counts that are not published, and no ids. A file that was made by another config is
// not gone on with, and nothing is counted that it may be about. One that is damaged ends the start: without it periods would be counted again, and who has
// both would know what came between.

// countsFolder is the folder in the data folder.
const countsFolder = "counts"

// keptCounts is what is in a file.
type keptCounts struct {
	MadeBy string        `json:"made_by"`
	Tables []*view.Table `json:"tables"`
}

// errDamaged says that a file is not as it was written.
var errDamaged = errors.New("it is not as it was written; put it back from a copy, or remove it to have all periods counted anew, " +
	"by which who kept the old counts learns of what changed since")

func (l *countLayer) file(folder string) string {
	return filepath.Join(folder, countsFolder, string(l.spec.Name)+".json")
}

// recover returns the tables that were written down; none when there are none, or ones of another config, behind which the
// view then begins.
func (l *countLayer) recover(folder string) ([]*view.Table, error) {
	if folder == "" {
		return nil, nil
	}
	name := l.file(folder)
	content, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("app: counts of view %s: %w", l.spec.Name, err)
	}
	text, sum, _ := bytes.Cut(content, []byte("\n"))
	var kept keptCounts
	if want := sha256.Sum256(text); string(bytes.TrimSpace(sum)) != hex.EncodeToString(want[:]) {
		return nil, fmt.Errorf("app: counts of view %s: %s: %w", l.spec.Name, name, errDamaged)
	}
	if err := json.Unmarshal(text, &kept); err != nil {
		return nil, fmt.Errorf("app: counts of view %s: %s: %w (%w)", l.spec.Name, name, errDamaged, err)
	}
	if kept.MadeBy != l.spec.Digest {
		for _, t := range kept.Tables {
			if t.At.After(l.spec.Spec.From) {
				l.spec.Spec.From = t.At
			}
		}
		return nil, nil
	}
	return kept.Tables, nil
}

// keep writes tables down, before any of them is shown.
func (l *countLayer) keep(folder string, tables []*view.Table) error {
	if folder == "" {
		return nil
	}
	text, err := json.Marshal(keptCounts{l.spec.Digest, tables})
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
