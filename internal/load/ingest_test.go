package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hutong/internal/testkit"
)

// transport answers requests without a network, so that time can be that of a bubble.
type transport func(r *http.Request) (status int, header http.Header, body string, err error)

// RoundTrip answers r.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header, body, err := t(r)
	if r.Body != nil {
		_ = r.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// source is a source that takes NDJSON and counts the records that it has acknowledged.
type source struct {
	mu       sync.Mutex
	requests int
	took     time.Duration // of each request
	records  int           // acknowledged
	// before may answer in the source's place; status 0 leaves it to the source.
	before func(request int) (status int, header http.Header, body string, err error)
}

func (s *source) answer(r *http.Request) (int, http.Header, string, error) {
	if r.URL.Path == "/metrics" {
		s.mu.Lock()
		defer s.mu.Unlock()
		return http.StatusOK, nil, fmt.Sprintf("process_cpu_seconds_total %g\n", 1+float64(s.records)*0.002), nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, nil, "", err
	}
	if r.URL.Path != "/ingest/desk" || r.Header.Get("Authorization") != "Bearer hk_x" || r.Header.Get("Content-Type") != "application/x-ndjson" {
		return http.StatusUnauthorized, nil, `{"title": "A key is needed"}`, nil
	}
	if !pause(r.Context(), s.took) {
		return 0, nil, "", r.Context().Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if s.before != nil {
		if status, header, body, err := s.before(s.requests); status != 0 || err != nil {
			return status, header, body, err
		}
	}
	n := 0
	for lines := bufio.NewScanner(bytes.NewReader(body)); lines.Scan(); {
		n++
	}
	s.records += n
	return http.StatusOK, nil, fmt.Sprintf(`{"seq": %d, "records": %d, "applied": %d, "duplicate": 1, "late": 0, "too_late": 0, "refused": 0}`, s.requests, n, n-1), nil
}

// someIngest are valid options.
func someIngest() IngestOptions {
	return IngestOptions{Server: "http://localhost/", Source: "desk", Key: "hk_x", Changes: someChanges(), Batch: 10, Connections: 2, Count: 100}
}

// ingest runs o against s in a bubble.
func ingest(t *testing.T, s *source, o *IngestOptions, check func(r *IngestResult, took time.Duration)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r, err := Ingest(t.Context(), &http.Client{Transport: transport(s.answer)}, *o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Sent != r.Acknowledged+r.Refused+r.Unanswered {
			t.Errorf("got %+v: sent is not acknowledged, refused and unanswered", r)
		}
		check(r, time.Since(start))
	})
}

func TestIngest(t *testing.T) {
	t.Parallel()
	s := &source{took: 20 * time.Millisecond}
	o := someIngest()
	ingest(t, s, &o, func(r *IngestResult, took time.Duration) {
		if r.Acknowledged != 100 || s.records != 100 || r.Requests != 10 || r.Outcomes["applied"] != 90 || r.Outcomes["duplicate"] != 10 || r.Statuses["200"] != 10 {
			t.Errorf("got %+v, want 100 changes in 10 requests", r)
		}
		if took != 100*time.Millisecond || r.PerSecond != 1000 || r.Latency.P50 != 20 || r.Latency.Count != 10 {
			t.Errorf("got %+v in %v, want requests of 20 ms", r, took)
		}
		if r.ServerCPU == nil || *r.ServerCPU < 1.999 || *r.ServerCPU > 2.001 || r.Bytes == 0 {
			t.Errorf("got %+v, want 2 ms of the server's for each change", r)
		}
	})
}

// TestIngestIsAnOpenLoop stops the server once: everything that was due meanwhile counts from then.
func TestIngestIsAnOpenLoop(t *testing.T) {
	t.Parallel()
	s := &source{}
	s.before = func(request int) (int, http.Header, string, error) {
		if request == 1 {
			s.mu.Unlock()
			time.Sleep(2 * time.Second) // in a bubble
			s.mu.Lock()
		}
		return 0, nil, "", nil
	}
	o := someIngest()
	o.Rate, o.Batch, o.Count, o.Duration, o.Connections = 10, 1, 0, 3*time.Second, 1
	ingest(t, s, &o, func(r *IngestResult, _ time.Duration) {
		// Requests were due each 100 ms: the first took 2 s, the next one 1.9 s, and so on, and the last ten no time.
		if r.Requests != 30 || r.Latency.Max != 2000 || r.Latency.P50 < 499 || r.Latency.P50 > 510 || r.Missed != 0 {
			t.Errorf("got %+v, want waits from when requests were due", r)
		}
	})
	s = &source{took: time.Second}
	o.Rate, o.Batch, o.Duration = 40, 10, 3*time.Second
	ingest(t, s, &o, func(r *IngestResult, _ time.Duration) {
		if r.Acknowledged != 30 || r.Missed != 90 {
			t.Errorf("got %d acknowledged and %d missed, want 30 and 90 of 120", r.Acknowledged, r.Missed)
		}
	})
}

// TestIngestComesBack: 429 and 503 are sent again when the server says so, failures a little later.
func TestIngestComesBack(t *testing.T) {
	t.Parallel()
	s := &source{before: func(request int) (int, http.Header, string, error) {
		switch request {
		case 1:
			return http.StatusTooManyRequests, http.Header{"Retry-After": {"3"}}, "", nil
		case 2:
			return http.StatusServiceUnavailable, http.Header{"Retry-After": {"2"}}, `{"title": "Busy"}`, nil
		case 3:
			return 0, nil, "", errors.New("cut off")
		case 4:
			return http.StatusInternalServerError, nil, "", nil
		}
		return 0, nil, "", nil
	}}
	o := someIngest()
	o.Count, o.Connections = 20, 1
	ingest(t, s, &o, func(r *IngestResult, took time.Duration) {
		want := 3*time.Second + 2*time.Second + 400*time.Millisecond + 800*time.Millisecond
		if r.Acknowledged != 20 || s.records != 20 || r.Retries != 4 || r.Errors != 2 || took != want {
			t.Errorf("got %+v in %v, want 20 changes after %v", r, took, want)
		}
		if r.Statuses["429"] != 1 || r.Statuses["503"] != 1 || r.Statuses["500"] != 1 || !strings.Contains(r.FirstError, "cut off") {
			t.Errorf("got %+v", r)
		}
	})
}

// TestIngestGivesUp: nothing is lost without being counted.
func TestIngestGivesUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                string
		answer              func(int) (int, http.Header, string, error)
		change              func(*IngestOptions)
		refused, unanswered int64
		requests            int
		says                string
	}{
		{
			"a refusal of all", func(int) (int, http.Header, string, error) {
				return http.StatusForbidden, nil, `{"title": "No", "detail": "Another key."}`, nil
			}, func(*IngestOptions) {}, 10, 0, 1, "403: No: Another key.",
		},
		{
			"another server", func(int) (int, http.Header, string, error) { return http.StatusOK, nil, "<html>", nil },
			func(*IngestOptions) {}, 0, 10, 1, "not the answer of a source",
		},
		{
			"no server", func(int) (int, http.Header, string, error) { return 0, nil, "", errors.New("nobody there") },
			func(o *IngestOptions) { o.Count = 10 }, 0, 10, maxTries, "nobody there",
		},
		{
			"busy to the end", func(int) (int, http.Header, string, error) {
				return http.StatusServiceUnavailable, http.Header{"Retry-After": {"7"}}, "", nil
			}, func(o *IngestOptions) { o.Count, o.Duration = 0, 10*time.Second }, 0, 10, 2, "503",
		},
		{
			"records that are refused", func(int) (int, http.Header, string, error) {
				return http.StatusOK, nil, `{"applied": 7, "refused": 3, "answers": [{"index": 4, "outcome": "refused", "reason": "type", "field": "v", "value": "x", "want": "a number"}]}`, nil
			}, func(o *IngestOptions) { o.Count = 10 }, 3, 0, 1, `type: field "v", value "x": want a number`,
		},
		{
			"an answer that leaves records out", func(int) (int, http.Header, string, error) { return http.StatusOK, nil, `{"applied": 7}`, nil },
			func(o *IngestOptions) { o.Count = 10 }, 0, 3, 1, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &source{before: c.answer}
			o := someIngest()
			o.Connections = 1
			c.change(&o)
			ingest(t, s, &o, func(r *IngestResult, _ time.Duration) {
				if r.Refused != c.refused || r.Unanswered != c.unanswered || s.requests != c.requests || !strings.Contains(r.FirstError+r.Refusal, c.says) {
					t.Errorf("got %+v after %d requests, want %d refused, %d unanswered, %d requests and %q", r, s.requests, c.refused, c.unanswered, c.requests, c.says)
				}
				if strings.Contains(fmt.Sprint(r), "hk_x") {
					t.Error("the key is in the result")
				}
			})
		})
	}
}

// TestIngestIsStopped: what is under way is waited for, but not for ever.
func TestIngestIsStopped(t *testing.T) {
	t.Parallel()
	for took, acknowledged := range map[time.Duration]int64{2 * time.Second: 20, time.Hour: 0} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			s := &source{took: took}
			o := someIngest()
			start := time.Now()
			r, err := Ingest(ctx, &http.Client{Transport: transport(s.answer)}, o)
			if err != nil {
				t.Fatal(err)
			}
			if !r.Stopped || r.Acknowledged != acknowledged || r.Unanswered != 20-acknowledged || time.Since(start) > time.Second+settleTime {
				t.Errorf("got %+v in %v, want %d acknowledged of 20", r, time.Since(start), acknowledged)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(4 * time.Second).UTC().Format(http.TimeFormat)
		for value, want := range map[string]time.Duration{"": 9, "0": 0, "3": 3 * time.Second, "99999": maxWait, "x": 9, "-1": 9, at: 4 * time.Second} {
			if got := retryAfter(value, 9); got != want {
				t.Errorf("%q: got %v, want %v", value, got, want)
			}
		}
	})
}

func TestIngestOptions(t *testing.T) {
	t.Parallel()
	o := IngestOptions{Server: "http://localhost/?x", Batch: 0, Connections: MaxConnections + 1, Rate: -1}
	err := o.Validate()
	for _, want := range []string{"URL of a server", "source", "batch of 0", "connections", "number of changes", "rate", "format"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q too", err, want)
		}
	}
}

func TestWriteIngest(t *testing.T) {
	t.Parallel()
	cpu := 0.0053
	r := IngestResult{
		Sent: 5000, Acknowledged: 4000, Refused: 2, Unanswered: 998, Requests: 4, Missed: 1000, Stopped: true, Seconds: 2, PerSecond: 2000, RequestsPerSecond: 2,
		Latency: Latency{4, 1.5, 2.25, 3, 4}, Outcomes: map[string]int64{"applied": 3990, "late": 10, "refused": 2}, Statuses: map[string]int64{"200": 4, "503": 1},
		Bytes: 1_000_000, Retries: 2, Errors: 1, FirstError: "connection refused", Refusal: `type: field "v", value "x": want a number`, ServerCPU: &cpu,
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n")
	if err := (&IngestResult{Acknowledged: 1, Sent: 1}).Write(&b); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "ingest.txt", b.String())
}
