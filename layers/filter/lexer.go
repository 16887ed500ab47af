package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is what a token of CQL2 text is.
type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // a name or a keyword
	tokenQuoted           // a name in "…"
	tokenText             // text in '…'
	tokenNumber
	tokenSign // an operator or a bracket
)

// token is one token. text is what it says: of quoted names and texts without quotes and escapes.
type token struct {
	kind      tokenKind
	text      string
	from, end int // byte offsets
}

// signs are the operators and brackets, longest first.
var signs = [...]string{"<>", "<=", ">=", "=", "<", ">", "(", ")", ",", "+", "-", "*", "/", "%", "^"}

// lexer cuts CQL2 text into tokens.
type lexer struct {
	reporter
	at int
}

// next returns the next token.
func (l *lexer) next() (token, error) {
	for l.at < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[l.at:])
		if !unicode.IsSpace(r) {
			break
		}
		l.at += size
	}
	from := l.at
	if from == len(l.text) {
		return token{from: from, end: from}, nil
	}
	rest := l.text[from:]
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case r == '\'':
		return l.quoted()
	case r == '"':
		return l.name()
	case r >= '0' && r <= '9', r == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		return l.number()
	case startsName(r):
		end := strings.IndexFunc(rest, func(r rune) bool { return !continuesName(r) })
		if end < 0 {
			end = len(rest)
		}
		l.at += end
		return token{tokenWord, rest[:end], from, l.at}, nil
	}
	for _, sign := range signs {
		if strings.HasPrefix(rest, sign) {
			l.at += len(sign)
			return token{tokenSign, sign, from, l.at}, nil
		}
	}
	hint := "a name with other characters is written \"…\", text '…'"
	switch r {
	case '!':
		hint = "not equal is written <>"
	case '|', '&':
		hint = "write AND, OR"
	case '[', ']':
		hint = "lists are written (1, 2)"
	}
	return token{}, l.fail(place{offset: from}, "", "found %s, which starts nothing: %s", shown(string(r)), hint)
}

// startsName and continuesName follow the standard's identifiers.
func startsName(r rune) bool {
	return r == '_' || r == ':' || unicode.IsLetter(r) || unicode.Is(unicode.Nl, r)
}

func continuesName(r rune) bool {
	return startsName(r) || r == '.' || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || r == '‿' || r == '⁀'
}

// number cuts an unsigned number.
func (l *lexer) number() (token, error) {
	from := l.at
	digits := func() {
		for l.at < len(l.text) && l.text[l.at] >= '0' && l.text[l.at] <= '9' {
			l.at++
		}
	}
	digits()
	if l.at < len(l.text) && l.text[l.at] == '.' {
		l.at++
		digits()
	}
	if l.at < len(l.text) && l.text[l.at]|0x20 == 'e' {
		mark := l.at
		l.at++
		if l.at < len(l.text) && (l.text[l.at] == '+' || l.text[l.at] == '-') {
			l.at++
		}
		before := l.at
		if digits(); l.at == before {
			l.at = mark
		}
	}
	if r, _ := utf8.DecodeRuneInString(l.text[l.at:]); l.at < len(l.text) && continuesName(r) {
		return token{}, l.fail(place{offset: l.at}, "", "found %s behind the number %s: want an operator; a name that starts with a digit is written \"…\"",
			shown(string(r)), shown(l.text[from:l.at]))
	}
	return token{tokenNumber, l.text[from:l.at], from, l.at}, nil
}

// name cuts a name in double quotes, in which "" is one.
func (l *lexer) name() (token, error) {
	from := l.at
	var b strings.Builder
	for i := from + 1; i < len(l.text); i++ {
		if l.text[i] != '"' {
			b.WriteByte(l.text[i])
			continue
		}
		if i+1 < len(l.text) && l.text[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		l.at = i + 1
		return token{tokenQuoted, b.String(), from, l.at}, nil
	}
	return token{}, l.fail(place{offset: from}, "", "the name that starts here has no closing \"")
}

// escapes are the control characters that have a letter, and what stands for itself (OGC 21-065r2,
// requirement cql2-text/escaping).
var escapes = map[byte]byte{
	'a': '\a', 'b': '\b', 't': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r', '\'': '\'', '\\': '\\',
}

// quoted cuts text in single quotes, in which two are one and a backslash starts an escape. \% and \_ stay
// as they are, since LIKE reads them.
func (l *lexer) quoted() (token, error) {
	from := l.at
	var b strings.Builder
	for i := from + 1; i < len(l.text); i++ {
		c := l.text[i]
		switch {
		case c == '\'' && i+1 < len(l.text) && l.text[i+1] == '\'':
			b.WriteByte('\'')
			i++
		case c == '\'':
			l.at = i + 1
			return token{tokenText, b.String(), from, l.at}, nil
		case c == '\\' && i+1 < len(l.text):
			i++
			next := l.text[i]
			switch plain, ok := escapes[next]; {
			case ok:
				b.WriteByte(plain)
			case next == '%' || next == '_':
				b.WriteByte('\\')
				b.WriteByte(next)
			default:
				r, _ := utf8.DecodeRuneInString(l.text[i:])
				return token{}, l.fail(place{offset: i - 1}, "", "found the escape %s: there are \\a \\b \\t \\n \\v \\f \\r \\' \\%% \\_, and \\\\ for a backslash",
					shown(`\`+string(r)))
			}
		default:
			b.WriteByte(c)
		}
	}
	return token{}, l.fail(place{offset: from}, "", "the text that starts here has no closing '")
}

// writeText writes s as [lexer.quoted] reads it.
func writeText(b *strings.Builder, s string) {
	b.WriteByte('\'')
	for i := range len(s) {
		c := s[i]
		switch c {
		case '\'':
			b.WriteString("''")
		case '\\':
			b.WriteString(`\\`)
		case '\a', '\b', '\t', '\n', '\v', '\f', '\r':
			b.WriteByte('\\')
			b.WriteByte("abtnvfr"[c-'\a'])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
}

// reserved are the words that are no names unless they are quoted.
var reserved = map[string]bool{
	"AND": true, "OR": true, "NOT": true, "LIKE": true, "BETWEEN": true, "IN": true, "IS": true, "NULL": true,
	"TRUE": true, "FALSE": true, "DIV": true,
}

// writeName writes a property's name, quoted when it has to be.
func writeName(b *strings.Builder, s string) {
	plain := s != "" && !reserved[strings.ToUpper(s)] && !geometryWords[strings.ToUpper(s)]
	for i, r := range s {
		plain = plain && r != utf8.RuneError && (startsName(r) || i > 0 && continuesName(r))
	}
	if plain {
		b.WriteString(s)
		return
	}
	b.WriteByte('"')
	b.WriteString(strings.ReplaceAll(s, `"`, `""`))
	b.WriteByte('"')
}
