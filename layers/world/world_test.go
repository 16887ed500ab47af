package world

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestSevenDecimalsComeBack projects positions with up to seven decimals and prints the cell's
// centre with seven.
func TestSevenDecimalsComeBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	check := func(lon, lat float64) {
		t.Helper()
		p, err := Project(lon, lat)
		if err != nil {
			t.Fatal(err)
		}
		gotLon, gotLat := p.LonLat()
		for _, c := range [2][2]float64{{gotLon, lon}, {gotLat, lat}} {
			printed := strconv.FormatFloat(c[0], 'f', 7, 64)
			got, err := strconv.ParseFloat(printed, 64)
			if err != nil || got != c[1] {
				t.Fatalf("%v, %v: %s came back for %v", lon, lat, printed, c[1])
			}
		}
	}
	for _, lon := range []float64{-180, -179.9999999, 0, 1e-7, 116.3913, 179.9999999, 180} {
		for _, lat := range []float64{-85.0511287, -39.9, 0, 39.9075, 85.0511287} {
			check(lon, lat)
		}
	}
	for range 200_000 {
		check(float64(r.Int64N(3_600_000_001)-1_800_000_000)/1e7, float64(r.Int64N(1_701_022_575)-850_511_287)/1e7)
	}
}

func TestProjectRefuses(t *testing.T) {
	t.Parallel()
	for _, p := range [][2]float64{{math.NaN(), 0}, {0, math.Inf(1)}, {180.0000001, 0}, {-181, 0}, {0, 85.06}, {0, -90}, {math.Inf(-1), 0}} {
		if got, err := Project(p[0], p[1]); err == nil {
			t.Errorf("%v became %v", p, got)
		}
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lon, lat float64
		want     Point
	}{
		{-180, MaxLatitude, Point{0, 0}},
		{180, -MaxLatitude, Point{math.MaxUint32, math.MaxUint32}},
		{0, 0, Point{1 << 31, 1 << 31}},
	} {
		got, err := Project(c.lon, c.lat)
		if err != nil || got != c.want {
			t.Errorf("%v, %v: %v, %v, want %v", c.lon, c.lat, got, err, c.want)
		}
	}
}

// TestHilbert checks that the curve is a bijection and that each step along it goes to a neighbour.
func TestHilbert(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for range 100_000 {
		p := Point{r.Uint32(), r.Uint32()}
		k := Hilbert(p)
		if got := FromHilbert(k); got != p {
			t.Fatalf("%v has key %d, which is %v", p, k, got)
		}
		next := FromHilbert(k + 1)
		if k != math.MaxUint64 && abs(p.X, next.X)+abs(p.Y, next.Y) != 1 {
			t.Fatalf("after %v comes %v", p, next)
		}
	}
}

func abs(a, b uint32) uint64 { return uint64(max(a, b) - min(a, b)) }

func TestBox(t *testing.T) {
	t.Parallel()
	b := EmptyBox.Extend(Point{10, 20}).Extend(Point{5, 30})
	if want := (Box{Point{5, 20}, Point{10, 30}}); b != want {
		t.Fatalf("%v, want %v", b, want)
	}
	if !EmptyBox.Empty() || b.Empty() || EmptyBox.Union(b) != b || b.Union(EmptyBox) != b {
		t.Error("the empty box is not neutral")
	}
	if !b.Contains(Point{5, 30}) || b.Contains(Point{4, 30}) || !b.ContainsBox(b) {
		t.Error("a closed box holds its edges and no more")
	}
	if !b.Intersects(Box{Point{10, 30}, Point{40, 40}}) || b.Intersects(Box{Point{11, 0}, Point{12, 90}}) {
		t.Error("boxes meet when they share a cell")
	}
	all := Box{Max: Point{math.MaxUint32, math.MaxUint32}}
	for _, o := range []Box{all, b, {}, EmptyBox} {
		if EmptyBox.Intersects(o) || o.Intersects(EmptyBox) {
			t.Errorf("the empty box shares a cell with %v", o)
		}
		if !o.ContainsBox(EmptyBox) {
			t.Errorf("the empty box does not lie in %v", o)
		}
	}
	if EmptyBox.ContainsBox(Box{}) || EmptyBox.ContainsBox(all) {
		t.Error("the empty box holds a cell")
	}
	for _, o := range []Box{{Point{4, 20}, Point{10, 30}}, {Point{5, 19}, Point{10, 30}}, {Point{5, 20}, Point{11, 30}}, {Point{5, 20}, Point{10, 31}}} {
		if b.ContainsBox(o) || !o.ContainsBox(b) {
			t.Errorf("%v and %v: want the larger to hold the smaller only", b, o)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lon1, lat1, lon2, lat2, want float64 }{
		{0, 0, 90, 0, EarthRadiusMetres * math.Pi / 2},
		{0, 90, 57, -90, EarthRadiusMetres * math.Pi},
		{179.5, 0, -179.5, 0, EarthRadiusMetres * math.Pi / 180},
		{116.4, 39.9, 116.4, 39.9, 0},
	} {
		if got := DistanceMetres(c.lon1, c.lat1, c.lon2, c.lat2); math.Abs(got-c.want) > 1e-3 {
			t.Errorf("%v: %v m, want %v", c, got, c.want)
		}
	}
}

func BenchmarkHilbert(b *testing.B) {
	p := Point{0xd1234567, 0x61234567}
	for b.Loop() {
		p.X += uint32(Hilbert(p))
	}
}
