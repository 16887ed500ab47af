package ingest

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape appends the text of a JSON string whose escapes are valid. As in encoding/json, half a
// surrogate pair becomes U+FFFD.
func unescape(b *strings.Builder, s string) {
	for {
		n := strings.IndexByte(s, '\\')
		if n < 0 {
			b.WriteString(s)
			return
		}
		b.WriteString(s[:n])
		c := s[n+1]
		s = s[n+2:]
		switch c {
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			r, _ := hex4(s, 0)
			s = s[4:]
			if utf16.IsSurrogate(r) {
				low, ok := rune(0), false
				if strings.HasPrefix(s, `\u`) {
					low, ok = hex4(s, 2)
				}
				r = utf16.DecodeRune(r, low)
				if ok && r != utf8.RuneError {
					s = s[6:]
				}
			}
			b.WriteRune(r)
		default: // a quote, backslash or slash
			b.WriteByte(c)
		}
	}
}

// plain returns the text of a JSON string whose escapes are valid; it is s itself without any.
func plain(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	unescape(&b, s)
	return b.String()
}

// hex4 returns the value of the four hexadecimal digits of s from i.
func hex4(s string, i int) (r rune, ok bool) {
	if i+4 > len(s) {
		return 0, false
	}
	for _, c := range []byte(s[i : i+4]) {
		switch {
		case isDigit(c):
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
