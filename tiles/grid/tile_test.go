package grid

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"hutong/layers/world"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		z, x, y string
		want    Tile
		err     error
	}{
		{name: "the world", z: "0", x: "0", y: "0"},
		{name: "Beijing", z: "12", x: "3372", y: "1552", want: Tile{12, 3372, 1552}},
		{name: "last of the deepest", z: "24", x: "16777215", y: "16777215", want: Tile{24, 1<<24 - 1, 1<<24 - 1}},
		{name: "empty zoom", x: "0", y: "0", err: ErrMalformed},
		{name: "empty y", z: "0", x: "0", err: ErrMalformed},
		{name: "plus", z: "1", x: "+1", y: "0", err: ErrMalformed},
		{name: "minus", z: "1", x: "-1", y: "0", err: ErrMalformed},
		{name: "leading zero", z: "01", x: "0", y: "0", err: ErrMalformed},
		{name: "double zero", z: "1", x: "00", y: "0", err: ErrMalformed},
		{name: "space", z: "1", x: " 1", y: "0", err: ErrMalformed},
		{name: "fraction", z: "1", x: "0.5", y: "0", err: ErrMalformed},
		{name: "exponent", z: "1", x: "1e0", y: "0", err: ErrMalformed},
		{name: "full-width digit", z: "1", x: "１", y: "0", err: ErrMalformed},
		{name: "extension left on", z: "1", x: "0", y: "0.mvt", err: ErrMalformed},
		{name: "x out of range and y malformed", z: "1", x: "9", y: "b", err: ErrMalformed},
		{name: "zoom too deep", z: "25", x: "0", y: "0", err: ErrRange},
		{name: "zoom far too deep", z: "256", x: "0", y: "0", err: ErrRange},
		{name: "x beyond the zoom", z: "3", x: "8", y: "0", err: ErrRange},
		{name: "y beyond the zoom", z: "3", x: "7", y: "8", err: ErrRange},
		{name: "x beyond 64 bits", z: "3", x: strings.Repeat("9", 40), y: "0", err: ErrRange},
		{name: "x that wraps 64 bits to 0", z: "3", x: "18446744073709551616", y: "0", err: ErrRange},
		{name: "long, then malformed", z: "3", x: strings.Repeat("9", 40) + "x", y: "0", err: ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(tt.z, tt.x, tt.y)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("Parse(%q, %q, %q): got %v, %v, want %v, %v", tt.z, tt.x, tt.y, got, err, tt.want, tt.err)
			}
			if err != nil && len(err.Error()) > 100 {
				t.Errorf("the error repeats the whole part: %v", err)
			}
		})
	}
}

func TestValid(t *testing.T) {
	t.Parallel()
	for tile, want := range map[Tile]bool{
		{0, 0, 0}: true, {0, 1, 0}: false, {1, 1, 1}: true, {1, 2, 0}: false, {1, 0, 2}: false,
		{24, 1<<24 - 1, 0}: true, {24, 1 << 24, 0}: false, {25, 0, 0}: false, {200, 0, 0}: false,
	} {
		if got := tile.Valid(); got != want {
			t.Errorf("%v.Valid(): got %v, want %v", tile, got, want)
		}
	}
}

func TestFamily(t *testing.T) {
	t.Parallel()
	const seed = 1
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		p := world.Point{X: r.Uint32(), Y: r.Uint32()}
		tile := At(p, uint8(r.IntN(MaxZoom)))
		if !tile.Valid() || !tile.Box().Contains(p) {
			t.Fatalf("seed %d: At(%v) is %v with box %v", seed, p, tile, tile.Box())
		}
		union := world.EmptyBox
		holders := 0
		for _, child := range tile.Children() {
			if parent, ok := child.Parent(); !ok || parent != tile {
				t.Fatalf("seed %d: parent of %v, child of %v: got %v, %v", seed, child, tile, parent, ok)
			}
			union = union.Union(child.Box())
			if child.Box().Contains(p) {
				holders++
			}
		}
		if union != tile.Box() || holders != 1 {
			t.Fatalf("seed %d: children of %v: union %v, %d of them hold %v", seed, tile, union, holders, p)
		}
	}
	if parent, ok := (Tile{}).Parent(); ok {
		t.Errorf("the world has parent %v", parent)
	}
}

func TestBound(t *testing.T) {
	t.Parallel()
	b := Tile{}.Bound()
	if b.Min[0] != -180 || b.Max[0] != 180 {
		t.Errorf("the world: got longitudes %v, %v, want ±180", b.Min[0], b.Max[0])
	}
	if math.Abs(b.Max[1]-world.MaxLatitude) > 1e-9 || math.Abs(b.Min[1]+world.MaxLatitude) > 1e-9 {
		t.Errorf("the world: got latitudes %v, %v, want ±%v", b.Min[1], b.Max[1], world.MaxLatitude)
	}
	b = Tile{1, 1, 0}.Bound()
	if b.Min[0] != 0 || b.Max[0] != 180 || math.Abs(b.Min[1]) > 1e-9 {
		t.Errorf("1/1/0: got %v, want the north-eastern quarter", b)
	}
	const seed = 2
	r := rand.New(rand.NewPCG(seed, 0))
	for range 1000 {
		lon, lat := r.Float64()*360-180, r.Float64()*170-85
		p, err := world.Project(lon, lat)
		if err != nil {
			t.Fatal(err)
		}
		tile := At(p, uint8(r.IntN(20)))
		b := tile.Bound()
		if lon < b.Min[0] || lon > b.Max[0] || lat < b.Min[1]-1e-9 || lat > b.Max[1]+1e-9 {
			t.Errorf("seed %d: %v does not hold %v, %v: %v", seed, tile, lon, lat, b)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"0/0/0", "12/3372/1552", "24/16777215/0", "01/0/0", "1/2/0", "1/+1/0", "1//", "99999999999999999999/0/0"} {
		z, rest, _ := strings.Cut(s, "/")
		x, y, _ := strings.Cut(rest, "/")
		f.Add(z, x, y)
	}
	f.Fuzz(func(t *testing.T, z, x, y string) {
		tile, err := Parse(z, x, y)
		if err != nil {
			if errors.Is(err, ErrMalformed) == errors.Is(err, ErrRange) {
				t.Fatalf("Parse(%q, %q, %q): error %v is not one of the two", z, x, y, err)
			}
			if tile != (Tile{}) {
				t.Fatalf("Parse(%q, %q, %q): %v beside an error", z, x, y, tile)
			}
			return
		}
		if !tile.Valid() {
			t.Fatalf("Parse(%q, %q, %q): %v is not valid", z, x, y, tile)
		}
		if got, want := tile.String(), z+"/"+x+"/"+y; got != want {
			t.Fatalf("round trip: got %q, want %q", got, want)
		}
	})
}
