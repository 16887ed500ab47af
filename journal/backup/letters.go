package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"hutong/ingest"
	"hutong/journal/atomicfile"
	"hutong/journal/checkpoint"
)

// lettersName is the member with the refused records. A restored data folder has it beside the checkpoint until the
// first start has put them to its others.
const lettersName = "letters.ndjson"

// maxLine bounds a line of it: a record's [ingest.MaxLetterRaw] bytes in Base64, and texts of a refusal.
const maxLine = 1 << 20

// lettersAtOnce is how many are put together.
const lettersAtOnce = 256

// Letters are refused records of any source.
type Letters interface {
	// Each calls fn with each of them, the oldest first, until it returns an error, which Each then returns. fn
	// keeps nothing of them.
	Each(ctx context.Context, fn func(source string, l *ingest.Letter) error) error
}

// Box is where a server keeps refused records.
type Box interface {
	ingest.DeadLetters
	Letters
}

// line is one of lettersName.
type line struct {
	Source string        `json:"source"`
	Letter ingest.Letter `json:"letter"`
}

// spool writes letters to a file that is gone once it is closed. There is none without letters.
func spool(ctx context.Context, p *checkpoint.Pinned, letters Letters) (f *os.File, m Member, err error) {
	if letters == nil {
		return nil, Member{}, nil
	}
	if f, err = p.Temporary(); err != nil {
		return nil, Member{}, err
	}
	h := sha256.New()
	out := bufio.NewWriter(io.MultiWriter(f, h))
	err = letters.Each(ctx, func(source string, l *ingest.Letter) error {
		b, err := json.Marshal(line{source, *l})
		if err == nil {
			_, err = out.Write(append(b, '\n'))
			m.Bytes += int64(len(b)) + 1
		}
		return err
	})
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil || m.Bytes == 0 {
		return nil, Member{}, errors.Join(err, f.Close())
	}
	m.Name, m.SHA256 = lettersName, hex.EncodeToString(h.Sum(nil))
	return f, m, nil
}

// restored are the letters that a restore has left in a data folder.
type restored struct{ path string }

// restoredLetters returns those of a data folder; there may be none.
func restoredLetters(data string) restored {
	return restored{filepath.Join(data, checkpoints, lettersName)}
}

var _ Letters = restored{}

// Each reads them. The error is [ErrDamaged] when a line is none of them.
func (r restored) Each(ctx context.Context, fn func(source string, l *ingest.Letter) error) error {
	f, err := os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer f.Close()
	in := bufio.NewScanner(&source{ctx: ctx, r: f})
	in.Buffer(nil, maxLine)
	n := 0
	for in.Scan() {
		n++
		var l line
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			return fmt.Errorf("%w: %s, line %d: %w", ErrDamaged, r.path, n, err)
		}
		if err := fn(l.Source, &l.Letter); err != nil {
			return err
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("backup: %s, line %d: %w", r.path, n+1, err)
	}
	return nil
}

// PutLetters puts the refused records that a restore has left in a data folder to those of box and removes their file.
// Those that box has already are passed over: it was broken off before, or its log is still the one of the backup.
// It returns how many it has put. On an error the file stays, for the next start.
func PutLetters(ctx context.Context, data string, box Box) (n int, err error) {
	from := restoredLetters(data)
	if _, err := os.Stat(from.path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	there := map[[sha256.Size]byte]bool{}
	if err := box.Each(ctx, func(source string, l *ingest.Letter) error {
		there[identity(source, l)] = true
		return nil
	}); err != nil {
		return 0, err
	}
	var batch []ingest.Letter // of one source
	var of string
	put := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := box.Put(ctx, of, batch)
		if err == nil {
			n += len(batch)
		}
		batch = batch[:0]
		return err
	}
	err = from.Each(ctx, func(source string, l *ingest.Letter) error {
		if there[identity(source, l)] {
			return nil
		}
		if source != of || len(batch) == lettersAtOnce {
			if err := put(); err != nil {
				return err
			}
			of = source
		}
		batch = append(batch, *l)
		return nil
	})
	if err := errors.Join(err, put()); err != nil {
		return n, err
	}
	if err := errors.Join(os.Remove(from.path), atomicfile.SyncFolder(filepath.Dir(from.path))); err != nil {
		return n, fmt.Errorf("backup: %w", err)
	}
	return n, nil
}

// identity is of all of a letter but its ID.
func identity(source string, l *ingest.Letter) [sha256.Size]byte {
	same := *l
	same.ID = 0
	b, err := json.Marshal(line{source, same})
	if err != nil {
		panic(err) // plain data of ours
	}
	return sha256.Sum256(b)
}
