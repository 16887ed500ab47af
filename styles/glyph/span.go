package glyph

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Span is a range of characters, both ends in it.
type Span struct{ First, Last rune }

// ParseSpans reads ranges as CSS writes them: "U+26" or "U+0-7F" (CSS Fonts 4 §4.5), without wildcards.
func ParseSpans(ranges []string) ([]Span, error) {
	spans := make([]Span, len(ranges))
	for i, text := range ranges {
		first, last, isRange := strings.Cut(strings.TrimPrefix(strings.ToUpper(text), "U+"), "-")
		if !isRange {
			last = first
		}
		a, errA := strconv.ParseUint(first, 16, 32)
		b, errB := strconv.ParseUint(last, 16, 32)
		if errA != nil || errB != nil || a > b || b > unicode.MaxRune {
			return nil, fmt.Errorf("glyph: %q is no range of characters", text)
		}
		spans[i] = Span{rune(a), rune(b)}
	}
	return spans, nil
}
