// Package auth says who may do what by a door that is not public: a key has scopes, a token has one, and a
// request brings a key or a token.
//
//	Scope    what a key may do with what: "ingest:hotline", "erase:*"; see [Actions]
//	Secret   a key in the clear, as its holder has it: "hk_" and 32 random bytes
//	Hash     what the server keeps of it: its SHA-256
//	Keys     all keys of a server
//	Token    a scope to see something until a moment, signed: it may stand in a URL; see [Signer]
//	Pass     what the key or token of a request lets its holder do
//
// A key is random and as long as a hash, so nobody can try keys until one fits, and one round of SHA-256
// keeps whoever reads the config from using it. A slow hash (bcrypt, Argon2) is for passwords, which are
// guessed from lists; here it would only make each request cost as much as a login.
//
// A Secret prints as "(key)" in every way that fmt, log/slog and encoding/json know; only [Secret.Reveal]
// shows it. Errors and metrics name keys by what the config calls them. A [*Keys] may be used from any
// goroutine.
package auth

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"hutong/internal/telemetry"
)

// MaxKeys is the most keys of a server: each request is compared with all of them.
const MaxKeys = 1000

// Key is what a server knows of one key.
type Key struct {
	// Name is what the config calls it; it may stand in logs and metrics.
	Name string
	Hash Hash
	// Scopes are what its holder may do.
	Scopes []Scope
}

// Allows reports whether the key has at least one of scopes.
func (k *Key) Allows(scopes ...Scope) bool {
	for _, want := range scopes {
		if slices.ContainsFunc(k.Scopes, func(s Scope) bool { return s.Covers(want) }) {
			return true
		}
	}
	return false
}

// The reasons for which a request is turned away. None of them holds anything that the client sent.
var (
	// ErrMissing says that the request has neither key nor token, or not where they are looked for.
	ErrMissing = errors.New("auth: the request has no key")
	// ErrUnknown says that its key is none of the server's, or that the server never signed its token.
	ErrUnknown = errors.New("auth: the key is not known here")
	// ErrScope says that its key or token is for other things only.
	ErrScope = errors.New("auth: the key has no scope for this")
	// ErrExpired says that its token was good until some time ago.
	ErrExpired = errors.New("auth: the token has expired")
	// ErrSigner says that its token was signed with a secret that the server does not have, or not any more.
	ErrSigner = errors.New("auth: the token was signed with a secret that is not in use here")
)

// reasons are what metrics call them.
var reasons = map[error]string{
	ErrMissing: "missing", ErrUnknown: "unknown", ErrScope: "scope", ErrExpired: "expired", ErrSigner: "signer",
}

// AttemptsError says that unknown keys or tokens came from the client's address too often.
type AttemptsError struct {
	// Wait is when the next attempt counts as one again.
	Wait time.Duration
}

// Error says so.
func (e *AttemptsError) Error() string {
	return fmt.Sprintf("auth: too many unknown keys from this address; the next attempt in %s", e.Wait)
}

// Options are what [New] needs beside the keys.
type Options struct {
	// Metrics takes the counters.
	Metrics *telemetry.Metrics
	// Tokens signs and reads tokens; nil is a server without any.
	Tokens *Signer
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// Keys are the keys of a server.
type Keys struct {
	keys     []Key
	tokens   *Signer
	now      func() time.Time
	attempts *attempts
	failures *telemetry.Counts
}

// New returns the keys of a server. The error names every key that is there twice, by its name or its hash.
func New(keys []Key, opts Options) (*Keys, error) {
	var errs []error
	if len(keys) > MaxKeys {
		errs = append(errs, fmt.Errorf("auth: %d keys are more than %d", len(keys), MaxKeys))
	}
	for i := range keys {
		for j := range i {
			switch {
			case keys[i].Name == keys[j].Name:
				errs = append(errs, fmt.Errorf("auth: the key %q is there twice", keys[i].Name))
			case keys[i].Hash == keys[j].Hash:
				errs = append(errs, fmt.Errorf("auth: the keys %q and %q are the same: each holder gets a key of its own", keys[j].Name, keys[i].Name))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Keys{
		keys:     slices.Clone(keys),
		tokens:   opts.Tokens,
		now:      opts.Now,
		attempts: newAttempts(opts.Now, opts.Metrics),
		failures: opts.Metrics.Counter("hutong_auth_failures_total", "Requests turned away for their key or token, by reason.", "reason"),
	}, nil
}

// Guard reports whether some key is for what a scope lets its holder do: then nobody may do it without one.
func (k *Keys) Guard(s Scope) bool {
	return slices.ContainsFunc(k.keys, func(key Key) bool { return key.Allows(s) })
}

// Check returns the name of the key that a request with header h brings, if it has at least one of scopes.
// from is the client's address, by which attempts with unknown keys are bounded; a known key is never held
// up by what others at its address do. The error is one of [Keys.Pass], or [ErrScope].
func (k *Keys) Check(h http.Header, from netip.Addr, scopes ...Scope) (name string, err error) {
	pass, err := k.Pass(Sent{Header: h}, from)
	switch {
	case errors.Is(err, ErrMissing):
		k.Refused(err)
		return "", err
	case err != nil:
		return "", err
	case !pass.Allows(scopes...):
		k.Refused(ErrScope)
		return pass.Name, ErrScope
	}
	return pass.Name, nil
}

// Refused counts a request that was turned away with one of the errors of this package that [Keys.Pass] does not
// count.
func (k *Keys) Refused(err error) { k.failures.With(reasons[err]).Add(1) }

// Password returns the key that a client of another protocol brings as its password. The error is
// [ErrMissing] or [ErrUnknown].
func (k *Keys) Password(sent string) (*Key, error) {
	if sent == "" {
		k.failures.With("missing").Add(1)
		return nil, ErrMissing
	}
	key := k.find(sent)
	if key == nil {
		k.failures.With("unknown").Add(1)
		return nil, ErrUnknown
	}
	return key, nil
}

// find returns the key that sent is, or nil. It compares with every key and each time all of the hash, so
// that the time says nothing of which came near.
func (k *Keys) find(sent string) *Key {
	hash := sum(sent)
	found := -1
	for i := range k.keys {
		same := subtle.ConstantTimeCompare(hash[:], k.keys[i].Hash[:])
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	if found < 0 {
		return nil
	}
	return &k.keys[found]
}
