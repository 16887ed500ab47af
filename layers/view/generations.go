package view

import "sync"

// entryBytes is about what an entry takes in a map, without what its value refers to.
const entryBytes = 72

// generations keeps values in two generations. When the young one is full it becomes the old one, which is
// forgotten: so what was not asked for since a generation began goes first. The zero value is empty; any goroutine
// may use it.
type generations[K comparable, V interface{ Bytes() int }] struct {
	mu         sync.Mutex
	young, old map[K]V
	bytes      int    // of young
	oldBytes   int    // of old, when it was young
	forgotten  uint64 // generations
}

// find returns the value of a key. room is how many bytes a generation may have.
func (g *generations[K, V]) find(k K, room int) (v V, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v, ok = g.young[k]; !ok {
		if v, ok = g.old[k]; ok {
			g.put(k, v, room)
		}
	}
	return v, ok
}

// keep keeps a value.
func (g *generations[K, V]) keep(k K, v V, room int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.put(k, v, room)
}

func (g *generations[K, V]) put(k K, v V, room int) {
	if last, ok := g.young[k]; ok {
		g.bytes -= entryBytes + last.Bytes()
	}
	if g.bytes >= room {
		if len(g.old) > 0 {
			g.forgotten++
		}
		g.old, g.oldBytes = g.young, g.bytes
		g.young, g.bytes = nil, 0
	}
	if g.young == nil {
		g.young = map[K]V{}
	}
	g.young[k] = v
	g.bytes += entryBytes + v.Bytes()
}

// kept returns about how many bytes are kept.
func (g *generations[K, V]) kept() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bytes + g.oldBytes
}

// lost returns how many generations were forgotten.
func (g *generations[K, V]) lost() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.forgotten
}
