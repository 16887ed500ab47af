// Package remote asks a running server, for a command, what only holders of a key may ask: to show refused
// records, to take them again, and to erase a feature. Documents are those of docs/formats/push.md and
// docs/formats/erasure.md.
//
// A key goes to the server that was named and to no other: redirects are not followed. It is in no error.
package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/internal/auth"
	"hutong/internal/erasure"
	"hutong/layers"
)

// Bounds of one exchange.
const (
	// Timeout is how long a server may take to answer.
	Timeout = 3 * time.Minute
	// EraseTimeout is how long it may take to erase: a little longer than the server gives itself.
	EraseTimeout = 11 * time.Minute
	maxAnswer    = 64 << 20
)

// Server is a server and a key for it.
type Server struct {
	base   *url.URL
	key    auth.Secret
	client *http.Client
}

// New returns the server at an absolute http or https URL, under which its routes are.
func New(address string, key auth.Secret) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no URL of a server, such as http://127.0.0.1:8080", address)
	}
	return &Server{
		base: u, key: key,
		client: &http.Client{
			Transport:     &http.Transport{Proxy: nil},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close lets go of idle connections.
func (s *Server) Close() { s.client.CloseIdleConnections() }

// Letter is a refused record as a server shows it.
type Letter struct {
	ID       uint64         `json:"id"`
	Received time.Time      `json:"received"`
	Refusal  ingest.Refusal `json:"refusal"`
	Type     string         `json:"type"`
	// Raw is the record, or, when it is no UTF-8, Base64 is.
	Raw    string `json:"raw"`
	Base64 string `json:"raw_base64,omitempty"`
	Cut    bool   `json:"cut,omitempty"`
}

// Page is one answer with refused records.
type Page struct {
	Letters []Letter `json:"letters"`
	// Next is what after is for the next page; 0 when this is the last one.
	Next uint64 `json:"next"`
}

// Refused returns refused records of a source with numbers above after, at most limit.
func (s *Server) Refused(ctx context.Context, source string, after uint64, limit int) (Page, error) {
	query := url.Values{"after": {strconv.FormatUint(after, 10)}, "limit": {strconv.Itoa(limit)}}
	var p Page
	err := s.ask(ctx, http.MethodGet, source, "refused", query, &p)
	return p, err
}

// Replay makes the server take refused records of a source again: those with ids, or all.
func (s *Server) Replay(ctx context.Context, source string, ids []uint64) (push.ReplayResult, error) {
	query := url.Values{}
	if len(ids) > 0 {
		list := make([]string, len(ids))
		for i, id := range ids {
			list[i] = strconv.FormatUint(id, 10)
		}
		query.Set("ids", strings.Join(list, ","))
	}
	var r push.ReplayResult
	err := s.ask(ctx, http.MethodPost, source, "replay", query, &r)
	return r, err
}

// Erase removes a feature from all that the server keeps. When the id was found behind the erasure the error
// says where.
func (s *Server) Erase(ctx context.Context, layer layers.Name, id layers.FeatureID) (*erasure.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, EraseTimeout)
	defer cancel()
	var report erasure.Report
	err := s.exchange(ctx, http.MethodDelete, s.base.JoinPath("admin", "erase", url.PathEscape(string(layer)), url.PathEscape(string(id))), &report)
	return &report, err
}

// ask sends a request below a source and reads the answer into v.
func (s *Server) ask(ctx context.Context, method, source, what string, query url.Values, v any) error {
	u := s.base.JoinPath("ingest", url.PathEscape(source), what)
	u.RawQuery = query.Encode()
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return s.exchange(ctx, method, u, v)
}

// exchange sends a request and reads the answer into v.
func (s *Server) exchange(ctx context.Context, method string, u *url.URL, v any) error {
	r, err := http.NewRequestWithContext(ctx, method, u.String(), http.NoBody)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.key.Reveal())
	res, err := s.client.Do(r)
	if err != nil {
		if failed := (&url.Error{}); errors.As(err, &failed) { // without the path, which may have an id
			err = failed.Err
		}
		return fmt.Errorf("%s: %w", s.base, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", s.base, err)
	case len(body) > maxAnswer:
		return fmt.Errorf("%s answers with more than %d bytes", s.base, maxAnswer)
	case res.StatusCode != http.StatusOK:
		return s.problem(res, body)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%s does not answer as a server of ours does: %w", s.base, err)
	}
	return nil
}

// problem returns the error that an answer is (RFC 9457).
func (s *Server) problem(res *http.Response, body []byte) error {
	var p struct{ Title, Detail, Code string }
	if err := json.Unmarshal(body, &p); err != nil || p.Title == "" {
		return fmt.Errorf("%s answers %s", s.base, res.Status)
	}
	text := p.Title
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	if wait := res.Header.Get("Retry-After"); wait != "" {
		text += " Try again in " + wait + " s."
	}
	return errors.New(s.base.String() + " answers " + strconv.Itoa(res.StatusCode) + ": " + text)
}
