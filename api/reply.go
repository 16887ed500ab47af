package api

import (
	"encoding/json"
	"net/http"
	"strconv"

	"hutong/internal/compress"
)

// smallReply is the size in bytes up to which compressing a reply saves nothing.
const smallReply = 1 << 10

// Reply answers with v as JSON what only this client may know: no cache keeps it. v always marshals; if not
// it is a fault of ours and the client gets a problem.
func Reply(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // becomes a 500 and a log line, see observer
	}
	body = append(body, '\n')
	h := w.Header()
	if encoding := Negotiate(r); encoding != compress.Identity && len(body) > smallReply {
		body = compress.Append(nil, body, encoding)
		h.Set("Content-Encoding", encoding.String())
	}
	h.Set("Vary", "Accept-Encoding")
	if !isPrivate(h) {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) //nolint:gosec // JSON, which nosniff keeps it; and if the client went away nobody is left to tell
	}
}
