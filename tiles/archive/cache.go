package archive

import (
	"container/list"
	"context"
	"sync"
)

// cache keeps decoded leaf directories up to a size, the ones used last. Of callers that want the same
// one reads it and the others wait; when that one goes away, one of the others reads.
type cache struct {
	limit int // bytes

	mu           sync.Mutex
	kept         map[leafKey]*list.Element // of *kept
	recent       *list.List                // most recent first
	loading      map[leafKey]*load
	bytes        int
	hits, misses int
}

// leafKey is a leaf directory of a version.
type leafKey struct {
	version *version
	offset  uint64
	length  uint32
}

type kept struct {
	key leafKey
	dir []entry
}

// bytes is what k takes, with something for the map and the list.
func (k *kept) bytes() int { return len(k.dir)*entryBytes + 200 }

// load is a read under way.
type load struct {
	done chan struct{} // closed after dir and err are set
	dir  []entry
	err  error
	left bool // the reader went away, so that err says nothing of the directory
}

func newCache(limit int) *cache {
	return &cache{limit: limit, kept: map[leafKey]*list.Element{}, recent: list.New(), loading: map[leafKey]*load{}}
}

// leaf returns the leaf directory that e points to. Read only.
func (c *cache) leaf(ctx context.Context, v *version, e entry) ([]entry, error) {
	key := leafKey{v, e.Offset, e.Length}
	for {
		dir, l, mine := c.claim(key)
		switch {
		case dir != nil:
			return dir, nil
		case mine:
			return c.load(ctx, key, l, e)
		}
		select {
		case <-l.done:
			if !l.left {
				return l.dir, l.err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// load reads a directory for its caller and for those that wait. When that panics the panic goes on, and the
// others get an error.
func (c *cache) load(ctx context.Context, key leafKey, l *load, e entry) ([]entry, error) {
	l.err = errPanic
	defer c.settle(key, l)
	l.dir, l.err = key.version.readLeaf(ctx, e)
	l.left = l.err != nil && ctx.Err() != nil
	return l.dir, l.err
}

// claim returns the directory, or the read under way; mine says that it is the caller's to do.
func (c *cache) claim(key leafKey) (dir []entry, l *load, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.kept[key]; element != nil {
		c.hits++
		c.recent.MoveToFront(element)
		return element.Value.(*kept).dir, nil, false //nolint:errcheck // the list holds nothing else
	}
	if l := c.loading[key]; l != nil {
		return nil, l, false
	}
	c.misses++
	l = &load{done: make(chan struct{})}
	c.loading[key] = l
	return nil, l, true
}

// settle keeps what was read, unless its version has gone meanwhile, and lets those that wait go on.
func (c *cache) settle(key leafKey, l *load) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.loading, key)
	close(l.done)
	if l.err != nil || len(l.dir) == 0 || key.version.retired.Load() {
		return
	}
	k := &kept{key, l.dir}
	c.kept[key] = c.recent.PushFront(k)
	c.bytes += k.bytes()
	for c.bytes > c.limit && c.recent.Len() > 1 {
		c.drop(c.recent.Back())
	}
}

func (c *cache) drop(element *list.Element) {
	k := c.recent.Remove(element).(*kept) //nolint:errcheck // the list holds nothing else
	delete(c.kept, k.key)
	c.bytes -= k.bytes()
}

// clear forgets everything that is kept.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.kept)
	c.recent.Init()
	c.bytes = 0
}

func (c *cache) stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{Hits: c.hits, Misses: c.misses, CacheBytes: c.bytes}
}
