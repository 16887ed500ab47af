// Package snapshot serves the past: layers as they were, to requests for tiles with the parameter asof, and
// snapshots that were pinned under a name.
//
// # Routes
//
//	GET /snapshots                                          all snapshots
//	GET /snapshots/{name}                                   what one is, and how to cite it
//	GET /snapshots/{name}/tiles/{layers}.json               TileJSON 3.0.0
//	GET /snapshots/{name}/tiles/{layers}/{z}/{x}/{y}.mvt    a tile; .pbf is the same
//	PUT /admin/snapshots/{name}?layers=&asof=               pins one, with a key of the scope pin
//	DELETE /admin/snapshots/{name}                          unpins it
//
// A snapshot that an erasure touched answers 410 with what it was, and so does a layer of one that has what is hidden
// now, which says no more of it. docs/formats/past.md has all of it.
//
// Answers say no-cache: that of a past moment never changes but by an erasure, and then no cache may go on with
// what it has (S10). An ETag makes asking again cheap.
package snapshot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hutong/api"
	"hutong/internal/auth"
	"hutong/internal/compress"
	"hutong/journal/snapshot"
	"hutong/layers"
	"hutong/tiles/cache"
	"hutong/tiles/grid"
	"hutong/tiles/past"
)

// Source is where the past comes from. It may be used from any goroutine. Errors are those of this package and of the
// packages journal/snapshot and tiles/past.
type Source interface {
	// Seq returns the sequence that a moment means for layers. It is for AsOf only: the log counts what nobody may know of.
	Seq(ctx context.Context, m Moment, names []layers.Name) (layers.Seq, error)
	// AsOf returns layers as they were at a sequence that Seq returned.
	AsOf(ctx context.Context, seq layers.Seq, names []layers.Name) ([]*past.State, error)
	// List returns all snapshots that can be read, and Find one.
	List() []*snapshot.Meta
	Find(name string) (*snapshot.Meta, error)
	// Hidden reports whether a layer of a snapshot has what not everybody may see any more.
	Hidden(l *snapshot.Layer) bool
	// Pinned returns layers of a snapshot, which it has. Of those that are hidden the error is a [HiddenError].
	Pinned(ctx context.Context, m *snapshot.Meta, names []layers.Name) ([]*past.State, error)
	// Tile returns a tile of states.
	Tile(ctx context.Context, states []*past.State, t grid.Tile, want compress.Encoding) (*cache.Body, error)
	// Pin makes a snapshot of layers, of all when there are none, as they were at a moment, now if it is zero.
	Pin(ctx context.Context, name string, names []layers.Name, m Moment) (*snapshot.Meta, error)
	// Unpin removes a snapshot.
	Unpin(ctx context.Context, name string) error
}

// The reasons for which a layer has no past.
var (
	// ErrView says that of a layer the past is not served: it is derived from others, or not all of it is for everybody.
	ErrView = errors.New("snapshot: the layer has no past that is served")
	// ErrReadOnly says that nothing can be pinned now.
	ErrReadOnly = errors.New("snapshot: nothing can be kept now")
)

// FutureError says that a moment has not come.
type FutureError struct {
	// Last is the newest sequence of what everybody sees, and Now the time.
	Last layers.Seq
	Now  time.Time
}

// Error says what the last moment is.
func (e *FutureError) Error() string {
	return fmt.Sprintf("snapshot: it is %s, and the newest sequence is %d", e.Now.UTC().Format(time.RFC3339), e.Last)
}

// EarlierError says that a moment is before all that is kept.
type EarlierError struct {
	// Seq is the earliest that can be asked for, a number of a state of the layers, 0 when there is none yet, and Time the
	// earliest time; zero when nobody knows.
	Seq  layers.Seq
	Time time.Time
}

// Error says what the earliest moment is.
func (e *EarlierError) Error() string {
	if e.Seq == 0 {
		return "snapshot: nothing of the past is kept yet"
	}
	return fmt.Sprintf("snapshot: the earliest sequence that is kept is %d", e.Seq)
}

// HiddenError says that layers of a snapshot have what not everybody may see any more.
type HiddenError struct{ Layers []layers.Name }

// Error says which layers.
func (e *HiddenError) Error() string {
	return fmt.Sprintf("snapshot: not everybody may see all of %s any more", join(e.Layers))
}

// Moment is a point in the past: a sequence of the log, or a time.
type Moment struct {
	Seq  layers.Seq // 0 when it is a time
	Time time.Time
}

// IsZero reports whether it is none.
func (m Moment) IsZero() bool { return m == Moment{} }

// String returns m as ParseMoment reads it: a number, or a time in UTC.
func (m Moment) String() string {
	if m.Seq > 0 {
		return strconv.FormatUint(uint64(m.Seq), 10)
	}
	return m.Time.UTC().Format(time.RFC3339Nano)
}

// ParseMoment reads the value of asof: a sequence number from 1 or an RFC 3339 time. The error is a sentence for the
// client.
func ParseMoment(text string) (Moment, error) {
	if n, err := strconv.ParseUint(text, 10, 64); err == nil && n > 0 {
		return Moment{Seq: layers.Seq(n)}, nil
	}
	// A + that is not escaped comes as a space.
	t, err := time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "+", 1))
	if err != nil || t.Year() < 1678 || t.Year() > 2261 { // what nanoseconds since 1970 can say
		return Moment{}, fmt.Errorf("%.64q is no moment; asof is a time such as 2026-07-01T12:00:00Z or 2026-07-01T20:00:00+08:00, or a sequence number from 1", text)
	}
	return Moment{Time: t.UTC()}, nil
}

// Surface answers for the past.
type Surface struct {
	source Source
	base   api.Base
	keys   *auth.Keys
}

// New returns the surface over source, nil for a server that keeps nothing.
func New(source Source, keys *auth.Keys, base api.Base) *Surface { return &Surface{source, base, keys} }

// whole says why a snapshot takes no parameters that choose.
const whole = "a snapshot is all of what was pinned, at one moment; /tiles/{layers}/{z}/{x}/{y}.mvt accepts filter, filter-lang and datetime for a layer as it is, and asof for another moment of it"

// Routes returns its routes.
func (s *Surface) Routes() []api.Route {
	handler := func(serve http.HandlerFunc) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case s.source == nil:
				api.Refuse(w, r, api.CodeNoPast, "This server keeps no past: its config has no journal.")
			case !api.RefuseChoice(w, r, whole):
				serve(w, r)
			}
		})
	}
	return []api.Route{
		{Pattern: "/snapshots", Label: "snapshots", Handler: handler(s.list)},
		{Pattern: "/snapshots/{name}", Label: "snapshot", Handler: handler(s.show)},
		{Pattern: "/snapshots/{name}/tiles/{file}", Label: "snapshot_tilejson", Handler: handler(s.tileJSON)},
		{Pattern: "/snapshots/{name}/tiles/{layers}/{z}/{x}/{file}", Label: "snapshot_tile", Handler: handler(s.tile)},
		{
			Pattern: "/admin/snapshots/{name}", Label: "admin_snapshot", Methods: []string{http.MethodPut, http.MethodDelete}, Keyed: true,
			Handler: http.HandlerFunc(s.admin),
		},
	}
}
