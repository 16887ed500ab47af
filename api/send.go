package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"hutong/internal/compress"
)

// HeaderDropped tells what a tile left out to meet its budget.
const HeaderDropped = "Hutong-Dropped"

// buffers holds what compressed bodies are written to, up to maxPooled bytes each.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const maxPooled = 4 << 20

// Answer is a representation that is ready to be sent: encoded as the client likes it, and hashed.
// Making one takes the time, sending it waits for the client.
type Answer struct {
	contentType string
	encoding    encoding
	body        []byte
	tag         string
	buffer      *[]byte // from buffers; nil when body is the caller's
}

// Prepare makes the answer to r with body, which is not empty, as contentType: compressed as the
// client likes it, with a strong ETag that is a hash of exactly these bytes. The caller must not
// change body before the answer was sent.
func Prepare(r *http.Request, contentType string, body []byte) Answer {
	a := Answer{contentType: contentType, encoding: negotiate(r.Header.Values("Accept-Encoding")), body: body}
	if a.encoding == gzipped {
		buffer, ok := buffers.Get().(*[]byte)
		if !ok {
			buffer = new([]byte)
		}
		*buffer = compress.AppendGzip((*buffer)[:0], body)
		a.body, a.buffer = *buffer, buffer
	}
	a.tag = entityTag(a.body)
	return a
}

// Send writes the answer, or 304 when the client has it already, and may be called once. Nobody may
// keep an answer without asking again (no-cache), because layers change.
func (a Answer) Send(w http.ResponseWriter, r *http.Request) {
	defer a.release()
	h := w.Header()
	h.Set("Vary", "Accept, Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", a.tag)
	if matches(r.Header.Values("If-None-Match"), a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if a.encoding != identity {
		h.Set("Content-Encoding", string(a.encoding))
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // the client went away: nobody is left to tell
	}
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
	h := w.Header()
	h.Set("Vary", "Accept, Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusNoContent)
}

// entityTag returns a strong ETag: 16 bytes of SHA-256.
func entityTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// matches reports whether If-None-Match headers name tag by weak comparison (RFC 9110 §13.1.2), or
// anything at all.
func matches(headers []string, tag string) bool {
	for _, header := range headers {
		for candidate := range strings.SplitSeq(header, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}
