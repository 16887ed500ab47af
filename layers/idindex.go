package layers

import (
	"math/rand/v2"
	"slices"
)

// entry says where a feature with some number is. Features that share a number have an entry each.
type entry struct {
	tagged  uint64 // number, with the class in the bits above it
	hilbert uint64
}

func newEntry(number uint64, c class, hilbert uint64) entry {
	return entry{number | uint64(c)<<numberBits, hilbert}
}

func (e entry) number() uint64 { return e.tagged & (1<<numberBits - 1) }
func (e entry) class() class   { return class(e.tagged >> numberBits) }

const (
	bucketTarget = 24 // entries of a bucket, on average, of an index made at once
	pageBuckets  = 64
)

// page is a run of buckets: what a batch copies, with each bucket that changes.
type page [pageBuckets][]entry

// idIndex maps the numbers of ids to where their features are, in hash buckets copied on write. It
// is immutable once its snapshot is published. Splits and merges of blocks do not touch it, because
// an entry holds a place and not a block. Its hash differs from index to index, so that nobody can
// choose ids that fill one bucket; the order of entries shows in nothing.
type idIndex struct {
	pages []*page
	bits  uint8 // log2 of the number of buckets
	seed  uint64
	count int
}

func newIDIndex(capacity int) idIndex {
	bits := uint8(6)
	for 1<<bits*bucketTarget < capacity {
		bits++
	}
	pages := make([]*page, 1<<bits/pageBuckets)
	for i := range pages {
		pages[i] = new(page)
	}
	return idIndex{pages: pages, bits: bits, seed: rand.Uint64()} //nolint:gosec // not a secret: a hash function
}

// hash returns the number's bucket among all.
func (x *idIndex) hash(number uint64) uint64 { return mix(number^x.seed) >> (64 - x.bits) }

func (x *idIndex) bucket(number uint64) (p, b int) {
	h := x.hash(number)
	return int(h / pageBuckets), int(h % pageBuckets)
}

// entries returns the bucket with the entries of a number, among others. Read only.
func (x *idIndex) entries(number uint64) []entry {
	p, b := x.bucket(number)
	return x.pages[p][b]
}

// each calls fn with the entry of every feature whose id has this number, until it returns false.
func (x *idIndex) each(number uint64, fn func(e entry) bool) {
	for _, e := range x.entries(number) {
		if e.number() == number && !fn(e) {
			return
		}
	}
}

// bytes returns the heap that the index takes.
func (x *idIndex) bytes() int {
	n := 0
	for _, p := range x.pages {
		n += 8 + 24*pageBuckets
		for _, b := range p {
			n += 16 * cap(b)
		}
	}
	return n
}

// indexWriter is the writer's index: it knows which pages and buckets it has copied since the last
// publish and may write in place.
type indexWriter struct {
	idIndex
	fresh bool
	owned map[int]*[pageBuckets]bool // by page
}

func newIndexWriter(capacity int) indexWriter {
	return indexWriter{idIndex: newIDIndex(capacity), owned: map[int]*[pageBuckets]bool{}}
}

// own makes the bucket of a number writable and returns it.
func (w *indexWriter) own(number uint64) *[]entry {
	if !w.fresh {
		w.pages = slices.Clone(w.pages)
		w.fresh = true
	}
	p, b := w.bucket(number)
	owned := w.owned[p]
	if owned == nil {
		owned = new([pageBuckets]bool)
		w.owned[p] = owned
		copied := *w.pages[p]
		w.pages[p] = &copied
	}
	bucket := &w.pages[p][b]
	if !owned[b] {
		owned[b] = true
		*bucket = append(make([]entry, 0, len(*bucket)+1), *bucket...)
	}
	return bucket
}

// add records a feature.
func (w *indexWriter) add(e entry) {
	if w.count >= 4*bucketTarget<<w.bits {
		w.grow()
	}
	bucket := w.own(e.number())
	if len(*bucket) == cap(*bucket) { // append would double it, and the index is a tenth of a layer
		*bucket = append(make([]entry, 0, len(*bucket)*5/4+4), *bucket...)
	}
	*bucket = append(*bucket, e)
	w.count++
}

// remove forgets one feature with exactly this entry; it reports whether there was one.
func (w *indexWriter) remove(e entry) bool {
	bucket := w.own(e.number())
	i := slices.Index(*bucket, e)
	if i < 0 {
		return false
	}
	last := len(*bucket) - 1
	(*bucket)[i] = (*bucket)[last]
	*bucket = (*bucket)[:last]
	w.count--
	return true
}

// newFilledIndex returns an index of n entries, which each calls yield with, twice in all, and every
// bucket of exactly its size.
func newFilledIndex(n int, each func(yield func(entry))) indexWriter {
	w := newIndexWriter(n)
	sizes := make([]uint32, 1<<w.bits)
	each(func(e entry) { sizes[w.hash(e.number())]++ })
	for i, size := range sizes {
		w.pages[i/pageBuckets][i%pageBuckets] = make([]entry, 0, size)
	}
	each(func(e entry) {
		p, b := w.bucket(e.number())
		w.pages[p][b] = append(w.pages[p][b], e)
	})
	w.count = n
	return w
}

// repeated calls fn with each number that more than one entry has, perhaps more than once.
func (x *idIndex) repeated(fn func(number uint64)) {
	var sorted []uint64
	for _, p := range x.pages {
		for _, bucket := range p {
			sorted = sorted[:0]
			for _, e := range bucket {
				sorted = append(sorted, e.number())
			}
			slices.Sort(sorted)
			for i := 1; i < len(sorted); i++ {
				if sorted[i] == sorted[i-1] {
					fn(sorted[i])
				}
			}
		}
	}
}

// grow makes four buckets of each. Buckets go by the top bits of a hash, so each is shared out by
// itself and what has been shared out can be let go.
func (w *indexWriter) grow() {
	old := slices.Clone(w.pages) // snapshots have the slice itself
	w.bits += 2
	w.pages = make([]*page, 0, 4*len(old))
	for i, p := range old {
		old[i] = nil
		var quarters [4 * pageBuckets][]entry
		for b, bucket := range p {
			w.share(bucket, quarters[4*b:4*b+4])
		}
		for q := range 4 {
			quarter := page(quarters[q*pageBuckets : (q+1)*pageBuckets])
			w.pages = append(w.pages, &quarter)
		}
	}
	w.fresh = true
	clear(w.owned) // pages are new, but their buckets have no room: they are copied when written
}

// share puts the entries of a bucket into the four that take its place, each of exactly its size.
func (w *indexWriter) share(bucket []entry, into [][]entry) {
	var sizes [4]int
	for _, e := range bucket {
		sizes[w.quarter(e)]++
	}
	for q, size := range sizes {
		into[q] = make([]entry, 0, size)
	}
	for _, e := range bucket {
		q := w.quarter(e)
		into[q] = append(into[q], e)
	}
}

func (w *indexWriter) quarter(e entry) uint64 { return w.hash(e.number()) & 3 }

// publish returns the index for a snapshot; what is written after it is copied first.
func (w *indexWriter) publish() idIndex {
	w.fresh = false
	clear(w.owned)
	return w.idIndex
}
