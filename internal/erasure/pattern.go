package erasure

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"hutong/layers"
)

// MinPlain is the fewest bytes of an id that is looked for in bytes that are not understood: a shorter one
// is in every file by chance.
const MinPlain = 6

// Pattern finds an id in bytes. It may be used from any goroutine.
type Pattern struct {
	id      []byte
	forms   [][]byte
	encoded []encoded
	common  bool // it is in what files say whatever features there are
}

// encoded is one of the three ways in which an id may lie in Base64: characters that it alone decides, and the bytes
// of it that share groups of characters with what stands before and behind.
type encoded struct {
	whole         []byte // characters
	before, after []byte // at most 2 bytes of the id each
}

// NewPattern returns the pattern of an id, which has at least one byte. frame is what the files in which it is looked for
// say whatever features there are; an id that is in there ("sequence", the name of a layer) can only be looked for in what
// is understood.
func NewPattern(id layers.FeatureID, frame ...[]byte) *Pattern {
	p := &Pattern{id: []byte(id)}
	add := func(form []byte, least int) {
		if len(form) < least {
			return
		}
		for _, known := range p.forms {
			if bytes.Equal(known, form) {
				return
			}
		}
		p.forms = append(p.forms, form)
	}
	add(p.id, MinPlain)
	if text, err := json.Marshal(string(id)); err == nil {
		add(text[1:len(text)-1], MinPlain)
	}
	ascii := []byte(nil) // with all that is not ASCII as \u
	for _, r := range string(id) {
		ascii = appendEscaped(ascii, r)
	}
	add(ascii, MinPlain)
	add([]byte(url.PathEscape(string(id))), MinPlain)
	add([]byte(url.QueryEscape(string(id))), MinPlain)
	for skip := range 3 {
		if n := (len(id) - skip) / 3 * 3; len(id) >= MinPlain {
			p.encoded = append(p.encoded, encoded{
				whole:  []byte(base64.RawStdEncoding.EncodeToString(p.id[skip : skip+n])),
				before: p.id[:skip], after: p.id[skip+n:],
			})
		}
	}
	p.common = slices.ContainsFunc(frame, func(text []byte) bool { return p.Bytes(text) >= 0 })
	return p
}

// appendEscaped appends a character as JSON writers do that write only ASCII.
func appendEscaped(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	unit := func(u rune) { dst = append(dst, '\\', 'u', hex[u>>12&15], hex[u>>8&15], hex[u>>4&15], hex[u&15]) }
	switch {
	case r >= 0x20 && r < 0x7f:
		return append(dst, byte(r))
	case r > 0xffff:
		r -= 0x10000
		unit(0xd800 + r>>10)
		unit(0xdc00 + r&0x3ff)
	default:
		unit(r)
	}
	return dst
}

// Plain reports whether the id can be looked for in bytes that are not understood: it is long enough, and no word that
// files have of themselves.
func (p *Pattern) Plain() bool { return len(p.id) >= MinPlain && !p.common }

// why says why the id is not plain.
func (p *Pattern) why() string {
	if p.common {
		return "the id is a word that they have whatever features there are"
	}
	return fmt.Sprintf("an id of fewer than %d bytes is in all of them by chance", MinPlain)
}

// In reports whether a text has the id somewhere.
func (p *Pattern) In(text []byte) bool { return bytes.Contains(text, p.id) }

// Bytes returns where in b some spelling of the id is, −1 when none is or the id is too short.
func (p *Pattern) Bytes(b []byte) int {
	if !p.Plain() {
		return -1
	}
	first := -1
	for _, form := range p.forms {
		if at := bytes.Index(b, form); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	for i := range p.encoded {
		if at := p.encoded[i].find(b); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// group is how many characters of Base64 stand for three bytes.
const group = 4

// find returns where the characters are in b, with those around them that make the whole id; −1 when nowhere. An id
// that differs only in its last letter has the same ones in the middle.
func (e *encoded) find(b []byte) int {
	for from := 0; ; {
		at := bytes.Index(b[from:], e.whole)
		if at < 0 {
			return -1
		}
		at += from
		end := at + len(e.whole)
		if bytes.HasSuffix(decodeGroup(b[max(at-group, 0):at]), e.before) && bytes.HasPrefix(decodeGroup(b[end:min(end+group, len(b))]), e.after) {
			return at
		}
		from = at + 1
	}
}

// decodeGroup returns what up to four characters stand for: fewer than three bytes at the end of what was encoded.
func decodeGroup(b []byte) []byte {
	var out [3]byte
	n, err := base64.RawStdEncoding.Decode(out[:], b)
	for err != nil && len(b) > 0 {
		b = b[:len(b)-1]
		n, err = base64.RawStdEncoding.Decode(out[:], b)
	}
	return out[:n]
}

// longest is the length of the longest spelling, with what must be seen around it.
func (p *Pattern) longest() int {
	n := 0
	for _, form := range p.forms {
		n = max(n, len(form))
	}
	for i := range p.encoded {
		n = max(n, len(p.encoded[i].whole)+2*group)
	}
	return n
}

// Word reports whether a record that is not understood has the id, plain or as in JSON, as a word: not as a
// part of a longer number or name. An id with other than Latin letters at an end is found inside of words
// there, too.
func (p *Pattern) Word(record []byte) bool {
	if word(record, p.id) {
		return true
	}
	for _, form := range p.forms {
		if word(record, form) {
			return true
		}
	}
	return false
}

func word(b, id []byte) bool {
	for from := 0; ; {
		at := bytes.Index(b[from:], id)
		if at < 0 {
			return false
		}
		at += from
		end := at + len(id)
		before := at > 0 && inWord(b[at-1]) && inWord(id[0])
		after := end < len(b) && inWord(b[end]) && inWord(id[len(id)-1])
		if !before && !after {
			return true
		}
		from = at + 1
	}
}

// inWord reports whether names and numbers go on at c.
func inWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_'
}
