package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"

	"hutong/layers/world"
	"hutong/tiles/grid"
)

// Tileset is a set of tiles by a URL template, such as TileJSON describes it.
type Tileset struct {
	// Template has {z}, {x} and {y}.
	Template string
	// MinZoom and MaxZoom are its zooms.
	MinZoom, MaxZoom uint8
	// Bounds are west, south, east, north in degrees.
	Bounds [4]float64
}

// World are the bounds of everything.
var World = [4]float64{-180, -world.MaxLatitude, 180, world.MaxLatitude}

// maxTileJSON is the most bytes of a TileJSON.
const maxTileJSON = 4 << 20

// Describe returns the tile set at a URL: that of a TileJSON, or a template itself, which has all zooms
// up to 18 and the world.
func Describe(ctx context.Context, client *http.Client, address string) (*Tileset, error) {
	if strings.Contains(address, "{z}") {
		t := &Tileset{Template: address, MaxZoom: 18, Bounds: World}
		return t, t.validate()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("load: TileJSON: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTileJSON))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return nil, fmt.Errorf("load: TileJSON: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("load: %s answered %s: want a TileJSON, or a template with {z}, {x} and {y}", address, res.Status)
	}
	return parseTileJSON(body)
}

// parseTileJSON reads a TileJSON 2 or 3.
func parseTileJSON(body []byte) (*Tileset, error) {
	var d struct {
		Tiles   []string
		MinZoom *uint8
		MaxZoom *uint8
		Bounds  []float64
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fmt.Errorf("load: TileJSON: %w", err)
	}
	if len(d.Tiles) == 0 {
		return nil, errors.New("load: TileJSON: there are no tiles")
	}
	t := &Tileset{Template: d.Tiles[0], MaxZoom: 18, Bounds: World}
	if d.MinZoom != nil {
		t.MinZoom = *d.MinZoom
	}
	if d.MaxZoom != nil {
		t.MaxZoom = *d.MaxZoom
	}
	if len(d.Bounds) == 4 {
		t.Bounds = [4]float64(d.Bounds)
	}
	return t, t.validate()
}

// LayerWalk returns the URLs of a walk of n tiles of a layer of a server, see [Tileset.Walk].
func LayerWalk(server, layer string, low, high uint8, bounds [4]float64, n int, seed uint64) ([]string, error) {
	t := &Tileset{Template: below(server, "tiles", layer) + "/{z}/{x}/{y}.mvt", MinZoom: low, MaxZoom: high, Bounds: bounds}
	if err := t.validate(); err != nil {
		return nil, err
	}
	targets := make([]string, 0, n)
	for _, tile := range t.Walk(n, seed) {
		targets = append(targets, t.URL(tile))
	}
	return targets, nil
}

func (t *Tileset) validate() error {
	for _, part := range []string{"{z}", "{x}", "{y}"} {
		if strings.Count(t.Template, part) != 1 {
			return fmt.Errorf("load: the template %s does not have %s once", t.Template, part)
		}
	}
	if t.MinZoom > t.MaxZoom || t.MaxZoom > grid.MaxZoom {
		return fmt.Errorf("load: zooms %d to %d are not within 0 to %d", t.MinZoom, t.MaxZoom, grid.MaxZoom)
	}
	b := t.Bounds
	if !(b[0] <= b[2] && b[1] <= b[3] && b[0] >= -180 && b[2] <= 180 && b[1] >= -90 && b[3] <= 90) {
		return fmt.Errorf("load: bounds %v are not west, south, east, north in degrees", b)
	}
	return nil
}

// Narrow returns t within zooms and bounds.
func (t *Tileset) Narrow(minZoom, maxZoom uint8, bounds [4]float64) (*Tileset, error) {
	n := &Tileset{
		Template: t.Template, MinZoom: max(t.MinZoom, minZoom), MaxZoom: min(t.MaxZoom, maxZoom),
		Bounds: [4]float64{
			max(t.Bounds[0], bounds[0]), max(t.Bounds[1], bounds[1]), min(t.Bounds[2], bounds[2]), min(t.Bounds[3], bounds[3]),
		},
	}
	if n.MinZoom > n.MaxZoom {
		return nil, fmt.Errorf("load: the tile set has zooms %d to %d, none of %d to %d", t.MinZoom, t.MaxZoom, minZoom, maxZoom)
	}
	if n.Bounds[0] > n.Bounds[2] || n.Bounds[1] > n.Bounds[3] {
		return nil, fmt.Errorf("load: the tile set lies in %v, not in %v", t.Bounds, bounds)
	}
	return n, n.validate()
}

// URL returns the address of a tile.
func (t *Tileset) URL(tile grid.Tile) string {
	return strings.NewReplacer("{z}", strconv.Itoa(int(tile.Z)), "{x}", strconv.FormatUint(uint64(tile.X), 10),
		"{y}", strconv.FormatUint(uint64(tile.Y), 10)).Replace(t.Template)
}

// Walk returns n tiles as somebody sees them who looks around: from a random place at a random zoom,
// mostly to the tile beside, now and then a zoom in or out, and now and then somewhere else. The same
// seed gives the same walk.
func (t *Tileset) Walk(n int, seed uint64) []grid.Tile {
	rng := rand.New(rand.NewPCG(seed, 0))
	tiles := make([]grid.Tile, 0, n)
	at := t.jump(rng)
	for range n {
		tiles = append(tiles, at)
		var next grid.Tile
		switch p := rng.IntN(20); {
		case p < 12:
			next = neighbour(at, rng.IntN(4))
		case p < 15 && at.Z < t.MaxZoom:
			next = at.Children()[rng.IntN(4)]
		case p < 18 && at.Z > t.MinZoom:
			next, _ = at.Parent()
		default:
			next = t.jump(rng)
		}
		if !t.meets(next) {
			next = t.jump(rng)
		}
		at = next
	}
	return tiles
}

// jump returns a tile of a random zoom that holds a random place.
func (t *Tileset) jump(rng *rand.Rand) grid.Tile {
	z := t.MinZoom + uint8(rng.IntN(int(t.MaxZoom-t.MinZoom)+1))
	west, south := t.corner(0, 1)
	east, north := t.corner(2, 3)
	x := west + uint32(rng.Uint64N(uint64(east-west)+1))
	y := north + uint32(rng.Uint64N(uint64(south-north)+1))
	return grid.At(world.Point{X: x, Y: y}, z)
}

// corner returns a corner of the bounds in world units.
func (t *Tileset) corner(lon, lat int) (x, y uint32) {
	p, err := world.Project(t.Bounds[lon], min(max(t.Bounds[lat], -world.MaxLatitude), world.MaxLatitude))
	if err != nil {
		panic(err) // validate has checked them
	}
	return p.X, p.Y
}

// meets reports whether a tile is one and shows part of the bounds.
func (t *Tileset) meets(tile grid.Tile) bool {
	if !tile.Valid() {
		return false
	}
	west, south := t.corner(0, 1)
	east, north := t.corner(2, 3)
	b := tile.Box()
	return b.Min.X <= east && b.Max.X >= west && b.Min.Y <= south && b.Max.Y >= north
}

// neighbour returns the tile beside t, which may be none: east, west, south, north.
func neighbour(t grid.Tile, direction int) grid.Tile {
	switch direction {
	case 0:
		t.X++
	case 1:
		t.X--
	case 2:
		t.Y++
	default:
		t.Y--
	}
	return t
}
