package api

import (
	"net/http"
	"strconv"
	"strings"

	"hutong/internal/compress"
)

// maxAcceptParts bounds how many members of an Accept-Encoding header are read; browsers send five.
const maxAcceptParts = 32

// Negotiate returns the coding for the answer to r by its Accept-Encoding headers (RFC 9110
// §12.5.3): the one that the client takes most gladly; of several zstd before gzip before identity,
// unless identity is named and preferred. A header that refuses all three still gets identity, which
// the RFC allows and which beats a 406.
func Negotiate(r *http.Request) compress.Encoding {
	headers := r.Header["Accept-Encoding"]
	if len(headers) == 0 {
		return compress.Identity
	}
	return negotiate(headers)
}

func negotiate(headers []string) compress.Encoding {
	const unset = -1.0
	var q [compress.Encodings]float64
	for i := range q {
		q[i] = unset
	}
	anyQ := unset
	parts := 0
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			if parts++; parts > maxAcceptParts {
				break
			}
			coding, weight := codingOf(part)
			switch coding {
			case "zstd":
				q[compress.Zstd] = max(q[compress.Zstd], weight)
			case "gzip", "x-gzip":
				q[compress.Gzip] = max(q[compress.Gzip], weight)
			case "identity":
				q[compress.Identity] = max(q[compress.Identity], weight)
			case "*":
				anyQ = max(anyQ, weight)
			}
		}
	}
	// An identity that is not named is acceptable, but what is named is preferred.
	best, bestQ := compress.Identity, max(q[compress.Identity], 0)
	for _, e := range []compress.Encoding{compress.Gzip, compress.Zstd} {
		if q[e] == unset {
			q[e] = anyQ
		}
		if q[e] > 0 && q[e] >= bestQ {
			best, bestQ = e, q[e]
		}
	}
	return best
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
