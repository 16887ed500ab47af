package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hutong/internal/auth"
)

// tokenParameter is the parameter of a URL that has a token.
const tokenParameter = "token"

// privateNoStore is the Cache-Control of all answers about what is not public.
const privateNoStore = "private, no-store"

var (
	privateOnly = []string{privateNoStore}
	// varyCredential is what lists depend on besides what all answers do.
	varyCredential = []string{"Authorization, X-Api-Key"}
)

// keepPrivate marks an answer as one that no cache may keep.
func keepPrivate(w http.ResponseWriter) {
	w.Header()["Cache-Control"] = privateOnly
	if o, ok := w.(*observer); ok {
		o.private = true
	}
}

// isPrivate reports whether an answer is marked.
func isPrivate(h http.Header) bool {
	v := h["Cache-Control"]
	return len(v) == 1 && v[0] == privateNoStore
}

// tokenKey is the key of the token of a request's URL among the values of its context.
type tokenKey struct{}

// urlToken returns the token that the URL of r had, "" for none.
func urlToken(r *http.Request) string {
	text, _ := r.Context().Value(tokenKey{}).(string)
	return text
}

// linkToken is urlToken for links: only what has the form of a token may get into them.
func linkToken(r *http.Request) string {
	text := urlToken(r)
	if !auth.IsToken(text) {
		return ""
	}
	return text
}

// keyInQuery reports whether a query as it stands in a URL has a key of ours in it, whatever the parameter. It reads the
// query only where a key may be: characters of keys need no escapes, and nearly no query has what keys begin with.
func keyInQuery(raw string) bool {
	if !strings.Contains(raw, auth.KeyStart) {
		return false
	}
	if text, err := url.QueryUnescape(raw); err == nil {
		raw = text // %20 before a key does not go on in it
	}
	return auth.HasKey(raw)
}

// refuseKey answers a request that has a key in its URL.
func (s *Server) refuseKey(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Referrer-Policy"] = noReferrer
	if r.ContentLength != 0 {
		h.Set("Connection", "close") // the body is not read
	}
	s.metrics.refused.With("key_in_url").Add(1)
	keepPrivate(w)
	Refuse(w, r, CodeParameterInvalid, "A key must not stand in a URL, which logs and histories keep: replace this one, send keys as Authorization: Bearer or X-Api-Key, and make a token for URLs with hutong token.")
}

// takeToken takes the token out of the URL of r, so that no surface, link or log can show it by accident, and keeps
// it for [Layers]. When the URL has what may be a key in its place, or two tokens, it answers the request and ok is false.
func (s *Server) takeToken(w http.ResponseWriter, r *http.Request) (taken *http.Request, ok bool) {
	var rest, found []string
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != tokenParameter {
			rest = append(rest, pair)
			continue
		}
		if text, err := url.QueryUnescape(value); err == nil {
			value = text
		}
		found = append(found, value)
	}
	if len(found) == 0 {
		return r, true
	}
	w.Header()["Referrer-Policy"] = noReferrer
	if slices.ContainsFunc(found, auth.IsKey) {
		s.refuseKey(w, r)
		return nil, false
	}
	if len(found) > 1 {
		keepPrivate(w)
		Refuse(w, r, CodeParameterInvalid, fmt.Sprintf("token stands %d times; once is accepted.", len(found)))
		return nil, false
	}
	taken = r.WithContext(context.WithValue(r.Context(), tokenKey{}, found[0]))
	without := *r.URL
	without.RawQuery = strings.Join(rest, "&")
	taken.URL = &without
	return taken, true
}

var noReferrer = []string{"no-referrer"}

// pass returns what the key or token of r lets its holder see.
func (ls *Layers) pass(r *http.Request) (auth.Pass, error) {
	if ls.keys == nil {
		return auth.Pass{}, auth.ErrMissing
	}
	return ls.keys.Pass(auth.Sent{Header: r.Header, Token: urlToken(r)}, ls.base.Client(r))
}

// scopesOf are those of which each opens l.
func scopesOf(l *Layer) []auth.Scope {
	return []auth.Scope{{Action: auth.View, Name: string(l.Name())}, {Action: auth.Audience, Name: string(l.Audience)}}
}

// refuseView answers that l, which is not public, does not open to this request, for a reason of package auth. Without
// l it is of a list that what was sent is not good for.
func refuseView(w http.ResponseWriter, r *http.Request, l *Layer, err error) {
	h := w.Header()
	challenge := `Bearer realm="hutong"`
	if l != nil {
		challenge += `, scope="` + auth.Scope{Action: auth.View, Name: string(l.Name())}.String() + `"`
	}
	const invalid = `, error="invalid_token"`
	attempts, many := errors.AsType[*auth.AttemptsError](err)
	switch {
	case many:
		RetryAfter(h, attempts.Wait)
		Refuse(w, r, CodeAttempts, "Too many keys and tokens that are not known here came from this address. A good one is still taken.")
	case errors.Is(err, auth.ErrMissing):
		h.Set("WWW-Authenticate", challenge)
		Refuse(w, r, CodeUnauthorized, fmt.Sprintf("%s is not public: send a token as Authorization: Bearer ht1.…, as X-Api-Key or as ?token=, or a key in one of the headers.", l.Name()))
	case errors.Is(err, auth.ErrScope):
		h.Set("WWW-Authenticate", challenge+`, error="insufficient_scope"`)
		Refuse(w, r, CodeForbidden, fmt.Sprintf("The key or token does not open %s.", l.Name()))
	case errors.Is(err, auth.ErrExpired):
		h.Set("WWW-Authenticate", challenge+invalid)
		Refuse(w, r, CodeExpired, "The token has expired: whoever gave it can give a new one.")
	case errors.Is(err, auth.ErrSigner):
		h.Set("WWW-Authenticate", challenge+invalid)
		Refuse(w, r, CodeUnauthorized, "The token was signed with a secret that is not in use here, or not any more.")
	default:
		h.Set("WWW-Authenticate", challenge+invalid)
		Refuse(w, r, CodeUnauthorized, "The key or token is not known here.")
	}
}
