package spatialstat_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hutong/layers/spatialstat"
)

// neighboursOf makes neighbours of lists.
func neighboursOf(t testing.TB, lists [][]int32) *spatialstat.Neighbours {
	t.Helper()
	offsets, list := []int32{0}, []int32{}
	for _, l := range lists {
		list = append(list, l...)
		offsets = append(offsets, int32(len(list)))
	}
	n, err := spatialstat.NewNeighbours(offsets, list)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func listsOf(n *spatialstat.Neighbours) [][]int32 {
	out := make([][]int32, n.Cells())
	for i := range out {
		out[i] = slices.Clone(n.Of(i))
	}
	return out
}

// gridLists are the up to eight neighbours of each cell of a grid.
func gridLists(width, height int) [][]int32 {
	out := make([][]int32, width*height)
	for i := range out {
		for y := max(i/width-1, 0); y <= min(i/width+1, height-1); y++ {
			for x := max(i%width-1, 0); x <= min(i%width+1, width-1); x++ {
				if j := y*width + x; j != i {
					out[i] = append(out[i], int32(j))
				}
			}
		}
	}
	return out
}

func TestNeighboursRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		offsets, list []int32
		want          string
	}{
		{"no offsets", nil, nil, "no offsets"},
		{"not from 0", []int32{1, 1}, []int32{0}, "offsets from 1 to 1"},
		{"list too long", []int32{0, 1, 1}, []int32{1, 0}, "offsets from 0 to 1, want 0 to 2"},
		{"descending", []int32{0, 2, 1, 3}, []int32{1, 2, 0}, "cell 1: offsets 2 and 1"},
		{"beyond the list", []int32{0, 4, 3}, []int32{1, 1, 1}, "cell 0: offsets 0 and 4"},
		{"negative", []int32{0, 1, 1}, []int32{-1}, "cell 0 has neighbour -1, of 2 cells"},
		{"too high", []int32{0, 0, 1}, []int32{2}, "cell 1 has neighbour 2, of 2 cells"},
		{"itself", []int32{0, 0, 1}, []int32{1}, "cell 1 is in its own list"},
		{"twice", []int32{0, 3, 3, 3}, []int32{2, 1, 2}, "cell 0 has neighbour 2 twice"},
		{"too many", make([]int32, spatialstat.MaxCells+2), nil, "4194305 cells, at most 4194304"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := spatialstat.NewNeighbours(c.offsets, c.list)
			if !errors.Is(err, spatialstat.ErrNeighbours) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	_, negative := spatialstat.FromPairs(-1, nil)
	_, outside := spatialstat.FromPairs(2, [][2]int32{{2, 0}})
	_, twice := spatialstat.FromPairs(2, [][2]int32{{1, 0}, {1, 0}})
	_, band := spatialstat.FromDistance(nil, math.NaN())
	_, point := spatialstat.FromDistance([][2]float64{{0, math.Inf(1)}}, 1)
	for i, err := range []error{negative, outside, twice, band, point} {
		if !errors.Is(err, spatialstat.ErrNeighbours) {
			t.Errorf("error %d is %v, want ErrNeighbours", i, err)
		}
	}
}

func TestNeighbours(t *testing.T) {
	t.Parallel()
	n, err := spatialstat.NewNeighbours([]int32{0, 2, 2, 3}, []int32{2, 1, 0})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := n.Of(0), []int32{1, 2}; !slices.Equal(got, want) {
		t.Errorf("neighbours of 0 are %v, want %v", got, want)
	}
	if n.Cells() != 3 || n.Links() != 3 || n.Count(1) != 0 || n.Count(0) != 2 || n.Mutual() {
		t.Errorf("%d cells, %d links, %d and %d neighbours, mutual %v", n.Cells(), n.Links(), n.Count(1), n.Count(0), n.Mutual())
	}
	empty, err := spatialstat.FromPairs(0, nil)
	if err != nil || empty.Cells() != 0 || !empty.Mutual() {
		t.Errorf("no cells: %v", err)
	}
}

func TestFromDistance(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	points := make([][2]float64, 200)
	for i := range points {
		points[i] = [2]float64{float64(r.IntN(40)), float64(r.IntN(40))} // some in the same place, some exactly 5 apart
	}
	n, err := spatialstat.FromDistance(points, 5)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range points {
		var want []int32
		for j, q := range points {
			if dx, dy := p[0]-q[0], p[1]-q[1]; i != j && dx*dx+dy*dy <= 25 {
				want = append(want, int32(j))
			}
		}
		if got := n.Of(i); !slices.Equal(got, want) {
			t.Errorf("neighbours of %d are %v, want %v", i, got, want)
		}
	}
	if !n.Mutual() {
		t.Error("within a distance is not mutual")
	}
}
