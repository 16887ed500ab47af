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
	// Layer is the first layer that the filter does not fit, when there are several and it fits some.
	Layer layers.Name
	// Detail is a sentence for the client that says all of this.
	Detail string
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
	p := filterParser{filters: fs, schemas: schemas, out: Filter{where: make([][]layers.Selector, len(schemas))}}
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
	filters   *Filters
	schemas   []*layers.Schema
	out       Filter
	canonical []string // lines
	query     []string // parameters
}

func (p *filterParser) lang(query url.Values) (filter.Lang, error) {
	if !query.Has("filter-lang") {
		return filter.Text, nil
	}
	name, err := Single("filter-lang", query["filter-lang"])
	if err != nil {
		return "", &FilterError{Parameter: "filter-lang", Detail: sentence(err.Error())}
	}
	lang, err := filter.ParseLang(name)
	if err != nil {
		return "", p.fail("filter-lang", err)
	}
	return lang, nil
}

// filter reads the filter for every layer.
func (p *filterParser) filter(values []string, lang filter.Lang) error {
	text, err := Single("filter", values)
	if err != nil {
		return &FilterError{Parameter: "filter", Detail: sentence(err.Error())}
	}
	texts := make([]string, len(p.schemas))
	var errs []error
	for i, schema := range p.schemas {
		e, err := filter.Parse(lang, text, schema)
		errs = append(errs, err)
		if err != nil {
			continue
		}
		texts[i] = e.Text()
		p.out.where[i] = append(p.out.where[i], filter.Compile(e))
	}
	if err := p.misfit(errs); err != nil {
		return err
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

// misfit returns the error of a filter that does not fit every layer, by which it fits which is said; nil
// when it does.
func (p *filterParser) misfit(errs []error) error {
	first := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if first < 0 {
		return nil
	}
	alike := !slices.ContainsFunc(errs, func(err error) bool { return err == nil || err.Error() != errs[first].Error() })
	if alike {
		return p.fail("filter", errs[first])
	}
	var parts []string
	for i, err := range errs {
		if err != nil {
			parts = append(parts, string(p.schemas[i].Name)+": "+plainFilterError(err))
		}
	}
	out := p.fail("filter", errs[first])
	out.Layer = p.schemas[first].Name
	out.Detail = sentence("the filter must fit every layer of the tile: " + strings.Join(parts, "; "))
	return out
}

// datetime reads the time for every layer that has one.
func (p *filterParser) datetime(values []string) error {
	text, err := Single("datetime", values)
	if err != nil {
		return &FilterError{Parameter: "datetime", Detail: sentence(err.Error())}
	}
	d, err := filter.ParseDatetime(text)
	if err != nil {
		return p.fail("datetime", err)
	}
	timed := false
	for i, schema := range p.schemas {
		if schema.TimeField == "" && len(p.schemas) > 1 {
			continue
		}
		e, err := d.Expr(schema)
		if err != nil {
			return p.fail("datetime", err)
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

// fail makes the error of a parameter and counts a bound that was hit.
func (p *filterParser) fail(name string, err error) *FilterError {
	out := &FilterError{Parameter: name, Detail: sentence(plainFilterError(err))}
	if e, ok := errors.AsType[*filter.Error](err); ok {
		out.Position = e.Where
		if e.Limit != "" && p.filters != nil {
			p.filters.refused.With(e.Limit).Add(1)
		}
	}
	return out
}

// plainFilterError is what a filter's error says without the package's name.
func plainFilterError(err error) string { return strings.TrimPrefix(err.Error(), "filter: ") }

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
