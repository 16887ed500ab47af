package shape

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// walk returns a random line of n vertices with steps up to size.
func walk(r *rand.Rand, n int, size int64) (x, y []uint32) {
	px, py := int64(1)<<31, int64(1)<<31
	for range n {
		px, py = px+r.Int64N(2*size+1)-size, py+r.Int64N(2*size+1)-size
		x, y = append(x, uint32(px)), append(y, uint32(py))
	}
	return x, y
}

// douglasPeucker is the definition: the vertices of a stretch that survive a tolerance.
func douglasPeucker(x, y []uint32, from, to int, tolerance float64, keep []bool) {
	at, most := 0, -1.0
	for i := from + 1; i < to; i++ {
		end := to % len(x)
		d := segmentDistance(float64(x[i]), float64(y[i]), float64(x[from]), float64(y[from]), float64(x[end]), float64(y[end]))
		if d > most {
			at, most = i, d
		}
	}
	if most > tolerance {
		keep[at] = true
		douglasPeucker(x, y, from, at, tolerance, keep)
		douglasPeucker(x, y, at, to, tolerance, keep)
	}
}

func segmentDistance(px, py, ax, ay, bx, by float64) float64 {
	dx, dy := bx-ax, by-ay
	if dx == 0 && dy == 0 {
		return math.Hypot(px-ax, py-ay)
	}
	t := min(max(((px-ax)*dx+(py-ay)*dy)/(dx*dx+dy*dy), 0), 1)
	return math.Hypot(px-ax-t*dx, py-ay-t*dy)
}

// TestRetainIsDouglasPeucker compares what survives at every detail with the algorithm run for it.
func TestRetainIsDouglasPeucker(t *testing.T) {
	t.Parallel()
	const seed = 3
	r := rand.New(rand.NewPCG(seed, 0))
	for round := range 300 {
		x, y := walk(r, 2+r.IntN(80), 1<<r.IntN(24))
		ring := round%2 == 0 && len(x) > 3
		details := make([]uint8, len(x))
		Retain(x, y, ring, details)
		for d := range MaxDetail {
			tolerance := math.Ldexp(1, MaxDetail-d)
			keep := make([]bool, len(x))
			keep[0] = true
			if ring {
				far := 0
				for i := range x {
					if math.Hypot(float64(x[i])-float64(x[0]), float64(y[i])-float64(y[0])) >
						math.Hypot(float64(x[far])-float64(x[0]), float64(y[far])-float64(y[0])) {
						far = i
					}
				}
				keep[far] = true
				douglasPeucker(x, y, 0, far, tolerance, keep)
				douglasPeucker(x, y, far, len(x), tolerance, keep)
			} else {
				keep[len(x)-1] = true
				douglasPeucker(x, y, 0, len(x)-1, tolerance, keep)
			}
			for i := range x {
				if keep[i] != (int(details[i]) <= d) {
					t.Fatalf("seed %d round %d: vertex %d of %v %v (ring %v) has detail %d, but survives detail %d: %v",
						seed, round, i, x, y, ring, details[i], d, keep[i])
				}
			}
		}
	}
}

// TestRetainIsBounded runs a zigzag whose farthest vertex is always the next one: without a bound on the
// depth every vertex would be measured for every other.
func TestRetainIsBounded(t *testing.T) {
	t.Parallel()
	const n = 1 << 14
	x, y := make([]uint32, n), make([]uint32, n)
	for i := range x {
		x[i], y[i] = uint32(i), uint32(n+i)
		if i%2 == 0 {
			y[i] = uint32(3*n - i)
		}
	}
	r := newRetainer(x, y, make([]uint8, n))
	r.split(0, n-1)
	if limit := n * (r.deepest + 16); r.measured > limit {
		t.Errorf("%d vertices measured, want at most %d", r.measured, limit)
	}
	if r.measured < 20*n {
		t.Errorf("only %d vertices measured: the line is not made to be slow", r.measured)
	}
}

func TestSignedAreaIsExact(t *testing.T) {
	t.Parallel()
	const seed = 4
	r := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		n := 3 + r.IntN(20)
		x, y := make([]uint32, n), make([]uint32, n)
		for i := range x {
			x[i], y[i] = r.Uint32(), r.Uint32()
			if r.IntN(3) == 0 {
				x[i], y[i] = math.MaxUint32*uint32(r.IntN(2)), math.MaxUint32*uint32(r.IntN(2))
			}
		}
		twice := new(big.Int)
		for i := range x {
			k := (i + 1) % n
			a := new(big.Int).Mul(big.NewInt(int64(x[i])), big.NewInt(int64(y[k])))
			twice.Add(twice, a.Sub(a, new(big.Int).Mul(big.NewInt(int64(x[k])), big.NewInt(int64(y[i])))))
		}
		want, _ := new(big.Float).SetInt(twice).Float64()
		want /= 2
		if got := SignedArea(x, y); math.Abs(got-want) > math.Abs(want)*1e-15 || (got > 0) != (want > 0) || (got < 0) != (want < 0) {
			t.Fatalf("seed %d: area of %v %v is %v, want %v", seed, x, y, got, want)
		}
	}
	flat := []uint32{0, math.MaxUint32, 1 << 31}
	if got := SignedArea(flat, flat); got != 0 {
		t.Errorf("a flat ring has area %v", got)
	}
	// A triangle of half a unit as far from the origin as can be.
	if got := SignedArea([]uint32{math.MaxUint32 - 1, math.MaxUint32, math.MaxUint32}, []uint32{0, 0, 1}); got != 0.5 {
		t.Errorf("the smallest triangle has area %v, want 0.5", got)
	}
}

func TestAddPart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		kind         Kind
		x, y         []uint32
		hole         bool
		wantX, wantY []uint32 // nil when it is not added
	}{
		{"clockwise exterior stays", Polygon, []uint32{0, 4, 4, 0, 0}, []uint32{0, 0, 4, 4, 0}, false, []uint32{0, 4, 4, 0}, []uint32{0, 0, 4, 4}},
		{"counterclockwise exterior is turned", Polygon, []uint32{0, 0, 4, 4}, []uint32{0, 4, 4, 0}, false, []uint32{0, 4, 4, 0}, []uint32{0, 0, 4, 4}},
		{"clockwise hole is turned", Polygon, []uint32{0, 4, 4}, []uint32{0, 0, 4}, true, []uint32{0, 4, 4}, []uint32{0, 4, 0}},
		{"repeats go", Polygon, []uint32{0, 0, 4, 4, 4, 0, 0}, []uint32{0, 0, 0, 0, 4, 0, 0}, false, []uint32{0, 4, 4}, []uint32{0, 0, 4}},
		{"a flat ring", Polygon, []uint32{0, 2, 4, 0}, []uint32{0, 2, 4, 0}, false, nil, nil},
		{"a ring of two", Polygon, []uint32{0, 4, 0}, []uint32{0, 4, 0}, false, nil, nil},
		{"a line", Line, []uint32{1, 1, 2, 1}, []uint32{1, 1, 2, 1}, false, []uint32{1, 2, 1}, []uint32{1, 2, 1}},
		{"a line without length", Line, []uint32{1, 1}, []uint32{5, 5}, false, nil, nil},
		{"points may repeat", MultiPoint, []uint32{1, 1}, []uint32{5, 5}, false, []uint32{1, 1}, []uint32{5, 5}},
		{"no points", MultiPoint, nil, nil, false, nil, nil},
	} {
		s := Shape{Kind: c.kind}
		ok := s.AddPart(c.x, c.y, c.hole)
		if ok != (c.wantX != nil) || !slices.Equal(s.X, c.wantX) || !slices.Equal(s.Y, c.wantY) {
			t.Errorf("%s: %v with %v %v, want %v %v", c.name, ok, s.X, s.Y, c.wantX, c.wantY)
		}
	}
}

// TestSmallPartsComeLate has a large island, a small one and a hole: the small ones start where they
// have a pixel, in a coverage they are there always.
func TestSmallPartsComeLate(t *testing.T) {
	t.Parallel()
	square := func(at, side uint32) (x, y []uint32) {
		return []uint32{at, at + side, at + side, at}, []uint32{at, at, at + side, at + side}
	}
	for _, coverage := range []bool{false, true} {
		s := Shape{Kind: MultiPolygon}
		for _, part := range []struct {
			at, side uint32
			hole     bool
		}{{1 << 20, 1 << 9, false}, {1 << 24, 1 << 12, false}, {1<<24 + 9, 1 << 6, true}} {
			x, y := square(part.at, part.side)
			s.AddPart(x, y, part.hole)
		}
		s.Finish(coverage)
		if want := float64(1<<18 + 1<<24 - 1<<12); s.Area != want {
			t.Errorf("area %v, want %v", s.Area, want)
		}
		// A pixel is 8·2^(20−d) wide, so 2⁹ is one at 14 and 2⁶ at 17.
		want := []uint8{14, 0, 17}
		if coverage {
			want = []uint8{0, 0, 0}
		}
		for i, least := range want {
			from, to := s.Part(i)
			if got := slices.Min(s.Details[from:to]); got != least {
				t.Errorf("coverage %v: part %d starts at detail %d, want %d", coverage, i, got, least)
			}
		}
	}
}

// BenchmarkRetain simplifies a line of 10,000 vertices.
func BenchmarkRetain(b *testing.B) {
	x, y := walk(rand.New(rand.NewPCG(1, 0)), 10_000, 1000)
	details := make([]uint8, len(x))
	b.ReportAllocs()
	for b.Loop() {
		Retain(x, y, false, details)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x)), "ns/vertex")
}
