package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
)

// Tables is what a view of counts offers: closed tables of how many features are in each cell, by set, period and
// resolution. Its layer holds their published cells and nothing else.
type Tables struct {
	// Least is the smallest count that is published.
	Least int
	// By is how time is divided.
	By view.CountBy
	// Sets are the sets, [view.AllSet] first.
	Sets []TableSet
	// Resolutions are rising.
	Resolutions []hexgrid.Resolution
	// State returns what there is now; never nil. It may be called from any goroutine and waits for nothing.
	State func() *TablesState
	// At returns the newest state of the layer of all published cells.
	At func() layers.Reader
	// Zoom returns the resolution of the cells in tiles of a zoom.
	Zoom func(zoom uint8) hexgrid.Resolution
}

// TableSet is a set of features that has tables of its own.
type TableSet struct {
	// Name stands in queries.
	Name string `json:"name"`
	// Title and TitleZH are for people; "" where nobody said.
	Title   string `json:"title,omitempty"`
	TitleZH string `json:"title_zh,omitempty"`
}

// SetNames returns the names of the sets, in their order.
func (t *Tables) SetNames() []string {
	names := make([]string, len(t.Sets))
	for i, set := range t.Sets {
		names[i] = set.Name
	}
	return names
}

// TablesState is which periods there are. It never changes.
type TablesState struct {
	// Periods are those that were counted, the newest first; of those that end together the shorter one.
	Periods []view.Period
	// Reason says why there are none, or none any more; "" when all is well.
	Reason string
}

// TableChoice is one table of a view of counts for each resolution.
type TableChoice struct {
	Set    string
	Period view.Period
}

// tableNames are the parameters that choose a table.
var tableNames = []string{"period", "set"}

// TableNames returns the parameters that choose a table of a view of counts.
func TableNames() []string { return slices.Clone(tableNames) }

// Offer says which tables there are, for the client.
func (t *Tables) Offer() string {
	state := t.State()
	if len(state.Periods) == 0 {
		return "there are no tables of counts now"
	}
	newest, oldest := state.Periods[0], state.Periods[len(state.Periods)-1]
	return fmt.Sprintf("a view of counts has closed tables, which no filter and no datetime divides further: period=%s back to %s, "+
		"of which the catalogue lists all, and set=%s, such as ?period=%s&set=%s",
		newest, oldest, strings.Join(t.SetNames(), "|"), newest, t.Sets[len(t.Sets)-1].Name)
}

// Choose reads which table a query asks for: the newest period and all features where it does not say. Its errors
// are for the client; a free filter or datetime is one.
func (t *Tables) Choose(query url.Values) (TableChoice, error) {
	c := TableChoice{Set: view.AllSet}
	if slices.ContainsFunc(filterNames, query.Has) {
		return c, errors.New(t.Offer())
	}
	state := t.State()
	if len(state.Periods) > 0 {
		c.Period = state.Periods[0]
	}
	if query.Has("set") {
		var err error
		if c.Set, err = Single("set", query["set"]); err != nil {
			return c, err
		}
		if !slices.Contains(t.SetNames(), c.Set) {
			return c, fmt.Errorf("set is not %.64q: %s", c.Set, t.Offer())
		}
	}
	if query.Has("period") {
		text, err := Single("period", query["period"])
		if err != nil {
			return c, err
		}
		p, err := view.ParsePeriod(text)
		if err != nil || !slices.Contains(state.Periods, p) {
			return c, fmt.Errorf("period is not %.64q: %s", text, t.Offer())
		}
		c.Period = p
	}
	return c, nil
}

// ChooseRaw is Choose for a query as it stands in a URL, whose other parameters may be anything.
func (t *Tables) ChooseRaw(raw string) (TableChoice, error) {
	query, err := Pick(raw, append(TableNames(), filterNames...)...)
	if err != nil {
		return TableChoice{}, err
	}
	return t.Choose(query)
}

// RefuseTables answers the request with what is wrong with its choice of a table.
func RefuseTables(w http.ResponseWriter, r *http.Request, err error) {
	Refuse(w, r, CodeParameterInvalid, sentence(err.Error()))
}

// Canonical returns a text that is the same for the same choice.
func (c TableChoice) Canonical() string { return "table " + c.Period.String() + " " + c.Set }

// Where returns what selects the cells of the table, of a view of counts.
func (c TableChoice) Where(r hexgrid.Resolution) layers.Selector {
	return view.Matching(column.And(
		column.Where(view.CountPeriod, column.Equal, column.StringOf(c.Period.String())),
		column.Where(view.CountSetName, column.Equal, column.StringOf(c.Set)),
		column.Where(view.CountResolution, column.Equal, column.IntOf(int64(r))),
	))
}
