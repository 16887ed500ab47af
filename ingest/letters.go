package ingest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"hutong/internal/telemetry"
)

// Bounds of [Letters] unless its options say otherwise.
const (
	DefaultLetters     = 10_000   // of a source
	DefaultLetterBytes = 16 << 20 // of a source
)

// LettersOptions bound [Letters].
type LettersOptions struct {
	// Count and Bytes are the most letters of a source, and about the most memory that they take; 0 means
	// [DefaultLetters] and [DefaultLetterBytes]. The newest letter always stays.
	Count, Bytes int
	// Metrics takes what is there and what had to go.
	Metrics *telemetry.Metrics
}

// Letters keeps dead letters in memory, for as long as the process lives.
type Letters struct {
	count, bytes int
	dropped      *telemetry.Counts

	mu      sync.Mutex
	sources map[string]*letterRing
}

var _ DeadLetters = (*Letters)(nil)

// letterRing is the letters of one source by rising ID.
type letterRing struct {
	list  []Letter
	last  uint64
	bytes int
}

// NewLetters returns a place without any letters.
func NewLetters(opts LettersOptions) *Letters {
	l := &Letters{
		count: cmp.Or(opts.Count, DefaultLetters), bytes: cmp.Or(opts.Bytes, DefaultLetterBytes), sources: map[string]*letterRing{},
		dropped: opts.Metrics.Counter("hutong_ingest_letters_dropped_total",
			"Refused records that were kept and had to make room for newer ones.", "source"),
	}
	opts.Metrics.Sample("hutong_ingest_letters", "Refused records that are kept.", []string{"source"}, l.sample)
	return l
}

func (l *Letters) sample(emit func(v float64, values ...string)) {
	l.mu.Lock()
	counts := make(map[string]int, len(l.sources))
	for source, ring := range l.sources {
		counts[source] = len(ring.list)
	}
	l.mu.Unlock()
	for source, n := range counts {
		emit(float64(n), source)
	}
}

// Put keeps letters. It shares their texts and raw bytes, which nobody may change.
func (l *Letters) Put(_ context.Context, source string, letters []Letter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	ring := l.sources[source]
	if ring == nil {
		ring = &letterRing{}
		l.sources[source] = ring
	}
	for i := range letters {
		letter := &letters[i]
		if len(letter.Raw) > MaxLetterRaw {
			letter.Raw, letter.Cut = slices.Clone(letter.Raw[:MaxLetterRaw]), true
		}
		ring.last++
		letter.ID = ring.last
		ring.list = append(ring.list, *letter)
		ring.bytes += letter.size()
	}
	gone := 0
	for over := len(ring.list) - 1; gone < over && (len(ring.list)-gone > l.count || ring.bytes > l.bytes); gone++ {
		ring.bytes -= ring.list[gone].size()
	}
	if gone > 0 {
		ring.list = slices.Delete(ring.list, 0, gone)
		l.dropped.With(source).Add(gone)
	}
	return nil
}

// size is about the memory that a letter takes.
func (l *Letter) size() int {
	const fixed = 256
	r := &l.Refusal
	return fixed + len(l.Raw) + len(l.Type) + len(r.File) + len(r.Field) + len(r.Value) + len(r.Want)
}

// List returns letters; their raw bytes are the kept ones.
func (l *Letters) List(_ context.Context, source string, after uint64, limit int) ([]Letter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ring := l.sources[source]
	if ring == nil || limit <= 0 {
		return nil, nil
	}
	from, found := slices.BinarySearchFunc(ring.list, after, func(letter Letter, id uint64) int { return cmp.Compare(letter.ID, id) })
	if found {
		from++
	}
	return slices.Clone(ring.list[from:min(from+limit, len(ring.list))]), nil
}

// Remove forgets letters.
func (l *Letters) Remove(_ context.Context, source string, ids []uint64) error {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	l.mu.Lock()
	defer l.mu.Unlock()
	ring := l.sources[source]
	if ring == nil {
		return nil
	}
	ring.list = slices.DeleteFunc(ring.list, func(letter Letter) bool {
		_, found := slices.BinarySearch(ids, letter.ID)
		if found {
			ring.bytes -= letter.size()
		}
		return found
	})
	return nil
}

// NewLetter returns a letter that shares nothing with the record: raw may be used again.
func NewLetter(refusal *Refusal, received time.Time, mediaType, raw string) Letter {
	l := Letter{Received: received, Refusal: refusal.clone(), Type: mediaType, Cut: len(raw) > MaxLetterRaw}
	l.Raw = []byte(raw[:min(len(raw), MaxLetterRaw)])
	return l
}
