package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"hutong/internal/compress"
	"hutong/internal/etag"
)

// buffers holds what compressed bodies are written to, up to maxPooled bytes each.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const maxPooled = 4 << 20

// Answer is a representation that is ready to be sent: encoded as the client likes it, and hashed.
// Making one takes the time, sending it waits for the client.
type Answer struct {
	// ContentType is its media type.
	ContentType string
	// Encoding is how Body is encoded.
	Encoding compress.Encoding
	// Body is not empty and must not change before the answer was sent.
	Body []byte
	// Tag is a strong entity tag with its quotes: a hash of Body.
	Tag string
	// Length is the number of bytes in Body in decimal.
	Length string
	// MaxAge is how long anybody may keep the answer without asking again; 0 is not at all (no-cache),
	// because layers change.
	MaxAge time.Duration

	buffer *[]byte // from buffers; nil when Body is the caller's
}

// Prepare makes the answer to r with body, which is not empty, as contentType: compressed as the
// client likes it, with a strong ETag that is a hash of exactly these bytes. The caller must not
// change body before the answer was sent.
func Prepare(r *http.Request, contentType string, body []byte) Answer {
	a := Answer{ContentType: contentType, Encoding: Negotiate(r), Body: body}
	if a.Encoding != compress.Identity {
		buffer, ok := buffers.Get().(*[]byte)
		if !ok {
			buffer = new([]byte)
		}
		*buffer = compress.Append((*buffer)[:0], body, a.Encoding)
		a.Body, a.buffer = *buffer, buffer
	}
	a.Tag, a.Length = etag.Of(a.Body), strconv.Itoa(len(a.Body))
	return a
}

// Send writes the answer, or 304 when the client has it already, and may be called once. What is not public has no
// tag, and always goes as a whole: nobody may have kept it.
func (a Answer) Send(w http.ResponseWriter, r *http.Request) {
	defer a.release()
	h := w.Header()
	private := isPrivate(h)
	if conditions := r.Header["If-None-Match"]; len(conditions) > 0 && !private && etag.Weak(conditions, a.Tag) {
		a.notModified(w)
		return
	}
	a.caching(h)
	if !private {
		h["Etag"] = []string{a.Tag}
	}
	if a.Encoding != compress.Identity {
		h["Content-Encoding"] = []string{a.Encoding.String()}
	}
	h["Content-Type"] = []string{a.ContentType}
	h["Content-Length"] = []string{a.Length}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.Body) // the client went away: nobody is left to tell
	}
}

// caching says for how long the answer may be kept.
func (a Answer) caching(h http.Header) {
	revalidated(h)
	if a.MaxAge > 0 && !isPrivate(h) {
		h["Cache-Control"] = []string{"public, max-age=" + strconv.Itoa(int(a.MaxAge/time.Second))}
	}
}

func (a Answer) notModified(w http.ResponseWriter) {
	h := w.Header()
	a.caching(h)
	h["Etag"] = []string{a.Tag}
	w.WriteHeader(http.StatusNotModified)
}

// Values of headers that many answers share. net/http does not change them, and an append copies.
var (
	vary      = []string{"Accept, Accept-Encoding"}
	noCache   = []string{"no-cache"}
	noSniff   = []string{"nosniff"}
	anyOrigin = []string{"*"}
	exposed   = []string{"ETag, Retry-After, " + HeaderDropped + ", " + HeaderFreshness}
)

// revalidated says that an answer may be kept, but not used without asking again, unless it is private.
func revalidated(h http.Header) {
	if before := h["Vary"]; len(before) > 0 {
		h["Vary"] = slices.Concat(before, vary)
	} else {
		h["Vary"] = vary
	}
	if !isPrivate(h) {
		h["Cache-Control"] = noCache
	}
}

// SendNotModified answers 304: the client has what tag names.
func SendNotModified(w http.ResponseWriter, tag string) {
	Answer{Tag: tag}.notModified(w)
}

func (a Answer) release() {
	if a.buffer != nil && cap(*a.buffer) <= maxPooled {
		buffers.Put(a.buffer)
	}
}

// Send prepares and sends an answer in one go.
func Send(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	Prepare(r, contentType, body).Send(w, r)
}

// SendJSON answers like [Send] with v as JSON. What a surface sends always marshals; if not it is a
// fault of ours and the client gets a problem.
func SendJSON(w http.ResponseWriter, r *http.Request, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // becomes a 500 and a log line, see observer
	}
	Send(w, r, contentType, append(body, '\n'))
}

// SendNothing answers 204: there is such a thing, and it is empty.
func SendNothing(w http.ResponseWriter) {
	revalidated(w.Header())
	w.WriteHeader(http.StatusNoContent)
}
