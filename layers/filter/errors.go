package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a filter: where, what was found and what would be accepted. It names
// nothing but what stands in the filter and in the schema that the filter was read for (S10).
type Error struct {
	// Where is a line and column of CQL2 text, counted in characters from 1, or a path into CQL2 JSON
	// that starts with $; "" when the whole filter is meant.
	Where string
	// Reason says the rest.
	Reason string
	// Limit names the bound that was hit (text, depth, nodes, vertices, values, pattern, cost), for a
	// metric; "" when the filter is wrong and not too large.
	Limit string
}

// Error returns where and why.
func (e *Error) Error() string {
	if e.Where == "" {
		return "filter: " + e.Reason
	}
	return "filter: " + e.Where + ": " + e.Reason
}

// reporter makes errors for places in one filter.
type reporter struct {
	text string // the filter, when it is CQL2 text
	json bool
}

func (r *reporter) fail(at place, limit, format string, args ...any) error {
	e := &Error{Where: at.path, Reason: fmt.Sprintf(format, args...), Limit: limit}
	if !r.json {
		before := r.text[:min(at.offset, len(r.text))]
		line := strings.Count(before, "\n") + 1
		column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
		e.Where = fmt.Sprintf("line %d, column %d", line, column)
	}
	return e
}

// maxShown bounds what an error repeats of a filter, in bytes.
const maxShown = 40

// shown quotes what was found.
func shown(s string) string {
	if len(s) > maxShown {
		cut := maxShown
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return fmt.Sprintf("%q", s)
}

// maxNamed bounds the names that an error lists.
const maxNamed = 40

// nearest returns the name that is most like s, or "" when none is.
func nearest(s string, names []string) string {
	letters := utf8.RuneCountInString(s)
	best, least := "", min(letters, max(2, letters/3)+1)
	for _, n := range names {
		if d := distance([]rune(strings.ToLower(s)), []rune(strings.ToLower(n))); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is that of Levenshtein: how many characters have to change.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		last := row[0]
		row[0] = i + 1
		for j, y := range b {
			change := last
			if x != y {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// list writes names one after the other.
func list(names []string) string {
	if len(names) > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + " …"
	}
	return strings.Join(names, ", ")
}
