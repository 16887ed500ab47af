package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// good answers as a server should.
func good(w http.ResponseWriter, r *http.Request, data []byte) {
	w.Header().Set("ETag", `"v1"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// asked is the range that a request asks for.
func asked(r *http.Request) (first, last int) {
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last); err != nil {
		panic(err)
	}
	return first, last
}

// part writes a 206 with these headers.
func part(w http.ResponseWriter, contentRange string, body []byte, pairs ...string) {
	w.Header().Set("Content-Range", contentRange)
	w.Header().Set("ETag", `"v1"`)
	for i := 0; i < len(pairs); i += 2 {
		w.Header().Set(pairs[i], pairs[i+1])
	}
	w.WriteHeader(http.StatusPartialContent)
	_, _ = w.Write(body)
}

// TestMisbehavingServers opens an archive on servers that do one thing wrong: with every answer, or
// with those after the archive was opened.
func TestMisbehavingServers(t *testing.T) {
	t.Parallel()
	data := small().bytes()
	size := strconv.Itoa(len(data))
	for _, c := range []struct {
		name  string
		want  error // when it is opened
		later error // when a tile is read
		serve func(w http.ResponseWriter, r *http.Request)
	}{
		{"ignores ranges", ErrRanges, ErrRanges, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"v1"`)
			_, _ = w.Write(data)
		}},
		{"is empty", ErrTruncated, ErrTruncated, func(http.ResponseWriter, *http.Request) {}},
		{"says 416", ErrTruncated, ErrTruncated, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestedRangeNotSatisfiable) }},
		{"says 404", ErrNotFound, ErrNotFound, func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }},
		{"says 403", ErrUnavailable, ErrUnavailable, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }},
		{"says 500", ErrUnavailable, ErrUnavailable, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }},
		{"says 204", ErrServer, ErrServer, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }},
		{"redirects in a circle", ErrUnavailable, ErrUnavailable, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/a.pmtiles", http.StatusFound)
		}},
		{"redirects to a file", ErrUnavailable, ErrUnavailable, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/hostname", http.StatusFound)
		}},
		{"has no validator", ErrRanges, ErrRanges, func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
		}},
		{"sends another range", ErrServer, ErrServer, func(w http.ResponseWriter, _ *http.Request) {
			part(w, "bytes 1-9/"+size, data[1:10])
		}},
		{"sends no Content-Range", ErrRanges, ErrRanges, func(w http.ResponseWriter, _ *http.Request) { part(w, "", data) }},
		{"sends a Content-Range of lines", ErrRanges, ErrRanges, func(w http.ResponseWriter, _ *http.Request) { part(w, "lines 0-9/10", data) }},
		{"sends a Content-Range without size", ErrRanges, ErrRanges, func(w http.ResponseWriter, _ *http.Request) { part(w, "bytes 0-9/*", data) }},
		{"sends a Content-Range beyond 64 bits", ErrRanges, ErrRanges, func(w http.ResponseWriter, _ *http.Request) {
			part(w, "bytes 0-9/99999999999999999999", data)
		}},
		{"sends a Content-Range beyond the end", ErrServer, ErrServer, func(w http.ResponseWriter, _ *http.Request) { part(w, "bytes 0-99/10", data) }},
		{"compresses ranges", ErrServer, ErrServer, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			good(w, r, data)
		}},
		{"sends more than the range", ErrServer, ErrServer, func(w http.ResponseWriter, r *http.Request) {
			first, last := asked(r)
			last = min(last, len(data)-1)
			part(w, fmt.Sprintf("bytes %d-%d/%s", first, last, size), append(data[first:last+1:last+1], "and more"...))
		}},
		{"sends more than the range, in chunks", ErrServer, ErrServer, func(w http.ResponseWriter, r *http.Request) {
			first, last := asked(r)
			last = min(last, len(data)-1)
			part(w, fmt.Sprintf("bytes %d-%d/%s", first, last, size), data[first:last+1], "Transfer-Encoding", "chunked")
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write([]byte("and more"))
		}},
		{"sends less than Content-Length", ErrTruncated, ErrTruncated, func(w http.ResponseWriter, r *http.Request) {
			first, last := asked(r)
			last = min(last, len(data)-1)
			part(w, fmt.Sprintf("bytes %d-%d/%s", first, last, size), data[first:last], "Content-Length", strconv.Itoa(last-first+1))
		}},
		{"sends less, in chunks", ErrTruncated, ErrTruncated, func(w http.ResponseWriter, r *http.Request) {
			first, last := asked(r)
			last = min(last, len(data)-1)
			part(w, fmt.Sprintf("bytes %d-%d/%s", first, last, size), data[first:last], "Transfer-Encoding", "chunked")
		}},
		{"cuts the connection", ErrUnavailable, ErrUnavailable, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"cuts the body", ErrTruncated, ErrTruncated, func(w http.ResponseWriter, r *http.Request) {
			first, last := asked(r)
			last = min(last, len(data)-1)
			part(w, fmt.Sprintf("bytes %d-%d/%s", first, last, size), data[first:first+1], "Content-Length", strconv.Itoa(last-first+1))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}},
		{"has another ETag each time", nil, ErrChanged, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"`+strconv.FormatInt(time.Now().UnixNano(), 10)+`"`)
			r.Header.Del("If-Match")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var bad atomic.Bool
			var requests atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				if bad.Load() {
					c.serve(w, r)
					return
				}
				good(w, r, data)
			}))
			t.Cleanup(server.Close)
			a := open(t, server.URL+"/a.pmtiles", Options{})
			if _, _, err := a.Tile(t.Context(), address(0)); err != nil {
				t.Fatal(err)
			}
			bad.Store(true)
			if _, _, err := a.Tile(t.Context(), address(20)); !errors.Is(err, c.later) {
				t.Errorf("later: got %v, want %v", err, c.later)
			}
			requests.Store(0)
			opened, err := Open(t.Context(), server.URL+"/a.pmtiles", Options{})
			if err == nil {
				_, _, err = opened.Tile(t.Context(), address(20))
				if closeErr := opened.Close(); closeErr != nil {
					t.Error(closeErr)
				}
			}
			want := c.want
			if want == nil {
				want = c.later
			}
			if !errors.Is(err, want) || Broken(err) && !errors.Is(err, ErrTruncated) {
				t.Errorf("at once: got %v, want %v", err, want)
			}
			if n := requests.Load(); n > 8 {
				t.Errorf("it took %d requests", n)
			}
		})
	}
}

// TestLastModified reads from a server without ETag.
func TestLastModified(t *testing.T) {
	t.Parallel()
	var at atomic.Int64
	at.Store(1_700_000_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `W/"weak"`)
		http.ServeContent(w, r, "", time.Unix(at.Load(), 0), bytes.NewReader(small().bytes()))
	}))
	t.Cleanup(server.Close)
	a := open(t, server.URL+"/a.pmtiles", Options{})
	wantTiles(t, a)
	raw, err := a.Raw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at.Add(10)
	if err := raw.ReadAt(t.Context(), make([]byte, 9), 0); !errors.Is(err, ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
	wantTiles(t, a)
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := Open(t.Context(), server.URL+"/a.pmtiles?signature=secret", Options{})
	if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want ErrUnavailable without the query", err)
	}
}

// stalling is a transport whose answers stall: before the headers, or within the body after some bytes.
type stalling struct {
	data     []byte
	body     bool
	requests int
}

func (s *stalling) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests++
	if !s.body {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	n := min(PrefixBytes, len(s.data))
	return &http.Response{
		StatusCode: http.StatusPartialContent, ContentLength: int64(n), Request: r,
		Header: http.Header{
			"Content-Range": {fmt.Sprintf("bytes 0-%d/%d", n-1, len(s.data))}, "Etag": {`"v1"`},
		},
		Body: &stalledBody{r.Context(), bytes.NewReader(s.data[:10])},
	}, nil
}

// stalledBody gives what r has and then nothing, until its request is over.
type stalledBody struct {
	ctx context.Context
	r   io.Reader
}

func (b *stalledBody) Read(p []byte) (int, error) {
	if n, err := b.r.Read(p); err == nil {
		return n, nil
	}
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (b *stalledBody) Close() error { return nil }

// TestStalls lets time pass until a read gives up, and until a failure is forgotten.
func TestStalls(t *testing.T) {
	t.Parallel()
	for _, body := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			server := &stalling{data: small().bytes(), body: body}
			a := behind(t, server, Options{Timeout: 3 * time.Second})
			start := time.Now()
			if err := a.Load(t.Context()); !errors.Is(err, ErrStalled) || time.Since(start) != 3*time.Second {
				t.Errorf("body %v: got %v after %v, want ErrStalled after 3 s", body, err, time.Since(start))
			}
			if err := a.Load(t.Context()); !errors.Is(err, ErrStalled) || server.requests != 1 {
				t.Errorf("at once: got %v and %d requests, want the last failure", err, server.requests)
			}
			for i, backoff := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
				time.Sleep(backoff * time.Second)
				if err := a.Load(t.Context()); !errors.Is(err, ErrStalled) || server.requests != i+2 {
					t.Errorf("after %d s: got %v and %d requests, want another", backoff, err, server.requests)
				}
			}
			// A caller who goes away is no failure of the server, and takes no turn from others.
			time.Sleep(time.Minute)
			ctx, cancel := context.WithCancel(t.Context())
			left := make(chan error, 1)
			go func() { left <- a.Load(ctx) }()
			synctest.Wait()
			waits := make(chan error, 1)
			go func() { waits <- a.Load(t.Context()) }()
			synctest.Wait()
			cancel()
			if err := <-left; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
			if err := <-waits; !errors.Is(err, ErrStalled) {
				t.Errorf("the other got %v, want its own ErrStalled", err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRevalidate lets the time pass after which a server is asked whether its version is current.
func TestRevalidate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &inProcess{data: small().bytes()}
		a := behind(t, server, Options{Revalidate: time.Minute})
		for range 3 {
			if _, err := a.Info(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		opened := server.requests
		time.Sleep(61 * time.Second)
		for range 3 {
			if _, err := a.Info(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if server.requests != opened+1 {
			t.Errorf("got %d requests, want one to ask", server.requests-opened)
		}
		newer := small()
		newer.metadata = newer.metadata[:0]
		server.data = newer.bytes()
		time.Sleep(61 * time.Second)
		if _, err := a.Info(t.Context()); !errors.Is(err, ErrBounds) {
			t.Errorf("got %v, want the fault of the new version", err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
}

// behind returns the archive that a transport serves. It opens nothing.
func behind(t testing.TB, server http.RoundTripper, o Options) *Archive {
	t.Helper()
	location, err := ParseLocation("https://map.example/a.pmtiles")
	if err != nil {
		t.Fatal(err)
	}
	o.Transport = server
	return New(location, o)
}

// inProcess is a transport that serves data without a network.
type inProcess struct {
	data     []byte
	requests int
}

func (s *inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests++
	w := httptest.NewRecorder()
	w.Header().Set("ETag", fmt.Sprintf(`"%d"`, checksum(s.data)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.data))
	return w.Result(), nil
}

// TestCancel goes away during a read of a leaf directory that another caller waits for.
func TestCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &holding{inProcess: inProcess{data: small().bytes()}}
		a := behind(t, server, Options{})
		if err := a.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		server.hold = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		results := make(chan error, 2)
		for _, c := range []context.Context{ctx, t.Context()} {
			go func() {
				_, _, err := a.Tile(c, address(20))
				results <- err
			}()
			synctest.Wait()
		}
		cancel()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("the first: got %v, want context.Canceled", err)
		}
		synctest.Wait()
		close(server.hold)
		if err := <-results; err != nil {
			t.Errorf("the second: got %v, want its tile", err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
}

// holding holds requests back while hold is open.
type holding struct {
	inProcess
	hold chan struct{}
}

func (s *holding) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.hold != nil {
		select {
		case <-s.hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return s.inProcess.RoundTrip(r)
}
