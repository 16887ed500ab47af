package mvt

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestAppendPoints compares with AppendPoint, one by one: usual features and all that are not.
func TestAppendPoints(t *testing.T) {
	t.Parallel()
	seed := uint64(0)
	for _, columns := range []int{0, 1, 2, 5, usualTags, usualTags + 1, 40} {
		for _, n := range []int{0, 1, 2, 300} {
			seed++
			r := rand.New(rand.NewPCG(1, seed))
			t.Run(fmt.Sprint(columns, "x", n), func(t *testing.T) {
				t.Parallel()
				testPoints(t, r, columns, n)
			})
		}
	}
}

func testPoints(t *testing.T, r *rand.Rand, columns, n int) {
	t.Helper()
	points, tags := make([]Point, n), make([]Tag, columns*n)
	for i := range points {
		points[i] = Point{r.Uint64() >> r.IntN(64), int32(r.Uint32()) >> r.IntN(32), int32(r.Uint32()) >> r.IntN(32)}
		switch r.IntN(8) {
		case 0:
			points[i].ID = NoID
		case 1, 2, 3, 4:
			points[i] = Point{1<<56 - 1, int32(r.IntN(4096)), int32(r.IntN(4096))}
		}
	}
	for i := range tags {
		switch r.IntN(8) {
		case 0:
		case 1:
			tags[i] = MakeTag(MaxKey, MaxValue)
		default:
			tags[i] = MakeTag(uint32(r.IntN(MaxKey)), uint32(r.IntN(MaxValue)>>r.IntN(28)))
		}
	}
	for from := 0; from <= n; from += 1 + n/3 {
		want := []byte("before")
		for i := from; i < n; i++ {
			var row []Tag
			for k := range columns {
				row = append(row, tags[k*n+i])
			}
			want = AppendPoint(want, points[i].ID, row, points[i].X, points[i].Y)
		}
		if got := AppendPoints([]byte("before"), points[from:], tags[min(from, len(tags)):], n); !bytes.Equal(got, want) {
			t.Errorf("from %d of %d with %d tags: got % x, want % x", from, n, columns, got, want)
		}
	}
}

func TestAppendPointsAllocates(t *testing.T) {
	points := []Point{{1 << 52, 4000, 17}, {NoID, 1, 9000}, {3, -5, 6}}
	tags := make([]Tag, usualTags*len(points))
	for i := range tags {
		tags[i] = MakeTag(MaxKey, MaxValue)
	}
	size := len(AppendPoints(nil, points, tags, len(points)))
	buf := make([]byte, 0, size+Spare)
	got := testing.AllocsPerRun(100, func() { buf = AppendPoints(buf[:0], points, tags, len(points)) })
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func TestAppendUints(t *testing.T) {
	t.Parallel()
	values := []uint64{0, 1, 1<<56 - 1, 1 << 56, math.MaxUint64}
	for shift := range 64 {
		values = append(values, 1<<shift, 1<<shift-1, 1<<shift+1)
	}
	got, want := AppendUints([]byte("before"), values), []byte("before")
	for _, v := range values {
		want = AppendUint(want, v)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}
