package nats

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Filter is a subject with wildcards, as NATS has them: tokens between dots, of which "*" stands for any one
// token and ">", which is the last, for one or more of them.
type Filter struct {
	text   string
	tokens []string // without the ">"
	rest   bool     // there is one
}

// Bounds of a filter. A filter of the config has a handful of tokens.
const (
	maxFilter       = 1024 // bytes
	maxFilterTokens = 32
)

// reserved are what subjects begin with that are NATS's own, such as $JS, $SYS and _INBOX.
const reserved = "$_"

// ParseFilter reads a subject with wildcards. The error says what is wrong and where.
func ParseFilter(s string) (Filter, error) {
	fail := func(format string, args ...any) (Filter, error) {
		return Filter{}, fmt.Errorf("nats: subject %q: "+format, append([]any{s}, args...)...)
	}
	switch {
	case s == "":
		return fail("it is empty: \">\" takes every subject")
	case len(s) > maxFilter:
		return fail("it has %d bytes: want at most %d", len(s), maxFilter)
	case !utf8.ValidString(s):
		return fail("it is not UTF-8")
	case strings.ContainsRune(reserved, rune(s[0])):
		return fail("it begins with %q: such subjects are those of NATS itself", s[:1])
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fail("it holds a space or a control character")
	case strings.Count(s, ".") >= maxFilterTokens:
		return fail("it has %d tokens: want at most %d", strings.Count(s, ".")+1, maxFilterTokens)
	}
	f := Filter{text: s, tokens: strings.Split(s, ".")}
	for i, token := range f.tokens {
		last := i == len(f.tokens)-1
		switch {
		case token == "":
			return fail("token %d is empty: there is one between any two dots, and at both ends", i+1)
		case token == ">" && !last:
			return fail("token %d is \">\", which only the last may be", i+1)
		case token == ">":
			f.tokens, f.rest = f.tokens[:i], true
		case token != "*" && strings.ContainsAny(token, "*>"):
			return fail("token %d is %q: \"*\" and \">\" stand alone between dots", i+1, token)
		}
	}
	return f, nil
}

// String returns the filter as it was written.
func (f Filter) String() string { return f.text }

// Match reports whether a subject matches, and returns what the wildcards stand for, in their order: of "*"
// the token, of ">" the tokens with the dots between them. No filter matches a subject that begins with
// "$" or "_", and a zero Filter matches nothing.
func (f Filter) Match(subject string) (wild []string, ok bool) {
	if f.text == "" || subject == "" || strings.ContainsRune(reserved, rune(subject[0])) {
		return nil, false
	}
	rest, more := subject, true // more: there is a token in rest
	for _, want := range f.tokens {
		if !more {
			return nil, false
		}
		var token string
		token, rest, more = strings.Cut(rest, ".")
		switch want {
		case "*":
			wild = append(wild, token)
		case token:
		default:
			return nil, false
		}
	}
	if f.rest {
		return append(wild, rest), more
	}
	return wild, !more
}
