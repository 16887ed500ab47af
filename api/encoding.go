package api

import (
	"strconv"
	"strings"
)

// encoding is a content coding that [Send] can produce.
type encoding string

const (
	identity encoding = "identity"
	gzipped  encoding = "gzip"
)

// maxAcceptParts bounds how many members of an Accept-Encoding header are read; browsers send five.
const maxAcceptParts = 32

// negotiate returns the coding for a request with these Accept-Encoding headers (RFC 9110 §12.5.3):
// gzip when the client takes it at least as gladly as identity, or names only gzip, else identity.
// A header that refuses both still gets identity, which the RFC allows and which beats a 406.
func negotiate(headers []string) encoding {
	const unset = -1.0
	gzipQ, identityQ, anyQ := unset, unset, unset
	parts := 0
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			if parts++; parts > maxAcceptParts {
				break
			}
			coding, q := codingOf(part)
			switch coding {
			case "gzip", "x-gzip":
				gzipQ = max(gzipQ, q)
			case "identity":
				identityQ = max(identityQ, q)
			case "*":
				anyQ = max(anyQ, q)
			}
		}
	}
	if gzipQ == unset {
		gzipQ = anyQ
	}
	// An identity that is not named is acceptable, but what is named is preferred.
	if gzipQ > 0 && gzipQ >= identityQ {
		return gzipped
	}
	return identity
}

// codingOf splits "gzip;q=0.5" into its lower-case name and weight, 0…1; without a weight it is 1,
// and a weight that is not one counts as 0.
func codingOf(part string) (string, float64) {
	name, params, _ := strings.Cut(part, ";")
	q := 1.0
	for param := range strings.SplitSeq(params, ";") {
		key, value, ok := strings.Cut(strings.TrimSpace(param), "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(key), "q") {
			continue
		}
		q = weight(strings.TrimSpace(value))
	}
	return strings.ToLower(strings.TrimSpace(name)), q
}

// weight reads a qvalue (RFC 9110 §12.4.2): 0 to 1 with at most three decimals; anything else is 0.
func weight(s string) float64 {
	if len(s) == 0 || len(s) > 5 || s[0] != '0' && s[0] != '1' || len(s) > 1 && s[1] != '.' {
		return 0
	}
	q, err := strconv.ParseFloat(s, 64)
	if err != nil || q > 1 {
		return 0
	}
	return q
}
