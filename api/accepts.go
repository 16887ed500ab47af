package api

import (
	"net/http"
	"strings"
)

// Accepts reports whether the client that asked r takes an answer in a content coding (RFC 9110
// §12.5.3), a lower-case name such as "br": whether it names it, or anything, with a weight above 0.
// It is for bodies that are stored encoded.
func Accepts(r *http.Request, coding string) bool {
	named, anything, parts := -1.0, 0.0, 0
	for _, header := range r.Header.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(header, ",") {
			if parts++; parts > maxAcceptParts {
				break
			}
			switch name, q := codingOf(part); name {
			case coding:
				named = max(named, q)
			case "*":
				anything = max(anything, q)
			}
		}
	}
	if named >= 0 {
		return named > 0
	}
	return anything > 0
}
