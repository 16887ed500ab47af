package cache

import (
	"context"
	"hash/maphash"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"hutong/internal/compress"
	"hutong/internal/etag"
)

// encodings is how many encodings there are.
const encodings = int(compress.Encodings)

// Body is a tile in one encoding. It never changes.
type Body struct {
	// Bytes are what goes over the wire; empty when the tile has no feature.
	Bytes []byte
	// Encoding is how Bytes are encoded.
	Encoding compress.Encoding
	// ETag is a strong entity tag, quotes included: a hash of Bytes. "" when they are empty.
	ETag string
	// Length is the number of Bytes in decimal.
	Length string
	// Dropped says what the budget left out; nil when that is nothing.
	Dropped *Dropped
}

// Dropped counts what the budget of a tile left out.
type Dropped struct {
	Features, Fields int
	// Simplified is how many times lines and polygons had to lose vertices.
	Simplified int
	// Overrun is set when the tile is over its budget all the same, as only a coverage's may be.
	Overrun bool
}

func newBody(encoding compress.Encoding, bytes []byte, dropped *Dropped) *Body {
	b := &Body{Bytes: bytes, Encoding: encoding, Length: strconv.Itoa(len(bytes)), Dropped: dropped}
	if len(bytes) > 0 {
		b.ETag = etag.Of(bytes)
	}
	return b
}

// plain is a tile as it was built, before it is a [Body] in any encoding.
type plain struct {
	bytes   []byte
	print   fingerprint
	dropped *Dropped
}

// fingerprint tells the bytes of one build of a tile from those of another: it costs a tenth of an ETag,
// which only an encoding that is sent needs. It means something in this process only.
type fingerprint struct {
	length int
	hash   uint64
}

var seed = maphash.MakeSeed()

func newPlain(bytes []byte, dropped *Dropped) *plain {
	return &plain{bytes, fingerprint{len(bytes), maphash.Bytes(seed, bytes)}, dropped}
}

// epoch is an epoch of the versions plus one; 0 is none.
type epoch struct{ atomic.Uint64 }

// entry is a tile that was built, and the encodings of it that there are.
type entry struct {
	built
	plain    *plain
	bodies   [encodings]atomic.Pointer[Body] // all of them when the tile has no feature
	hits     [encodings]atomic.Int32         // done once a better encoding was asked for
	encoding chan struct{}                   // holds a token while somebody encodes
}

func newEntry(b *built, p *plain) *entry {
	e := &entry{built: built{seqs: b.seqs}, plain: p, encoding: make(chan struct{}, 1)}
	if len(p.bytes) == 0 {
		nothing := newBody(compress.Identity, nil, p.dropped) // and stays nothing
		for i := range e.bodies {
			e.bodies[i].Store(nothing)
		}
	}
	return e
}

// overhead is about what an entry takes beside its bytes and its name.
const overhead = 768

// weight is how many bytes the entry counts for.
func (e *entry) weight(k Key) uint32 {
	n := overhead + len(k.Layers) + len(k.Variant) + len(e.plain.bytes)
	for i := range e.bodies {
		if b := e.bodies[i].Load(); b != nil && b.Encoding != compress.Identity {
			n += len(b.Bytes)
		}
	}
	return uint32(n)
}

// encoded returns an encoding of e, made now if there is none. The error is [ErrBusy] or ctx's.
func (c *Cache) encoded(ctx context.Context, k Key, e *entry, want compress.Encoding) (*Body, error) {
	if b := e.bodies[want].Load(); b != nil {
		return b, nil
	}
	select {
	case e.encoding <- struct{}{}:
	default:
		timer := time.NewTimer(c.gate.wait) // who has the token may itself wait for a turn
		defer timer.Stop()
		select {
		case e.encoding <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			c.gate.late.Add(1)
			return nil, ErrBusy
		}
	}
	defer func() { <-e.encoding }()
	if b := e.bodies[want].Load(); b != nil {
		return b, nil
	}
	if err := c.gate.enter(ctx); err != nil {
		return nil, err
	}
	defer c.gate.leave()
	b := e.encode(want)
	c.keep(k, e, b)
	return b, nil
}

// encode makes an encoding at a fast level. The tile has features.
func (e *entry) encode(want compress.Encoding) *Body {
	bytes := e.plain.bytes
	if want != compress.Identity {
		bytes = inExact(func(dst []byte) []byte { return compress.Append(dst, e.plain.bytes, want) })
	}
	return newBody(want, bytes, e.plain.dropped)
}

// keep adds an encoding to e: its ETag first, so that nobody holds one that is not known.
func (c *Cache) keep(k Key, e *entry, b *Body) {
	c.note(k, e, b.ETag)
	e.bodies[b.Encoding].Store(b)
	c.entries.ComputeIfPresent(k, func(old *entry) (*entry, otter.ComputeOp) {
		if old != e {
			return old, otter.CancelOp
		}
		return e, otter.WriteOp // weigh it again
	})
}

// scratch holds what bodies are made in, up to maxScratch bytes each.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

const maxScratch = 8 << 20

// inExact returns what appending gives in a slice of exactly its length, so that what is kept takes
// what it weighs.
func inExact(appending func(dst []byte) []byte) []byte {
	buffer, ok := scratch.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	*buffer = appending((*buffer)[:0])
	exact := slices.Clone(*buffer)
	if cap(*buffer) <= maxScratch {
		scratch.Put(buffer)
	}
	return exact
}
