package styles

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
)

// variations are the goldens that say only what differs from that of another style of the same city.
var variations = map[string]string{
	"dark": "light", "dark-zh": "light", "light-zh": "light", "no-sprite": "light", "some": "light", "cells-dark-zh": "cells",
}

// TestGoldens compares with copies of the styles in lines, which people can read; compacted they are the
// styles' exact bytes. Of variations the golden says only what differs, as NAME.diff.json. The page's
// tests hold all of them against MapLibre's validator.
func TestGoldens(t *testing.T) {
	t.Parallel()
	all := goldens()
	for name, in := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := make1(t, in)
			readable := inLines(string(bytes.TrimSpace(got)), "")
			var compact bytes.Buffer
			if err := json.Compact(&compact, []byte(readable)); err != nil {
				t.Fatal(err)
			}
			if want := compact.String() + "\n"; string(got) != want {
				t.Errorf("got %q, want it compact: %q", got, want)
			}
			file := name + ".json"
			if base, ok := variations[name]; ok {
				file = name + ".diff.json"
				readable = inLines(string(differenceOf(t, decoded(t, make1(t, all[base])), decoded(t, got))), "")
			}
			testkit.Golden(t, file, readable+"\n")
		})
	}
}

// lineWidth is the most bytes of a line of a golden.
const lineWidth = 140

// inLines returns compact JSON with whatever does not fit a line on lines of its own.
func inLines(text, indent string) string {
	if len(indent)+len(text) <= lineWidth || !strings.ContainsAny(text[:1], "[{") {
		return text
	}
	deeper := indent + "  "
	parts := cut(text[1:len(text)-1], ',', -1)
	for i, part := range parts {
		if pair := cut(part, ':', 2); text[0] == '{' {
			part = pair[0] + ": " + inLines(pair[1], deeper)
		} else {
			part = inLines(part, deeper)
		}
		parts[i] = deeper + part
	}
	return text[:1] + "\n" + strings.Join(parts, ",\n") + "\n" + indent + text[len(text)-1:]
}

// cut returns compact JSON cut into at most n parts at the signs that are in no text, list or object; n
// below zero is all parts.
func cut(text string, sign byte, n int) []string {
	var parts []string
	start, depth, quoted := 0, 0, false
	for i := 0; i < len(text) && len(parts) != n-1; i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == sign && depth == 0:
			parts, start = append(parts, text[start:i]), i+1
		}
	}
	return append(parts, text[start:])
}

func decoded(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// differenceOf returns, as compact JSON, what of to differs from from: the values by their paths, null for what to has not.
func differenceOf(t *testing.T, from, to any) []byte {
	t.Helper()
	changes := map[string]any{}
	differ("", from, to, changes)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(changes); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(buf.Bytes())
}

// differ adds to changes what of to differs from from. Both are at a path: names of members, places in
// lists, and in lists of things with an id or a name these, each behind a slash.
func differ(path string, from, to any, changes map[string]any) {
	a, b := members(from), members(to)
	if a == nil || b == nil || !sameKind(from, to) {
		if !cmp.Equal(from, to) {
			changes[path] = to
		}
		return
	}
	for key, value := range b {
		if _, there := a[key]; !there {
			changes[path+"/"+key] = value
		}
	}
	for key, value := range a {
		if other, there := b[key]; there {
			differ(path+"/"+key, value, other, changes)
		} else {
			changes[path+"/"+key] = nil
		}
	}
}

// members returns the parts of a value by their names or places, nil of a text or number.
func members(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case []any:
		all := map[string]any{}
		for i, part := range v {
			all[keyOf(part, i)] = part
		}
		return all
	}
	return nil
}

// keyOf is what a part of a list is called in a path.
func keyOf(part any, i int) string {
	if object, ok := part.(map[string]any); ok {
		for _, key := range []string{"id", "name"} {
			if name, ok := object[key].(string); ok {
				return name
			}
		}
	}
	return strconv.Itoa(i)
}

// sameKind reports whether the parts of two values can be told of one by one: both are objects, or lists
// of which the second is the first, some of its named parts left out.
func sameKind(from, to any) bool {
	a, isList := from.([]any)
	b, other := to.([]any)
	if !isList || !other {
		return isList == other
	}
	if len(a) == len(b) && len(a) > 0 && keyOf(a[0], 0) == "0" {
		return true
	}
	var kept []string
	for i, part := range a {
		if key := keyOf(part, i); slices.ContainsFunc(b, func(p any) bool { return keyOf(p, -1) == key }) {
			kept = append(kept, key)
		}
	}
	return len(kept) == len(b) && slices.EqualFunc(kept, b, func(key string, p any) bool { return keyOf(p, -1) == key })
}
