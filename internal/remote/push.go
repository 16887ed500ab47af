package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/layers"
)

// Body is one request to a source.
type Body struct {
	// Type is its media type.
	Type string
	// Text is sent as it is.
	Text []byte
}

// ProblemError is an answer that is a problem (RFC 9457).
type ProblemError struct {
	// Status is that of the answer, and Code what Hutong calls the problem; "" when it does not say.
	Status int
	Code   string
	// Wait is how long to wait before it is sent again; 0 when the answer does not say.
	Wait time.Duration
	text string
}

// Error says which server, the status and what the problem is.
func (e *ProblemError) Error() string { return e.text }

// Push sends a body to a source, within [Timeout]. The error is a [*ProblemError] when the server does not take it.
func (s *Server) Push(ctx context.Context, source string, body Body) (push.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	u := s.base.JoinPath("ingest", url.PathEscape(source))
	u.RawQuery = "answers=refused"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body.Text))
	if err != nil {
		return push.Result{}, err
	}
	r.Header.Set("Content-Type", body.Type)
	// The server looks at the key first. Told no while it sends, a client sees its connection break, and not why.
	r.Header.Set("Expect", "100-continue")
	var result push.Result
	return result, s.do(r, &result)
}

// Files are files that are sent to a source, and how.
type Files struct {
	// Paths are CSV, GeoJSON or newline-delimited JSON, as they are or as gzip or Zstandard. "-" is In.
	Paths []string
	// In is what "-" stands for.
	In io.Reader
	// Format is of all of them; "" goes by each name.
	Format push.Format
	// Delimiter is between the cells of CSV; 0 is a comma, or a tab in what is called .tsv.
	Delimiter byte
	// Body and Records are the most of a request; 0 is [DefaultSendBody] and [DefaultSendRecords]. A server that
	// takes less gets less.
	Body, Records int
	// Refused is the most refused records that are listed; the others are counted.
	Refused int
	// Patience is how long a server may take nothing before that is an error; 0 is [DefaultPatience].
	Patience time.Duration
	// Progress counts the bytes of files that were read; nil counts nothing.
	Progress *Progress
	// Waiting is told why a request will be sent again, and when; nil is not told.
	Waiting func(why error, in time.Duration)
	// Sleep waits, or returns ctx's error; nil sleeps.
	Sleep func(ctx context.Context, d time.Duration) error

	record int // the most bytes of a record; of tests
}

// Defaults of [Files].
const (
	DefaultSendBody    = 4 << 20
	DefaultSendRecords = 10_000
	DefaultPatience    = 10 * time.Minute
)

// The waits after which a request is sent again of which the server does not say when: the first, which doubles, and
// the last.
const (
	firstWait = time.Second
	lastWait  = time.Minute
)

// Sent is what became of files that were sent.
type Sent struct {
	Source string `json:"source"`
	// Requests were answered; Again were sent again because the server was busy or could not be reached.
	Requests int `json:"requests"`
	Again    int `json:"again"`
	// Records is their number; each is one of what follows.
	Records   int `json:"records"`
	Applied   int `json:"applied"`
	Duplicate int `json:"duplicate"`
	Late      int `json:"late"`
	TooLate   int `json:"too_late"`
	Refused   int `json:"refused"`
	// Listed are refused records, the first ones.
	Listed []RefusedRecord `json:"refused_records,omitempty"`
}

// RefusedRecord is a record of a file that the source refused.
type RefusedRecord struct {
	File string `json:"file"`
	// Line is where it starts, from 1.
	Line int `json:"line"`
	// ID and what follows are as in [push.Answer].
	ID     layers.FeatureID `json:"id,omitempty"`
	Reason ingest.Reason    `json:"reason"`
	Field  string           `json:"field,omitempty"`
	Value  string           `json:"value,omitempty"`
	Want   string           `json:"want"`
}

// String returns the record in one line.
func (r *RefusedRecord) String() string {
	return ingest.Refusal{Reason: r.Reason, File: r.File, Line: r.Line, Field: r.Field, Value: r.Value, Want: r.Want}.String()
}

// Send sends files, one after the other and each from its start to its end, in requests of bounded size that end
// where records do. A request that the server has no room for, or whose answer is lost, is sent again until
// Patience is over. What is counted in the result is durable, with an error, too: sending all of it again
// changes nothing that is there, and counts as duplicate or late.
func (s *Server) Send(ctx context.Context, source string, f Files) (Sent, error) {
	f = f.withDefaults()
	d := &delivery{server: s, source: source, files: f, sent: Sent{Source: source}, records: f.Records, body: f.Body}
	for _, path := range f.Paths {
		if err := d.file(ctx, path); err != nil {
			return d.sent, err
		}
	}
	return d.sent, nil
}

func (f Files) withDefaults() Files {
	if f.Body == 0 {
		f.Body = DefaultSendBody
	}
	if f.Records == 0 {
		f.Records = DefaultSendRecords
	}
	if f.record == 0 {
		f.record = maxRecord
	}
	if f.Patience == 0 {
		f.Patience = DefaultPatience
	}
	if f.Sleep == nil {
		f.Sleep = sleep
	}
	return f
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// delivery is one call to Send.
type delivery struct {
	server        *Server
	source        string
	files         Files
	sent          Sent
	records, body int // the most of a request that the server takes, as far as it has said
}

// file sends one file.
func (d *delivery) file(ctx context.Context, path string) error {
	in, err := openFile(path, &d.files)
	if err != nil {
		return err
	}
	defer in.close()
	for {
		c, err := in.next(d.body, d.records)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", path, in.line(), err)
		}
		if err := d.chunk(ctx, path, c); err != nil {
			return err
		}
	}
}

// chunk sends records, in two halves when they are too many for the server.
func (d *delivery) chunk(ctx context.Context, path string, c *chunk) error {
	result, err := d.push(ctx, c.body())
	problem, ok := errors.AsType[*ProblemError](err)
	if ok && problem.Status == http.StatusRequestEntityTooLarge && len(c.records) > 1 {
		d.records, d.body = max(1, len(c.records)/2), max(len(c.text())/2, 1)
		a, b := c.halves()
		if err := d.chunk(ctx, path, a); err != nil {
			return err
		}
		return d.chunk(ctx, path, b)
	}
	if err != nil {
		return fmt.Errorf("%s:%d: %w; what was sent before is durable, and sending all of it again is safe", path, c.records[0].line, err)
	}
	s := &d.sent
	s.Requests++
	s.Records += result.Records
	s.Applied += result.Applied
	s.Duplicate += result.Duplicate
	s.Late += result.Late
	s.TooLate += result.TooLate
	s.Refused += result.Refused
	for _, a := range result.Answers {
		if len(s.Listed) < d.files.Refused && a.Index >= 0 && a.Index < len(c.records) {
			s.Listed = append(s.Listed, RefusedRecord{
				File: path, Line: c.records[a.Index].line, ID: a.ID, Reason: a.Reason, Field: a.Field, Value: a.Value, Want: a.Want,
			})
		}
	}
	return nil
}

// push sends a body until it is answered.
func (d *delivery) push(ctx context.Context, body Body) (push.Result, error) {
	var waited time.Duration
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		result, err := d.server.Push(ctx, d.source, body)
		if err == nil || ctx.Err() != nil {
			return result, err
		}
		pause := wait
		if problem, ok := errors.AsType[*ProblemError](err); ok {
			if problem.Status != http.StatusTooManyRequests && problem.Status != http.StatusServiceUnavailable {
				return result, err
			}
			if problem.Code == "too_many_attempts" {
				return result, err // its key is not known
			}
			if problem.Wait > 0 {
				pause = problem.Wait
			}
		} else if d.sent.Requests == 0 {
			return result, err // there may be no such server
		}
		if waited += pause; waited > d.files.Patience {
			return result, fmt.Errorf("%w; that was so for %s", err, waited-pause)
		}
		d.sent.Again++
		if d.files.Waiting != nil {
			d.files.Waiting(err, pause)
		}
		if err := d.files.Sleep(ctx, pause); err != nil {
			return result, err
		}
	}
}

// waitOf reads a Retry-After in seconds; 0 is none.
func waitOf(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	const most = 3600
	if err != nil || n < 1 {
		return 0
	}
	return time.Duration(min(n, most)) * time.Second
}

// do sends a request with the key and reads the answer into v.
func (s *Server) do(r *http.Request, v any) error {
	r.Header.Set("Authorization", "Bearer "+s.key.Reveal())
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", s.base, err)
	case len(body) > maxAnswer:
		return fmt.Errorf("%s answers with more than %d bytes", s.base, maxAnswer)
	case res.StatusCode == http.StatusNoContent && v == nil:
		return nil
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated:
		return s.problem(res, body)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%s does not answer as a server of ours does: %w", s.base, err)
	}
	return nil
}
