package view

import (
	"crypto/sha256"
	"slices"
	"sync"
	"sync/atomic"

	"hutong/layers"
	"hutong/layers/column"
)

// The bounds of a memo: the names of filters; and the bytes of a generation of answers and of packs, for each feature
// of the layer and in all. On a layer of a million features these are the answers of a dozen filters, and the packs of
// as many that select a hundredth each.
const (
	memoNames     = 1 << 12
	memoShards    = 16
	answerRoom    = 4
	packRoom      = 8
	maxAnswerRoom = 4 << 20
	maxPackRoom   = 8 << 20
	minRoom       = 64 << 10
)

// memo is which rows filters select of the blocks of a layer. A block never changes (S2), so that an answer
// stays true for as long as there is the block: the next tile, the next zoom and, but for the blocks that
// changed, the next snapshot need not look at its rows again. Answers are under the serials of blocks, so that
// none keeps a block in memory. A layer has a memo of its own for each audience: selectors see only what that
// is shown (S10). The zero memo is empty; any goroutine may use it.
type memo struct {
	mu      sync.Mutex
	last    uint32 // number given out last
	names   map[[sha256.Size]byte]uint32
	answers [memoShards]generations[question, column.Bits] // by serial
	packs   generations[packKey, *pack]
	count   atomic.Int64 // features of the layer when a filter was last named
}

// room returns how many bytes a generation may have.
func (m *memo) room(each, most int) int {
	return min(max(each*int(m.count.Load()), minRoom), most)
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
// filters have. count is how many features the layer has.
func (m *memo) remember(s layers.Selector, count int) layers.Selector {
	m.count.Store(int64(count))
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

// recall returns what is known of b.
func (r *remembered) recall(b *layers.Block) answer {
	if r == nil || b.Serial() == 0 {
		return answer{}
	}
	rows, ok := r.memo.shard(b).find(question{b.Serial(), r.filter}, r.memo.room(answerRoom, maxAnswerRoom)/memoShards)
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
	r.memo.shard(b).keep(question{b.Serial(), r.filter}, slices.Clone(rows), r.memo.room(answerRoom, maxAnswerRoom)/memoShards)
}

func (m *memo) shard(b *layers.Block) *generations[question, column.Bits] {
	return &m.answers[b.Serial()%memoShards]
}

// Kept returns about how many bytes are kept of which features filters select, and how often some of that was
// forgotten to make room, for the operator.
func (l *Layer) Kept() (bytes int, forgotten uint64) {
	m := &l.memo
	bytes, forgotten = m.packs.kept(), m.packs.lost()
	for i := range m.answers {
		bytes, forgotten = bytes+m.answers[i].kept(), forgotten+m.answers[i].lost()
	}
	return bytes, forgotten
}
