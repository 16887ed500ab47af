package view

import (
	"crypto/sha256"
	"slices"
	"sync"

	"hutong/layers"
	"hutong/layers/column"
)

// The bounds of a memo: the names of filters, and the bytes of one of the two generations of answers, which
// are those of a dozen filters on a layer of a million features.
const (
	memoNames  = 1 << 12
	memoBytes  = 4 << 20
	memoShards = 16
	// answerBytes is about what an answer takes in a map, without its rows.
	answerBytes = 72
)

// memo is which rows filters select of the blocks of a layer. A block never changes (S2), so that an answer
// stays true for as long as there is the block: the next tile, the next zoom and, but for the blocks that
// changed, the next snapshot need not look at its rows again. Answers are under the serials of blocks, so that
// none keeps a block in memory. A layer has a memo of its own for each audience: selectors see only what that
// is shown (S10). What was not asked for since a generation began is forgotten when it is full. The zero memo
// is empty; any goroutine may use it.
type memo struct {
	mu     sync.Mutex
	last   uint32 // number given out last
	names  map[[sha256.Size]byte]uint32
	shards [memoShards]memoShard // by serial
}

type memoShard struct {
	mu         sync.Mutex
	young, old map[question]column.Bits
	bytes      int // of young
}

// question is a filter and a block.
type question struct {
	serial uint64
	filter uint32
}

// answer is the rows that a filter selects: nil is none of them.
type answer struct {
	rows  column.Bits // read only
	known bool
}

// remembered is a selector whose answers are kept. A nil one keeps none.
type remembered struct {
	layers.Selector
	memo   *memo
	filter uint32
}

// remember returns s, or what keeps the answers of s if it has a text that stands for what it selects, as
// filters have.
func (m *memo) remember(s layers.Selector) layers.Selector {
	named, ok := s.(interface{ Text() string })
	if !ok {
		return s
	}
	name := sha256.Sum256([]byte(named.Text())) // which bounds what a name takes
	m.mu.Lock()
	defer m.mu.Unlock()
	number, ok := m.names[name]
	if !ok {
		if m.names == nil || len(m.names) >= memoNames {
			m.names = map[[sha256.Size]byte]uint32{} // the answers under the numbers of the old are never asked for
		}
		m.last++
		number = m.last
		m.names[name] = number
	}
	return &remembered{s, m, number}
}

func (m *memo) shard(b *layers.Block) *memoShard { return &m.shards[b.Serial()%memoShards] }

// recall returns what is known of b.
func (r *remembered) recall(b *layers.Block) answer {
	if r == nil || b.Serial() == 0 {
		return answer{}
	}
	s, q := r.memo.shard(b), question{b.Serial(), r.filter}
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, ok := s.young[q]
	if !ok {
		if rows, ok = s.old[q]; ok {
			s.put(q, rows)
		}
	}
	return answer{rows, ok}
}

// note keeps that of all rows of b these are selected. It keeps a copy of rows.
func (r *remembered) note(b *layers.Block, rows column.Bits) {
	if r == nil || b.Serial() == 0 {
		return
	}
	if rows.Count() == 0 {
		rows = nil
	}
	s := r.memo.shard(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(question{b.Serial(), r.filter}, slices.Clone(rows))
}

// put adds an answer to the young ones, which become the old ones when they are too many.
func (s *memoShard) put(q question, rows column.Bits) {
	if s.bytes >= memoBytes/memoShards {
		s.old, s.young, s.bytes = s.young, nil, 0
	}
	if s.young == nil {
		s.young = map[question]column.Bits{}
	}
	s.young[q] = rows
	s.bytes += answerBytes + rows.Bytes()
}
