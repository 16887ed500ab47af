package api

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hutong/internal/auth"
)

// Authorize reports whether r brings a key with at least one of scopes. If not, it has answered: 401 without
// a key or with one that is not known, 403 with one for something else, 429 when unknown keys came too often
// from the client's address. It is called before the body is read, so that a client that waits for 100
// (RFC 9110 §10.1.1) does not send one in vain.
func Authorize(w http.ResponseWriter, r *http.Request, base Base, keys *auth.Keys, scopes ...auth.Scope) bool {
	_, err := keys.Check(r.Header, base.Client(r), scopes...)
	if err == nil {
		return true
	}
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = s.String()
	}
	h := w.Header()
	h.Set("Connection", "close") // the body is not read
	attempts, many := errors.AsType[*auth.AttemptsError](err)
	switch {
	case many:
		RetryAfter(h, attempts.Wait)
		Refuse(w, r, CodeAttempts, "Too many keys that are not known here came from this address. A known key is still taken.")
	case errors.Is(err, auth.ErrMissing):
		h.Set("WWW-Authenticate", `Bearer realm="hutong"`)
		Refuse(w, r, CodeUnauthorized, "Send a key as Authorization: Bearer hk_…, or as X-Api-Key.")
	case errors.Is(err, auth.ErrScope):
		h.Set("WWW-Authenticate", `Bearer realm="hutong", error="insufficient_scope", scope="`+strings.Join(names, " ")+`"`)
		Refuse(w, r, CodeForbidden, "The key has none of the scopes for this: "+strings.Join(names, ", ")+".")
	default:
		h.Set("WWW-Authenticate", `Bearer realm="hutong", error="invalid_token"`)
		Refuse(w, r, CodeUnauthorized, "The key is not known here.")
	}
	return false
}

// RetryAfter says when to try again, in whole seconds from 1.
func RetryAfter(h http.Header, wait time.Duration) {
	h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
}
