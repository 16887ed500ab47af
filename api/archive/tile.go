package archive

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"hutong/api"
	"hutong/internal/etag"
	"hutong/tiles/archive"
	"hutong/tiles/grid"
)

// format is how a type of tiles is served.
type format struct {
	contentType string
	extensions  []string // the first is the one that the TileJSON gives
	vector      bool     // worth compressing
}

// formats are the types that can be served decoded.
var formats = map[archive.TileType]format{
	archive.TypeMVT:  {"application/vnd.mapbox-vector-tile", []string{"mvt", "pbf"}, true},
	archive.TypeMLT:  {"application/vnd.maplibre-vector-tile", []string{"mlt"}, true},
	archive.TypePNG:  {"image/png", []string{"png"}, false},
	archive.TypeJPEG: {"image/jpeg", []string{"jpg", "jpeg"}, false},
	archive.TypeWebP: {"image/webp", []string{"webp"}, false},
	archive.TypeAVIF: {"image/avif", []string{"avif"}, false},
}

// codings are how compressions are called in HTTP.
var codings = map[archive.Compression]string{
	archive.CompressionGzip: "gzip", archive.CompressionBrotli: "br", archive.CompressionZstd: "zstd",
}

func (s *Archives) tile(w http.ResponseWriter, r *http.Request) {
	e := s.find(w, r, r.PathValue("name"))
	if e == nil {
		return
	}
	y, extension, _ := strings.Cut(r.PathValue("file"), ".")
	address, err := grid.Parse(r.PathValue("z"), r.PathValue("x"), y)
	if err != nil {
		refuseAddress(w, r, err)
		return
	}
	info, err := e.Archive.Info(r.Context())
	if err != nil {
		s.fail(w, r, e, err)
		return
	}
	f, ok := formats[info.Type]
	switch {
	case !ok:
		api.Refuse(w, r, api.CodeNotFound, "The type of this archive's tiles is unknown; they can be read raw only.")
		return
	case !slices.Contains(f.extensions, extension):
		api.Refuse(w, r, api.CodeNotFound, "Tiles of this archive end in ."+strings.Join(f.extensions, " or .")+".")
		return
	case address.Z < info.MinZoom || address.Z > info.MaxZoom:
		api.Refuse(w, r, api.CodeTileOutOfRange, fmt.Sprintf("The archive has tiles from zoom %d to %d.", info.MinZoom, info.MaxZoom))
		return
	}
	s.answer(w, r, e, address)
}

// refuseAddress answers for an address that names no tile. grid's errors hold nothing but what the
// client sent and the limits.
func refuseAddress(w http.ResponseWriter, r *http.Request, err error) {
	detail := strings.TrimPrefix(err.Error(), "grid: ")
	if errors.Is(err, grid.ErrRange) {
		api.Refuse(w, r, api.CodeTileOutOfRange, detail)
		return
	}
	api.Refuse(w, r, api.CodeTileMalformed, detail)
}

// body is a tile as one client gets it.
type body struct {
	data   []byte
	coding string // "" for identity
	format format
	ok     bool // there is such a tile
}

var (
	// errNotAcceptable means a tile in a compression that neither the client takes nor we can undo.
	errNotAcceptable = errors.New("archive: no acceptable encoding")
	// errBusy means that the request's turn did not come.
	errBusy = errors.New("archive: too many requests")
)

// answer reads one tile in its turn and sends it after the turn is over, so that a slow client holds
// up nobody else's tile.
func (s *Archives) answer(w http.ResponseWriter, r *http.Request, e *served, address grid.Tile) {
	b, err := read(r, e, address)
	if err == nil {
		s.works(e)
	}
	switch {
	case errors.Is(err, errBusy):
		busy(w, r)
	case errors.Is(err, errNotAcceptable):
		w.Header().Set("Vary", "Accept, Accept-Encoding")
		api.Refuse(w, r, api.CodeNotAcceptable, "The archive's tiles are compressed with brotli; accept br.")
	case err != nil:
		s.fail(w, r, e, fmt.Errorf("tile %s: %w", address, err))
	case !b.ok:
		api.SendNothing(w)
	case b.format.vector && b.coding == "":
		api.Send(w, r, b.format.contentType, b.data)
	default:
		send(w, r, b)
	}
}

// read waits for its turn, reads a tile and undoes its compression if the client does not take it.
func read(r *http.Request, e *served, address grid.Tile) (body, error) {
	if !e.tiles.Enter(r.Context()) {
		return body{}, errBusy
	}
	defer e.tiles.Leave()
	tile, ok, err := e.Archive.Tile(r.Context(), address)
	if err != nil || !ok {
		return body{}, err
	}
	b := body{tile.Data, codings[tile.Compression], formats[tile.Type], true}
	if b.coding == "" || api.Accepts(r, b.coding) {
		return b, nil
	}
	if tile.Compression == archive.CompressionBrotli {
		return body{}, errNotAcceptable
	}
	b.coding = ""
	b.data, err = tile.Plain()
	b.ok = len(b.data) > 0 // compressed nothing is an empty tile
	return b, err
}

// send is api.Send for a body that is encoded already, or is not to be.
func send(w http.ResponseWriter, r *http.Request, b body) {
	h := w.Header()
	tag := etag.Of(b.data)
	h.Set("Vary", "Accept, Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", tag)
	if etag.Weak(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if b.coding != "" {
		h.Set("Content-Encoding", b.coding)
	}
	h.Set("Content-Type", b.format.contentType)
	h.Set("Content-Length", strconv.Itoa(len(b.data)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.data) // the client went away: nobody is left to tell
	}
}
