package ingest

import "math/bits"

// maxDepth bounds how deeply a record's values may nest.
const maxDepth = 128

// scanner walks one JSON text (RFC 8259) and takes nothing that encoding/json would refuse. Its
// methods take the place to start from and return the place behind what they read, or −1 once at
// and want are set.
type scanner struct {
	s    string
	at   int    // where the text goes wrong
	want string // what should stand there
}

// stringFlags say what a JSON string holds beyond plain ASCII.
type stringFlags uint8

const (
	hasEscape stringFlags = 1 << iota
	hasNonASCII
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

func (sc *scanner) fail(at int, want string) int {
	sc.at, sc.want = at, want
	return -1
}

// space skips white space.
func (sc *scanner) space(i int) int {
	for i < len(sc.s) && isSpace(sc.s[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// load returns eight bytes of s from i, the first one lowest.
func load(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// text reads a string whose first byte inside the quotes is at i and returns the place of its
// closing quote. It looks at eight bytes at a time: in m the lowest byte with its high bit set is
// the first quote, backslash or control character (Mycroft's test for a zero byte; only bytes above
// a true hit may be set by mistake).
func (sc *scanner) text(i int) (quote int, flags stringFlags) {
	s := sc.s
	var high uint64
	for {
		for i+8 <= len(s) {
			v := load(s, i)
			q, b := v^('"'*ones), v^('\\'*ones)
			m := ((q-ones)&^q | (b-ones)&^b | (v-' '*ones)&^v) & highs
			if m == 0 {
				high |= v
				i += 8
				continue
			}
			n := bits.TrailingZeros64(m) >> 3
			high |= v & (1<<(8*n) - 1)
			i += n
			goto found
		}
		for i < len(s) && s[i] != '"' && s[i] != '\\' && s[i] >= ' ' {
			high |= uint64(s[i])
			i++
		}
		if i == len(s) {
			return sc.fail(i, "a closing quote"), 0
		}
	found:
		switch s[i] {
		case '"':
			if high&highs != 0 {
				flags |= hasNonASCII
			}
			return i, flags
		case '\\':
			flags |= hasEscape
			if i = sc.escape(i + 1); i < 0 {
				return -1, 0
			}
		default:
			return sc.fail(i, "a control character written as \\u00.."), 0
		}
	}
}

// escape reads what follows a backslash.
func (sc *scanner) escape(i int) int {
	if i >= len(sc.s) {
		return sc.fail(i, "an escaped character")
	}
	switch sc.s[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		if _, ok := hex4(sc.s, i+1); ok {
			return i + 5
		}
		return sc.fail(i, "four hexadecimal digits behind \\u")
	}
	return sc.fail(i, "one of \"\\/bfnrtu behind a backslash")
}

// number reads a number that starts at i.
func (sc *scanner) number(i int) int {
	s := sc.s
	if i < len(s) && s[i] == '-' {
		i++
	}
	switch {
	case i < len(s) && s[i] == '0':
		i++
	case i < len(s) && isDigit(s[i]):
		i = digits(s, i)
	default:
		return sc.fail(i, "a digit")
	}
	if i < len(s) && s[i] == '.' {
		end := digits(s, i+1)
		if end == i+1 {
			return sc.fail(end, "a digit behind the point")
		}
		i = end
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		end := digits(s, i)
		if end == i {
			return sc.fail(end, "a digit in the exponent")
		}
		i = end
	}
	return i
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// digits returns the place behind the digits that start at i.
func digits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// word reads true, false or null, whichever w is.
func (sc *scanner) word(i int, w string) int {
	if len(sc.s)-i >= len(w) && sc.s[i:i+len(w)] == w {
		return i + len(w)
	}
	return sc.fail(i, "a value")
}

// skip reads any value that starts at i, which is not white space.
func (sc *scanner) skip(i, depth int) int {
	if i >= len(sc.s) {
		return sc.fail(i, "a value")
	}
	switch c := sc.s[i]; c {
	case '"':
		if i, _ = sc.text(i + 1); i < 0 {
			return -1
		}
		return i + 1
	case '{', '[':
		return sc.skipAll(i, depth)
	case 't':
		return sc.word(i, "true")
	case 'f':
		return sc.word(i, "false")
	case 'n':
		return sc.word(i, "null")
	default:
		if c == '-' || isDigit(c) {
			return sc.number(i)
		}
		return sc.fail(i, "a value")
	}
}

// skipAll reads the object or array that starts at i.
func (sc *scanner) skipAll(i, depth int) int {
	if depth >= maxDepth {
		return sc.fail(i, "less nesting")
	}
	object := sc.s[i] == '{'
	end := byte(']')
	if object {
		end = '}'
	}
	i = sc.space(i + 1)
	if i < len(sc.s) && sc.s[i] == end {
		return i + 1
	}
	for {
		if object {
			if i, _ = sc.key(i); i < 0 {
				return -1
			}
		}
		if i = sc.skip(sc.space(i), depth+1); i < 0 {
			return -1
		}
		i = sc.space(i)
		switch {
		case i < len(sc.s) && sc.s[i] == ',':
			i = sc.space(i + 1)
		case i < len(sc.s) && sc.s[i] == end:
			return i + 1
		default:
			return sc.fail(i, "a comma or "+string(rune(end)))
		}
	}
}

// key reads a member's name and its colon and returns the place behind it and the place of the
// name's closing quote.
func (sc *scanner) key(i int) (next, quote int) {
	if i >= len(sc.s) || sc.s[i] != '"' {
		return sc.fail(i, "a quoted name"), 0
	}
	if quote, _ = sc.text(i + 1); quote < 0 {
		return -1, 0
	}
	i = sc.space(quote + 1)
	if i >= len(sc.s) || sc.s[i] != ':' {
		return sc.fail(i, "a colon"), 0
	}
	return i + 1, quote
}

// members calls each for every member of the object that starts at i: with its name, escapes
// undone, and the place of its value. each returns the place behind the value, or −1.
func (sc *scanner) members(i int, each func(name string, i int) int) int {
	i = sc.space(i + 1)
	if i < len(sc.s) && sc.s[i] == '}' {
		return i + 1
	}
	for {
		next, quote := sc.key(i)
		if next < 0 {
			return -1
		}
		name := plain(sc.s[i+1 : quote])
		if i = each(name, sc.space(next)); i < 0 {
			return -1
		}
		i = sc.space(i)
		switch {
		case i < len(sc.s) && sc.s[i] == ',':
			i = sc.space(i + 1)
		case i < len(sc.s) && sc.s[i] == '}':
			return i + 1
		default:
			return sc.fail(i, "a comma or }")
		}
	}
}
