package api

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/filter"
)

// filterNames are the parameters that [Filters.Parse] reads.
var filterNames = []string{"filter", "filter-lang", "datetime"}

// FilterNames returns the parameters that select features, the same on every surface.
func FilterNames() []string { return slices.Clone(filterNames) }

// Filters reads what requests ask to see of layers, and counts what is too large. A nil Filters counts
// nothing. It may be used from any goroutine.
type Filters struct{ refused *telemetry.Counts }

// NewFilters returns what reads filters.
func NewFilters(m *telemetry.Metrics) *Filters {
	return &Filters{m.Counter("hutong_filter_refused_total", "Filters refused because of a bound, by which one.", "limit")}
}

// Filter is what a request asks to see of some layers. It never changes; a nil Filter is all features.
type Filter struct {
	where     [][]layers.Selector
	canonical string
	query     string
}

// Where returns the selectors of each layer that the filter was read for, in their order. Read only.
func (f *Filter) Where() [][]layers.Selector { return f.where }

// Canonical returns a text that is the same for all filters of the same layers that were meant the same.
func (f *Filter) Canonical() string { return f.canonical }

// Query returns the filter as the query of a URL, in canonical form; "" of a nil Filter.
func (f *Filter) Query() string {
	if f == nil {
		return ""
	}
	return f.query
}

// FilterError says what is wrong with a filter. It names nothing but what the client sent and what views
// show (S10).
type FilterError struct {
	// Parameter is filter, filter-lang or datetime.
	Parameter string
	// Position is where in the filter: a line and column of text or a path in JSON; "" when it is the whole.
	Position string
	// Layer is the first layer that the filter does not fit, when there are several and not all say the same.
	Layer layers.Name
	// Detail is a sentence for the client that says all of this.
	Detail string

	limit string // the bound that was hit; "" when it is none
}

// Error returns the sentence.
func (e *FilterError) Error() string { return e.Detail }

// Refuse answers the request with the problem.
func (e *FilterError) Refuse(w http.ResponseWriter, r *http.Request) {
	code := CodeParameterInvalid
	if e.Parameter == "filter" {
		code = CodeFilterInvalid
	}
	RefuseWith(w, r, code, e.Detail, struct {
		Parameter string      `json:"parameter"`
		Position  string      `json:"position,omitempty"`
		Layer     layers.Name `json:"layer,omitempty"`
	}{e.Parameter, e.Position, e.Layer})
}

// Pick returns the parameters called names of a query as it stands in a URL, and leaves out the others, which
// may be anything. The error is a [*FilterError]: one of names has a value that cannot be read.
func Pick(raw string, names ...string) (url.Values, error) {
	var query url.Values
	for pair := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if err != nil || !slices.Contains(names, name) {
			continue
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			return nil, &FilterError{Parameter: name, Detail: name + " is not escaped as in a URL: % begins two digits from 0 to F, and stands as %25 for itself."}
		}
		if query == nil {
			query = url.Values{}
		}
		query[name] = append(query[name], text)
	}
	return query, nil
}

// ParseRaw is Parse for a query as it stands in a URL, whose other parameters may be anything.
func (fs *Filters) ParseRaw(raw string, schemas ...*layers.Schema) (*Filter, error) {
	if raw == "" {
		return nil, nil
	}
	query, err := Pick(raw, filterNames...)
	if err != nil {
		return nil, err
	}
	return fs.Parse(query, schemas...)
}

// Parse reads the parameters filter, filter-lang and datetime of a query for layers with schemas, which are
// those of views, at least one. A filter must fit every layer; a datetime selects from the layers that have a
// time field, at least one. Without these parameters the Filter is nil. The error is a [*FilterError].
func (fs *Filters) Parse(query url.Values, schemas ...*layers.Schema) (*Filter, error) {
	f, wrong := parseFilter(query, schemas)
	if wrong != nil {
		fs.count(wrong)
		return nil, wrong
	}
	return f, nil
}

// ParseEach reads the same for each of schemas as if it were the only one. By their positions where has what selects
// features of those that it fits, which is nothing without a filter, and errs what is wrong of the others.
func (fs *Filters) ParseEach(query url.Values, schemas ...*layers.Schema) (where [][]layers.Selector, errs []*FilterError) {
	where, errs = make([][]layers.Selector, len(schemas)), make([]*FilterError, len(schemas))
	for i := range schemas {
		var f *Filter
		if f, errs[i] = parseFilter(query, schemas[i:i+1]); f != nil {
			where[i] = f.where[0]
		}
	}
	return where, errs
}

// Misfit returns one error of those of [Filters.ParseEach], of which there is at least one.
func (fs *Filters) Misfit(schemas []*layers.Schema, errs []*FilterError) *FilterError {
	wrong := misfit(schemas, errs)
	fs.count(wrong)
	return wrong
}

// count counts a bound that was hit.
func (fs *Filters) count(e *FilterError) {
	if fs != nil && e.limit != "" {
		fs.refused.With(e.limit).Add(1)
	}
}

func parseFilter(query url.Values, schemas []*layers.Schema) (*Filter, *FilterError) {
	p := filterParser{schemas: schemas, out: Filter{where: make([][]layers.Selector, len(schemas))}}
	lang, err := p.lang(query)
	if err != nil {
		return nil, err
	}
	if query.Has("filter") {
		if err := p.filter(query["filter"], lang); err != nil {
			return nil, err
		}
	}
	if query.Has("datetime") {
		if err := p.datetime(query["datetime"]); err != nil {
			return nil, err
		}
	}
	if p.canonical == nil {
		return nil, nil
	}
	p.out.canonical, p.out.query = strings.Join(p.canonical, "\n"), strings.Join(p.query, "&")
	return &p.out, nil
}

// filterParser reads one query.
type filterParser struct {
	schemas   []*layers.Schema
	out       Filter
	canonical []string // lines
	query     []string // parameters
}

func (p *filterParser) lang(query url.Values) (filter.Lang, *FilterError) {
	if !query.Has("filter-lang") {
		return filter.Text, nil
	}
	name, err := Single("filter-lang", query["filter-lang"])
	if err != nil {
		return "", wrongFilter("filter-lang", err)
	}
	lang, err := filter.ParseLang(name)
	if err != nil {
		return "", wrongFilter("filter-lang", err)
	}
	return lang, nil
}

// filter reads the filter for every layer.
func (p *filterParser) filter(values []string, lang filter.Lang) *FilterError {
	text, err := Single("filter", values)
	if err != nil {
		return wrongFilter("filter", err)
	}
	texts, errs := make([]string, len(p.schemas)), make([]*FilterError, len(p.schemas))
	for i, schema := range p.schemas {
		e, err := filter.Parse(lang, text, schema)
		if err != nil {
			errs[i] = wrongFilter("filter", err)
			continue
		}
		texts[i] = e.Text()
		p.out.where[i] = append(p.out.where[i], filter.Compile(e))
	}
	if wrong := misfit(p.schemas, errs); wrong != nil {
		return wrong
	}
	p.canonical = append(p.canonical, texts...)
	if len(slices.Compact(slices.Clone(texts))) > 1 { // its canonical form differs from layer to layer
		p.query = append(p.query, parameter("filter", text))
		if lang != filter.Text {
			p.query = append(p.query, parameter("filter-lang", string(lang)))
		}
		return nil
	}
	p.query = append(p.query, parameter("filter", texts[0]))
	return nil
}

// maxMisfits is the most layers of which an error says what does not fit them: as many as a tile has.
const maxMisfits = 16

// misfit returns the error of what does not fit every layer, which says what does not fit which; nil when it does. errs are
// by the positions of schemas.
func misfit(schemas []*layers.Schema, errs []*FilterError) *FilterError {
	first := slices.IndexFunc(errs, func(e *FilterError) bool { return e != nil })
	if first < 0 {
		return nil
	}
	out := *errs[first]
	if !slices.ContainsFunc(errs, func(e *FilterError) bool { return e == nil || e.Detail != out.Detail }) {
		return &out
	}
	what := "no layer fits: "
	var parts []string
	for i, e := range errs {
		switch {
		case e == nil:
			what = "the " + out.Parameter + " must fit every layer: "
		case len(parts) < maxMisfits:
			parts = append(parts, string(schemas[i].Name)+": "+strings.TrimSuffix(e.Detail, "."))
		}
	}
	out.Layer = schemas[first].Name
	out.Detail = sentence(what + strings.Join(parts, "; "))
	return &out
}

// datetime reads the time for every layer that has one.
func (p *filterParser) datetime(values []string) *FilterError {
	text, err := Single("datetime", values)
	if err != nil {
		return wrongFilter("datetime", err)
	}
	d, err := filter.ParseDatetime(text)
	if err != nil {
		return wrongFilter("datetime", err)
	}
	timed := false
	for i, schema := range p.schemas {
		if schema.TimeField == "" && len(p.schemas) > 1 {
			continue
		}
		e, err := d.Expr(schema)
		if err != nil {
			return wrongFilter("datetime", err)
		}
		timed = true
		p.out.where[i] = append(p.out.where[i], filter.Compile(e))
	}
	if !timed {
		return &FilterError{Parameter: "datetime", Detail: "None of the layers has a time field, so their features have no datetime."}
	}
	p.canonical = append(p.canonical, "datetime "+d.String())
	p.query = append(p.query, parameter("datetime", d.String()))
	return nil
}

// wrongFilter makes the error of a parameter.
func wrongFilter(name string, err error) *FilterError {
	out := &FilterError{Parameter: name, Detail: sentence(strings.TrimPrefix(err.Error(), "filter: "))}
	if e, ok := errors.AsType[*filter.Error](err); ok {
		out.Position, out.limit = e.Where, e.Limit
	}
	return out
}

// sentence ends a text as one.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// parameter writes a parameter of a URL. A space is %20, which every reader of URLs takes for one.
func parameter(name, value string) string {
	return name + "=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}
