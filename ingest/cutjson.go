package ingest

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// SyntaxError says where a text is not what it should be.
type SyntaxError struct {
	Line, Byte int // from 1
	Want       string
}

// Error names the place and what should stand there, and nothing of the text.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, byte %d: want %s", e.Line, e.Byte, e.Want)
}

func (sc *scanner) syntaxError(at int, want string) *SyntaxError {
	at = min(at, len(sc.s))
	return &SyntaxError{Line: 1 + strings.Count(sc.s[:at], "\n"), Byte: at + 1, Want: want}
}

// CheckRecordsPath says what is wrong with a path of [CutJSON], or nil: it leads to one place, so it has
// none of the signs by which gjson finds several.
func CheckRecordsPath(path string) error {
	if i := strings.IndexAny(path, "*?#|@{[!"); i >= 0 {
		return fmt.Errorf("%q has a %c: want the names of members with dots between them, such as data.items", path, path[i])
	}
	return nil
}

// CutJSON calls each for the records of a JSON text, in order, with where they stand in it: for every member
// of a list, for the features of a GeoJSON FeatureCollection, else for the one value that it is. path, unless
// it is "", leads to the list or record. The whole text is checked before the first call. The error is a
// [*SyntaxError], or what each returned.
func CutJSON(text, path string, each func(start, end, line int) error) error {
	sc := &scanner{s: text}
	start := sc.space(0)
	end := sc.skip(start, 0)
	if end >= 0 && sc.space(end) < len(text) {
		end = sc.fail(sc.space(end), "nothing behind the JSON text")
	}
	if end < 0 {
		return sc.syntaxError(sc.at, sc.want)
	}
	if path != "" {
		r := gjson.Get(text[start:end], path)
		if !r.Exists() || r.Index == 0 {
			return sc.syntaxError(start, fmt.Sprintf("an object with records at %q", path))
		}
		start += r.Index
		end = start + len(r.Raw)
	} else if at := sc.features(start); at >= 0 {
		start = at
	}
	line := 1 + strings.Count(text[:start], "\n")
	if text[start] != '[' {
		return each(start, end, line)
	}
	counted := start
	for i := sc.space(start + 1); text[i] != ']'; {
		line += strings.Count(text[counted:i], "\n")
		counted = i
		end = sc.skip(i, 0)
		if err := each(i, end, line); err != nil {
			return err
		}
		if i = sc.space(end); text[i] == ',' {
			i = sc.space(i + 1)
		}
	}
	return nil
}

// features returns where the list of features of the FeatureCollection that starts at i stands, or −1 when
// it is none. It was found to be JSON.
func (sc *scanner) features(i int) int {
	if sc.s[i] != '{' {
		return -1
	}
	list, collection := -1, false
	sc.members(i, func(name string, at int) int {
		end := sc.skip(at, 0)
		switch name {
		case "type":
			collection = sc.s[at:end] == `"FeatureCollection"`
		case "features":
			if list = -1; sc.s[at] == '[' {
				list = at
			}
		}
		return end
	})
	if !collection {
		return -1
	}
	return list
}

// IsFeature reports whether a JSON text is a GeoJSON Feature rather than an object with properties of its
// own: its type says so, and it has the member geometry or properties.
func IsFeature(text string) bool {
	if !strings.Contains(text, `"Feature"`) { // nearly always
		return false
	}
	sc := &scanner{s: text}
	i := sc.space(0)
	if text[i] != '{' {
		return false
	}
	kind, parts := false, false
	sc.members(i, func(name string, at int) int {
		end := sc.skip(at, 0)
		switch {
		case end < 0:
		case name == "type":
			kind = text[at:end] == `"Feature"`
		case name == "geometry" || name == "properties":
			parts = true
		}
		return end
	})
	return kind && parts
}
