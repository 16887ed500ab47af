package load

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of one stream.
const (
	streamBuffer = 512              // bytes that are read of it at once
	maxHead      = 64 << 10         // bytes of the head of an answer, and of one that is no stream
	openTimeout  = 15 * time.Second // for a connection and the head of an answer
	// silence is how long a stream may say nothing: three heartbeats.
	silence      = 45 * time.Second
	firstRetry   = time.Second // before a stream that says nothing else is opened again
	longestRetry = 30 * time.Second
)

// streams are what all streams of a run share. Its counts may be read at any time.
type streams struct {
	url     *url.URL
	opening chan struct{} // has room for those that are opened at once

	open       atomic.Int64 // now
	reached    atomic.Int64 // clients that were open at least once
	events     atomic.Int64 // change events
	resets     atomic.Int64
	heartbeats atomic.Int64
	reconnects atomic.Int64
	refused    atomic.Int64 // answers other than 200
	bytes      atomic.Int64

	mu         sync.Mutex
	firstError string // by mu
}

// newStreams returns the streams of some layers of a server, of which atOnce are opened at a time.
func newStreams(server string, layers []string, atOnce int) (*streams, error) {
	u, err := url.Parse(below(server, "live"))
	if err != nil {
		return nil, err
	}
	u.RawQuery = "layers=" + url.QueryEscape(strings.Join(layers, ","))
	return &streams{url: u, opening: make(chan struct{}, atOnce)}, nil
}

func (s *streams) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.firstError == "" {
		s.firstError = err.Error()
	}
}

// follow keeps one stream open until ctx is done, and calls on with each event. keep keeps their data. A stream
// that ends is opened again with the id of the last event, after the time that the server asks for.
func (s *streams) follow(ctx context.Context, keep bool, on func(event)) {
	e := &events{keep: keep}
	reached, wait := false, firstRetry
	opened := func() {
		if !reached {
			reached = true
			s.reached.Add(1)
		}
		wait = firstRetry
	}
	for ctx.Err() == nil {
		told, err := s.once(ctx, e, opened, on)
		if ctx.Err() != nil {
			return
		}
		s.fail(err)
		d := max(wait, e.retry)
		if told > 0 {
			d = told
		}
		wait = min(2*wait, longestRetry)
		if !pause(ctx, d/2+rand.N(d/2+1)) {
			return
		}
		s.reconnects.Add(1)
	}
}

// once opens a stream and reads it to its end, which is an error. told is the Retry-After of an answer that
// is no stream.
func (s *streams) once(ctx context.Context, e *events, opened func(), on func(event)) (told time.Duration, err error) {
	select {
	case s.opening <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	connection, body, told, err := s.enter(ctx, e.lastID)
	<-s.opening
	if err != nil {
		return told, err
	}
	defer context.AfterFunc(ctx, func() { _ = connection.Close() })()
	defer func() { _ = connection.Close() }()
	opened()
	s.open.Add(1)
	defer s.open.Add(-1)
	e.again()
	buf := make([]byte, streamBuffer)
	count := func(ev event) {
		switch ev.kind {
		case kindChange:
			s.events.Add(1)
		case kindReset:
			s.resets.Add(1)
		}
		on(ev)
	}
	for {
		if err := connection.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return 0, err
		}
		n, err := body.Read(buf)
		s.bytes.Add(int64(n))
		before := e.heartbeats
		e.feed(buf[:n], count)
		s.heartbeats.Add(e.heartbeats - before)
		if err != nil {
			return 0, fmt.Errorf("load: the stream ended: %w", err)
		}
	}
}

// enter opens a stream: a connection of its own, because an http.Client's has two goroutines and 8 kB of buffers.
func (s *streams) enter(ctx context.Context, lastID string) (c net.Conn, body io.Reader, told time.Duration, err error) {
	dialer := &net.Dialer{Timeout: openTimeout}
	host := s.url.Host
	if s.url.Port() == "" {
		host = net.JoinHostPort(s.url.Hostname(), s.url.Scheme)
	}
	if s.url.Scheme == "https" {
		c, err = (&tls.Dialer{NetDialer: dialer, Config: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}}).DialContext(ctx, "tcp", host)
	} else {
		c, err = dialer.DialContext(ctx, "tcp", host)
	}
	if err != nil {
		return nil, nil, 0, fmt.Errorf("load: %w", err)
	}
	if body, told, err = s.ask(c, lastID); err != nil {
		_ = c.Close() // err says more
		return nil, nil, told, err
	}
	return c, body, 0, nil
}

// ask asks for the stream on a connection, and returns what follows the head of the answer.
func (s *streams) ask(c net.Conn, lastID string) (body io.Reader, told time.Duration, err error) {
	if err := c.SetDeadline(time.Now().Add(openTimeout)); err != nil {
		return nil, 0, err
	}
	head := "GET " + s.url.RequestURI() + " HTTP/1.1\r\nHost: " + s.url.Host + "\r\nAccept: text/event-stream\r\n"
	if lastID != "" { // a line of a stream, so there is no end of a line in it
		head += "Last-Event-ID: " + lastID + "\r\n"
	}
	if _, err := io.WriteString(c, head+"\r\n"); err != nil {
		return nil, 0, fmt.Errorf("load: %w", err)
	}
	bounded := &boundedReader{c, maxHead}
	res, err := http.ReadResponse(bufio.NewReaderSize(bounded, streamBuffer), nil) //nolint:bodyclose // the connection is closed
	if err != nil {
		return nil, 0, fmt.Errorf("load: %s: %w", s.url, err)
	}
	if res.StatusCode != http.StatusOK {
		s.refused.Add(1)
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10)) //nolint:errcheck // what there is says enough
		return nil, retryAfter(res.Header.Get("Retry-After"), 0), errors.New("load: " + s.url.String() + " answers " + problemOf(res, text))
	}
	if kind := res.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		return nil, 0, fmt.Errorf("load: %s is a %.60q, no stream of events", s.url, kind)
	}
	bounded.left = math.MaxInt64
	return res.Body, 0, c.SetDeadline(time.Time{})
}

// boundedReader reads no more than so many bytes.
type boundedReader struct {
	r    io.Reader
	left int64
}

// Read reads; the error at the bound says so.
func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("load: the head of an answer has more than %d bytes", maxHead)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
