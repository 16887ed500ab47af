package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// fold returns s with each letter replaced by one that stands for all letters that differ from it in
// case only (simple folding of The Unicode Standard, 3.13): CASEI. For most letters it is the small
// one. A letter stays one letter: ß is not ss.
func fold(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return strings.Map(foldRune, s)
		}
	}
	return s
}

// appendFolded appends [fold] of s to dst.
func appendFolded(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			for _, r := range s[i:] {
				dst = utf8.AppendRune(dst, foldRune(r))
			}
			return dst
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if least == r && unicode.SimpleFold(r) == r {
		return r // no other letter differs from it in case only
	}
	return unicode.ToLower(least)
}
