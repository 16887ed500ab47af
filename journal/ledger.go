package journal

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"hutong/journal/atomicfile"
	"hutong/journal/record"
	"hutong/layers"
)

// maxLost bounds the gaps that log.json remembers; the oldest are forgotten first, and then have to be
// accepted again.
const maxLost = 1000

// fileMode is that of the files that are written anew: the operator's group may look.
const fileMode = 0o640

// ledger is log.json: what is known of a log beside its messages.
type ledger struct {
	path string
	mu   sync.Mutex
	is   ledgerState
}

type ledgerState struct {
	// Epoch is the log's identity; "" when this folder never had one.
	Epoch string `json:"epoch"`
	// Truncated is the last sequence that was let go on purpose.
	Truncated layers.Seq `json:"truncated"`
	// Begins is the sequence that the log's first message had or will have; 0 in what was written before
	// there was this field.
	Begins layers.Seq `json:"begins,omitempty"`
	// Lost are messages whose loss was accepted, ascending.
	Lost []span `json:"lost,omitempty"`
	// Sum is the CRC-32C of this as JSON with a Sum of 0: a flipped digit must not truncate the log.
	Sum uint32 `json:"crc32c"`
}

// sum is what Sum should be.
func (s ledgerState) sum() (uint32, error) {
	s.Sum = 0
	b, err := json.Marshal(s)
	return record.Sum(b), err
}

// span is a range of sequences, both ends included.
type span struct {
	First layers.Seq `json:"first"`
	Last  layers.Seq `json:"last"`
}

func openLedger(path string) (*ledger, error) {
	l := &ledger{path: path}
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return l, nil
	case err != nil:
		return nil, fmt.Errorf("journal: %w", err)
	}
	err = json.Unmarshal(b, &l.is)
	if err == nil {
		var sum uint32
		if sum, err = l.is.sum(); err == nil && sum != l.is.Sum {
			err = fmt.Errorf("its checksum is %d, of what it says %d", l.is.Sum, sum)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %s is damaged: %w; restore it from a backup, or delete it: then the log is taken as it is", path, err)
	}
	return l, nil
}

func (l *ledger) epoch() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.is.Epoch
}

// begins returns the log's first sequence ever, as far as it is known.
func (l *ledger) begins() layers.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return cmp.Or(l.is.Begins, l.is.Truncated+1)
}

func (l *ledger) truncated() layers.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.is.Truncated
}

// change changes the state and writes it, durable when it returns.
func (l *ledger) change(f func(*ledgerState)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.is
	next.Lost = slices.Clone(l.is.Lost)
	f(&next)
	var err error
	if next.Sum, err = next.sum(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	b, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := atomicfile.Replace(l.path, append(b, '\n'), fileMode); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	l.is = next
	return nil
}

// lose notes that messages are lost and that it was accepted.
func (l *ledger) lose(first, last layers.Seq) error {
	return l.change(func(s *ledgerState) {
		s.Lost = append(s.Lost, span{first, last})
		slices.SortFunc(s.Lost, func(a, b span) int { return cmp.Compare(a.First, b.First) })
		if n := len(s.Lost); n > maxLost {
			s.Lost = s.Lost[n-maxLost:]
		}
	})
}

// unknown returns the first part of a range that was neither truncated nor accepted as lost.
func (l *ledger) unknown(first, last layers.Seq) (span, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first = max(first, l.is.Truncated+1)
	for _, s := range l.is.Lost {
		if s.First <= first && first <= s.Last {
			first = s.Last + 1
		}
	}
	if first > last {
		return span{}, false
	}
	for _, s := range l.is.Lost {
		if s.First > first && s.First <= last {
			last = s.First - 1
		}
	}
	return span{first, last}, true
}
