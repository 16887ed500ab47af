package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// TestPlaces checks that every key and every plain value stands where the tree says: the library's
// places are what each message relies on.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		filepath.Join("testdata", "broken.yaml"),
		filepath.Join("..", "..", "examples", "dc.yaml"),
	} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(data), "\n")
		checked := 0
		check := func(n *node) {
			if n.kind != scalar || n.text == "" || n.bad {
				return
			}
			rest := string([]rune(lines[n.line-1])[n.column-1:])
			if strings.HasPrefix(rest, ">") || strings.HasPrefix(rest, "|") {
				return
			}
			if !strings.HasPrefix(strings.TrimLeft(rest, `"'`), n.text) {
				t.Errorf("%s:%d:%d: %s: got %q there, want %q", path, n.line, n.column, n.path, rest, n.text)
			}
			checked++
		}
		var walk func(n *node)
		walk = func(n *node) {
			check(n)
			for _, e := range n.entries {
				check(e.key)
				if e.value.keyLine != e.key.line || e.value.keyColumn != e.key.column {
					t.Errorf("%s: key of %s at %d:%d, want %d:%d", path, e.value.path, e.value.keyLine, e.value.keyColumn, e.key.line, e.key.column)
				}
				walk(e.value)
			}
			for _, item := range n.items {
				walk(item)
			}
		}
		walk(parse(data, &findings{}))
		if checked < 100 {
			t.Errorf("%s: %d places checked, want more", path, checked)
		}
	}
}

// TestPlacesAfter checks places after what shifts the reading: other scripts, long texts, comments.
func TestPlacesAfter(t *testing.T) {
	t.Parallel()
	for _, before := range []string{
		"a: 北京 # 胡同\n", "a: \"two\n  lines\"\n", "a: |\n  one\n\n  two\n", "a: >-\n  one\n  two\n\n", "a: one\n  two\n",
		"a: ''\n", "a: 'it''s'\n", "a: [1,\n  2]\n", "# c\n\n\na: 1\n", "a:\n- 1\n", "a: \"\\u5317\\n\"\n", "a: {b: 北, c: 2}\n", "a: x\r\n",
	} {
		n := parse([]byte(before+"k: v\n"), &findings{}).get("k")
		if n == nil {
			t.Errorf("%q: the key after it is lost", before)
			continue
		}
		if want := strings.Count(before, "\n") + 1; n.line != want || n.column != 4 || n.keyColumn != 1 {
			t.Errorf("%q: got %d:%d, want %d:4", before, n.line, n.column, want)
		}
	}
	n := parse([]byte("北: {京: v, \"k\": [1, w]}\n"), &findings{}).get("北")
	if v := n.get("京"); v.column != 8 {
		t.Errorf("got column %d, want 8", v.column)
	}
	if w := n.get("k").items[1]; w.column != 20 {
		t.Errorf("got column %d, want 20", w.column)
	}
}

// TestLibraryPanic hands the library what makes it panic, because no file is known that does.
func TestLibraryPanic(t *testing.T) {
	t.Parallel()
	_, err := library(func() (*ast.File, error) { return parser.Parse(token.Tokens{nil}, 0) })
	if !errors.Is(err, errLibrary) {
		t.Errorf("got %v, want %v", err, errLibrary)
	}
}

func TestScalars(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]meaning{
		"":         meansNull,
		"~":        meansNull,
		"NULL":     meansNull,
		"true":     meansBool,
		"True":     meansUnclear,
		"no":       meansUnclear,
		"Off":      meansUnclear,
		"0":        meansInt,
		"-12":      meansInt,
		"+3":       meansInt,
		"00":       meansUnclear,
		"010":      meansUnclear,
		"08":       meansUnclear,
		"0x1F":     meansUnclear,
		"0b11":     meansUnclear,
		"1_000":    meansUnclear,
		"1_000.5":  meansUnclear,
		"3.7":      meansFloat,
		"1.10":     meansFloat,
		".5":       meansFloat,
		"5.":       meansFloat,
		"1e3":      meansFloat,
		"1e400":    meansUnclear,
		"01.5":     meansUnclear,
		".inf":     meansUnclear,
		"-.Inf":    meansUnclear,
		".nan":     meansUnclear,
		"12:30":    meansUnclear,
		"190:20:3": meansUnclear,
		// Dates are read as such by some and as texts by others.
		"2016-08-03":           meansUnclear,
		"2016-08-03T20:47:11Z": meansUnclear,
		"2016-08-03 20:47":     meansUnclear,
		"}":                    meansUnclear,
		"%a":                   meansUnclear,
		"2016-08":              meansText,
		"1.2.3":                meansText,
		"127.0.0.1:8080":       meansText,
		".":                    meansText,
		"-":                    meansText,
		"e3":                   meansText,
		"y":                    meansText,
		"nothing":              meansText,
		"16-00618536":          meansText,
		"{A}":                  meansText,
	} {
		n := &node{text: text, plain: true}
		if got, _ := n.read(); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
		if quoted := (&node{text: text}); quoted.mustQuote() != "" {
			t.Errorf("%q in quotes is no text: %s", text, quoted.mustQuote())
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"from_zoom", "keep", "max_length", "priority", "private", "type"}
	for word, want := range map[string]string{
		"kep": "keep", "Keep": "keep", "keeep": "keep", "fromzoom": "from_zoom", "from-zoom": "from_zoom",
		"maxlen": "", "privat": "private", "prio": "", "tpye": "type", "typ": "type", "x": "", "": "",
		"colour": "", "prvate": "private", "priorty": "priority",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	if got := nearest("a", []string{"b"}); got != "" {
		t.Errorf("got %q for a word all wrong, want nothing", got)
	}
}
