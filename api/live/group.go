package live

import (
	"hash/fnv"
	"strconv"
	"sync"

	"hutong/layers"
)

// queueEvents is how many events a set keeps for clients that are slow: at least three seconds of them.
const queueEvents = 64

// group is the clients of one set of layers and the last events for them. Events are numbered; each client
// knows the number of the next that it takes, so a client costs nothing here.
type group struct {
	key     string
	set     string // names it in ids
	layers  []*layer
	clients int // the hub's mutex protects it

	mu   sync.Mutex
	head uint64     // the number of the next event
	seq  layers.Seq // the set's number with the events before head
	ring [queueEvents][]byte
	wake chan struct{} // closed with the next event
}

// newGroup returns the group of a set. The hub's mutex is held.
func newGroup(key string, list []*layer) *group {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(key)) // a hash takes everything
	return &group{key: key, set: strconv.FormatUint(uint64(hash.Sum32()), 36), layers: list, seq: newestOf(list), wake: make(chan struct{})}
}

// publish puts an event into the queue; nil only moves the sequence. The hub's mutex is held, so that who
// holds it sees the queue stand still.
func (g *group) publish(seq layers.Seq, frame []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seq = seq
	if frame == nil {
		return
	}
	g.ring[g.head%queueEvents] = frame
	g.head++
	close(g.wake)
	g.wake = make(chan struct{})
}

// taken is what a client finds in the queue.
type taken struct {
	next   uint64 // where it goes on
	frames [][]byte
	lost   bool // events were dropped before the client took them, and with them all that wait
	seq    layers.Seq
	wake   <-chan struct{}
}

// take returns the events from next on, in a buffer of the client's that is used again.
func (g *group) take(next uint64, buffer [][]byte) taken {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := taken{next: g.head, frames: buffer[:0], seq: g.seq, wake: g.wake}
	if g.head-next > queueEvents {
		t.lost = true
		return t
	}
	for ; next < g.head; next++ {
		t.frames = append(t.frames, g.ring[next%queueEvents])
	}
	return t
}
