package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// partsVisit is what web/e2e/parts.mjs saw.
type partsVisit struct {
	Hovered struct {
		Text  string
		Asked []string // requests for features while the pointer rested
	}
	Searched struct {
		Groups, Options, Marked []string
		Heard                   string
		Active                  struct{ Role, Text string }
		Entries                 []entry
		Hash                    string
		Zoom                    float64
	}
	Linked struct {
		Entries []entry
		Zoom    float64
		InView  bool
	}
	Coordinates struct{ At, Wanted [2]float64 }
	Nothing     struct{ Text, Expanded, Heard string }
	Table       struct {
		tableSeen
		Ascending, Descending, Closer tableSeen
		Heard, Focused, Kept          string
		Entries                       []entry
		Current                       int
	}
	Filtered struct {
		tableSeen
		Value string
	}
	CSV     struct{ Name, Text string }
	Picture struct {
		Name                   string
		Width, Height, Colours int
	}
	Paper struct {
		Colours           int
		Paper, Map, Tools bool
		Left              int
	}
	Blind struct {
		tableSeen
		Entries []entry
		Moved   string // the address that was asked after a step to the east
	}
	Complaints []string
}

// tableSeen is what the table says and lists.
type tableSeen struct {
	Caption  string
	Headings []string
	Sort     string
	IDs      []string
	Numbers  []float64
	Bounds   []float64 // of the map
}

// tableRows is the most rows that the table lists.
const tableRows = 200

// TestBrowserParts uses search, popup, table, picture and paper in a real browser.
func TestBrowserParts(t *testing.T) {
	tools := findBrowser(t)
	tools.script = filepath.Join(root, "web", "e2e", "parts.mjs")
	city := writeBrowserCity(t, 20261126)
	s := run(t, "serve", "--config", city.config)
	var v partsVisit
	visitPage(t, tools, s.url, artifacts(t), map[string]any{
		"layer": "reports", "word": "rubbish 17", "number": "storey", "category": "category",
	}, &v)

	t.Run("policy", func(t *testing.T) {
		if len(v.Complaints) > 0 {
			t.Errorf("got complaints %q, want none", v.Complaints)
		}
	})
	t.Run("hover", func(t *testing.T) {
		if v.Hovered.Text == "" || len(v.Hovered.Asked) > 0 {
			t.Errorf("got %+v, want a name without a question to the server", v.Hovered)
		}
	})
	t.Run("search", func(t *testing.T) { checkSearch(t, v) })
	t.Run("coordinates", func(t *testing.T) {
		at, want := v.Coordinates.At, v.Coordinates.Wanted
		if math.Hypot(at[0]-want[0], at[1]-want[1]) > 1e-4 {
			t.Errorf("got a pin at %v, want it at %v", at, want)
		}
	})
	t.Run("table", func(t *testing.T) { checkTable(t, s, v) })
	t.Run("filter", func(t *testing.T) { checkFilteredTable(t, s, v) })
	t.Run("csv", func(t *testing.T) { checkCSV(t, v) })
	t.Run("picture", func(t *testing.T) {
		p := v.Picture
		if p.Width != camera.width || p.Height <= camera.height || p.Colours < 20 || !strings.HasSuffix(p.Name, ".png") {
			t.Errorf("got %+v, want a picture of the map with a title and its sources", p)
		}
	})
	t.Run("paper", func(t *testing.T) {
		p := v.Paper
		if !p.Paper || p.Map || p.Tools || p.Colours < 20 || p.Left != 0 {
			t.Errorf("got %+v, want a picture in the map's place until printing is over", p)
		}
	})
	t.Run("without WebGL", func(t *testing.T) {
		b := v.Blind
		if len(b.IDs) != tableRows || len(b.Entries) != 1 || b.Entries[0].ID != b.IDs[0] {
			t.Errorf("got %d rows and %+v, want a full table and the first row's feature", len(b.IDs), b.Entries)
		}
		if bounds := boundsIn(t, b.Moved); bounds[0] <= camera.lon-1e-6 {
			t.Errorf("a step to the east asked for %v, want it east of %v", bounds, camera.lon)
		}
	})
}

// checkSearch: every result has all words, the keyboard alone takes one, and its link shows it again.
func checkSearch(t *testing.T, v partsVisit) {
	t.Helper()
	got := v.Searched
	if !slices.Equal(got.Groups, []string{"Reports"}) || len(got.Options) < 2 || !strings.Contains(got.Heard, "results") {
		t.Fatalf("got %+v, want several reports", got)
	}
	for _, word := range got.Marked {
		if w := strings.ToLower(word); w != "rubbish" && w != "17" {
			t.Errorf("%q is marked, want the words that were searched for", word)
		}
	}
	if len(got.Marked) < len(got.Options) {
		t.Errorf("got marks %q in options %q, want one in each at least", got.Marked, got.Options)
	}
	if got.Active.Role != "combobox" || got.Active.Text != got.Options[1] {
		t.Errorf("got %+v after two steps down, want the box with %q", got.Active, got.Options[1])
	}
	if len(got.Entries) != 1 || got.Entries[0].Fields["category"] != "rubbish" || got.Entries[0].Source != "server" {
		t.Fatalf("got %+v, want one report of rubbish", got.Entries)
	}
	if id := got.Entries[0].ID; !strings.Contains(got.Hash, "at=reports:"+url.PathEscape(id)) || got.Zoom < 15 {
		t.Errorf("got the address %q at zoom %v, want %s from near", got.Hash, got.Zoom, id)
	}
	if diff := cmp.Diff(got.Entries, v.Linked.Entries); diff != "" {
		t.Errorf("the link shows another feature (-searched +linked):\n%s", diff)
	}
	if v.Linked.Zoom < 15 || !v.Linked.InView {
		t.Errorf("got %+v, want the feature from near and its card in view", v.Linked)
	}
	if n := v.Nothing; !strings.Contains(n.Text, "zzqqxx") || n.Expanded != "false" || n.Heard != n.Text {
		t.Errorf("got %+v, want it said that nothing was found", n)
	}
}

// checkTable: the table lists what the server has in the window, sorts it, and keeps the keyboard.
func checkTable(t *testing.T, s *server, v partsVisit) {
	t.Helper()
	got := v.Table
	want, complete := listed(t, s, got.Bounds, "")
	if diff := cmp.Diff(want, got.IDs); diff != "" {
		t.Errorf("rows (-server +table):\n%s", diff)
	}
	if complete || !strings.Contains(got.Caption, "the first 200") {
		t.Errorf("got the caption %q for complete %v, want it to say that there is more", got.Caption, complete)
	}
	backwards := slices.Clone(got.Descending.Numbers)
	slices.Reverse(backwards)
	if got.Ascending.Sort != "ascending" || !slices.IsSorted(got.Ascending.Numbers) {
		t.Errorf("got %s %v, want them ascending", got.Ascending.Sort, got.Ascending.Numbers)
	}
	if got.Descending.Sort != "descending" || !slices.IsSorted(backwards) || !strings.Contains(got.Heard, "descending") {
		t.Errorf("got %s %v and %q, want them descending and said", got.Descending.Sort, got.Descending.Numbers, got.Heard)
	}
	if got.Focused != "storey" {
		t.Errorf("after sorting the keyboard is on column %q, want storey", got.Focused)
	}
	first := got.Descending.IDs[0]
	if len(got.Entries) == 0 || got.Entries[0].ID != first || got.Kept != first || got.Current != 1 {
		t.Errorf("got %+v with the keyboard on %q and %d rows marked, want %s three times", got.Entries, got.Kept, got.Current, first)
	}
	if n := len(got.Closer.IDs); n == 0 || n >= len(got.IDs) && strings.Contains(got.Closer.Caption, "first") {
		t.Errorf("got %d rows from nearer and %q, want fewer", n, got.Closer.Caption)
	}
}

// checkFilteredTable: the table lists what the server has of one category in the window.
func checkFilteredTable(t *testing.T, s *server, v partsVisit) {
	t.Helper()
	want, _ := listed(t, s, v.Filtered.Bounds, "&category="+url.QueryEscape(v.Filtered.Value))
	slices.Sort(want)
	got := slices.Sorted(slices.Values(v.Filtered.IDs))
	if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
		t.Errorf("rows of %s (-server +table):\n%s", v.Filtered.Value, diff)
	}
}

// checkCSV: the file holds the table's rows and nothing private.
func checkCSV(t *testing.T, v partsVisit) {
	t.Helper()
	text, marked := strings.CutPrefix(v.CSV.Text, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || len(rows) != len(v.Filtered.IDs)+1 {
		t.Fatalf("got %d lines of CSV, %v, want a mark of the byte order and one for each of %d rows", len(rows), err, len(v.Filtered.IDs))
	}
	for i, row := range rows[1:] {
		if row[0] != v.Filtered.IDs[i] || !slices.Contains(row, v.Filtered.Value) {
			t.Errorf("line %d is %q, want %s of %s", i+2, row, v.Filtered.IDs[i], v.Filtered.Value)
		}
	}
	if !strings.HasPrefix(v.CSV.Name, "Reports-") || strings.Contains(text, "phone") || strings.Contains(text, "555-01") {
		t.Errorf("got %s: %.300s, want nothing private", v.CSV.Name, text)
	}
}

// listed returns the ids of the first reports within bounds, as the server lists them, and whether
// there are no more.
func listed(t *testing.T, s *server, bounds []float64, more string) (ids []string, complete bool) {
	t.Helper()
	if len(bounds) != 4 {
		t.Fatalf("got bounds %v, want four degrees", bounds)
	}
	a := s.get(t, fmt.Sprintf("/layers/reports/features?bbox=%.7f,%.7f,%.7f,%.7f&limit=%d%s", bounds[0], bounds[1], bounds[2], bounds[3], tableRows, more))
	var answer struct {
		Features []struct{ ID string }
		Complete bool
	}
	if err := json.Unmarshal(a.body, &answer); err != nil {
		t.Fatalf("features: %v in %.300s", err, a.body)
	}
	for _, f := range answer.Features {
		ids = append(ids, f.ID)
	}
	return ids, answer.Complete
}

// boundsIn returns the parameter bbox of an address.
func boundsIn(t *testing.T, address string) [4]float64 {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var b [4]float64
	if _, err := fmt.Sscanf(u.Query().Get("bbox"), "%f,%f,%f,%f", &b[0], &b[1], &b[2], &b[3]); err != nil {
		t.Fatalf("bbox in %s: %v", address, err)
	}
	return b
}
