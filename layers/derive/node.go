package derive

import (
	"math/bits"
	"reflect"
	"slices"
	"unsafe"
)

// node is a cell above the finest level that has features: its record, and its children that have some. The zero
// node has none. It is a pointer to all of that in one object, because every change copies a node a level, and what
// that costs is allocations and lines of memory that are in no cache. For the same reason a child above the finest
// level has its record in its own node, which is copied anyway, and not here, where a change would copy those of its
// siblings with it; cells of the finest level are many and have no nodes, so they lie together.
//
//	header    generation << 8 | branch, unless the children are of the finest level | a bit for each digit that has features
//	record    stride words
//	children  by digit: a node each of a branch, else a record each
type node struct{ header *uint64 }

const (
	branch      = 1 << 7
	headerBytes = int(unsafe.Sizeof(uint64(0)))
	nodeBytes   = int(unsafe.Sizeof(node{}))
)

// branches returns the types of branches by how many children they have: they tell the garbage collector which
// words are pointers.
func branches(stride int) (out [8]reflect.Type) {
	word := reflect.TypeFor[uint64]()
	for n := range out {
		out[n] = reflect.StructOf([]reflect.StructField{
			{Name: "Header", Type: word},
			{Name: "Record", Type: reflect.ArrayOf(stride, word)},
			{Name: "Kids", Type: reflect.ArrayOf(n, reflect.TypeFor[node]())},
		})
	}
	return out
}

// newNode returns a node with children for digits, of zeros. A leaf has those of the finest level.
func (l *layout) newNode(generation uint64, digits uint8, leaf bool) node {
	size := bits.OnesCount8(digits)
	if leaf {
		words := make([]uint64, 1+(1+size)*l.stride)
		words[0] = generation<<8 | uint64(digits)
		return node{unsafe.SliceData(words)}
	}
	n := node{(*uint64)(reflect.New(l.branches[size]).UnsafePointer())}
	*n.header = generation<<8 | branch | uint64(digits)
	return n
}

// derived returns a copy of n, which may be the zero node, with children for digits instead of its own: a child that
// n lacks has no features. A leaf has children of the finest level.
func (n node) derived(l *layout, generation uint64, digits uint8, leaf bool) node {
	if leaf && n.header != nil && digits == n.digits() {
		words := slices.Clone(unsafe.Slice(n.header, 1+(1+n.len())*l.stride)) // which does not clear them first
		words[0] = generation<<8 | uint64(digits)
		return node{unsafe.SliceData(words)}
	}
	out := l.newNode(generation, digits, leaf)
	if n.header == nil {
		l.clear(out.record(l))
	} else {
		copy(out.record(l), n.record(l))
	}
	to := 0
	for left := digits; left != 0; left &= left - 1 {
		digit := bits.TrailingZeros8(left)
		switch has := n.has(digit); {
		case leaf && has:
			copy(out.finest(l, to), n.finest(l, n.position(digit)))
		case leaf:
			l.clear(out.finest(l, to))
		case has:
			out.kids(l)[to] = n.kids(l)[n.position(digit)]
		}
		to++
	}
	return out
}

// digits returns a bit for each child that has features.
func (n node) digits() uint8 {
	if n.header == nil {
		return 0
	}
	return uint8(*n.header) &^ branch
}

// generation returns the generation of the state that n was made for.
func (n node) generation() uint64 { return *n.header >> 8 }

func (n node) isLeaf() bool { return n.header == nil || *n.header&branch == 0 }

// len returns how many children have features.
func (n node) len() int { return bits.OnesCount8(n.digits()) }

// position returns where the child of a digit is, or would be.
func (n node) position(digit int) int { return bits.OnesCount8(n.digits() & (1<<digit - 1)) }

func (n node) has(digit int) bool { return n.digits()>>digit&1 != 0 }

// at returns where a word behind the header is.
func (n node) at(word int) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(n.header), headerBytes+8*word)
}

// record returns the record of the cell itself.
func (n node) record(l *layout) []uint64 { return unsafe.Slice((*uint64)(n.at(0)), l.stride) }

// finest returns the record of the i-th child of a leaf.
func (n node) finest(l *layout, i int) []uint64 {
	return unsafe.Slice((*uint64)(n.at((1+i)*l.stride)), l.stride)
}

// kids returns the children of a branch.
func (n node) kids(l *layout) []node {
	return unsafe.Slice((*node)(n.at(l.stride)), n.len())
}

// kid returns the child of a branch with a digit, the zero node if it has none.
func (n node) kid(l *layout, digit int) node {
	if !n.has(digit) {
		return node{}
	}
	return n.kids(l)[n.position(digit)]
}

// child returns the record of the i-th child, and its node, the zero one at the finest level.
func (n node) child(l *layout, i int) (record []uint64, kid node) {
	if n.isLeaf() {
		return n.finest(l, i), node{}
	}
	kid = n.kids(l)[i]
	return kid.record(l), kid
}

// bytes returns the heap of n without that of its children's nodes.
func (n node) bytes(l *layout) int {
	switch {
	case n.header == nil:
		return 0
	case n.isLeaf():
		return heapBytes(headerBytes + 8*(1+n.len())*l.stride)
	}
	return heapBytes(headerBytes + 8*l.stride + nodeBytes*n.len())
}

// heapBytes returns about what an allocation takes: up to a kilobyte whole 16 bytes, above that an eighth more.
func heapBytes(n int) int {
	if n <= 1<<10 {
		return (n + 15) &^ 15
	}
	return n + n/8
}
