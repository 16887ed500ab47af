package catalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
)

// Bounds of a query by window.
const (
	// MaxWindow is the most features that one returns.
	MaxWindow = 1000
	// defaultWindow is how many it returns when nobody says.
	defaultWindow = 100
	// maxValues is the most values that one filter lists.
	maxValues = 100
	// windowTime is how long one may look; what it has found by then is the answer.
	windowTime = 2 * time.Second
)

// windowParameters are what a query by window takes on every layer, see [parseWindow].
var windowParameters = append([]string{"bbox", "limit"}, api.FilterNames()...)

// window answers with the features in a bounding box, nearest to its middle first.
func (c *Catalog) window(w http.ResponseWriter, r *http.Request, l *api.Layer, query url.Values) {
	if l.Tables != nil { // the choice of tables is among the values of fields
		if _, err := l.Tables.Choose(query); err != nil {
			api.RefuseTables(w, r, err)
			return
		}
	}
	filter, err := c.filters.Parse(query, l.View.Schema())
	if wrong, ok := errors.AsType[*api.FilterError](err); ok {
		wrong.Refuse(w, r)
		return
	}
	q, err := parseWindow(query, listsOf(r.URL.RawQuery), l.View.Schema())
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	c.looks.by(filter != nil).answer(w, r, func() []byte {
		ctx, cancel := context.WithTimeout(r.Context(), c.windowTime)
		defer cancel()
		v := l.View.Now()
		if filter != nil {
			v = v.Where(filter.Where()[0]...)
		}
		found := v.Window(ctx, q)
		if !found.Whole && r.Context().Err() == nil {
			c.cut.With("window").Add(1)
		}
		return writeWindow(newCollection(), v, found)
	})
}

// writeWindow writes what was found to list. How many features match is told only when all were looked
// at.
func writeWindow(list *collection, v *view.View, found view.Window) []byte {
	for _, row := range found.Rows {
		f := row.Feature()
		if !list.add(func(dst []byte) []byte { return appendFeature(dst, v.Schema(), &f, -1) }) {
			break
		}
	}
	matched := ""
	if found.Whole {
		matched = fmt.Sprintf(`,"numberMatched":%d`, found.Matched)
	}
	return list.finish(fmt.Sprintf(`%s,"numberReturned":%d,"complete":%t,"snapshot":%d`,
		matched, list.returned, found.Whole && list.returned == found.Matched, v.Seq()))
}

// parseWindow reads a query by window; lists are what its parameters list, see [listsOf]. Its errors are
// whole sentences for the client.
func parseWindow(query, lists url.Values, schema *layers.Schema) (view.WindowQuery, error) {
	q := view.WindowQuery{Limit: defaultWindow}
	var err error
	var conditions []column.Predicate
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		var p column.Predicate
		switch name {
		case "bbox":
			q.Boxes, err = api.ParseBox(values)
		case "limit":
			q.Limit, err = parseCount(name, values, MaxWindow)
		case "filter", "filter-lang", "datetime": // [api.Filters] reads them
		default:
			p, err = parseEquals(name, lists[name], schema)
		}
		if err != nil {
			return q, err
		}
		if p != nil {
			conditions = append(conditions, p)
		}
	}
	if len(conditions) > 0 {
		q.Where = column.And(conditions...)
	}
	return q, nil
}

// listsOf returns for each parameter of a query that [api.ParseQuery] reads the values that it lists:
// a comma ends a value, %2C is a comma in one, and a parameter that stands again goes on with its list.
func listsOf(raw string) url.Values {
	lists := url.Values{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		key, list, _ := strings.Cut(pair, "=")
		name, _ := url.QueryUnescape(key) // ParseQuery has read it
		for part := range strings.SplitSeq(list, ",") {
			value, _ := url.QueryUnescape(part)
			lists[name] = append(lists[name], value)
		}
	}
	return lists
}

// parseCount reads a number from 1 to most.
func parseCount(name string, values []string, most int) (int, error) {
	text, err := api.Single(name, values)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%s is a number from 1 to %d", name, most)
	}
	return n, nil
}

// parseEquals reads a filter: the name of a text, int or bool field and the values that it may have.
func parseEquals(name string, values []string, schema *layers.Schema) (column.Predicate, error) {
	field := schema.FieldIndex(name)
	if field < 0 || !exact(schema.Fields[field].Kind) {
		return nil, api.UnknownParameter(name, append(slices.Clone(windowParameters), filterable(schema)...)...)
	}
	if len(values) > maxValues {
		return nil, fmt.Errorf("%s lists more than %d values", name, maxValues)
	}
	wanted := make([]column.Value, 0, len(values))
	for _, text := range values {
		v, err := parseValue(name, text, schema.Fields[field].Kind)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, v)
	}
	return column.In(field, wanted...), nil
}

// exact reports whether filters may name values of a kind: those that are written in one way.
func exact(kind column.Kind) bool {
	return kind == column.String || kind == column.Int || kind == column.Bool
}

// parseValue reads a value of a field of an exact kind.
func parseValue(name, text string, kind column.Kind) (column.Value, error) {
	switch kind {
	case column.Int:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return column.Value{}, fmt.Errorf("%s is a whole number, not %.40q", name, text)
		}
		return column.IntOf(n), nil
	case column.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return column.Value{}, fmt.Errorf("%s is true or false, not %.40q", name, text)
		}
		return column.BoolOf(b), nil
	default:
		return column.StringOf(text), nil
	}
}

// filterable names the fields that filters may name: not those called as a parameter of every window.
func filterable(schema *layers.Schema) []string {
	var names []string
	for _, f := range schema.Fields {
		if exact(f.Kind) && !slices.Contains(windowParameters, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}
