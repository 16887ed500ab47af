// Package remote asks a running server, for a command, what only holders of a key may ask: to take records, to
// show refused ones and take them again, to erase a feature, and for a backup. Documents are those of
// docs/formats/push.md, erasure.md and backup.md.
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

// expectTimeout is how long a server that knows nothing of "100 Continue" keeps a body waiting.
const expectTimeout = 2 * time.Second

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
	base    *url.URL
	key     auth.Secret
	client  *http.Client
	timeout time.Duration // [Timeout], but for tests
}

// New returns the server at an absolute http or https URL, under which its routes are.
func New(address string, key auth.Secret) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no URL of a server, such as http://127.0.0.1:8080", address)
	}
	return &Server{
		base: u, key: key, timeout: Timeout,
		client: &http.Client{
			Transport:     &http.Transport{Proxy: nil, ExpectContinueTimeout: expectTimeout},
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

// Backup asks for the state of all layers at one moment and returns it as it comes; whoever called closes it.
// Nothing of it has been checked: backup.Copy does. There is no bound on the time it takes but that each part
// of it comes within [Timeout].
func (s *Server) Backup(ctx context.Context) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(Timeout, func() { cancel(fmt.Errorf("%s sends nothing for %s", s.base, Timeout)) })
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base.JoinPath("admin", "backup").String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.key.Reveal())
	unbounded := *s.client
	unbounded.Timeout = 0
	res, err := unbounded.Do(r) //nolint:bodyclose // whoever gets it does
	if err != nil {
		timer.Stop()
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		cancel(nil)
		return nil, err
	}
	body := &slowBody{ReadCloser: res.Body, ctx: ctx, cancel: cancel, timer: timer}
	if res.StatusCode == http.StatusOK {
		return body, nil
	}
	text, err := io.ReadAll(io.LimitReader(body, maxProblem))
	if err = errors.Join(err, body.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", s.base, err)
	}
	return nil, s.problem(res, text)
}

// maxProblem is the most bytes of a problem.
const maxProblem = 1 << 20

// slowBody is a body that may take as long as it likes while something comes.
type slowBody struct {
	io.ReadCloser
	ctx    context.Context //nolint:containedctx // of the request that it answers
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

// Read reads what has come.
func (b *slowBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.timer.Reset(Timeout)
	if err != nil && err != io.EOF && b.ctx.Err() != nil { //nolint:errorlint // io.Reader gives io.EOF itself
		err = context.Cause(b.ctx)
	}
	return n, err
}

// Close ends the request.
func (b *slowBody) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}

// ask sends a request below a source and reads the answer into v.
func (s *Server) ask(ctx context.Context, method, source, what string, query url.Values, v any) error {
	u := s.base.JoinPath("ingest", url.PathEscape(source), what)
	u.RawQuery = query.Encode()
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.exchange(ctx, method, u, v)
}

// exchange sends a request and reads the answer into v.
func (s *Server) exchange(ctx context.Context, method string, u *url.URL, v any) error {
	r, err := http.NewRequestWithContext(ctx, method, u.String(), http.NoBody)
	if err != nil {
		return err
	}
	return s.do(r, v)
}

// problem returns the error that an answer is (RFC 9457).
func (s *Server) problem(res *http.Response, body []byte) error {
	var p struct{ Title, Detail, Code string }
	if err := json.Unmarshal(body, &p); err != nil || p.Title == "" {
		return &ProblemError{Status: res.StatusCode, Wait: waitOf(res.Header), text: fmt.Sprintf("%s answers %s", s.base, res.Status)}
	}
	text := p.Title
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	if wait := res.Header.Get("Retry-After"); wait != "" {
		text += " Try again in " + wait + " s."
	}
	return &ProblemError{
		Status: res.StatusCode, Code: p.Code, Wait: waitOf(res.Header),
		text: s.base.String() + " answers " + strconv.Itoa(res.StatusCode) + ": " + text,
	}
}
