package filter

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// value is a JSON value with where it stands. Members keep their order, and none stands twice.
type value struct {
	path    string
	is      string // object, array, string, number, boolean, null
	text    string // of a string or number
	truth   bool
	names   []string // of an object
	members []*value // of an object or array
}

// maxJSONDepth bounds what is read: an operator is an object in an array, and a geometry has more.
const maxJSONDepth = 2*MaxDepth + 8

// maxJSONValues bounds the values of a filter, so that none takes more memory than a tree of text does.
const maxJSONValues = MaxJSON / 4

// jsonReader reads JSON into values.
type jsonReader struct {
	reporter
	decoder *json.Decoder
	left    int // values that may come
}

// readJSON reads text, which must be one JSON value.
func readJSON(text string) (*value, error) {
	r := &jsonReader{reporter: reporter{json: true}, decoder: json.NewDecoder(strings.NewReader(text)), left: maxJSONValues}
	r.decoder.UseNumber()
	v, err := r.value("$", maxJSONDepth)
	if err != nil {
		return nil, err
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, r.fail(place{path: "$"}, "", "something stands behind the filter: want one JSON value")
	}
	return v, nil
}

// token returns the next token; the error says at which byte the text is no JSON.
func (r *jsonReader) token(path string) (json.Token, error) {
	t, err := r.decoder.Token()
	if err != nil {
		reason := err.Error()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			reason = "it ends too early"
		}
		return nil, r.fail(place{path: path}, "", "byte %d: this is not JSON: %s", r.decoder.InputOffset(), reason)
	}
	return t, nil
}

func (r *jsonReader) value(path string, depth int) (*value, error) {
	t, err := r.token(path)
	if err != nil {
		return nil, err
	}
	if r.left--; r.left < 0 {
		return nil, r.fail(place{path: path}, "text", "the filter has more than %d JSON values", maxJSONValues)
	}
	v := &value{path: path}
	switch t := t.(type) {
	case string:
		v.is, v.text = "string", t
	case json.Number:
		v.is, v.text = "number", t.String()
	case bool:
		v.is, v.truth = "boolean", t
	case nil:
		v.is = "null"
	case json.Delim:
		if depth == 0 {
			return nil, r.fail(place{path: path}, "depth", "this is more than %d levels deep", MaxDepth)
		}
		if t == '{' {
			v.is = "object"
			return v, r.object(v, depth)
		}
		v.is = "array"
		return v, r.array(v, depth)
	}
	return v, nil
}

func (r *jsonReader) array(v *value, depth int) error {
	for i := 0; r.decoder.More(); i++ {
		item, err := r.value(v.path+"["+strconv.Itoa(i)+"]", depth-1)
		if err != nil {
			return err
		}
		v.members = append(v.members, item)
	}
	_, err := r.token(v.path)
	return err
}

func (r *jsonReader) object(v *value, depth int) error {
	for r.decoder.More() {
		t, err := r.token(v.path)
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return r.fail(place{path: v.path}, "", "this is not JSON: want a member's name")
		}
		if v.member(name) != nil {
			return r.fail(place{path: v.path}, "", "the member %s stands twice", shown(name))
		}
		item, err := r.value(v.path+"."+shortName(name), depth-1)
		if err != nil {
			return err
		}
		v.names, v.members = append(v.names, name), append(v.members, item)
	}
	_, err := r.token(v.path)
	return err
}

// shortName bounds what a path repeats of a member's name.
func shortName(name string) string {
	for i := range len(name) {
		if c := name[i]; i == maxShown || (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return strings.Trim(shown(name), `"`)
		}
	}
	return name
}

// member returns a member of an object, or nil.
func (v *value) member(name string) *value {
	for i, n := range v.names {
		if n == name {
			return v.members[i]
		}
	}
	return nil
}
