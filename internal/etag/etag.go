// Package etag makes entity tags and finds them in the headers of conditional requests (RFC 9110 §8.8.3
// and §13.1). All functions are pure and safe from any goroutine.
package etag

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Of returns a strong entity tag of exactly these bytes, quotes included: 16 bytes of their SHA-256.
func Of(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// Weak reports whether headers (If-None-Match) name tag by weak comparison, or anything by "*".
func Weak(headers []string, tag string) bool {
	return Find(headers, func(candidate string, _ bool) bool { return candidate == "*" || candidate == tag })
}

// Strong reports whether headers (If-Match, If-Range) name tag by strong comparison, or anything by "*".
func Strong(headers []string, tag string) bool {
	return Find(headers, func(candidate string, weak bool) bool { return candidate == "*" || candidate == tag && !weak })
}

// Find calls is with each entity tag of headers, its quotes included and its W/ left out, until is returns
// true, and reports whether it did. A header that is "*" and nothing else gives "*"; in a tag a comma and a
// star are characters like any other. What is no tag is passed over.
func Find(headers []string, is func(tag string, weak bool) bool) bool {
	for _, header := range headers {
		if strings.Trim(header, " \t") == "*" {
			if is("*", false) {
				return true
			}
			continue
		}
		for rest := header; ; {
			rest = strings.TrimLeft(rest, " \t,")
			if rest == "" {
				break
			}
			body, weak := strings.CutPrefix(rest, "W/")
			end := -1
			if strings.HasPrefix(body, `"`) {
				end = strings.IndexByte(body[1:], '"')
			}
			if end < 0 {
				_, rest, _ = strings.Cut(rest, ",")
				continue
			}
			if is(body[:end+2], weak) {
				return true
			}
			rest = body[end+2:]
		}
	}
	return false
}
