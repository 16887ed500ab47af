package auth

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Sent is where a request may have a key or a token.
type Sent struct {
	// Header is the request's: Authorization counts before X-Api-Key, and either before Token.
	Header http.Header
	// Token is what the URL has, "" for nothing. Keys do not belong into URLs and are not known there.
	Token string
}

// Pass is what the key or token of a request lets its holder do. The zero Pass is nobody's and allows nothing.
type Pass struct {
	// Name is what the config calls the key; "" of a token.
	Name string
	// Until is when it ends; the zero time is never.
	Until  time.Time
	scopes []Scope
}

// Allows reports whether the pass has at least one of scopes.
func (p *Pass) Allows(scopes ...Scope) bool { return (&Key{Scopes: p.scopes}).Allows(scopes...) }

// Pass returns what a request may do that comes from an address, by which attempts with what is not known here
// are bounded. The error is [ErrMissing], which alone is not counted, [ErrUnknown], [ErrExpired], [ErrSigner] or an
// [*AttemptsError].
func (k *Keys) Pass(s Sent, from netip.Addr) (Pass, error) {
	text, inURL := s.find()
	if text == "" {
		return Pass{}, ErrMissing
	}
	pass, err := k.read(text, inURL)
	switch {
	case err == nil:
		return pass, nil
	case errors.Is(err, ErrUnknown), errors.Is(err, ErrSigner):
		if wait := k.attempts.fail(from); wait > 0 {
			k.failures.With("attempts").Add(1)
			return Pass{}, &AttemptsError{wait}
		}
	}
	k.Refused(err)
	return Pass{}, err
}

// read reads a key or a token.
func (k *Keys) read(text string, inURL bool) (Pass, error) {
	switch {
	case strings.HasPrefix(text, tokenPrefix):
		t, err := k.tokens.read(text, k.now())
		if err != nil {
			return Pass{}, err
		}
		return Pass{Until: t.expires, scopes: []Scope{t.scope}}, nil
	case inURL:
		return Pass{}, ErrUnknown
	}
	if key := k.find(text); key != nil {
		return Pass{Name: key.Name, scopes: key.Scopes}, nil
	}
	return Pass{}, ErrUnknown
}

// IsKey reports whether text looks like a key, known or not.
func IsKey(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), KeyStart) }

// keyLength is how many characters a key has.
const keyLength = len(KeyStart) + (randomSize*8+5)/6

// HasKey reports whether text has something in it that has the form of a key, known or not, with no character of keys
// right before or behind it.
func HasKey(text string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], KeyStart)
		if at < 0 {
			return false
		}
		start := from + at
		end := start + len(KeyStart)
		for end < len(text) && isWord(text[end]) {
			end++
		}
		if end-start == keyLength && (start == 0 || !isWord(text[start-1])) {
			return true
		}
		from = end
	}
}

// isWord reports whether a key may have c in it: base64url (RFC 4648 §5).
func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// find returns the key or token that was sent, "" if there is none: a Bearer token (RFC 6750 §2.1), else the
// header X-Api-Key, else what the URL has. A header that is there twice has none, because nobody could say which
// one counts. Authorization of another scheme is meant for a proxy in between.
func (s Sent) find() (text string, inURL bool) {
	if values := s.Header["Authorization"]; len(values) > 0 {
		scheme, token, _ := strings.Cut(values[0], " ")
		switch {
		case len(values) > 1:
			return "", false
		case strings.EqualFold(scheme, "Bearer"):
			return strings.TrimSpace(token), false
		}
	}
	if values := s.Header["X-Api-Key"]; len(values) > 0 {
		if len(values) > 1 {
			return "", false
		}
		return values[0], false
	}
	return s.Token, s.Token != ""
}
