package archive

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// InspectOptions bound an inspection. The zero value is the defaults.
type InspectOptions struct {
	// Archive bounds the reads.
	Archive Options
	// Entries is the most entries of directories that are looked at; 0 means 100 million. The
	// places of different tiles are remembered, at most 4 million of them (some 100 MB).
	Entries uint64
	// Problems is the most problems that are told; 0 means 100.
	Problems int
}

// maxContents is up to how many different tiles are counted.
const maxContents = 4 << 20

// Summary is what an archive holds.
type Summary struct {
	Location    string        `json:"location"`
	Bytes       int64         `json:"bytes"`
	Type        string        `json:"type"`
	Compression string        `json:"tile_compression"`
	Internal    string        `json:"internal_compression"`
	MinZoom     uint8         `json:"minzoom"`
	MaxZoom     uint8         `json:"maxzoom"`
	Bounds      *[4]float64   `json:"bounds,omitempty"` // west, south, east, north in degrees
	Center      *[3]float64   `json:"center,omitempty"` // lon, lat, zoom
	Clustered   bool          `json:"clustered"`
	Name        string        `json:"name,omitempty"`
	Description string        `json:"description,omitempty"`
	Attribution string        `json:"attribution,omitempty"`
	Layers      []VectorLayer `json:"vector_layers,omitempty"`
	// Header are the counts that the header claims, Counted those that were found; 0 is unknown.
	Header  Counts `json:"header"`
	Counted Counts `json:"counted"`
	// Zooms counts tiles by zoom, in ascending order.
	Zooms []ZoomCount `json:"zooms"`
	// Directories counts directories, Levels is how many lie on the way to the deepest tile.
	Directories int `json:"directories"`
	Levels      int `json:"levels"`
	// Largest is the size of the largest tile as stored, in bytes.
	Largest uint32 `json:"largest_tile_bytes"`
	// Complete says that all directories were looked at.
	Complete bool `json:"complete"`
	// Problems are sentences about what is wrong.
	Problems []string `json:"problems,omitempty"`
}

// Counts are the three counts of an archive.
type Counts struct {
	Tiles    uint64 `json:"tiles"`
	Entries  uint64 `json:"entries"`
	Contents uint64 `json:"contents"`
}

// ZoomCount is the tiles of one zoom.
type ZoomCount struct {
	Zoom  uint8  `json:"zoom"`
	Tiles uint64 `json:"tiles"`
}

// Inspect opens the archive at a place, see [ParseLocation], and walks through all its directories. It
// reads no tile. An error means that the archive cannot be opened, or that ctx ended; what is wrong
// beyond that is in the Summary's problems.
func Inspect(ctx context.Context, place string, o InspectOptions) (*Summary, error) {
	a, err := Open(ctx, place, o.Archive)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	v, err := a.current(ctx)
	if err != nil {
		return nil, err
	}
	i := newInspection(a, v, o)
	if err := i.run(ctx); err != nil {
		return nil, err
	}
	return i.summary, nil
}

func newInspection(a *Archive, v *version, o InspectOptions) *inspection {
	if o.Entries == 0 {
		o.Entries = 100_000_000
	}
	if o.Problems == 0 {
		o.Problems = 100
	}
	i := &inspection{version: v, opts: o, summary: describe(a, v.info), zooms: map[uint8]uint64{}, places: map[uint64]struct{}{}}
	i.summary.Complete = true
	return i
}

// run walks through all directories and compares.
func (i *inspection) run(ctx context.Context) error {
	if err := i.walk(ctx, way{dir: i.version.root, limit: idLimit(MaxZoom)}); err != nil {
		return err
	}
	i.finish()
	return nil
}

func describe(a *Archive, info *Info) *Summary {
	m := &info.Metadata
	return &Summary{
		Location: a.location.String(), Bytes: info.Bytes, Type: info.Type.String(),
		Compression: info.Compression.String(), Internal: info.Internal.String(),
		MinZoom: info.MinZoom, MaxZoom: info.MaxZoom, Bounds: info.Bounds, Center: info.Center, Clustered: info.Clustered,
		Name: m.Name, Description: m.Description, Attribution: m.Attribution, Layers: m.VectorLayers,
		Header: Counts{info.Addressed, info.Entries, info.Contents},
	}
}

// inspection is one walk.
type inspection struct {
	version  *version
	opts     InspectOptions
	summary  *Summary
	zooms    map[uint8]uint64
	places   map[uint64]struct{} // offsets of tiles; nil once there are too many
	next     uint64              // where in the tile data the next tile lies if all are clustered
	disorder bool                // a tile lies elsewhere
}

// tell adds a problem, unless there are enough.
func (i *inspection) tell(format string, args ...any) {
	switch n := len(i.summary.Problems); {
	case n < i.opts.Problems:
		i.summary.Problems = append(i.summary.Problems, fmt.Sprintf(format, args...))
	case n == i.opts.Problems:
		i.summary.Problems = append(i.summary.Problems, fmt.Sprintf("there are more than %d problems; the rest is left out", n))
	}
}

// walk looks at the directory where w stands and at all below. The error is ctx's, or says that the
// archive was replaced or cannot be read any more.
func (i *inspection) walk(ctx context.Context, w way) error {
	i.summary.Directories++
	i.summary.Levels = max(i.summary.Levels, len(w.above)+1)
	for n := range w.dir {
		e := &w.dir[n]
		if i.opts.Entries == 0 {
			i.summary.Complete = false
			return nil
		}
		i.opts.Entries--
		if e.RunLength > 0 {
			i.count(e)
			continue
		}
		below := way{dir: w.dir, above: slices.Clone(w.above), limit: w.limit}
		err := below.enter(n, func() ([]entry, error) { return i.version.readLeaf(ctx, *e) })
		switch {
		case err == nil:
			err = i.walk(ctx, below)
		case Broken(err): // the others may be whole
			i.tell("%v", err)
			i.summary.Complete = false
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// count takes a run of tiles into account.
func (i *inspection) count(e *entry) {
	s := i.summary
	s.Counted.Tiles += uint64(e.RunLength)
	s.Counted.Entries++
	s.Largest = max(s.Largest, e.Length)
	if e.Length > MaxTileBytes {
		i.tell("the tile at id %d has %d bytes; at most %d are served", e.TileID, e.Length, MaxTileBytes)
	}
	from, z := e.TileID, uint8(0)
	for ; from < end(e); z++ {
		if n := min(end(e), idLimit(z)); n > from {
			i.zooms[z] += n - from
			from = n
		}
	}
	if i.places == nil {
		return
	}
	if _, known := i.places[e.Offset]; !known {
		i.disorder = i.disorder || e.Offset != i.next
		i.next = e.Offset + uint64(e.Length)
		i.places[e.Offset] = struct{}{}
		if len(i.places) > maxContents {
			i.places = nil
		}
	}
}

// finish compares what was found with what the header claims.
func (i *inspection) finish() {
	s, h := i.summary, i.version.header
	for _, z := range slices.Sorted(maps.Keys(i.zooms)) {
		s.Zooms = append(s.Zooms, ZoomCount{z, i.zooms[z]})
	}
	s.Counted.Contents = uint64(len(i.places))
	i.checkSections()
	if s.Bounds == nil {
		i.tell("the header's bounds are no box on the earth")
	}
	if h.CenterZoom < h.MinZoom || h.CenterZoom > h.MaxZoom {
		i.tell("the header's center has zoom %d, outside %d to %d", h.CenterZoom, h.MinZoom, h.MaxZoom)
	}
	if TileType(h.TileType) > TypeMLT || h.TileType == 0 {
		i.tell("the tile type %d is unknown: tiles can be read raw only", h.TileType)
	}
	if TileType(h.TileType) == TypeMVT && len(s.Layers) == 0 {
		i.tell("the metadata has no vector_layers")
	}
	if !s.Complete {
		return // counts of a part say nothing
	}
	for _, c := range []struct {
		name           string
		claimed, found uint64
	}{
		{"addressed tiles", s.Header.Tiles, s.Counted.Tiles},
		{"tile entries", s.Header.Entries, s.Counted.Entries},
		{"tile contents", s.Header.Contents, s.Counted.Contents},
	} {
		if c.claimed != 0 && c.claimed != c.found && (c.found != 0 || i.places != nil) {
			i.tell("the header claims %d %s; there are %d", c.claimed, c.name, c.found)
		}
	}
	if len(s.Zooms) > 0 {
		if lowest, highest := s.Zooms[0].Zoom, s.Zooms[len(s.Zooms)-1].Zoom; lowest != h.MinZoom || highest != h.MaxZoom {
			i.tell("the header claims zooms %d to %d; there are tiles from %d to %d", h.MinZoom, h.MaxZoom, lowest, highest)
		}
	}
	if h.Clustered && i.disorder && i.places != nil {
		i.tell("the header claims that tiles are clustered; they are not in the order of their ids")
	}
}

// checkSections tells of sections that overlap.
func (i *inspection) checkSections() {
	parts := append(sections(i.version.header), section{"header", 0, HeaderBytes, false})
	parts = slices.DeleteFunc(parts, func(p section) bool { return p.length == 0 })
	slices.SortFunc(parts, func(a, b section) int {
		return int(min(max(int64(a.offset)-int64(b.offset), -1), 1))
	})
	for n := 1; n < len(parts); n++ {
		if before := parts[n-1]; before.offset+before.length > parts[n].offset {
			i.tell("the %s and the %s overlap", before.name, parts[n].name)
		}
	}
}
