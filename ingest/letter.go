package ingest

import (
	"context"
	"time"
)

// MaxLetterRaw is the most bytes of a refused record that a dead letter keeps.
const MaxLetterRaw = 64 << 10

// Letter is a dead letter: a refused record, kept for the holders of its source's key. Its raw bytes may
// hold private values, so it leaves by no other door (S10).
type Letter struct {
	// ID numbers the letters of a source, rising from 1; [DeadLetters.Put] gives it.
	ID uint64 `json:"id"`
	// Received is when the record came.
	Received time.Time `json:"received"`
	Refusal  Refusal   `json:"refusal"`
	// Type is the media type of Raw.
	Type string `json:"type"`
	// Raw is the record as it came, its first [MaxLetterRaw] bytes; Cut says that there was more.
	Raw []byte `json:"raw"`
	Cut bool   `json:"cut,omitempty"`
}

// DeadLetters keeps refused records, a bounded number of each source: when there are too many the oldest
// go. It may be used from any goroutine.
type DeadLetters interface {
	// Put keeps letters of a source and gives them their IDs.
	Put(ctx context.Context, source string, letters []Letter) error
	// List returns letters of a source with an ID above after, oldest first, at most limit of them.
	List(ctx context.Context, source string, after uint64, limit int) ([]Letter, error)
	// Remove forgets letters of a source; those that are not there are passed over.
	Remove(ctx context.Context, source string, ids []uint64) error
}
