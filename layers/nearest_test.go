package layers

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers/world"
)

// nearestByHand is what Nearest must return: all features by distance, then canonical order.
func nearestByHand(s *Snapshot, lon, lat float64, k int) []Neighbour {
	var all []Neighbour
	s.Scan(nil, func(r Row) bool {
		rowLon, rowLat := r.Block.Point(r.Index).LonLat()
		all = append(all, Neighbour{r, world.DistanceMetres(lon, lat, rowLon, rowLat)})
		return true
	})
	slices.SortStableFunc(all, func(a, b Neighbour) int { return cmp.Compare(a.Metres, b.Metres) })
	return all[:min(k, len(all))]
}

func loadPoints(t *testing.T, o Options, n int, at func(i int) orb.Point) *Snapshot {
	t.Helper()
	l, err := New(&Schema{Name: "points"}, o)
	if err != nil {
		t.Fatal(err)
	}
	load, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	changes := make([]Change, n)
	for i := range changes {
		changes[i].Feature = Feature{ID: FeatureID("p" + strconv.Itoa(i)), Geometry: at(i)}
	}
	if err := load.Add(changes); err != nil {
		t.Fatal(err)
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	return l.Snapshot()
}

// TestNearestTies asks among features that lie on few places, in blocks of one place and of several.
func TestNearestTies(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	s := loadPoints(t, Options{MinRows: 4, MaxRows: 16}, 3000, func(i int) orb.Point {
		if i%3 == 0 {
			return orb.Point{116.4, 39.9}
		}
		return orb.Point{116.4 + float64(r.IntN(5)-2)/1e3, 39.9 + float64(r.IntN(5)-2)/1e3}
	})
	for _, from := range []orb.Point{{116.4, 39.9}, {116.401, 39.9}, {116.4005, 39.9005}, {116.4, 39.95}, {117, 39.9}, {-63.6, -39.9}} {
		for _, k := range []int{1, 2, 17, 400, 1000} {
			got, _ := s.Nearest(from[0], from[1], k)
			if want := nearestByHand(s, from[0], from[1], k); !slices.Equal(got, want) {
				t.Errorf("%d from %v: %d neighbours, want %d, or others", k, from, len(got), len(want))
			}
		}
	}
}

// TestNearestOnAStack asks among 200,000 features on one place, from there and from 8 km away: of
// their 480 blocks only those that have the answer may be looked at.
func TestNearestOnAStack(t *testing.T) {
	t.Parallel()
	s := loadPoints(t, Options{}, 200_000, func(int) orb.Point { return orb.Point{116.4, 39.9} })
	if n := len(s.sequences[onePoint]); n < 400 {
		t.Fatalf("%d blocks are too few for this test", n)
	}
	for _, lon := range []float64{116.4, 116.5} {
		for _, k := range []int{1, 10, MaxNearest} {
			got, stats := s.Nearest(lon, 39.9, k)
			if most := 1 + k/defaultMinRows; stats.Blocks > most {
				t.Errorf("%d from %v: %d blocks are looked at, want at most %d", k, lon, stats.Blocks, most)
			}
			var want []Row
			s.Scan(nil, func(r Row) bool {
				want = append(want, r)
				return len(want) < k
			})
			if !slices.EqualFunc(got, want, func(n Neighbour, r Row) bool { return n.Row == r }) {
				t.Errorf("%d from %v: not the first in canonical order", k, lon)
			}
		}
	}
}

// TestNearestBeyondTheWorld asks from longitudes and latitudes that are not on the map.
func TestNearestBeyondTheWorld(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	s := loadPoints(t, Options{MinRows: 2, MaxRows: 4}, 1000, func(i int) orb.Point {
		return orb.Point{math.Remainder(180+20*r.Float64()-10, 360), r.Float64()*170 - 85}
	})
	for range 50 {
		lon, lat := 170+r.Float64()*20, r.Float64()*180-90
		for _, turns := range []float64{0, -360, 360} {
			lon := math.Remainder(lon, 360) + turns // rounded, by less than a nanometre
			want := nearestByHand(s, math.Remainder(lon, 360), lat, 3)
			if got, _ := s.Nearest(lon, lat, 3); !slices.Equal(got, want) {
				t.Fatalf("from %v, %v: %v, want %v", lon, lat, got, want)
			}
		}
	}
	for _, lat := range []float64{91, 1e300} {
		for _, sign := range []float64{1, -1} {
			got, _ := s.Nearest(175, sign*lat, 5)
			if want := nearestByHand(s, 175, sign*90, 5); !slices.Equal(got, want) {
				t.Errorf("from latitude %v: %v, want as from the pole", sign*lat, got)
			}
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, at := range [2]orb.Point{{v, 0}, {0, v}} {
			if got, stats := s.Nearest(at[0], at[1], 5); got != nil || stats.Nodes != 0 {
				t.Errorf("from %v: %d neighbours", at, len(got))
			}
		}
	}
}
