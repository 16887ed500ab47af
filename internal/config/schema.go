package config

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Schema is the JSON Schema (draft 2020-12) of a config file, for editors that complete and check
// while one types. What it cannot say, such as that a source's layer exists, is checked in code.
//
//go:embed schema.json
var Schema string

// rule is one schema: the keywords that the walker understands, and no others.
type rule struct {
	Dialect              string           `json:"$schema"`
	Title                string           `json:"title"`
	Description          string           `json:"description"`
	Type                 types            `json:"type"`
	Properties           map[string]*rule `json:"properties"`
	AdditionalProperties *rule            `json:"additionalProperties"`
	PropertyNames        *rule            `json:"propertyNames"`
	Required             []string         `json:"required"`
	MinProperties        int              `json:"minProperties"`
	MaxProperties        int              `json:"maxProperties"`
	Items                *rule            `json:"items"`
	PrefixItems          []*rule          `json:"prefixItems"`
	MinItems             int              `json:"minItems"`
	MaxItems             int              `json:"maxItems"`
	Enum                 []any            `json:"enum"`
	Pattern              string           `json:"pattern"`
	MinLength            int              `json:"minLength"`
	MaxLength            int              `json:"maxLength"`
	Minimum              *float64         `json:"minimum"`
	Maximum              *float64         `json:"maximum"`
	Default              any              `json:"default"`

	never   bool // the schema false
	pattern *regexp.Regexp
	names   []string // of Properties, sorted
}

// types are the types of which a value must have one.
type types []string

func (t *types) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		var one string
		err := json.Unmarshal(data, &one)
		*t = types{one}
		return err
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// typeNames are the types that the walker understands and what messages call them.
var typeNames = map[string]string{
	"object": "a mapping", "array": "a list", "string": "a text",
	"integer": "a whole number", "number": "a number", "boolean": "true or false",
}

func (r *rule) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "false":
		r.never = true
		return nil
	case "true":
		return errors.New("the schema true says nothing; leave it out")
	}
	type plain rule
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode((*plain)(r)); err != nil {
		return err
	}
	for _, t := range r.Type {
		if typeNames[t] == "" {
			return fmt.Errorf("no type %q", t)
		}
	}
	r.names = slices.Sorted(maps.Keys(r.Properties))
	var err error
	if r.Pattern != "" {
		r.pattern, err = regexp.Compile(r.Pattern)
	}
	return err
}

// root is the parsed Schema.
var root = sync.OnceValues(func() (*rule, error) {
	r := new(rule)
	if err := json.Unmarshal([]byte(Schema), r); err != nil {
		return nil, fmt.Errorf("config: schema: %w", err)
	}
	return r, nil
})

// check reports what in n does not fit r, and marks it bad.
func (r *rule) check(n *node, f *findings) {
	if n.bad {
		return
	}
	before := len(f.list)
	switch {
	case !r.admits(n, f):
	case n.kind == mapping:
		r.checkMapping(n, f)
		return // its entries are bad one by one
	case n.kind == sequence:
		r.checkSequence(n, f)
	default:
		r.checkScalar(n, f)
	}
	n.bad = n.bad || len(f.list) > before
}

// admits reports whether n has one of r's types, and a problem if not.
func (r *rule) admits(n *node, f *findings) bool {
	wants := func(t string) bool { return slices.Contains(r.Type, t) }
	switch n.kind {
	case mapping:
		if wants("object") {
			return true
		}
	case sequence:
		if wants("array") {
			return true
		}
	case scalar:
		m, reason := n.read()
		switch {
		case m == meansText && wants("string"),
			m == meansBool && wants("boolean"),
			m == meansInt && (wants("integer") || wants("number")),
			m == meansFloat && wants("number"):
			return true
		case wants("string"):
			f.on(n, "%s", n.mustQuote())
			return false
		case m == meansUnclear:
			f.on(n, "%s; %s is wanted", reason, r.wanted())
			return false
		case m == meansFloat && wants("integer"):
			f.on(n, "%s is not a whole number", n.text)
			return false
		case m == meansNull && n.text == "":
			f.on(n, "is empty; %s is wanted", r.wanted())
			return false
		}
	}
	f.on(n, "%s is wanted, not %s", r.wanted(), n.what())
	return false
}

// wanted names the types that r accepts.
func (r *rule) wanted() string {
	names := make([]string, len(r.Type))
	for i, t := range r.Type {
		names[i] = typeNames[t]
	}
	return strings.Join(names, " or ")
}

// what names what n is.
func (n *node) what() string {
	switch n.kind {
	case mapping:
		return "a mapping"
	case sequence:
		return "a list"
	default:
		m, _ := n.read()
		return m.name(n.text)
	}
}

func (r *rule) checkMapping(n *node, f *findings) {
	for _, e := range n.entries {
		key := e.key.text
		if e.key.bad {
			continue
		}
		below := r.Properties[key]
		if below == nil {
			below = r.AdditionalProperties
		}
		switch {
		case below == nil:
		case below.never:
			f.on(e.key, "unknown key %s%s; the keys are %s", quote(key), didYouMean(key, r.names), strings.Join(r.names, ", "))
			e.key.bad = true
		default:
			if r.PropertyNames != nil {
				r.PropertyNames.check(e.key, f)
			}
			below.check(e.value, f)
		}
	}
	for _, name := range r.Required {
		if !n.has(name) {
			f.at(n.keyLine, n.keyColumn, n.path, "the key %s is missing", quote(name))
		}
	}
	switch l := len(n.entries); {
	case l < r.MinProperties:
		f.on(n, "at least %s is wanted", count(r.MinProperties, "key", "keys"))
	case r.MaxProperties > 0 && l > r.MaxProperties:
		f.on(n, "%d keys are more than %d", l, r.MaxProperties)
	}
}

func (r *rule) checkSequence(n *node, f *findings) {
	l := len(n.items)
	switch {
	case r.MinItems == r.MaxItems && r.MinItems > 0 && l != r.MinItems:
		f.on(n, "%s are wanted, not %d%s", count(r.MinItems, "value", "values"), l, r.means())
	case l < r.MinItems:
		f.on(n, "at least %s is wanted, not %d", count(r.MinItems, "value", "values"), l)
	case r.MaxItems > 0 && l > r.MaxItems:
		f.on(n, "%d values are more than %d", l, r.MaxItems)
	}
	for i, item := range n.items {
		if i < len(r.PrefixItems) {
			r.PrefixItems[i].check(item, f)
		} else if r.Items != nil && !r.Items.never {
			r.Items.check(item, f)
		}
	}
}

func (r *rule) checkScalar(n *node, f *findings) {
	m, _ := n.read()
	if m == meansInt || m == meansFloat {
		r.checkNumber(n, m, f)
	}
	if len(r.Enum) > 0 && !r.enumerates(n.text) {
		if m == meansText {
			names := r.texts()
			f.on(n, "%s is not one of %s%s", quote(n.text), quoteAll(names), didYouMean(n.text, names))
		} else {
			f.on(n, "%s is not one of %s", n.text, strings.Trim(fmt.Sprint(r.Enum), "[]"))
		}
		return
	}
	if m != meansText {
		return
	}
	l := utf8.RuneCountInString(n.text)
	switch {
	case l < r.MinLength && l == 0:
		f.on(n, "is an empty text%s", r.means())
	case l < r.MinLength:
		f.on(n, "%s is shorter than %d characters", quote(n.text), r.MinLength)
	case r.MaxLength > 0 && l > r.MaxLength:
		f.on(n, "%s has %d characters, more than %d", quote(n.text), l, r.MaxLength)
	case r.pattern != nil && !r.pattern.MatchString(n.text):
		f.on(n, "%s is not accepted%s", quote(n.text), r.means())
	}
}

func (r *rule) checkNumber(n *node, m meaning, f *findings) {
	if m == meansInt {
		if _, err := strconv.ParseInt(n.text, 10, 64); err != nil {
			f.on(n, "%s is too large", n.text)
			return
		}
	}
	v := n.number(math.NaN())
	if r.Minimum != nil && v < *r.Minimum || r.Maximum != nil && v > *r.Maximum {
		switch {
		case r.Maximum == nil:
			f.on(n, "%s is less than %s", n.text, plain(*r.Minimum))
		case r.Minimum == nil:
			f.on(n, "%s is more than %s", n.text, plain(*r.Maximum))
		default:
			f.on(n, "%s is not from %s to %s", n.text, plain(*r.Minimum), plain(*r.Maximum))
		}
	}
}

// plain writes a limit as one would in a config, without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// texts returns the texts among r's values.
func (r *rule) texts() []string {
	var texts []string
	for _, e := range r.Enum {
		if text, ok := e.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// enumerates reports whether text is one of r's values. Numbers of a schema are floats.
func (r *rule) enumerates(text string) bool {
	for _, e := range r.Enum {
		switch e := e.(type) {
		case string:
			if e == text {
				return true
			}
		case float64:
			if v, err := strconv.ParseFloat(text, 64); err == nil && v == e {
				return true
			}
		}
	}
	return false
}

// means returns ": " and r's description, which says what is accepted, or "".
func (r *rule) means() string {
	if r.Description == "" {
		return ""
	}
	return ": " + r.Description
}

// count returns "1 key", "2 keys".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
