// Package filter reads CQL2 (OGC 21-065r2), in its text and its JSON encoding, for the schema of a
// layer or of a view of it, and makes a [Predicate] over blocks of it.
//
// An [Expr] is a filter in canonical form: two filters that differ only in how they are written have
// the same [Expr.Text], which is a cache key, and either encoding of an Expr is read as that Expr
// again. What the language is here, to the limits and the errors, is in docs/formats/filter.md.
//
// A filter cannot name what its schema lacks, so a filter read for a view's schema knows nothing of
// private fields (S10). Everything here may be used from any goroutine and never changes.
package filter

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"hutong/layers"
)

// Limits of a filter, in either encoding. What goes beyond them is an [Error] with Limit set.
const (
	MaxText     = 8 << 10  // bytes of CQL2 text
	MaxJSON     = 64 << 10 // bytes of CQL2 JSON; every filter in text fits
	MaxDepth    = 32       // levels of operators, functions and brackets
	MaxNodes    = 256      // operators and operands
	MaxVertices = 1000     // of all geometries together
	MaxValues   = 200      // of an IN list
	MaxPattern  = 256      // bytes of a LIKE pattern
	MaxCost     = 4096     // see [Expr.Cost]
)

// Lang is an encoding of CQL2, by the name that OGC API gives it in filter-lang.
type Lang string

// The encodings.
const (
	Text Lang = "cql2-text"
	JSON Lang = "cql2-json"
)

// ParseLang returns the encoding of a name; "" is [Text].
func ParseLang(name string) (Lang, error) {
	switch l := Lang(name); l {
	case "":
		return Text, nil
	case Text, JSON:
		return l, nil
	}
	return "", &Error{Reason: fmt.Sprintf("there is no filter language %s: there are %s and %s", shown(name), Text, JSON)}
}

// Expr is a filter for one schema, in canonical form.
type Expr struct {
	schema *layers.Schema
	root   node
	text   string
	cost   int
}

// Parse reads a filter for a schema, which it keeps; the error is an [*Error].
func Parse(lang Lang, filter string, schema *layers.Schema) (*Expr, error) {
	most, read := MaxText, parseText
	if lang == JSON {
		most, read = MaxJSON, parseJSON
	}
	switch {
	case len(filter) > most:
		return nil, &Error{Reason: fmt.Sprintf("the filter has %d bytes, more than %d", len(filter), most), Limit: "text"}
	case !utf8.ValidString(filter):
		return nil, &Error{Reason: "the filter is not UTF-8"}
	case strings.TrimSpace(filter) == "":
		return nil, &Error{Reason: "the filter is empty: want a condition, as in " + exampleOf(schema)}
	}
	written, err := read(filter)
	if err != nil {
		return nil, err
	}
	b := binder{reporter: reporter{text: filter, json: lang == JSON}, schema: schema}
	root, err := b.truth(written, false)
	if err != nil {
		return nil, err
	}
	return newExpr(schema, root)
}

// exampleOf returns a condition on the first field.
func exampleOf(schema *layers.Schema) string {
	var b strings.Builder
	if len(schema.Fields) == 0 {
		return "S_INTERSECTS(geometry, BBOX(-77.1, 38.8, -76.9, 39))"
	}
	writeName(&b, schema.Fields[0].Name)
	return b.String() + " IS NOT NULL"
}

// newExpr holds a canonical form against the limits, too, so that it can be read again: it may be
// longer than what was written.
func newExpr(schema *layers.Schema, root node) (*Expr, error) {
	e := &Expr{schema: schema, root: root, text: textOf(root), cost: costOf(root)}
	if len(e.text) > MaxText {
		return nil, &Error{Reason: fmt.Sprintf("in canonical form the filter has %d bytes, more than %d", len(e.text), MaxText), Limit: "text"}
	}
	if _, err := parseText(e.text); err != nil {
		limit := err.(*Error) //nolint:errcheck,errorlint // what parseText returns
		return nil, &Error{Reason: "in canonical form: " + limit.Reason, Limit: limit.Limit}
	}
	if e.cost > MaxCost {
		return nil, &Error{Reason: fmt.Sprintf("the filter costs %d units a feature, more than %d: want fewer tests, patterns or vertices", e.cost, MaxCost), Limit: "cost"}
	}
	return e, nil
}

// Text returns the filter in canonical CQL2 text, which is also its key: equal texts for the same
// schema select the same features.
func (e *Expr) Text() string { return e.text }

// Schema returns the schema that the filter was read for. Read only.
func (e *Expr) Schema() *layers.Schema { return e.schema }

// Cost returns about how many comparisons of numbers it takes to decide on one feature at worst.
func (e *Expr) Cost() int { return e.cost }

// And returns the filter that is true where all of es are, which are for the same schema and at
// least one. The error is an [*Error] when it is too large.
func And(es ...*Expr) (*Expr, error) {
	kids := make([]node, len(es))
	for i, e := range es {
		kids[i] = e.root
	}
	return newExpr(es[0].schema, newJunction(false, kids))
}

// names returns what a filter may name: the schema's fields and its id.
func names(schema *layers.Schema) []string {
	out := make([]string, 0, len(schema.Fields)+1)
	for i := range schema.Fields {
		out = append(out, schema.Fields[i].Name)
	}
	if schema.IDField != "" && !slices.Contains(out, schema.IDField) {
		out = append(out, schema.IDField)
	}
	return out
}
