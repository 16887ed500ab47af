package catalog

import (
	"cmp"
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
	"unicode"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/view"
)

// Bounds of a search.
const (
	// MaxFound is the most features that one returns.
	MaxFound = 50
	// defaultFound is how many it returns when nobody says.
	defaultFound = 20
	// maxQuery is the most characters of what is searched for.
	maxQuery = 200
	// searchTime is how long one may look; what it has found by then is the answer.
	searchTime = 300 * time.Millisecond
)

// searched is a layer that a search looks on.
type searched struct {
	*api.Layer
	where []layers.Selector // all of them select what is found
}

// hit is a feature that was found on one of the layers.
type hit struct {
	view.Found
	schema *layers.Schema
}

// search answers with the features of all layers, or of those asked for, in which a text stands.
func (c *Catalog) search(w http.ResponseWriter, r *http.Request) {
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	q, err := parseSearch(query)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	list, ok := c.asked(w, r, query)
	if !ok {
		return
	}
	on, omitted, ok := c.narrow(w, r, list, query)
	if !ok {
		return
	}
	filtered := slices.ContainsFunc(on, func(l searched) bool { return len(l.where) > 0 })
	c.looks.by(filtered).answer(w, r, func() []byte {
		ctx, cancel := context.WithTimeout(r.Context(), c.searchTime)
		defer cancel()
		hits, whole := find(ctx, on, q)
		if !whole && r.Context().Err() == nil {
			c.cut.With("search").Add(1)
		}
		return writeHits(hits, whole, omitted)
	})
}

// find looks on all layers of list. Of what fits as well and is as far away, the first in their order comes
// first. When ctx is done it returns what was found until then; exact ids are looked up all the same.
func find(ctx context.Context, list []searched, q view.FindQuery) (hits []hit, whole bool) {
	whole = true
	for _, l := range list {
		found, all := l.View.Now().Where(l.where...).Find(ctx, q)
		whole = whole && all
		for _, f := range found {
			hits = append(hits, hit{f, l.View.Schema()})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.Fit, b.Fit), cmp.Compare(a.Metres, b.Metres))
	})
	return hits[:min(len(hits), q.Limit)], whole
}

// asked returns the layers that a search names, without a name all that it may see but for views of counts: each of their
// cells has the name of its set, which nobody looks for. When there is none of a name it
// answers the request and returns false.
func (c *Catalog) asked(w http.ResponseWriter, r *http.Request, query url.Values) ([]*api.Layer, bool) {
	if !query.Has("layers") {
		seen, ok := c.layers.Visible(w, r)
		return slices.DeleteFunc(slices.Clone(seen.Layers), func(l *api.Layer) bool { return l.Tables != nil }), ok
	}
	seen, ok := c.layers.FindList(w, r, query.Get("layers"))
	return seen.Layers, ok
}

// narrow returns where a search looks, which is on the layers of list that filter and datetime fit, each with what they
// select of it, and the names of the others. When they fit none, or not all that the query names, it answers the request
// and returns false.
func (c *Catalog) narrow(w http.ResponseWriter, r *http.Request, list []*api.Layer, query url.Values) (on []searched, omitted []layers.Name, ok bool) {
	schemas := make([]*layers.Schema, len(list))
	for i, l := range list {
		if l.Tables != nil {
			if _, err := l.Tables.Choose(query); err != nil {
				api.RefuseTables(w, r, fmt.Errorf("%s: %w", l.Name(), err))
				return nil, nil, false
			}
		}
		schemas[i] = l.View.Schema()
	}
	where, errs := c.filters.ParseEach(query, schemas...)
	for i, l := range list {
		if errs[i] != nil {
			omitted = append(omitted, l.Name())
			continue
		}
		on = append(on, searched{l, where[i]})
	}
	if len(omitted) == 0 || len(on) > 0 && !query.Has("layers") {
		return on, omitted, true
	}
	c.filters.Misfit(schemas, errs).Refuse(w, r)
	return nil, nil, false
}

// parseSearch reads a search but for which layers there are, and what [api.Filters] reads. Its errors are whole sentences for the client.
func parseSearch(query url.Values) (view.FindQuery, error) {
	q := view.FindQuery{Limit: defaultFound}
	var err error
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		switch name {
		case "q":
			q.Text, err = parseText(values)
		case "limit":
			q.Limit, err = parseCount(name, values, MaxFound)
		case "near":
			q.Near, err = parseNear(values)
		case "layers":
			_, err = api.Single(name, values)
		case "filter", "filter-lang", "datetime": // [Catalog.narrow] reads them
		default:
			err = api.UnknownParameter(name, append([]string{"q", "layers", "limit", "near"}, api.FilterNames()...)...)
		}
		if err != nil {
			return q, err
		}
	}
	if q.Text == "" {
		return q, errors.New("q, what to search for, is missing")
	}
	return q, nil
}

func parseText(values []string) (string, error) {
	text, err := api.Single("q", values)
	if err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return "", errors.New("q is text in UTF-8 without control characters")
	case text == "" || utf8.RuneCountInString(text) > maxQuery:
		return "", fmt.Errorf("q has 1 to %d characters", maxQuery)
	case len(strings.Fields(text)) > view.MaxWords:
		return "", fmt.Errorf("q has at most %d words", view.MaxWords)
	}
	return text, nil
}

func parseNear(values []string) (*orb.Point, error) {
	text, err := api.Single("near", values)
	if err != nil {
		return nil, err
	}
	lon, lat, err := parsePlace(text)
	return &orb.Point{lon, lat}, err
}

// writeHits returns what was found as a GeoJSON feature collection, which names the layers on which nothing was looked for.
func writeHits(hits []hit, whole bool, omitted []layers.Name) []byte {
	list := newCollection()
	for i := range hits {
		if !list.add(func(dst []byte) []byte { return appendHit(dst, &hits[i]) }) {
			whole = false
			break
		}
	}
	members := fmt.Appendf(nil, `,"numberReturned":%d,"complete":%t`, list.returned, whole)
	if len(omitted) > 0 {
		members = appendJSON(append(members, `,"omitted":`...), omitted)
	}
	return list.finish(string(members))
}

// appendHit appends a feature with where and why it was found. A shape is told by its box and a place on
// it, so that an answer stays small.
func appendHit(dst []byte, h *hit) []byte {
	dst = appendJSON(append(dst, `{"type":"Feature","id":`...), string(h.ID()))
	dst = append(appendJSON(append(dst, `,"layer":`...), string(h.schema.Name)), `,"match":`...)
	if h.Field < 0 {
		dst = append(dst, `"id"`...)
	} else {
		dst = appendJSON(dst, h.schema.Fields[h.Field].Name)
	}
	var g orb.Geometry
	if at, ok := h.Anchor(); ok {
		g = at
	}
	if b, ok := h.Bound(); ok && b.Min != b.Max {
		dst = append(dst, `,"bbox":`...)
		dst = appendList(dst, []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}, func(dst []byte, v float64) []byte {
			return strconv.AppendFloat(dst, v, 'f', 7, 64)
		})
	}
	dst = appendGeometry(append(dst, `,"geometry":`...), g)
	return append(appendProperties(append(dst, `,"properties":`...), h.schema, h.ID(), h.Values()), '}')
}
