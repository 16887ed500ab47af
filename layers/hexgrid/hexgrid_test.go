package hexgrid

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/uber/h3-go/v4"

	"hutong/internal/testkit"
)

var runs atomic.Uint64

// randomCells returns cells everywhere, at all resolutions, with many at the poles, at the antimeridian and
// around pentagons.
func randomCells(t *testing.T, seed uint64, n int) []Cell {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	var out []Cell
	for range n {
		r := Resolution(rng.IntN(int(MaxResolution) + 1))
		lon, lat := rng.Float64()*360-180, math.Asin(rng.Float64()*2-1)*180/math.Pi
		switch rng.IntN(6) {
		case 0:
			lat = math.Copysign(90-rng.ExpFloat64()*0.1, lat)
		case 1:
			lon = math.Copysign(180-rng.Float64()*0.01, lon)
		case 2:
			list, err := h3.Pentagons(int(r))
			if err != nil {
				t.Fatal(err)
			}
			lon, lat = Cell(list[rng.IntN(len(list))]).Centre()
			lon, lat = math.Remainder(lon+rng.NormFloat64()*1e-3, 360), min(max(lat+rng.NormFloat64()*1e-3, -90), 90)
		}
		c, err := At(lon, lat, r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// TestAgainstLibrary compares what is done in bits here with what the library does.
func TestAgainstLibrary(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &runs, 2) {
		for _, c := range randomCells(t, seed, 1500) {
			l := h3.Cell(c)
			if !c.Valid() || c.String() != l.String() || int(c.Resolution()) != l.Resolution() || c.Base() != l.BaseCellNumber() || c.Pentagon() != l.IsPentagon() {
				t.Fatalf("seed %d: %v: valid %t, resolution %d, base %d, pentagon %t; the library has %v, %d, %d, %t", seed, c, c.Valid(),
					c.Resolution(), c.Base(), c.Pentagon(), l, l.Resolution(), l.BaseCellNumber(), l.IsPentagon())
			}
			for r := range c.Resolution() + 1 {
				want, err := l.Parent(int(r))
				if got := c.Parent(r); err != nil || got != Cell(want) {
					t.Fatalf("seed %d: parent of %v at %d: got %v, want %v (%v)", seed, c, r, got, want, err)
				}
			}
			if c.Parent(0) != BaseCell(c.Base()) || c.Parent(MaxResolution) != c {
				t.Fatalf("seed %d: %v: parents %v and %v", seed, c, c.Parent(0), c.Parent(MaxResolution))
			}
			checkChildren(t, c)
			if got, err := Parse(c.String()); err != nil || got != c {
				t.Fatalf("seed %d: %v is parsed as %v, %v", seed, c, got, err)
			}
		}
	}
}

func checkChildren(t *testing.T, c Cell) {
	t.Helper()
	got := c.Children()
	if c.Resolution() == MaxResolution {
		if len(got) != 0 {
			t.Fatalf("%v has children", c)
		}
		return
	}
	list, err := h3.Cell(c).Children(int(c.Resolution()) + 1)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]Cell, len(list))
	for i := range list {
		want[i] = Cell(list[i])
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("children of %v: got %v, want %v", c, got, want)
	}
	for _, child := range got {
		if again, ok := c.Child(child.Digit(c.Resolution() + 1)); !ok || again != child {
			t.Fatalf("%v: child by digit is %v, want %v", c, again, child)
		}
	}
}

// TestOutlines looks at middles, vertices and neighbours.
func TestOutlines(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &runs, 1) {
		for _, c := range randomCells(t, seed, 800) {
			lon, lat := c.Centre()
			if back, err := At(lon, lat, c.Resolution()); err != nil || back != c {
				t.Fatalf("seed %d: the middle of %v, %v, %v, is in %v (%v)", seed, c, lon, lat, back, err)
			}
			ring := c.Boundary()
			least := 6
			if c.Pentagon() {
				least = 5
			}
			if len(ring) < least || len(ring) > 10 {
				t.Fatalf("seed %d: %v has %d vertices", seed, c, len(ring))
			}
			if !counterClockwise(ring) {
				t.Fatalf("seed %d: %v runs clockwise: %v", seed, c, ring)
			}
			disk, err := c.Disk(1)
			if err != nil || len(disk) != least+1 || !slices.Contains(disk, c) || !slices.IsSorted(disk) {
				t.Fatalf("seed %d: neighbours of %v: %v, %v", seed, c, disk, err)
			}
		}
	}
}

// counterClockwise adds up the triple products of a ring on the sphere about its middle, wherever that is.
func counterClockwise(ring []LonLat) bool {
	var m [3]float64
	points := make([][3]float64, len(ring))
	for i, p := range ring {
		const rad = math.Pi / 180
		points[i] = [3]float64{math.Cos(p.Lat*rad) * math.Cos(p.Lon*rad), math.Cos(p.Lat*rad) * math.Sin(p.Lon*rad), math.Sin(p.Lat * rad)}
		for k := range m {
			m[k] += points[i][k]
		}
	}
	sum := 0.0
	for i, a := range points {
		b := points[(i+1)%len(points)]
		sum += m[0]*(a[1]*b[2]-a[2]*b[1]) + m[1]*(a[2]*b[0]-a[0]*b[2]) + m[2]*(a[0]*b[1]-a[1]*b[0])
	}
	return sum > 0
}

func TestPlacesAtTheEdges(t *testing.T) {
	t.Parallel()
	for r := range MaxResolution + 1 {
		for _, lat := range []float64{-90, 90} {
			a, errA := At(-180, lat, r)
			b, errB := At(77, lat, r)
			if errA != nil || errB != nil || a != b {
				t.Errorf("a pole at %d: %v, %v; %v, %v", r, a, errA, b, errB)
			}
		}
		west, errW := At(-180, 41.5, r)
		east, errE := At(180, 41.5, r)
		if errW != nil || errE != nil || west != east {
			t.Errorf("the antimeridian at %d: %v, %v; %v, %v", r, west, errW, east, errE)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, p := range map[string][2]float64{
		"longitude": {180.1, 0}, "latitude": {0, 90.1}, "not a number": {math.NaN(), 0}, "infinite": {0, math.Inf(-1)},
	} {
		if c, err := At(p[0], p[1], 5); err == nil || c != 0 {
			t.Errorf("%s: got %v, %v", name, c, err)
		}
	}
	if _, err := At(0, 0, 16); err == nil || err.Error() != "hexgrid: resolution 16 is not 0 to 15" {
		t.Errorf("resolution 16: %v", err)
	}
	for _, k := range []int{-1, MaxDisk + 1} {
		if _, err := BaseCell(0).Disk(k); err == nil || !strings.Contains(err.Error(), "want 0 to 100") {
			t.Errorf("disk %d: %v", k, err)
		}
	}
	for _, text := range []string{
		"", "8a31aa42a6b7ff", "8a31aa42a6b7ffff", "8a31aa42a6b7ffg", "+a31aa42a6b7fff", "ffffffffffffffff", "0fffffffffffffff",
		"000000000000000", "8a31aa42a6b7ff0", "8fffffffffffffff", "11531aa42a6b7fff", strings.Repeat("8", 1000),
	} {
		if c, err := Parse(text); err == nil || c != 0 || !strings.Contains(err.Error(), "want the 15 hexadecimal digits") || len(err.Error()) > 200 {
			t.Errorf("%.20q: got %v, %v", text, c, err)
		}
	}
	if c := Cell(0); c.Boundary() != nil || c.Valid() {
		t.Error("the zero cell has an outline")
	}
	if lon, _ := Cell(0).Centre(); !math.IsNaN(lon) {
		t.Errorf("the zero cell has a middle at %v", lon)
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	for r := range MaxResolution + 1 {
		want, err := h3.HexagonEdgeLengthAvgM(int(r))
		if got := AverageEdgeMetres(r); err != nil || math.Abs(got-want) > 1e-6*want {
			t.Errorf("resolution %d: got %v, want %v (%v)", r, got, want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"8a31aa42a6b7fff", "08A31AA42A6B7FFF", "8001fffffffffff", "", "x", "ffffffffffffffff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		if got := strings.TrimPrefix(strings.ToLower(text), "0"); c.String() != got {
			t.Fatalf("%q is %v", text, c)
		}
		if lon, _ := c.Centre(); math.IsNaN(lon) || len(c.Boundary()) < 5 {
			t.Fatalf("%q has no outline", text)
		}
	})
}

func BenchmarkAt(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := At(116.4+rng.Float64(), 39.9+rng.Float64(), 11); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParent(b *testing.B) {
	c := Cell(0x8a31aa42a6b7fff)
	var sum Cell
	for b.Loop() {
		sum += c.Parent(4)
	}
	_ = sum
}

func BenchmarkBoundary(b *testing.B) {
	c, err := At(116.4, 39.9, 9)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Boundary()
	}
}
