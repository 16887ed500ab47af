package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// maxRedirects is how often a server may send a request on.
const maxRedirects = 3

// newTransport returns a transport whose every step is bounded. It uses no proxy: where an archive
// lies is what the config says.
func newTransport(timeout time.Duration) *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: timeout}).DialContext,
		TLSHandshakeTimeout:    timeout,
		ResponseHeaderTimeout:  timeout,
		MaxConnsPerHost:        32,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // a range of a compressed answer is no range of the archive
		ForceAttemptHTTP2:      true,
	}
}

// remote is one version of an archive on a web server (RFC 9110 §14). Each request asks for it by its
// validator, and each answer is checked to be what was asked for.
type remote struct {
	url      string
	client   *http.Client
	opts     Options
	bytes    int64
	etag     string       // a strong one, or ""
	modified string       // Last-Modified; counts when there is no etag
	settled  bool         // the second of modified was over when the server sent it
	checked  atomic.Int64 // when the server last confirmed this version, in ns since 1970
}

var _ source = (*remote)(nil)

// openHTTP asks for the first bytes and learns the version from the answer.
func openHTTP(ctx context.Context, place string, transport http.RoundTripper, o Options) (source, []byte, error) {
	s := &remote{url: place, opts: o, client: &http.Client{Transport: transport, CheckRedirect: checkRedirect}}
	prefix := make([]byte, PrefixBytes)
	n, err := s.request(ctx, prefix, 0, func(r *http.Response) (int, error) {
		span, err := parseContentRange(r)
		if err != nil {
			return 0, err
		}
		want := min(PrefixBytes, span.size)
		if span.first != 0 || span.last != want-1 {
			return 0, fmt.Errorf("%w: bytes %d to %d of %d came instead of the first %d", ErrServer, span.first, span.last, span.size, PrefixBytes)
		}
		s.bytes = span.size
		if s.etag = r.Header.Get("ETag"); !strings.HasPrefix(s.etag, `"`) {
			s.etag = "" // a weak one does not tell one range's bytes from another's
		}
		if s.modified = r.Header.Get("Last-Modified"); s.etag == "" && s.modified == "" {
			return 0, fmt.Errorf("%w: it sends neither a strong ETag nor Last-Modified", ErrRanges)
		}
		s.settled = settled(r.Header)
		return int(want), nil
	})
	if err != nil {
		return nil, nil, err
	}
	return s, prefix[:n], nil
}

// checkRedirect follows a few redirects, none of which leaves TLS.
func checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	if s := r.URL.Scheme; s != "https" && (s != "http" || via[0].URL.Scheme == "https") {
		return errors.New("a redirect away from https")
	}
	return nil
}

func (s *remote) size() int64 { return s.bytes }

func (s *remote) identity() string {
	if s.etag != "" {
		return s.etag
	}
	return s.modified
}

func (s *remote) strong() bool { return s.etag != "" || s.settled }

// settled reports whether an answer was made in a later second than what it holds: then no other version has
// its Last-Modified (RFC 9110 §8.8.2.2). Both are times of the server's clock.
func settled(h http.Header) bool {
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil {
		return false
	}
	sent, err := http.ParseTime(h.Get("Date"))
	return err == nil && sent.After(modified)
}

func (s *remote) readAt(ctx context.Context, p []byte, off int64) error {
	if len(p) == 0 {
		return nil
	}
	_, err := s.request(ctx, p, off, func(r *http.Response) (int, error) {
		span, err := parseContentRange(r)
		switch etag := r.Header.Get("ETag"); {
		case err != nil:
			return 0, err
		case s.etag != "" && etag == "" || s.etag == "" && r.Header.Get("Last-Modified") == "":
			return 0, fmt.Errorf("%w: it no longer says of which version a range is", ErrServer)
		case s.etag != "" && etag != s.etag, s.etag == "" && r.Header.Get("Last-Modified") != s.modified, span.size != s.bytes:
			return 0, fmt.Errorf("%w: the server has a newer version", ErrChanged)
		case span.first != off || span.last != off+int64(len(p))-1:
			return 0, fmt.Errorf("%w: bytes %d to %d came instead of %d to %d", ErrServer, span.first, span.last, off, off+int64(len(p))-1)
		}
		return len(p), nil
	})
	return err
}

// check asks the server for a byte when it has confirmed the version too long ago. Of callers that
// come at once one asks.
func (s *remote) check(ctx context.Context) error {
	last := s.checked.Load()
	now := time.Now()
	if now.Sub(time.Unix(0, last)) < s.opts.Revalidate || !s.checked.CompareAndSwap(last, now.UnixNano()) {
		return nil
	}
	err := s.readAt(ctx, make([]byte, 1), 0)
	if err != nil {
		s.checked.Store(last)
	}
	return err
}

func (s *remote) close() error { return nil }

// request asks for len(p) bytes at off. accept judges a 206 by its headers and says how many bytes
// have to come; they are read into p, and there may be no more.
func (s *remote) request(ctx context.Context, p []byte, off int64, accept func(*http.Response) (int, error)) (int, error) {
	caller := ctx
	ctx, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, ErrStalled)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrLocation, err)
	}
	r.Header.Set("Range", "bytes="+strconv.FormatInt(off, 10)+"-"+strconv.FormatInt(off+int64(len(p))-1, 10))
	switch {
	case s.etag != "":
		r.Header.Set("If-Match", s.etag)
	case s.modified != "":
		r.Header.Set("If-Unmodified-Since", s.modified)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, networkError(caller, ctx, err)
	}
	defer answer.Body.Close()
	if err := s.checkStatus(answer); err != nil {
		return 0, err
	}
	n, err := accept(answer)
	if err != nil {
		return 0, err
	}
	if err := readExactly(answer, p[:n]); err != nil {
		if errors.Is(err, ErrServer) || errors.Is(err, ErrTruncated) {
			return 0, err
		}
		return 0, networkError(caller, ctx, err)
	}
	s.checked.Store(time.Now().UnixNano())
	return n, nil
}

// checkStatus returns nil for a part of the archive as it is.
func (s *remote) checkStatus(r *http.Response) error {
	known := s.bytes > 0
	switch status := r.StatusCode; {
	case status == http.StatusPartialContent:
		if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
			return fmt.Errorf("%w: a range of something encoded as %.20q", ErrServer, coding)
		}
		return nil
	case status == http.StatusOK && r.ContentLength == 0, status == http.StatusRequestedRangeNotSatisfiable && !known:
		return fmt.Errorf("%w: the server has no byte of it", ErrTruncated)
	case status == http.StatusOK:
		return fmt.Errorf("%w: it answers a range with the whole", ErrRanges)
	case known && (status == http.StatusPreconditionFailed || status == http.StatusRequestedRangeNotSatisfiable ||
		status == http.StatusNotFound || status == http.StatusGone):
		return fmt.Errorf("%w: the server answers %d", ErrChanged, status)
	case status == http.StatusNotFound || status == http.StatusGone:
		return fmt.Errorf("%w: the server answers %d", ErrNotFound, status)
	case status >= http.StatusBadRequest:
		return fmt.Errorf("%w: the server answers %d", ErrUnavailable, status)
	default:
		return fmt.Errorf("%w: status %d to a range", ErrServer, status)
	}
}

// readExactly fills p from the answer's body, which must hold no more and no less.
func readExactly(r *http.Response, p []byte) error {
	if r.ContentLength >= 0 && r.ContentLength != int64(len(p)) {
		return fmt.Errorf("%w: Content-Length %d for a range of %d bytes", ErrServer, r.ContentLength, len(p))
	}
	n, err := io.ReadFull(r.Body, p)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the server sent %d of %d bytes", ErrTruncated, n, len(p))
	}
	if err != nil {
		return err
	}
	if more, _ := r.Body.Read(make([]byte, 1)); more > 0 {
		return fmt.Errorf("%w: more than the %d bytes of the range", ErrServer, len(p))
	}
	return nil
}

// contentRange is where an answer's bytes lie in the archive.
type contentRange struct{ first, last, size int64 }

// parseContentRange reads the header Content-Range of one part (RFC 9110 §14.4).
func parseContentRange(r *http.Response) (contentRange, error) {
	var c contentRange
	value := r.Header.Get("Content-Range")
	span, size, ok := strings.Cut(strings.TrimPrefix(value, "bytes "), "/")
	first, last, okSpan := strings.Cut(span, "-")
	if !ok || !okSpan || !strings.HasPrefix(value, "bytes ") {
		return c, fmt.Errorf("%w: Content-Range %.60q", ErrRanges, value)
	}
	for _, part := range []struct {
		text string
		to   *int64
	}{{first, &c.first}, {last, &c.last}, {size, &c.size}} {
		v, err := strconv.ParseUint(part.text, 10, 63)
		if err != nil {
			return c, fmt.Errorf("%w: Content-Range %.60q", ErrRanges, value)
		}
		*part.to = int64(v)
	}
	if c.first > c.last || c.last >= c.size {
		return c, fmt.Errorf("%w: Content-Range %.60q", ErrServer, value)
	}
	return c, nil
}

// networkError says in this package's terms why no answer came. ctx is caller with our timeout.
func networkError(caller, ctx context.Context, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // without the URL, whose query may hold a signature
	}
	var timeout net.Error
	switch {
	case caller.Err() != nil:
		return caller.Err()
	case errors.Is(context.Cause(ctx), ErrStalled), errors.As(err, &timeout) && timeout.Timeout():
		return ErrStalled
	default:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
}
