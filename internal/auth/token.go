package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A token is text of which every character may stand in a URL and in a header as it is:
//
//	ht1.view.complaints_officer.1798761600.Zr3kQ0xW.<43 characters>
//	│   │    │                  │          │        └ HMAC-SHA-256 (RFC 2104) of all before the last dot
//	│   │    │                  │          └ which secret signed it
//	│   │    │                  └ when it ends, Unix seconds
//	│   └────┴ the scope: view or audience, and its name, which has no dot
//	└ the version
//
// There is one text for each token: what could be written in two ways is refused. Nothing is kept of a token,
// so that none can be taken back by itself; a new secret takes all of them back.
const (
	tokenPrefix  = "ht1."
	tokenParts   = 6
	signerLength = 8                 // of the id of a secret: 6 bytes of a hash
	signerLabel  = "hutong token id" // what is hashed for it
)

// Bounds of tokens.
const (
	// MaxToken is the most bytes of a token.
	MaxToken = 256
	// MaxLifetime is how far ahead a token may end.
	MaxLifetime = 366 * 24 * time.Hour
	// MinSecret and MaxSecret are the least and the most bytes of a secret that signs tokens.
	MinSecret = 32
	MaxSecret = 4096
	// clocks is how far ahead the clock of who signed a token may be of ours.
	clocks = time.Hour
)

// Signer signs tokens, and knows those that it signed. A nil Signer knows none. It may be used from any goroutine.
type Signer struct {
	secrets []signing // the first one signs
}

// signing is a secret and its id.
type signing struct {
	id     string
	secret []byte
}

// NewSigner returns a signer by a secret; tokens that the one before it signed, unless that is nil, are known
// still. The error does not show them.
func NewSigner(secret, previous []byte) (*Signer, error) {
	s := &Signer{}
	for _, one := range []struct {
		what   string
		secret []byte
	}{{"secret", secret}, {"previous secret", previous}} {
		switch {
		case one.secret == nil && one.what != "secret":
			continue
		case len(one.secret) < MinSecret || len(one.secret) > MaxSecret:
			return nil, fmt.Errorf("auth: the %s has %d bytes: want %d to %d that nobody can guess, such as openssl rand -base64 32 prints",
				one.what, len(one.secret), MinSecret, MaxSecret)
		}
		id := base64.RawURLEncoding.EncodeToString(authenticate(one.secret, signerLabel))[:signerLength]
		if len(s.secrets) > 0 && s.secrets[0].id == id {
			return nil, errors.New("auth: the secret and the previous one are the same")
		}
		s.secrets = append(s.secrets, signing{id, one.secret})
	}
	return s, nil
}

// authenticate returns the HMAC-SHA-256 of a text.
func authenticate(secret []byte, text string) []byte {
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write([]byte(text)) // a hash takes everything
	return mac.Sum(nil)
}

// claim is what a token says.
type claim struct {
	scope   Scope
	expires time.Time // whole seconds
}

// Sign returns a token that opens scope, which names one view or audience, until expires, which is cut to whole
// seconds. The error says what may not be signed.
func (s *Signer) Sign(scope Scope, expires, now time.Time) (string, error) {
	switch left := expires.Sub(now); {
	case !scope.Action.Opens() || !isName(scope.Name):
		return "", fmt.Errorf("auth: a token is for one view or one audience, not for %s", scope)
	case left < time.Second || left > MaxLifetime:
		return "", fmt.Errorf("auth: a token lasts from a second to %d days", MaxLifetime/(24*time.Hour))
	}
	by := &s.secrets[0]
	text := tokenPrefix + string(scope.Action) + "." + scope.Name + "." + strconv.FormatInt(expires.Unix(), 10) + "." + by.id
	return text + "." + base64.RawURLEncoding.EncodeToString(authenticate(by.secret, text)), nil
}

// read reads a token. The error is [ErrSigner] when the secret that it says it was signed with is not there,
// [ErrUnknown] when it was not signed, or is none, and [ErrExpired] when its time is over.
func (s *Signer) read(text string, now time.Time) (claim, error) {
	t, by, sum, ok := parseToken(text)
	if !ok {
		return claim{}, ErrUnknown
	}
	if s == nil {
		return claim{}, ErrSigner
	}
	for i := range s.secrets {
		if s.secrets[i].id != by {
			continue
		}
		signed := text[:strings.LastIndexByte(text, '.')]
		switch {
		case !hmac.Equal(sum, authenticate(s.secrets[i].secret, signed)), t.expires.After(now.Add(MaxLifetime + clocks)):
			return claim{}, ErrUnknown
		case !now.Before(t.expires):
			return claim{}, ErrExpired
		}
		return t, nil
	}
	return claim{}, ErrSigner
}

// IsToken reports whether text has the form of a token, whoever signed it: nothing else may be put into links.
func IsToken(text string) bool {
	_, _, _, ok := parseToken(text)
	return ok
}

// parseToken takes a token apart: what it says, the id of what signed it, and the signature, which is for the
// caller to check.
func parseToken(text string) (t claim, by string, sum []byte, ok bool) {
	parts := strings.Split(text[:min(len(text), MaxToken+1)], ".")
	if len(text) > MaxToken || len(parts) != tokenParts || parts[0]+"." != tokenPrefix {
		return t, "", nil, false
	}
	t.scope = Scope{Action(parts[1]), parts[2]}
	seconds, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil || seconds <= 0 || strconv.FormatInt(seconds, 10) != parts[3] || !t.scope.Action.Opens() || !isName(t.scope.Name) {
		return t, "", nil, false
	}
	t.expires = time.Unix(seconds, 0)
	_, isID := decode(parts[4], signerLength)
	sum, isSum := decode(parts[5], base64.RawURLEncoding.EncodedLen(sha256.Size))
	return t, parts[4], sum, isID && isSum
}

// decode reads base64 of a length in characters. The library alone passes over line ends.
func decode(text string, length int) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return raw, err == nil && len(text) == length && base64.RawURLEncoding.EncodeToString(raw) == text
}
