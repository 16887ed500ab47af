package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"

	"hutong/journal/record"
	"hutong/layers"
)

// Frame returns what the files of the log and of the refused records say whatever is in them: what describes them, and
// the names that each message has. An id that is in there is in the files of every log.
func (j *Journal) Frame() ([]byte, error) {
	out := fmt.Appendln(nil, "NATS/1.0", jetstream.ExpectedStreamHeader, j.name, j.subject(), j.lettersName(), j.fillerSubject())
	var empty []record.Batch
	for name := range j.o.Schemas {
		empty = append(empty, record.Batch{Batch: layers.Batch{Layer: name}})
	}
	out, err := record.AppendSection(out, j.o.Schemas, empty)
	if err != nil {
		return nil, fmt.Errorf("journal: frame: %w", err)
	}
	about, err := filepath.Glob(filepath.Join(j.o.Folder, "log", "jetstream", "*", "streams", "*", "meta.inf"))
	if err != nil {
		return nil, fmt.Errorf("journal: frame: %w", err)
	}
	for _, path := range append(about, j.ledger.path) {
		text, err := os.ReadFile(path) //nolint:gosec // below the data folder
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("journal: frame: %w", err)
		}
		out = append(out, text...)
	}
	return out, nil
}
