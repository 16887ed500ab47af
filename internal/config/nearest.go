package config

import (
	"strings"
	"unicode/utf8"
)

// nearest returns the one of names that somebody who wrote word most likely meant, "" when none is
// near: one character and a third of the word's may be wrong, but not all. Of equally near names the
// first wins. Case and the difference between '-' and '_' count for nothing.
func nearest(word string, names []string) string {
	length := utf8.RuneCountInString(word)
	best, limit := "", min(length/3+2, length) // the best distance is below
	plain := plainName(word)
	for _, name := range names {
		if d := distance(plain, plainName(name), limit); d < limit {
			best, limit = name, d
		}
	}
	return best
}

func plainName(s string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
}

// maxCompared is the most characters of a word that are compared: longer words are near nothing.
const maxCompared = 80

// distance returns the number of characters to insert, delete, replace or swap with their
// neighbour to make b of a (optimal string alignment), or some number above limit when it is more
// than that.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > limit || len(y)-len(x) > limit || len(x) > maxCompared || len(y) > maxCompared {
		return limit + 1
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}

// didYouMean returns "; did you mean …?" for the one of names nearest to word, or "".
func didYouMean(word string, names []string) string {
	if name := nearest(word, names); name != "" {
		return "; did you mean " + quote(name) + "?"
	}
	return ""
}
