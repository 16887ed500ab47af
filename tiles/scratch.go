package tiles

import (
	"runtime"
	"slices"
	"unsafe"

	"hutong/layers/clip"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles/mvt"
)

// scratch is the memory that one build works in. Between builds it holds no reference to a snapshot.
type scratch struct {
	b *Builder

	blocks []view.Block
	upward []uint16  // 0, 1, 2 …: the rows of a whole block
	rows   selection // what the tile shows, as far as it is known
	other  selection // what rows is made from or into
	all    selection // rows before shrink
	ranked []ranked
	marks  []bool
	counts [1 << rankBits]uint32

	shaped   bool // some candidate is a shape
	drawing  drawing
	vertices []mvt.Vertex // of the part under way
	in       clip.Paths   // of the row under way, when it is cut
	thick    clip.Paths   // its outline, when it is thin
	clipper  clip.Clipper

	tags []mvt.Tag // a column per field in use, each of a tag per row of the selection
	tally
	keys   []string
	values []byte // the value table as it will stand in the tile

	byCode   *[column.MaxCodes + 1]mvt.Tag // the tags of the field under way; made when first needed
	codes    []uint16                      // whose tags are set in byCode
	key      uint32                        // index of the key of the field under way
	first    uint32                        // index of its first value
	byNumber numberTable
	byText   textTable
	// What the rows of one run have in one column, where that must be gathered.
	short  []uint16
	wide   []int64
	points []mvt.Point
	// textsReady is set once byText was emptied for the field under way.
	textsReady bool
	text       []byte
	sum        int // of what was read ahead, which nobody asks for
}

// The most memory that an idle scratch may keep, in bytes, is scratchPerByte times the budget of a
// tile, within these bounds. A tile of a full default budget and a dozen fields stays below the first.
const (
	minScratch     = 8 << 20
	maxScratch     = 32 << 20
	scratchPerByte = 8
)

// bytes returns the memory that s keeps.
func (s *scratch) bytes() int {
	n := int(unsafe.Sizeof(*s)) + 8*cap(s.tags) + 8*cap(s.wide) + 2*cap(s.short) + 16*cap(s.points) + 16*cap(s.keys) + cap(s.values) + 2*cap(s.codes) + cap(s.text)
	n += int(unsafe.Sizeof(view.Block{}))*cap(s.blocks) + 2*cap(s.upward) + int(unsafe.Sizeof(ranked{}))*cap(s.ranked) + cap(s.marks)
	for _, sel := range []*selection{&s.rows, &s.other, &s.all} {
		n += int(unsafe.Sizeof(run{}))*cap(sel.runs) + 2*cap(sel.slab)
	}
	n += s.in.Bytes() + s.thick.Bytes() + s.clipper.Bytes() + cap(s.drawing.bytes) + int(unsafe.Sizeof(drawn{}))*cap(s.drawing.rows) + 8*cap(s.vertices)
	if s.byCode != nil {
		n += int(unsafe.Sizeof(*s.byCode))
	}
	return n + s.byNumber.bytes() + s.byText.bytes()
}

// release lets go of everything that belongs to a snapshot.
func (s *scratch) release() {
	clear(s.blocks)
	for _, sel := range []*selection{&s.rows, &s.other, &s.all} {
		clear(sel.runs)
	}
}

// maxIdle bounds the scratches that a pool keeps, whatever the machine.
const maxIdle = 16

// pool keeps scratches for the next builds: at most one per processor and maxIdle, each of at most
// limit bytes. Builds beyond that make their own.
type pool struct {
	builder *Builder
	limit   int
	idle    chan *scratch
}

func newPool(b *Builder) pool {
	limit := min(max(scratchPerByte*b.opts.Budget, minScratch), maxScratch)
	return pool{b, limit, make(chan *scratch, min(runtime.GOMAXPROCS(0), maxIdle))}
}

func (p *pool) take() *scratch {
	select {
	case s := <-p.idle:
		return s
	default:
		return &scratch{b: p.builder}
	}
}

func (p *pool) give(s *scratch) {
	s.release()
	if s.bytes() > p.limit {
		return
	}
	select {
	case p.idle <- s:
	default:
	}
}

// grown returns s with room for n elements in all; what it holds is kept up to its length.
func grown[T any](s []T, n int) []T { return slices.Grow(s, max(0, n-len(s))) }
