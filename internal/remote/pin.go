package remote

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"hutong/layers"
)

// PinTimeout is how long a server may take to pin: a little longer than it gives itself.
const PinTimeout = 11 * time.Minute

// Snapshot is what a server says of a snapshot. docs/formats/past.md has all of it.
type Snapshot struct {
	Name     string     `json:"name"`
	State    string     `json:"state"`
	Sequence layers.Seq `json:"sequence"`
	Time     time.Time  `json:"time"`
	Pinned   time.Time  `json:"pinned"`
	Cite     string     `json:"cite"`
	URL      string     `json:"url"`
	Layers   []struct {
		Name     layers.Name `json:"name"`
		Features int         `json:"features"`
		Bytes    int64       `json:"bytes"`
		SHA256   string      `json:"sha256"`
	} `json:"layers"`
}

// Pin has a server keep a snapshot of layers, joined by commas, "" for all, as of a moment, "" for now.
func (s *Server) Pin(ctx context.Context, name, list, asof string) (*Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, PinTimeout)
	defer cancel()
	u := s.base.JoinPath("admin", "snapshots", url.PathEscape(name))
	query := url.Values{}
	if list != "" {
		query.Set("layers", list)
	}
	if asof != "" {
		query.Set("asof", asof)
	}
	u.RawQuery = query.Encode()
	var made Snapshot
	if err := s.exchange(ctx, http.MethodPut, u, &made); err != nil {
		return nil, err
	}
	return &made, nil
}

// Unpin has a server remove a snapshot.
func (s *Server) Unpin(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.exchange(ctx, http.MethodDelete, s.base.JoinPath("admin", "snapshots", url.PathEscape(name)), nil)
}
