package clip

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestStrictCases(t *testing.T) {
	t.Parallel()
	square := pt(0, 0, 100, 0, 100, 100, 0, 100)
	hole := pt(20, 20, 20, 40, 40, 40, 40, 20)
	for _, tt := range []struct {
		name string
		in   Paths
		want bool
	}{
		{"square", paths(square), true},
		{"square with a hole", paths(square, hole), true},
		{"concave", paths(pt(0, 0, 100, 0, 50, 50, 100, 100, 0, 100)), true},
		{"spiral that turns one way only", paths(pt(0, 0, 100, 0, 100, 100, 0, 100, 0, 10, 90, 10, 90, 90, 10, 90)), false},
		{"pentagram", paths(pt(50, 0, 80, 95, 0, 35, 100, 35, 20, 95)), false},
		{"negative", paths(pt(0, 0, 0, 100, 100, 100, 100, 0)), false},
		{"collinear points", paths(pt(0, 0, 50, 0, 100, 0, 100, 100, 0, 100)), true},
		{"spike", paths(pt(0, 0, 100, 0, 150, 0, 100, 0, 100, 100)), false},
		{"closed", paths(pt(0, 0, 100, 0, 100, 100, 0, 0)), false},
		{"two points", paths(pt(0, 0, 100, 0)), false},
		{"nothing", Paths{}, false},
		{"pinch", paths(pt(10, 10, 20, 20, 30, 10, 30, 30, 20, 20, 10, 30)), false},
		{"hole first", paths(hole, square), false},
		{"hole outside", paths(square, pt(220, 20, 220, 40, 240, 40, 240, 20)), false},
		{"hole in a hole", paths(square, hole, pt(25, 25, 25, 35, 35, 35, 35, 25)), false},
		{"touching hole", paths(square, pt(0, 50, 20, 60, 20, 40)), false},
		{"exterior ring in another", paths(square, pt(20, 20, 40, 20, 40, 40, 20, 40)), false},
		{"island in a hole", paths(square, hole, pt(25, 25, 35, 25, 35, 35, 25, 35)), true},
		{"hole of another", paths(pt(0, 0, 10, 0, 10, 10), pt(20, 20, 90, 20, 90, 90, 20, 90), pt(2, 1, 8, 7, 8, 1)), false},
		{"hole in its island", paths(square, hole, pt(25, 25, 35, 25, 35, 35, 25, 35), pt(50, 50, 50, 60, 60, 60)), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The same in world units, where products take more than 64 bits.
			for _, scale := range []int64{1, math.MaxUint32 / 300, 1 << 52} {
				in := paths(apart(tt.in)...)
				for i := range in.Points {
					in.Points[i].X *= scale
					in.Points[i].Y *= scale
				}
				var c Clipper
				if got := c.Strict(in); got != tt.want {
					t.Errorf("at %d: %v, want %v", scale, got, tt.want)
				}
			}
		})
	}
}

// TestStrictRandom compares with the O(n²) model: what is strict is valid, and what is valid and
// touches nowhere is strict.
func TestStrictRandom(t *testing.T) {
	t.Parallel()
	r := seed(t)
	var c Clipper
	count := map[bool]int{}
	for range 3000 {
		size := 3 + r.IntN(60)
		var all [][]Point
		for range 1 + r.IntN(2) {
			all = append(all, scribble(r, 3+r.IntN(5), size))
		}
		in := paths(all...)
		got := c.Strict(in)
		count[got]++
		if err := invalid(in); got && err != nil {
			t.Fatalf("strict, and %v: %v %v", err, in.Points, in.Ends)
		} else if err == nil && !got && !touching(in) {
			t.Fatalf("valid and not strict: %v %v", in.Points, in.Ends)
		}
	}
	if count[true] < 100 || count[false] < 100 {
		t.Errorf("strict: %v", count)
	}
}

// touching reports whether two rings have a point in common; they do not cross.
func touching(p Paths) bool {
	for i := range p.Len() {
		for k := range p.Len() {
			if i == k {
				continue
			}
			for _, v := range p.At(i) {
				if _, on := winding(paths(p.At(k)), v); on {
					return true
				}
			}
		}
	}
	return false
}

// circle is a ring of n points around x, y whose distance varies by the share rough.
func circle(r *rand.Rand, n int, x, y, radius, rough float64) (ring []Point) {
	for i := range n {
		d := radius * (1 - rough*r.Float64())
		a := 2 * math.Pi * float64(i) / float64(n)
		ring = append(ring, Point{int64(x + d*math.Cos(a)), int64(y + d*math.Sin(a))})
	}
	return ring
}

func TestExact(t *testing.T) {
	t.Parallel()
	r := seed(t)
	for range 20000 {
		shift := r.IntN(61)
		at := func() Point {
			return Point{r.Int64N(1<<62)>>shift - 1<<61>>shift, r.Int64N(1<<62)>>shift - 1<<61>>shift}
		}
		a, b, c := at(), at(), at()
		if r.IntN(4) == 0 {
			c = Point{a.X + (b.X-a.X)/2, a.Y + (b.Y-a.Y)/2}
		}
		want := bigTurn(a, b, c)
		if got := wideTurn(a, b, c); int(got) != want {
			t.Fatalf("turn of %v %v %v is %d, want %d", a, b, c, got, want)
		}
		if shift >= 31 {
			if got := turn(a, b, c); (got > 0) != (want > 0) || (got < 0) != (want < 0) {
				t.Fatalf("turn of %v %v %v is %d, want %d", a, b, c, got, want)
			}
		}
	}
	for range 20000 {
		den := 1 + r.Int64N(1<<r.IntN(62))
		num := r.Int64N(den + 1)
		d := (r.Int64N(1<<62) - 1<<61) >> r.IntN(62)
		there, back := share(d, num, den), d+share(-d, den-num, den)
		if there != back {
			t.Fatalf("%d·%d/%d is %d, from the other end %d", d, num, den, there, back)
		}
		if den < 1<<20 && max(d, -d) < 1<<20 {
			want := int64(math.Floor(float64(2*d*num+den) / float64(2*den)))
			if there != want {
				t.Fatalf("%d·%d/%d is %d, want %d", d, num, den, there, want)
			}
		}
	}
}
