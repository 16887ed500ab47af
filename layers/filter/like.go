package filter

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// pattern is a LIKE pattern: pieces of text between any number of any characters.
type pattern struct {
	// pieces are what stands between wildcards %; the first starts the text, the last ends it. A piece
	// of any is a single character _.
	pieces []piece
}

// piece is a text in which some characters may be any.
type piece struct {
	text string // those that may be any are missing
	gaps []int  // offsets in text at which a character that may be any stands, rising
}

// parsePattern reads a pattern: % is any number of characters, _ is one, and a backslash takes the
// character behind it as it is.
func parsePattern(s string) (pattern, error) {
	var p pattern
	var text strings.Builder
	var gaps []int
	end := func() {
		p.pieces = append(p.pieces, piece{text.String(), gaps})
		text, gaps = strings.Builder{}, nil
	}
	wild := false // the piece follows %; then all _ before more % belong before it
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '%':
			if wild && text.Len() == 0 {
				continue // %% is %, and %_% is _%: the gaps stay in this piece
			}
			end()
			wild = true
		case '_':
			gaps = append(gaps, text.Len())
		case '\\':
			if i++; i == len(s) {
				return pattern{}, errors.New("a backslash ends the pattern: it takes the character behind it as it is, and \\\\ is a backslash")
			}
			text.WriteByte(s[i])
		default:
			text.WriteByte(c)
		}
	}
	end()
	return p, nil
}

// exact returns the only text that the pattern matches, if it is so.
func (p *pattern) exact() (string, bool) {
	return p.pieces[0].text, len(p.pieces) == 1 && len(p.pieces[0].gaps) == 0
}

// all reports whether the pattern matches every text.
func (p *pattern) all() bool {
	return len(p.pieces) == 2 && p.pieces[0].empty() && p.pieces[1].empty()
}

func (p *piece) empty() bool { return p.text == "" && len(p.gaps) == 0 }

// prefix returns what every text starts with that the pattern matches.
func (p *pattern) prefix() string {
	first := &p.pieces[0]
	if len(first.gaps) > 0 {
		return first.text[:first.gaps[0]]
	}
	return first.text
}

// String writes the pattern in its only form.
func (p *pattern) String() string {
	var b strings.Builder
	for i := range p.pieces {
		if i > 0 {
			b.WriteByte('%')
		}
		p.pieces[i].write(&b)
	}
	return b.String()
}

func (p *piece) write(b *strings.Builder) {
	gaps := p.gaps
	for i := 0; ; i++ {
		for len(gaps) > 0 && gaps[0] == i {
			b.WriteByte('_')
			gaps = gaps[1:]
		}
		if i == len(p.text) {
			return
		}
		if c := p.text[i]; c == '%' || c == '_' || c == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(p.text[i])
	}
}

// inner reports whether a piece with gaps has to be looked for, which is slower than looking for text.
func (p *pattern) inner() bool {
	for i := 1; i < len(p.pieces)-1; i++ {
		if len(p.pieces[i].gaps) > 0 {
			return true
		}
	}
	return false
}

// match reports whether the pattern matches all of s. Each piece is taken where it fits first, which
// is enough because what is behind may start anywhere. It takes the length of s times the longest piece
// with gaps at worst.
func (p *pattern) match(s string) bool {
	rest, ok := p.pieces[0].cut(s)
	if !ok || len(p.pieces) == 1 {
		return ok && rest == ""
	}
	for i := 1; i < len(p.pieces)-1; i++ {
		if rest, ok = p.pieces[i].find(rest); !ok {
			return false
		}
	}
	return p.pieces[len(p.pieces)-1].ends(rest)
}

// cut takes the piece from the start of s.
func (p *piece) cut(s string) (rest string, ok bool) {
	from := 0
	for _, gap := range p.gaps {
		if s, ok = strings.CutPrefix(s, p.text[from:gap]); !ok || s == "" {
			return "", false
		}
		_, size := utf8.DecodeRuneInString(s)
		s, from = s[size:], gap
	}
	return strings.CutPrefix(s, p.text[from:])
}

// find takes the piece from where it stands first in s.
func (p *piece) find(s string) (rest string, ok bool) {
	if len(p.gaps) == 0 {
		at := strings.Index(s, p.text)
		if at < 0 {
			return "", false
		}
		return s[at+len(p.text):], true
	}
	for {
		if rest, ok = p.cut(s); ok {
			return rest, true
		}
		if s == "" {
			return "", false
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
}

// ends reports whether s ends with the piece.
func (p *piece) ends(s string) bool {
	if len(p.gaps) == 0 {
		return strings.HasSuffix(s, p.text)
	}
	// The piece has as many characters wherever it ends: step back that far.
	runes := utf8.RuneCountInString(p.text) + len(p.gaps)
	from := len(s)
	for range runes {
		if from == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(s[:from])
		from -= size
	}
	rest, ok := p.cut(s[from:])
	return ok && rest == ""
}
