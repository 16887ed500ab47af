package archive

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"hutong/internal/etag"
)

// maxRanges is the most ranges of one request. Readers of PMTiles ask for one; more than a few only
// make work (RFC 9110 §14.2 lets a server reject them).
const maxRanges = 16

// span is length bytes from first on.
type span struct{ first, length int64 }

// contentRange is the value of Content-Range for s.
func (s span) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", s.first, s.first+s.length-1, size)
}

// parseRange returns the parts of size bytes that a Range header asks for, in its order; none when the
// header has to be ignored, because it is absent or of another unit. Why it cannot be satisfied is a
// sentence for the client, else "".
func parseRange(header string, size int64) (spans []span, unsatisfied string) {
	set, ok := strings.CutPrefix(header, "bytes=")
	if !ok {
		return nil, ""
	}
	if strings.Count(set, ",") >= maxRanges {
		return nil, fmt.Sprintf("At most %d ranges are served at once.", maxRanges)
	}
	total := int64(0)
	for spec := range strings.SplitSeq(set, ",") {
		if spec = strings.Trim(spec, " \t"); spec == "" {
			continue // a list may hold empty elements (RFC 9110 §5.6.1)
		}
		s, ok := parseSpan(spec, size)
		if !ok {
			return nil, "A range is first-last, first- or -length, in bytes."
		}
		if s.length > 0 { // those beyond the end are left out as long as others are not
			spans = append(spans, s)
			total += s.length
		}
	}
	switch {
	case len(spans) == 0:
		return nil, fmt.Sprintf("The archive has %d bytes.", size)
	case len(spans) > 1 && total > size:
		return nil, "The ranges hold more bytes than the archive."
	}
	return spans, ""
}

// parseSpan reads one range-spec (RFC 9110 §14.1.1). The length is 0 when nothing of it is there.
func parseSpan(spec string, size int64) (span, bool) {
	first, last, ok := strings.Cut(spec, "-")
	if !ok {
		return span{}, false
	}
	if first == "" {
		n, ok := parseOffset(last)
		n = min(n, size)
		return span{size - n, n}, ok
	}
	from, ok := parseOffset(first)
	if !ok {
		return span{}, false
	}
	if last == "" {
		return span{from, max(size-from, 0)}, true
	}
	to, ok := parseOffset(last)
	if !ok || to < from {
		return span{}, false
	}
	return span{from, max(min(to+1, size)-from, 0)}, true
}

// parseOffset reads digits; what is larger than any archive is a number as large as none.
func parseOffset(s string) (int64, bool) {
	const most = 1 << 62
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > most {
		return most, true
	}
	return n, true
}

// outcome is what the conditions of a request make of it (RFC 9110 §13.2.2).
type outcome uint8

const (
	proceed outcome = iota
	notModified
	failed
)

// evaluate judges If-Match, which a weak tag never meets, and If-None-Match against the archive's tag. There
// is no Last-Modified, so conditions on dates are not ours to judge.
func evaluate(h http.Header, tag string) outcome {
	if values := h.Values("If-Match"); len(values) > 0 && !etag.Strong(values, tag) {
		return failed
	}
	if etag.Weak(h.Values("If-None-Match"), strings.TrimPrefix(tag, "W/")) {
		return notModified
	}
	return proceed
}

// rangeApplies judges If-Range, which a weak tag never meets: ranges of an archive that was replaced would
// not fit together.
func rangeApplies(h http.Header, tag string) bool {
	values := h.Values("If-Range")
	return len(values) == 0 || len(values) == 1 && strings.TrimSpace(values[0]) == tag && !strings.HasPrefix(tag, "W/")
}
