package archive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"hutong/api"
	"hutong/tiles/archive"
)

// Bounds of raw answers.
const (
	// chunkBytes is what is read and written at once.
	chunkBytes = 256 << 10
	// chunkTimeout is how long a client may take to read one chunk; the server's own timeout would cut
	// off any large archive.
	chunkTimeout = 30 * time.Second
)

// contentType is the registered type of PMTiles.
const contentType = "application/vnd.pmtiles"

// boundary separates the parts of an answer to several ranges. It need not be unlikely: part lengths
// are known, and Content-Length says where the end is.
const boundary = "hutong-archive-part"

// chunks holds buffers of chunkBytes.
var chunks = sync.Pool{New: func() any { b := make([]byte, chunkBytes); return &b }}

// segment is what goes out one after another: a text, then bytes of the archive.
type segment struct {
	before string
	span
}

// plan is an answer before its first byte.
type plan struct {
	status       int
	contentType  string
	contentRange string
	segments     []segment
	after        string
}

// planOf returns the answer with these parts of size bytes; none are the whole.
func planOf(spans []span, size int64) plan {
	switch len(spans) {
	case 0:
		return plan{status: http.StatusOK, contentType: contentType, segments: []segment{{span: span{0, size}}}}
	case 1:
		return plan{
			status: http.StatusPartialContent, contentType: contentType, contentRange: spans[0].contentRange(size),
			segments: []segment{{span: spans[0]}},
		}
	}
	p := plan{status: http.StatusPartialContent, contentType: "multipart/byteranges; boundary=" + boundary, after: "\r\n--" + boundary + "--\r\n"}
	for i, s := range spans {
		before := "--" + boundary + "\r\nContent-Type: " + contentType + "\r\nContent-Range: " + s.contentRange(size) + "\r\n\r\n"
		if i > 0 {
			before = "\r\n" + before
		}
		p.segments = append(p.segments, segment{before, s})
	}
	return p
}

// length is the size of the whole body.
func (p *plan) length() int64 {
	n := int64(len(p.after))
	for _, s := range p.segments {
		n += int64(len(s.before)) + s.length
	}
	return n
}

// raw answers with the archive's bytes. When the archive is replaced before the first byte went out
// the answer is made anew; after that the connection is cut.
func (s *Archives) raw(w http.ResponseWriter, r *http.Request, e *served) {
	var err error
	for range 2 {
		var bytes *archive.Raw
		if bytes, err = e.Archive.Raw(r.Context()); err != nil {
			break
		}
		if err = s.version(w, r, e, bytes); !errors.Is(err, archive.ErrChanged) {
			break
		}
	}
	if err != nil {
		s.fail(w, r, e, err)
	}
}

// version answers with bytes of one version. An error means that nothing was answered.
func (s *Archives) version(w http.ResponseWriter, r *http.Request, e *served, bytes *archive.Raw) error {
	h := w.Header()
	h.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Range, ETag, Retry-After")
	switch evaluate(r.Header, bytes.Tag()) {
	case failed:
		api.Refuse(w, r, api.CodePrecondition, "The archive is of another version than If-Match names.")
		return nil
	case notModified:
		describeRaw(h, bytes)
		w.WriteHeader(http.StatusNotModified)
		return nil
	case proceed:
	}
	var spans []span
	if r.Method == http.MethodGet && rangeApplies(r.Header, bytes.Tag()) { // a range means nothing to HEAD
		var unsatisfied string
		if spans, unsatisfied = parseRange(r.Header.Get("Range"), bytes.Size()); unsatisfied != "" {
			h.Set("Accept-Ranges", "bytes")
			h.Set("Content-Range", fmt.Sprintf("bytes */%d", bytes.Size()))
			api.Refuse(w, r, api.CodeRangeInvalid, unsatisfied)
			return nil
		}
	}
	p := planOf(spans, bytes.Size())
	if r.Method == http.MethodHead {
		p.header(h, bytes)
		w.WriteHeader(p.status)
		return nil
	}
	if !e.streams.Enter(r.Context()) {
		busy(w, r)
		return nil
	}
	defer e.streams.Leave()
	chunk, ok := chunks.Get().(*[]byte)
	if !ok {
		return errors.New("archive: the pool holds something else")
	}
	defer chunks.Put(chunk)
	out := &stream{w: w, control: http.NewResponseController(w), chunk: *chunk, bytes: bytes}
	if err := out.read(r.Context(), p.segments[0].span); err != nil {
		return err
	}
	p.header(h, bytes)
	w.WriteHeader(p.status)
	if err := out.send(r.Context(), &p); err != nil {
		if r.Context().Err() == nil && archive.Kind(err) != "" {
			s.note(e, err)
		}
		panic(http.ErrAbortHandler) // so that the client does not take a part for the whole
	}
	s.works(e)
	return nil
}

// describeRaw sets the headers that every answer about bytes has.
func describeRaw(h http.Header, bytes *archive.Raw) {
	h.Set("Accept-Ranges", "bytes")
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", bytes.Tag())
}

func (p *plan) header(h http.Header, bytes *archive.Raw) {
	describeRaw(h, bytes)
	h.Set("Content-Type", p.contentType)
	if p.contentRange != "" {
		h.Set("Content-Range", p.contentRange)
	}
	h.Set("Content-Length", strconv.FormatInt(p.length(), 10))
}

// stream copies parts of an archive to a client, a chunk at a time.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	chunk   []byte
	bytes   *archive.Raw
	have    int // bytes in chunk that were read and not yet written
}

// read fills the chunk with the first bytes of s.
func (o *stream) read(ctx context.Context, s span) error {
	o.have = int(min(s.length, int64(len(o.chunk))))
	return o.bytes.ReadAt(ctx, o.chunk[:o.have], s.first)
}

// send writes all segments; the first chunk of the first was read. The error is of the archive, or of
// the connection.
func (o *stream) send(ctx context.Context, p *plan) error {
	for i, s := range p.segments {
		if err := o.write([]byte(s.before)); err != nil {
			return err
		}
		for rest := s.span; rest.length > 0; {
			if i > 0 || rest != s.span {
				if err := o.read(ctx, rest); err != nil {
					return err
				}
			}
			if err := o.write(o.chunk[:o.have]); err != nil {
				return err
			}
			rest.first += int64(o.have)
			rest.length -= int64(o.have)
		}
	}
	return o.write([]byte(p.after))
}

func (o *stream) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	// A writer without deadlines is a test's.
	if err := o.control.SetWriteDeadline(time.Now().Add(chunkTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	_, err := o.w.Write(p)
	return err
}
