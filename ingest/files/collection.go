package files

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"hutong/ingest"
)

// collection reads one GeoJSON FeatureCollection (RFC 7946 §3.3): an object whose member "features"
// is an array, with other members before or behind it. It finds where each value of these two levels
// starts and ends, and leaves what is inside a feature to the workers, so that the one reading
// goroutine does little. The other members are held and checked whole.
type collection struct {
	in    *input
	state collectionState
	value valueScan
	// inValue is set while a value goes on behind the chunk; skipping, once it is a feature beyond
	// the limit. featureLine is where that feature starts.
	inValue, skipping bool
	featureLine       int

	key      string // the member at hand
	seen     bool   // "features" has been there
	features int    // elements so far
}

// collectionState says what comes next.
type collectionState uint8

const (
	atStart        collectionState = iota // the object
	atFirstMember                         // a member or }
	atMember                              // a member
	atColon                               // the colon behind a name
	atValue                               // the value of a member
	behindMember                          // a comma or }
	atFirstFeature                        // a feature or ]
	atFeature                             // a feature
	behindFeature                         // a comma or ]
	atEnd                                 // nothing but white space
)

var collectionWants = [...]string{
	"an object: a FeatureCollection", "a member or }", "a member", "a colon", "a value", "a comma or }",
	"a feature or ]", "a feature", "a comma or ]", "the end of the file",
}

func newCollection(in *input) *collection { return &collection{in: in} }

// next fills the chunk and returns the features that are in it whole. What it leaves over starts
// with the value that is cut.
func (f *collection) next(c *chunk) error {
	in := f.in
	b := append(c.data, in.carry...)
	i, start := 0, 0 // where scanning goes on, and where the value at hand starts
	if f.inValue {
		i = len(b)
	}
	c.feature = f.features + 1
	for {
		if i == len(b) && !in.ended {
			if len(b) == cap(b) {
				// No more room: hand over the features there are, or make room.
				keep := i
				if f.inValue {
					keep = start
				}
				switch {
				case len(c.spans) > 0:
					f.cut(c, b, keep)
					return nil
				case f.skipping || keep > 0:
					if f.skipping {
						keep = i
					}
					in.pass(b[:keep])
					b = b[:copy(b, b[keep:])]
					i, start = i-keep, 0
				case len(b) >= in.limit:
					if f.state != atFeature && f.state != atFirstFeature {
						return f.fail(b, start, "member %q is longer than %d bytes", f.key, in.limit)
					}
					f.skipping, f.featureLine = true, in.line+1
					continue
				default:
					b = grow(b)
				}
			}
			b = in.fill(b)
			continue
		}
		if f.inValue {
			end, done := f.value.scan(b, i)
			i = end
			if !done {
				if in.ended {
					return f.truncated(c, b, start)
				}
				continue
			}
			f.inValue = false
			if err := f.took(c, b, start, end); err != nil {
				f.cut(c, b, start)
				return err
			}
			continue
		}
		for i < len(b) && isSpace(b[i]) {
			i++
		}
		if i == len(b) {
			if !in.ended {
				continue
			}
			if f.state != atEnd || in.err != nil {
				return f.truncated(c, b, i)
			}
			f.cut(c, b, i)
			if !f.seen {
				return in.problem(in.line+1, in.bytes, `there is no member "features"`)
			}
			return io.EOF
		}
		next, err := f.step(b, i)
		if err != nil {
			f.cut(c, b, i)
			return err
		}
		if f.inValue {
			start = i
		} else {
			i = next
		}
	}
}

// step takes the byte at i, which is not white space: a bracket, comma or colon, or the first byte
// of a value, in which case it sets inValue.
func (f *collection) step(b []byte, i int) (next int, err error) {
	c := b[i]
	switch f.state {
	case atStart:
		if c == '{' {
			f.state = atFirstMember
			return i + 1, nil
		}
	case atFirstMember, atMember:
		if c == '}' && f.state == atFirstMember {
			f.state = atEnd
			return i + 1, nil
		}
		if c == '"' {
			f.inValue, f.value = true, valueScan{}
			return i, nil
		}
	case atColon:
		if c == ':' {
			f.state = atValue
			return i + 1, nil
		}
	case atValue:
		if f.key == "features" {
			if f.seen {
				return 0, f.fail(b, i, `a second member "features"`)
			}
			f.seen = true
			if c != '[' {
				return 0, f.fail(b, i, `the member "features" is no array`)
			}
			f.state = atFirstFeature
			return i + 1, nil
		}
		if startsValue(c) {
			f.inValue, f.value = true, valueScan{}
			return i, nil
		}
	case behindMember, behindFeature:
		switch {
		case c == ',' && f.state == behindMember:
			f.state = atMember
			return i + 1, nil
		case c == ',':
			f.state = atFeature
			return i + 1, nil
		case c == '}' && f.state == behindMember:
			f.state = atEnd
			return i + 1, nil
		case c == ']' && f.state == behindFeature:
			f.state = behindMember
			return i + 1, nil
		}
	default: // atFirstFeature, atFeature, atEnd
		if c == ']' && f.state == atFirstFeature {
			f.state = behindMember
			return i + 1, nil
		}
		if startsValue(c) && f.state != atEnd {
			f.inValue, f.value = true, valueScan{}
			return i, nil
		}
	}
	return 0, f.fail(b, i, "want %s", collectionWants[f.state])
}

// took is called when the value b[start:end] is whole.
func (f *collection) took(c *chunk, b []byte, start, end int) error {
	switch f.state {
	case atFirstMember, atMember:
		if err := json.Unmarshal(b[start:end], &f.key); err != nil {
			return f.fail(b, start, "the name of a member: %w", err)
		}
		f.state = atColon
	case atValue:
		f.state = behindMember
		if err := checkMember(f.key, b[start:end]); err != nil {
			return f.fail(b, start, "%w", err)
		}
	default: // a feature
		f.state = behindFeature
		f.features++
		if f.skipping {
			f.skipping = false
			c.tooLong = append(c.tooLong, ingest.Place{File: f.in.path, Line: f.featureLine, Feature: f.features})
			c.feature = f.features + 1 // of the spans, of which there are none yet
			return nil
		}
		c.spans = append(c.spans, span{start, end})
	}
	return nil
}

// checkMember looks at a member of the collection that is not its features.
func checkMember(key string, raw []byte) error {
	if !json.Valid(raw) {
		var v any
		return fmt.Errorf("member %q: %w", key, json.Unmarshal(raw, &v))
	}
	switch key {
	case "type":
		if string(raw) == `"Feature"` {
			return fmt.Errorf(`the type is "Feature", not FeatureCollection: is this one feature a line, which is format %s?`, FormatNDJSON)
		}
		var s string
		if err := json.Unmarshal(raw, &s); err != nil || s != "FeatureCollection" {
			return fmt.Errorf("the type is %.40q, not FeatureCollection", raw)
		}
	case "crs":
		return checkCRS(raw)
	}
	return nil
}

// checkCRS takes a crs member (GeoJSON 2008 §3, gone from RFC 7946) only if it names WGS 84 degrees.
func checkCRS(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	var crs struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(raw, &crs); err != nil || crs.Properties.Name == "" {
		return fmt.Errorf("crs is %.100q: want none, or the name of CRS84 or EPSG:4326", raw)
	}
	parts := strings.FieldsFunc(strings.ToUpper(crs.Properties.Name), func(r rune) bool { return r == ':' || r == '/' })
	for i, part := range parts {
		last := i == len(parts)-1
		if last && (part == "CRS84" || part == "4326" && strings.Contains(strings.Join(parts[:i], " "), "EPSG")) {
			return nil
		}
	}
	return fmt.Errorf("crs is %.100q: want none, CRS84 or EPSG:4326", crs.Properties.Name)
}

// cut gives the features of b to the chunk and carries over what stands from keep on.
func (f *collection) cut(c *chunk, b []byte, keep int) {
	in := f.in
	in.carry = append(in.carry[:0], b[keep:]...)
	c.data, c.line = b[:keep], in.line+1
	c.lines = in.pass(c.data)
}

// fail returns an error about the place i of b.
func (f *collection) fail(b []byte, i int, format string, args ...any) error {
	in := f.in
	return in.problem(in.line+1+bytes.Count(b[:i], []byte{'\n'}), in.bytes+int64(i), format, args...)
}

// truncated returns the error of a file that ends before the collection does.
func (f *collection) truncated(c *chunk, b []byte, start int) error {
	f.cut(c, b, start)
	in := f.in
	if in.err != nil {
		return fmt.Errorf("%s: after %d features, at line %d: %w", in.path, f.features, in.line+1, in.err)
	}
	want := collectionWants[f.state]
	if len(in.carry) > 0 {
		want = "the end of what starts here"
	}
	return in.problem(in.line+1, in.bytes, "the file ends after %d features: want %s: %w", f.features, want, io.ErrUnexpectedEOF)
}

// parse reads the features of a chunk.
func (f *collection) parse(w *worker, c *chunk) {
	text := string(c.data)
	at := ingest.Place{File: f.in.path, Line: c.line, Feature: c.feature}
	counted := 0 // up to where line ends are in at.Line
	for _, s := range c.spans {
		at.Line += strings.Count(text[counted:s.start], "\n")
		counted = s.start
		w.Feature(text[s.start:s.end], at)
		at.Feature++
	}
}
