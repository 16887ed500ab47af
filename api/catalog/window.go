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
	"hutong/layers/world"
)

// Bounds of a query by window.
const (
	// MaxWindow is the most features that one returns.
	MaxWindow = 1000
	// defaultWindow is how many it returns when nobody says.
	defaultWindow = 100
	// maxWindowBytes is about how many bytes of features it returns; one that goes beyond is the last.
	maxWindowBytes = 8 << 20
	// maxValues is the most values that one filter lists.
	maxValues = 100
	// windowTime is how long one may look.
	windowTime = 2 * time.Second
)

// window answers with the features in a bounding box, nearest to its middle first.
func (c *Catalog) window(w http.ResponseWriter, r *http.Request, l *api.Layer, query url.Values) {
	q, err := parseWindow(query, l.View.Schema())
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	leave, ok := c.looks.enter(w, r)
	if !ok {
		return
	}
	defer leave()
	ctx, cancel := context.WithTimeout(r.Context(), windowTime)
	defer cancel()
	v := l.View.Now()
	found, err := v.Window(ctx, q)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		c.cut.With("window").Add(1)
		api.Refuse(w, r, api.CodeBusy, "Looking took too long: ask for a smaller window.")
	case err != nil:
		api.Refuse(w, r, api.CodeCancelled, "")
	default:
		api.Send(w, r, "application/geo+json", appendWindow(v, found))
	}
}

// appendWindow returns what was found as a GeoJSON feature collection.
func appendWindow(v *view.View, found view.Window) []byte {
	body := []byte(`{"type":"FeatureCollection","features":[`)
	returned := 0
	for i := range found.Features {
		if len(body) > maxWindowBytes {
			break
		}
		if i > 0 {
			body = append(body, ',')
		}
		body = appendFeature(body, v.Schema(), &found.Features[i], -1)
		returned++
	}
	body = fmt.Appendf(body, `],"numberMatched":%d,"numberReturned":%d,"complete":%t,"snapshot":%d}`,
		found.Matched, returned, returned == found.Matched, v.Seq())
	return append(body, '\n')
}

// parseWindow reads a query by window. Its errors are whole sentences for the client.
func parseWindow(query url.Values, schema *layers.Schema) (view.WindowQuery, error) {
	q := view.WindowQuery{Limit: defaultWindow}
	var conditions []column.Predicate
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		var err error
		switch name {
		case "bbox":
			q.Boxes, err = parseBox(values)
		case "limit":
			q.Limit, err = parseLimit(values, MaxWindow)
		case "datetime":
			var p column.Predicate
			p, err = parseDatetime(values, schema)
			conditions = append(conditions, p)
		default:
			var p column.Predicate
			p, err = parseEquals(name, values, schema)
			conditions = append(conditions, p)
		}
		if err != nil {
			return q, err
		}
	}
	if len(conditions) > 0 {
		q.Where = column.And(conditions...)
	}
	return q, nil
}

// one returns the only value of a parameter.
func one(name string, values []string) (string, error) {
	if len(values) != 1 {
		return "", fmt.Errorf("%s stands %d times; once is accepted", name, len(values))
	}
	return values[0], nil
}

// parseBox reads west, south, east, north in degrees; west > east crosses the antimeridian.
func parseBox(values []string) ([]world.Box, error) {
	const form = "bbox is west,south,east,north in degrees, such as 116.3,39.8,116.5,40"
	text, err := one("bbox", values)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(text, ",")
	if len(parts) != 4 {
		return nil, errors.New(form)
	}
	var b [4]float64
	for i, part := range parts {
		if b[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil {
			return nil, errors.New(form)
		}
	}
	west, south, east, north := b[0], b[1], b[2], b[3]
	// Written so that NaN is refused, too.
	if !(west >= -180 && west <= 180 && east >= -180 && east <= 180 && south >= -90 && north <= 90 && south <= north) {
		return nil, errors.New(form + ": longitudes are −180 to 180, latitudes −90 to 90, south before north")
	}
	if west > east {
		return []world.Box{boxOf(west, south, 180, north), boxOf(-180, south, east, north)}, nil
	}
	return []world.Box{boxOf(west, south, east, north)}, nil
}

// boxOf returns a box of degrees in world units; latitudes beyond the map end at its edge.
func boxOf(west, south, east, north float64) world.Box {
	const limit = 85.0511287
	at := func(lon, lat float64) world.Point {
		p, err := world.Project(lon, min(max(lat, -limit), limit))
		if err != nil {
			panic(err) // the range was checked
		}
		return p
	}
	nw, se := at(west, north), at(east, south)
	return world.Box{Min: nw, Max: se}
}

// parseLimit reads a number from 1 to most.
func parseLimit(values []string, most int) (int, error) {
	text, err := one("limit", values)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("limit is a number from 1 to %d", most)
	}
	return n, nil
}

// parseDatetime reads an instant or an interval of RFC 3339 times (OGC API Features, 7.15.4) on the
// layer's time field; both ends of an interval belong to it, and ".." or nothing leaves one open.
func parseDatetime(values []string, schema *layers.Schema) (column.Predicate, error) {
	text, err := one("datetime", values)
	if err != nil {
		return nil, err
	}
	field := schema.FieldIndex(schema.TimeField)
	if field < 0 {
		return nil, errors.New("datetime: the layer has no time field that may be asked about")
	}
	from, to, interval := strings.Cut(text, "/")
	if !interval {
		at, err := parseInstant(from)
		if err != nil {
			return nil, err
		}
		return column.Where(field, column.Equal, at), nil
	}
	var ends []column.Predicate
	for i, end := range []string{from, to} {
		if end == "" || end == ".." {
			continue
		}
		at, err := parseInstant(end)
		if err != nil {
			return nil, err
		}
		ends = append(ends, column.Where(field, [...]column.Compare{column.GreaterOrEqual, column.LessOrEqual}[i], at))
	}
	if len(ends) == 0 {
		return column.IsNull(field).Not(), nil
	}
	return column.And(ends...), nil
}

func parseInstant(text string) (column.Value, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return column.Value{}, fmt.Errorf("datetime: %.40q is not an RFC 3339 time such as 2026-01-02T03:04:05Z; an interval is start/end, and .. leaves an end open", text)
	}
	return column.TimeOf(t), nil
}

// parseEquals reads a filter: the name of a text or bool field, once for each value that it may have.
func parseEquals(name string, values []string, schema *layers.Schema) (column.Predicate, error) {
	field := schema.FieldIndex(name)
	if field < 0 || schema.Fields[field].Kind != column.String && schema.Fields[field].Kind != column.Bool {
		return nil, fmt.Errorf("there is no parameter %.64q; accepted are bbox, limit, datetime%s", name, filterable(schema))
	}
	if len(values) > maxValues {
		return nil, fmt.Errorf("%s lists more than %d values", name, maxValues)
	}
	wanted := make([]column.Value, 0, len(values))
	for _, text := range values {
		if schema.Fields[field].Kind == column.String {
			wanted = append(wanted, column.StringOf(text))
			continue
		}
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("%s is true or false, not %.40q", name, text)
		}
		wanted = append(wanted, column.BoolOf(b))
	}
	return column.In(field, wanted...), nil
}

// filterable names the fields that filters may name.
func filterable(schema *layers.Schema) string {
	var b strings.Builder
	for _, f := range schema.Fields {
		if f.Kind == column.String || f.Kind == column.Bool {
			b.WriteString(", " + f.Name)
		}
	}
	return b.String()
}
