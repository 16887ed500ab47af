package snapshot

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"hutong/api"
	"hutong/journal/snapshot"
	"hutong/layers"
	"hutong/tiles"
	"hutong/tiles/cache"
	"hutong/tiles/grid"
	"hutong/tiles/past"
)

// contentType is the registered type of MVT.
const contentType = "application/vnd.mapbox-vector-tile"

// Tile answers a request for a tile of layers as they were, see [tile.Past] of package api/tile.
func (s *Surface) Tile(w http.ResponseWriter, r *http.Request, names []layers.Name, t grid.Tile, asof string) {
	seq, ok := s.moment(w, r, names, asof)
	if !ok {
		return
	}
	states, err := s.source.AsOf(r.Context(), seq, names)
	if err != nil {
		s.refuse(w, r, "", err)
		return
	}
	s.send(w, r, "", states, t)
}

// Moment checks what asof means and returns it as one of the ways to write it. A time stays one: the sequence that it
// means is a message of any layer, and who asks for many times would learn when each came (S10).
func (s *Surface) Moment(w http.ResponseWriter, r *http.Request, names []layers.Name, asof string) (canonical string, ok bool) {
	if _, ok := s.moment(w, r, names, asof); !ok {
		return "", false
	}
	m, _ := ParseMoment(asof) // it was read
	return m.String(), true
}

// moment reads asof and returns the sequence that it means. If there is no such moment it answers the request with a
// problem.
func (s *Surface) moment(w http.ResponseWriter, r *http.Request, names []layers.Name, asof string) (layers.Seq, bool) {
	m, err := ParseMoment(asof)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error()+".")
		return 0, false
	}
	seq, err := s.source.Seq(r.Context(), m, names)
	if err != nil {
		s.refuse(w, r, "", err)
		return 0, false
	}
	return seq, true
}

// send answers with a tile of states.
func (s *Surface) send(w http.ResponseWriter, r *http.Request, name string, states []*past.State, t grid.Tile) {
	body, err := s.source.Tile(r.Context(), states, t, api.Negotiate(r))
	if err != nil {
		s.refuse(w, r, name, err)
		return
	}
	api.TellDropped(w, body.Dropped)
	if len(body.Bytes) == 0 {
		api.SendNothing(w)
		return
	}
	api.Answer{ContentType: contentType, Encoding: body.Encoding, Body: body.Bytes, Tag: body.ETag, Length: body.Length}.Send(w, r)
}

// tile answers GET /snapshots/{name}/tiles/{layers}/{z}/{x}/{y}.mvt.
func (s *Surface) tile(w http.ResponseWriter, r *http.Request) {
	y, ok := strings.CutSuffix(r.PathValue("file"), ".mvt")
	if !ok {
		y, ok = strings.CutSuffix(r.PathValue("file"), ".pbf")
	}
	if !ok {
		api.Refuse(w, r, api.CodeNotFound, "Tiles end in .mvt or .pbf.")
		return
	}
	m, names := s.find(w, r, r.PathValue("layers"))
	if m == nil {
		return
	}
	address, err := grid.Parse(r.PathValue("z"), r.PathValue("x"), y)
	if err != nil {
		code := api.CodeTileMalformed
		if errors.Is(err, grid.ErrRange) {
			code = api.CodeTileOutOfRange
		}
		api.Refuse(w, r, code, strings.TrimPrefix(err.Error(), "grid: "))
		return
	}
	states, err := s.source.Pinned(r.Context(), m, names)
	if err != nil {
		s.refuse(w, r, m.Name, err)
		return
	}
	s.send(w, r, m.Name, states, address)
}

// find returns the snapshot of a request, which is whole and drawn by the rules of this program, and the layers of it that
// a list names, by name, each once. When there is none it answers the request with a problem and returns nil.
func (s *Surface) find(w http.ResponseWriter, r *http.Request, list string) (*snapshot.Meta, []layers.Name) {
	name := r.PathValue("name")
	m, err := s.source.Find(name)
	switch {
	case err != nil:
		s.refuse(w, r, name, err)
		return nil, nil
	case m.Gone != nil:
		refuseGone(w, r, m)
		return nil, nil
	case m.TileRules != tiles.Rules:
		api.Refuse(w, r, api.CodeTileRules, "The snapshot's tiles are drawn by rules "+strconv.Itoa(m.TileRules)+", and this Hutong draws by rules "+
			strconv.Itoa(tiles.Rules)+": other bytes than were cited. Hutong "+m.Hutong+" serves them; /snapshots/"+m.Name+" names its files.")
		return nil, nil
	case strings.Count(list, ",") >= cache.MaxLayers:
		api.Refuse(w, r, api.CodeParameterInvalid, "A tile may have "+strconv.Itoa(cache.MaxLayers)+" layers.")
		return nil, nil
	}
	var names []layers.Name
	for one := range strings.SplitSeq(list, ",") {
		if m.Layer(layers.Name(one)) == nil {
			api.Refuse(w, r, api.CodeLayerNotFound, "The snapshot has no such layer; /snapshots/"+m.Name+" lists those it has.")
			return nil, nil
		}
		names = append(names, layers.Name(one))
	}
	slices.Sort(names)
	return m, slices.Compact(names)
}
