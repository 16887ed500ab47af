package archive

import (
	"context"

	"github.com/protomaps/go-pmtiles/pmtiles"
)

// Info describes an archive as it is now. Read only.
type Info struct {
	// Bytes is the archive's size.
	Bytes int64
	// Tag is an ETag of the archive's bytes, with its quotes. It is weak, with W/ before them, where a
	// server tells versions by a Last-Modified of the very second in which it answered, and where a file
	// did not come to rest while it was opened.
	Tag string
	// Type is what its tiles are, Compression how they are compressed, and Internal how its directories
	// and metadata are.
	Type                  TileType
	Compression, Internal Compression
	// MinZoom and MaxZoom are its lowest and highest zoom, at most [MaxZoom].
	MinZoom, MaxZoom uint8
	// Bounds are west, south, east, north in degrees; nil when the header's are none.
	Bounds *[4]float64
	// Center is lon, lat in degrees and a zoom where a map may open; nil when the header has none.
	Center *[3]float64
	// Addressed, Entries and Contents count tiles, runs of tiles and different tiles, as the header
	// says; 0 is unknown.
	Addressed, Entries, Contents uint64
	// Clustered says that tiles lie in the order of their ids.
	Clustered bool
	// Metadata is what it says about itself.
	Metadata Metadata
}

// e7 is what the header's degrees are multiplied with.
const e7 = 1e7

func newInfo(h *pmtiles.HeaderV3, m Metadata, size int64, tag string) *Info {
	info := &Info{
		Bytes: size, Tag: tag,
		Type: TileType(h.TileType), Compression: Compression(h.TileCompression), Internal: Compression(h.InternalCompression),
		MinZoom: h.MinZoom, MaxZoom: h.MaxZoom,
		Addressed: h.AddressedTilesCount, Entries: h.TileEntriesCount, Contents: h.TileContentsCount,
		Clustered: h.Clustered, Metadata: m,
	}
	if info.Type > TypeMLT {
		info.Type = TypeUnknown
	}
	if h.MinLonE7 < h.MaxLonE7 && h.MinLatE7 < h.MaxLatE7 && onEarth(h.MinLonE7, h.MinLatE7) && onEarth(h.MaxLonE7, h.MaxLatE7) {
		info.Bounds = &[4]float64{float64(h.MinLonE7) / e7, float64(h.MinLatE7) / e7, float64(h.MaxLonE7) / e7, float64(h.MaxLatE7) / e7}
	}
	if onEarth(h.CenterLonE7, h.CenterLatE7) && (h.CenterLonE7 != 0 || h.CenterLatE7 != 0) {
		info.Center = &[3]float64{float64(h.CenterLonE7) / e7, float64(h.CenterLatE7) / e7, float64(min(max(h.CenterZoom, h.MinZoom), h.MaxZoom))}
	}
	return info
}

func onEarth(lonE7, latE7 int32) bool {
	return lonE7 >= -180*e7 && lonE7 <= 180*e7 && latE7 >= -90*e7 && latE7 <= 90*e7
}

// Info describes the archive as it is now, opening it if need be.
func (a *Archive) Info(ctx context.Context) (*Info, error) {
	v, err := a.current(ctx)
	if err != nil {
		return nil, err
	}
	return v.info, nil
}

// Known returns the description of the archive as it was opened last, without looking; nil while it is
// not open.
func (a *Archive) Known() *Info {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now == nil {
		return nil
	}
	return a.now.info
}
