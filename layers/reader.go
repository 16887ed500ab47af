package layers

import (
	"iter"

	"github.com/paulmach/orb"

	"hutong/layers/column"
	"hutong/layers/shape"
	"hutong/layers/world"
)

// Reader is one state of a layer to read: a [Snapshot], or what was derived from one. It never changes
// (S2); all methods may be called from any goroutine. What they mean is said at those of [Snapshot].
type Reader interface {
	Seq() Seq
	Count() int
	Located() int
	Points() int
	Kinds() [shape.MultiPolygon + 1]int
	Extent() (bound orb.Bound, ok bool)
	Bytes() int
	Find(id FeatureID) (Row, bool)
	FindNumber(number uint64) (Row, bool)
	Nearest(lon, lat float64, k int) ([]Neighbour, NearestStats)
	EachBlock(box world.Box, fn func(*Block))
	All() iter.Seq[*Block]
	Search(box world.Box, fn func(Row) bool) ScanStats
	Scan(p column.Predicate, fn func(Row) bool) ScanStats
}

var _ Reader = (*Snapshot)(nil)
