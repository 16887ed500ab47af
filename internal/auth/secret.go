package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// KeyStart is what every key starts with.
const KeyStart = "hk_"

const (
	randomSize = 32 // bytes
	hashPrefix = "sha256:"
)

// Secret is a key in the clear. The zero Secret is none.
type Secret struct{ text string }

var (
	_ fmt.Formatter  = Secret{}
	_ slog.LogValuer = Secret{}
)

const hidden = "(key)"

// NewSecret makes a key of 32 random bytes.
func NewSecret() Secret {
	var random [randomSize]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return Secret{KeyStart + base64.RawURLEncoding.EncodeToString(random[:])}
}

// ParseSecret reads a key, with the white space around it that a file or pipe has. It takes only what
// [NewSecret] makes: the hash is no protection for anything that could be guessed. The error does not hold
// text.
func ParseSecret(text string) (Secret, error) {
	text = strings.TrimSpace(text)
	rest, found := strings.CutPrefix(text, KeyStart)
	random, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if !found || err != nil || len(random) != randomSize {
		return Secret{}, errors.New("auth: no key: a key starts with " + KeyStart + " and has 43 characters behind that; make one with hutong key new")
	}
	return Secret{text}, nil
}

// Reveal returns the key in the clear, for its holder and for the header of a request.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether s is none.
func (s Secret) IsZero() bool { return s.text == "" }

// Hash returns what a server keeps of the key.
func (s Secret) Hash() Hash { return sum(s.text) }

// Format hides the key, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// String hides the key.
func (s Secret) String() string { return hidden }

// LogValue hides the key.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the key.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Hash is the SHA-256 of a key.
type Hash [sha256.Size]byte

func sum(text string) Hash { return sha256.Sum256([]byte(text)) }

// String returns the hash as a config spells it.
func (h Hash) String() string { return hashPrefix + hex.EncodeToString(h[:]) }

// ParseHash reads a hash, with the white space around it that a file has. The error does not hold text,
// which may be a key that somebody took for its hash.
func ParseHash(text string) (Hash, error) {
	text = strings.TrimSpace(text)
	var h Hash
	digits, found := strings.CutPrefix(text, hashPrefix)
	n, err := hex.Decode(h[:], []byte(digits[:min(len(digits), hex.EncodedLen(len(h)))]))
	switch {
	case strings.HasPrefix(text, KeyStart):
		return Hash{}, errors.New("auth: this is a key and not its hash: take it out of here, and give what hutong key hash makes of it")
	case !found || err != nil || n != len(h) || len(digits) != hex.EncodedLen(len(h)):
		return Hash{}, errors.New("auth: no hash of a key: want " + hashPrefix + " and 64 hexadecimal digits, as hutong key new prints it")
	}
	return h, nil
}
