package derive

import (
	"math/bits"
	"reflect"
	"slices"
	"unsafe"
)

// node is the children of a cell that have features: their records, and their own children. The zero node has none.
// It is a pointer to all of that in one object, because every change copies a node a level, and what that costs is
// allocations and lines of memory that are in no cache.
//
//	header   generation << 8 | branch, unless there are no kids | a bit for each digit that has a record
//	kids     a node by digit, as many as records; none at the finest level but one
//	records  by digit, stride words each
type node struct{ header *uint64 }

const (
	branch      = 1 << 7
	headerBytes = int(unsafe.Sizeof(uint64(0)))
	nodeBytes   = int(unsafe.Sizeof(node{}))
)

// branches returns the types of nodes that have kids, by how many: they tell the garbage collector which words are
// pointers.
func branches(stride int) (out [8]reflect.Type) {
	word := reflect.TypeFor[uint64]()
	for n := range out {
		out[n] = reflect.StructOf([]reflect.StructField{
			{Name: "Header", Type: word},
			{Name: "Kids", Type: reflect.ArrayOf(n, reflect.TypeFor[node]())},
			{Name: "Records", Type: reflect.ArrayOf(n*stride, word)},
		})
	}
	return out
}

// newNode returns a node for digits, of zeros. A leaf has no kids.
func (l *layout) newNode(generation uint64, digits uint8, leaf bool) node {
	size := bits.OnesCount8(digits)
	if leaf {
		words := make([]uint64, 1+size*l.stride)
		words[0] = generation<<8 | uint64(digits)
		return node{unsafe.SliceData(words)}
	}
	n := node{(*uint64)(reflect.New(l.branches[size]).UnsafePointer())}
	*n.header = generation<<8 | branch | uint64(digits)
	return n
}

// clone returns a copy of n for another generation.
func (n node) clone(l *layout, generation uint64) node {
	if n.isLeaf() {
		words := slices.Clone(unsafe.Slice(n.header, 1+n.len()*l.stride))
		words[0] = generation<<8 | uint64(n.digits())
		return node{unsafe.SliceData(words)}
	}
	out := l.newNode(generation, n.digits(), false)
	copy(out.nodes(), n.nodes())
	copy(out.records(l), n.records(l))
	return out
}

// copyTo copies what to has digits for; the records of digits that n lacks are those of no features.
func (n node) copyTo(to node, l *layout) {
	kids := to.nodes()
	i := 0
	for left := to.digits(); left != 0; left &= left - 1 {
		record := to.record(l, i)
		if digit := bits.TrailingZeros8(left); n.has(digit) {
			from := n.position(digit)
			copy(record, n.record(l, from))
			if kids != nil {
				kids[i] = n.kid(from)
			}
		} else {
			l.clear(record)
		}
		i++
	}
}

// digits returns a bit for each child that has a record.
func (n node) digits() uint8 {
	if n.header == nil {
		return 0
	}
	return uint8(*n.header) &^ branch
}

// generation returns the generation of the state that n was made for.
func (n node) generation() uint64 { return *n.header >> 8 }

func (n node) isLeaf() bool { return n.header == nil || *n.header&branch == 0 }

func (n node) len() int { return bits.OnesCount8(n.digits()) }

// position returns where the record of a digit is, or would be.
func (n node) position(digit int) int { return bits.OnesCount8(n.digits() & (1<<digit - 1)) }

func (n node) has(digit int) bool { return n.digits()>>digit&1 != 0 }

// at returns where a byte behind the header is.
func (n node) at(offset int) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(n.header), headerBytes+offset)
}

// records returns all records.
func (n node) records(l *layout) []uint64 {
	size, kids := n.len(), 0
	if !n.isLeaf() {
		kids = size
	}
	return unsafe.Slice((*uint64)(n.at(kids*nodeBytes)), size*l.stride)
}

// record returns the i-th record.
func (n node) record(l *layout, i int) []uint64 {
	at := i * l.stride
	return n.records(l)[at : at+l.stride : at+l.stride]
}

// nodes returns the children's own children; nil at the finest level but one.
func (n node) nodes() []node {
	if n.isLeaf() {
		return nil
	}
	return unsafe.Slice((*node)(n.at(0)), n.len())
}

// kid returns the children of the i-th child.
func (n node) kid(i int) node {
	if n.isLeaf() {
		return node{}
	}
	return n.nodes()[i]
}

// bytes returns the heap of n without that of its children.
func (n node) bytes(l *layout) int {
	if n.header == nil {
		return 0
	}
	return heapBytes(headerBytes + nodeBytes*len(n.nodes()) + 8*n.len()*l.stride)
}

// heapBytes returns about what an allocation takes: up to a kilobyte whole 16 bytes, above that an eighth more.
func heapBytes(n int) int {
	if n <= 1<<10 {
		return (n + 15) &^ 15
	}
	return n + n/8
}
