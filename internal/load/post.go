package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Bounds of one request with changes.
const (
	maxReceipt = 8 << 20          // bytes of an answer
	maxTries   = 8                // of a request that failed; one that was told to come back is sent until the run ends
	maxWait    = 60 * time.Second // that a Retry-After is taken for
	firstWait  = 100 * time.Millisecond
)

// receipt is what a server says became of a request (docs/formats/push.md).
type receipt struct {
	Seq       uint64
	Applied   int64
	Duplicate int64
	Late      int64
	TooLate   int64 `json:"too_late"`
	Refused   int64
	Answers   []struct {
		Index                      int
		ID                         string
		Outcome                    string
		Reason, Field, Value, Want string
	}
}

// accepted counts the changes that are durable.
func (r *receipt) accepted() int64 { return r.Applied + r.Duplicate + r.Late + r.TooLate }

// refusal says why a record was refused, "" when none was, or nobody says.
func (r *receipt) refusal() string {
	for _, a := range r.Answers {
		if a.Outcome != "refused" {
			continue
		}
		return fmt.Sprintf("%s: field %q, value %q: want %s", a.Reason, a.Field, a.Value, a.Want)
	}
	return ""
}

// first returns what became of the first record, and firstID its id; "" when the answer does not say.
func (r *receipt) first() string {
	if len(r.Answers) == 0 || r.Answers[0].Index != 0 {
		return ""
	}
	return r.Answers[0].Outcome
}

func (r *receipt) firstID() string {
	if r.first() == "" {
		return ""
	}
	return r.Answers[0].ID
}

// Errors after which sending again is no use.
var (
	// errRefused wraps the refusal of a whole request, of which nothing counts.
	errRefused = errors.New("load: a request was refused")
	// errStrange wraps an answer that no source gives.
	errStrange = errors.New("load: not the answer of a source")
)

// poster sends requests to a source. Any goroutine may use it.
type poster struct {
	client *http.Client
	url    string // with the query
	media  string
	key    string // "" sends none; it is in no error
}

// post sends a body until it is acknowledged, and counts in t. It gives up, with an error, when a wait would
// outlast run, when the request has failed too often, when ctx is done, or, with errRefused or errStrange, when
// sending it again is no use.
func (p *poster) post(ctx, run context.Context, t *posts, body []byte) (*receipt, error) {
	wait := firstWait
	for failed := 0; ; {
		res, answer, err := p.once(ctx, body) //nolint:bodyclose // once has closed it
		again := wait
		switch {
		case err != nil:
			failed++
		case res.StatusCode == http.StatusOK:
			t.count(res.StatusCode, body)
			r := &receipt{}
			if err := json.Unmarshal(answer, r); err != nil {
				return nil, fmt.Errorf("%w: %w", errStrange, err)
			}
			return r, nil
		case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
			t.count(res.StatusCode, body)
			err = errors.New(problemOf(res, answer))
			again = retryAfter(res.Header.Get("Retry-After"), wait)
		case res.StatusCode >= 500 || res.StatusCode == http.StatusRequestTimeout:
			t.count(res.StatusCode, body)
			err = errors.New(problemOf(res, answer))
			failed++
		default:
			t.count(res.StatusCode, body)
			return nil, fmt.Errorf("%w: %s", errRefused, problemOf(res, answer))
		}
		if res == nil || res.StatusCode >= 500 && res.StatusCode != http.StatusServiceUnavailable {
			t.fail(err)
		}
		if failed == maxTries || ctx.Err() != nil || !pause(run, again) {
			return nil, err
		}
		t.retries++
		wait = min(2*wait, maxWait)
	}
}

// once sends a body once. The answer is read to its end.
func (p *poster) once(ctx context.Context, body []byte) (*http.Response, []byte, error) {
	sent := &lentBody{Reader: bytes.NewReader(body), back: make(chan struct{})}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, sent)
	if err != nil {
		return nil, nil, err
	}
	req.ContentLength = int64(len(body))
	req.Header.Set("Content-Type", p.media)
	if p.key != "" {
		req.Header.Set("Authorization", "Bearer "+p.key)
	}
	res, err := p.client.Do(req)
	if err != nil {
		<-sent.back
		return nil, nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxReceipt+1))
	err = errors.Join(err, res.Body.Close())
	<-sent.back
	if err == nil && len(answer) > maxReceipt {
		err = fmt.Errorf("load: an answer of more than %d bytes", maxReceipt)
	}
	if err != nil {
		return nil, nil, err
	}
	return res, answer, nil
}

// lentBody is a body whose bytes the client may still read behind an answer, until it closes it.
type lentBody struct {
	*bytes.Reader
	back chan struct{}
	once sync.Once
}

// Close gives the bytes back.
func (b *lentBody) Close() error {
	b.once.Do(func() { close(b.back) })
	return nil
}

// retryAfter reads a Retry-After (RFC 9110 §10.2.3), other when there is none.
func retryAfter(value string, other time.Duration) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, maxWait)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(at), 0), maxWait)
	}
	return other
}

// posts is what one connection counts.
type posts struct {
	requests, changes int64 // that were tried, each once
	acked             int64 // requests
	outcomes          map[string]int64
	unanswered        int64 // changes
	retries, errors   int64
	firstError        string
	refusal           string
	bytes             int64 // of bodies, each time that one was sent
	statuses          map[int]int64
	latency           histogram // of acknowledged requests
}

func newPosts() *posts { return &posts{statuses: map[int]int64{}, outcomes: map[string]int64{}} }

// count counts an answer to a body.
func (t *posts) count(status int, body []byte) {
	t.statuses[status]++
	t.bytes += int64(len(body))
}

func (t *posts) fail(err error) {
	t.errors++
	if t.firstError == "" {
		t.firstError = err.Error()
	}
}

// settle counts what became of a request of n changes that took a time.
func (t *posts) settle(n int64, r *receipt, took time.Duration, err error) {
	t.requests++
	t.changes += n
	if err != nil {
		if errors.Is(err, errRefused) {
			t.outcomes["refused"] += n
		} else {
			t.unanswered += n
		}
		if t.firstError == "" {
			t.firstError = err.Error()
		}
		return
	}
	t.acked++
	t.latency.add(took)
	for name, k := range map[string]int64{
		"applied": r.Applied, "duplicate": r.Duplicate, "late": r.Late, "too_late": r.TooLate, "refused": r.Refused,
	} {
		if k != 0 {
			t.outcomes[name] += k
		}
	}
	// What an answer does not tell of is not taken for acknowledged.
	t.unanswered += n - r.accepted() - r.Refused
	if t.refusal == "" {
		t.refusal = r.refusal()
	}
}

// merge adds what another connection counted.
func (t *posts) merge(o *posts) {
	t.requests += o.requests
	t.changes += o.changes
	t.acked += o.acked
	t.unanswered += o.unanswered
	t.retries += o.retries
	t.errors += o.errors
	if t.firstError == "" {
		t.firstError = o.firstError
	}
	if t.refusal == "" {
		t.refusal = o.refusal
	}
	t.bytes += o.bytes
	for status, n := range o.statuses {
		t.statuses[status] += n
	}
	for name, n := range o.outcomes {
		t.outcomes[name] += n
	}
	t.latency.merge(&o.latency)
}
