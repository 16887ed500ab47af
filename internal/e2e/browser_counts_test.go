package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/layers/hexgrid"
)

// countsVisit is what web/e2e/counts.mjs saw.
type countsVisit struct {
	Fresh countsSeen
	Keyed struct {
		Open, Back, Oldest, Other countsSeen
		Stops                     []string
	}
	Linked countsSeen
	Listed struct {
		Caption         string
		Headings        []string
		Rows            [][]string
		CSV, Name, Card string
	}
	Popup  struct{ There, Withheld struct{ Head, Text string } }
	Coarse countsSeen
	Timed  struct {
		Before, After countsSeen
		Note, Caption string
	}
	Asked []string // addresses of the view's tiles, and all with datetime=
	Looks struct {
		Chinese          countsSeen
		Overflow, Widest float64
		Barriers         []string
	}
	Later      struct{ Before, After countsSeen }
	Complaints []string
}

// countsSeen is what is on the map of a view of counts, and what the list says of it.
type countsSeen struct {
	Cells                           map[string]int // by H3 cell
	Tables                          []string       // period, set and resolution of what is drawn
	Hash, Row, Number, Hexes        string
	Period, Set, Note, Heard, Focus string
	Periods, Sets, Legend           []string
	Earlier                         bool
	LaterPeriod                     bool `json:"later"`
}

// countsCity is a city of reports that nobody may see, of the weeks 31 to 34 of 2016, in two cells of resolution 8, and of
// events of the same weeks that everybody sees.
type countsCity struct {
	config string
	small  hexgrid.Cell // has too few in week 32
	at     orb.Point    // in the middle of it
}

// countsUntil are when the clock of the view stops: before the last week is over, and when it is.
var countsUntil = [2]string{"2016-08-22T00:00:00+08:00", "2016-08-29T00:00:00+08:00"}

func writeCountsCity(t *testing.T) countsCity {
	t.Helper()
	dir := t.TempDir()
	cell := func(lon, lat float64) (hexgrid.Cell, orb.Point) {
		c, err := hexgrid.At(lon, lat, 8)
		if err != nil {
			t.Fatal(err)
		}
		middle := orb.Point{}
		middle[0], middle[1] = c.Centre()
		return c, middle
	}
	_, large := cell(camera.lon, camera.lat)
	small, there := cell(camera.lon+0.09, camera.lat) // of another cell of resolution 6
	var reports, events strings.Builder
	for week, n := range [][2]int{{20, 9}, {30, 3}, {12, 9}, {40, 9}} {
		for i := range n[0] + n[1] {
			at, state := large, "closed"
			if i >= n[0] {
				at = there
			}
			if i >= n[0]*2/5 {
				state = "open"
			}
			day := time.Date(2016, 8, 1+7*week+i%7, 12, 0, 0, 0, time.UTC)
			row := fmt.Sprintf(`{"type":"Feature","geometry":{"type":"Point","coordinates":[%v,%v]},"properties":{"no":"%d-%d","at":%q,"state":%q}}`+"\n",
				at[0], at[1], week, i, day.Format(time.RFC3339), state)
			reports.WriteString(row)
			events.WriteString(row)
		}
	}
	config := filepath.Join(dir, "city.yaml")
	text := fmt.Sprintf(`city: Test city
time_zone: Asia/Shanghai
center: [%v, %v]
layers:
  reports: {title: Reports, licence: CC0-1.0, public: false, time: at, fields: {at: {type: time}, state: {type: string}}}
  events: {title: Events, licence: CC0-1.0, time: at, h3: {}, draw: {shown: false}, fields: {at: {type: time}}}
derived:
  hexes: {of: events, as: hexes, title: Events by cell}
views:
  counts:
    layer: reports
    audience: public
    title: Reports by week
    title_zh: 每周诉求
    place: counts
    k: 5
    resolutions: [6, 8]
    by: week
    weeks: 3
    until: %q
    filters: {open: {where: "state = 'open'", title: Open, title_zh: 未办理}}
sources:
  reports: {layer: reports, files: [%q], id: "{no}", fields: {at: at, state: state}}
  events: {layer: events, files: [%q], id: "{no}", fields: {at: at}}
`, camera.lon, camera.lat, countsUntil[0], filepath.Join(dir, "reports.geojsonl"), filepath.Join(dir, "events.geojsonl"))
	for path, content := range map[string]string{
		config: text, filepath.Join(dir, "reports.geojsonl"): reports.String(), filepath.Join(dir, "events.geojsonl"): events.String(),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return countsCity{config, small, there}
}

// publishedCells asks the server for a table.
func (s *server) publishedCells(t *testing.T, period, set string, resolution int) map[string]int {
	t.Helper()
	var answer struct {
		Cells []struct {
			H3    string
			Count int
		}
	}
	a := s.get(t, fmt.Sprintf("/h3/counts/%d?period=%s&set=%s", resolution, period, set))
	if err := json.Unmarshal(a.body, &answer); err != nil {
		t.Fatalf("%v in %.300s", err, a.body)
	}
	cells := map[string]int{}
	for _, c := range answer.Cells {
		cells[c.H3] = c.Count
	}
	return cells
}

// TestBrowserCounts looks at a view of counts in a real browser.
func TestBrowserCounts(t *testing.T) {
	tools := findBrowser(t)
	tools.script = filepath.Join(root, "web", "e2e", "counts.mjs")
	city := writeCountsCity(t)
	s := run(t, "serve", "--config", city.config)
	tables := map[string]map[string]int{}
	for _, period := range []string{"2016-W31", "2016-W32", "2016-W33"} {
		for _, set := range []string{"all", "open"} {
			tables[period+" "+set+" 8"] = s.publishedCells(t, period, set, 8)
		}
	}
	tables["2016-W31 open 6"] = s.publishedCells(t, "2016-W31", "open", 6)
	var v countsVisit
	visitPage(t, tools, s.url, artifacts(t), map[string]any{
		"layer": "counts", "small": city.small.String(), "at": city.at, "hexes": "hexes", "far": 8, "hash": fmt.Sprintf("#11/%v/%v", camera.lat, camera.lon),
		"time": "2016-08-07T16:00:00Z/2016-08-14T16:00:00Z", "control": city.control(t, s),
	}, &v)
	if len(v.Complaints) > 0 {
		t.Errorf("got complaints %q, want none", v.Complaints)
	}
	check := func(name string, got countsSeen, table, row, period string) {
		t.Helper()
		if !slices.Equal(got.Tables, []string{table}) || cmp.Diff(tables[table], got.Cells) != "" || got.Row != row || got.Period != period {
			t.Errorf("%s: got %+v, want the table %s, %v, row %q and period %q", name, got, table, tables[table], row, period)
		}
	}
	check("fresh", v.Fresh, "2016-W33 all 8", "15 – 21 Aug 2016 (week 33) · All", "Latest: 15 – 21 Aug 2016")
	if strings.Contains(v.Fresh.Hash, "counts") || v.Fresh.Number != "" {
		t.Errorf("got %+v, want an address without a choice, and no number", v.Fresh)
	}
	t.Run("keyboard", func(t *testing.T) { v.checkKeys(t, check) })
	check("linked", v.Linked, "2016-W31 open 8", v.Keyed.Other.Row, v.Keyed.Other.Period)
	t.Run("table", func(t *testing.T) { v.checkTable(t, tables["2016-W31 open 8"]) })
	t.Run("popup", func(t *testing.T) { v.checkPopup(t, city) })
	check("far out", v.Coarse, "2016-W31 open 6", v.Keyed.Other.Row, v.Keyed.Other.Period)
	t.Run("time", func(t *testing.T) { v.checkTimed(t) })
	t.Run("looks", func(t *testing.T) {
		checkBarriers(t, "a view of counts", v.Looks.Barriers)
		if c := v.Looks.Chinese; !strings.Contains(c.Row, "（第32周）") || !slices.Equal(c.Sets, []string{"全部", "未办理"}) || !strings.Contains(c.Note, "少于 5 的区域不公布") {
			t.Errorf("got %+v, want Chinese", c)
		}
		if v.Looks.Overflow > 0 || v.Looks.Widest > 390 {
			t.Errorf("on a phone it sticks out by %v pixels, and reaches to %v", v.Looks.Overflow, v.Looks.Widest)
		}
	})
	t.Run("a new period", func(t *testing.T) {
		before, after := v.Later.Before, v.Later.After
		if before.Period != "Latest: 15 – 21 Aug 2016" || after.Period != "Latest: 22 – 28 Aug 2016" || after.Row != "22 – 28 Aug 2016 (week 34) · All" ||
			!slices.Equal(after.Tables, []string{"2016-W34 all 8"}) || after.Cells[city.small.String()] != 9 || len(after.Periods) != 4 {
			t.Errorf("got %+v, then %+v, want the next week", before, after)
		}
	})
}

// control returns where a client may let the server, which is started again for that, publish its last week.
func (c countsCity) control(t *testing.T, s *server) string {
	t.Helper()
	at := strings.TrimPrefix(s.url, "http://")
	control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = s.cmd.Process.Kill() // it may be over already
		<-s.exited
		text, err := os.ReadFile(c.config)
		if err == nil {
			err = os.WriteFile(c.config, []byte(strings.Replace(string(text), countsUntil[0], countsUntil[1], 1)), 0o600)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		p := launch(t, nil, "serve", "--config", c.config, "--listen", at)
		select {
		case <-p.stdout.lines:
		case <-time.After(patience):
			http.Error(w, "it did not start", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(control.Close)
	return control.URL
}

func (v *countsVisit) checkKeys(t *testing.T, check func(name string, got countsSeen, table, row, period string)) {
	t.Helper()
	k := &v.Keyed
	if want := []string{"Latest: 15 – 21 Aug 2016", "15 – 21 Aug 2016 (week 33)", "8 – 14 Aug 2016 (week 32)", "1 – 7 Aug 2016 (week 31)"}; !slices.Equal(k.Open.Periods, want) {
		t.Errorf("got periods %q, want %q", k.Open.Periods, want)
	}
	if !slices.Equal(k.Open.Sets, []string{"All", "Open"}) || k.Open.Set != "All" || !strings.HasPrefix(k.Open.Note, "Areas with fewer than 5 are withheld") ||
		len(k.Open.Legend) < 2 || k.Open.Legend[0] != "Number in each area, one week" || k.Open.Legend[1] != "5 to 10" {
		t.Errorf("got %+v, want the sets, and a legend that begins at 5", k.Open)
	}
	if want := []string{"earlier", "period", "later", "radio"}; !slices.Equal(k.Stops, want) {
		t.Errorf("the tabulator stops at %q, want %q", k.Stops, want)
	}
	if !k.Open.Earlier || k.Open.LaterPeriod || !k.Back.Earlier || !k.Back.LaterPeriod || k.Oldest.Earlier || !k.Oldest.LaterPeriod {
		t.Errorf("the buttons are on and off as in %+v, %+v, %+v", k.Open, k.Back, k.Oldest)
	}
	check("one back", k.Back, "2016-W32 all 8", "8 – 14 Aug 2016 (week 32) · All", "8 – 14 Aug 2016 (week 32)")
	if k.Back.Heard != "Reports by week: 8 – 14 Aug 2016 (week 32) · All" || !strings.HasSuffix(k.Back.Hash, "&period.counts=2016-W32") {
		t.Errorf("got %+v, want it said, and in the address", k.Back)
	}
	check("the oldest", k.Oldest, "2016-W31 all 8", "1 – 7 Aug 2016 (week 31) · All", "1 – 7 Aug 2016 (week 31)")
	if k.Oldest.Focus != "earlier" {
		t.Errorf("the keyboard is on %q, want it where it was", k.Oldest.Focus)
	}
	check("another set", k.Other, "2016-W31 open 8", "1 – 7 Aug 2016 (week 31) · Open", "1 – 7 Aug 2016 (week 31)")
	if k.Other.Set != "Open" || !strings.HasSuffix(k.Other.Hash, "&period.counts=2016-W31&set.counts=open") {
		t.Errorf("got %+v, want the set chosen and in the address", k.Other)
	}
	for _, part := range []string{"?period=2016-W32", "?period=2016-W31&set=open"} {
		if !slices.ContainsFunc(v.Asked, func(address string) bool {
			return strings.HasPrefix(address, "/tiles/counts/") && strings.HasSuffix(address, part)
		}) {
			t.Errorf("no tile was asked for with %s", part)
		}
	}
}

func (v *countsVisit) checkTable(t *testing.T, want map[string]int) {
	t.Helper()
	l := &v.Listed
	got := map[string]int{}
	for _, row := range l.Rows {
		n := math.MinInt
		_, _ = fmt.Sscan(row[len(row)-1], &n)
		got[row[0]] = n
	}
	if diff := cmp.Diff(want, got); diff != "" || !slices.Equal(l.Headings, []string{"H3 cell", "Number"}) {
		t.Errorf("got headings %q and rows (-want +got):\n%s", l.Headings, diff)
	}
	if !strings.HasPrefix(l.Caption, "Reports by week · 1 – 7 Aug 2016 (week 31) · Open: ") || !strings.Contains(l.Caption, "area") {
		t.Errorf("got caption %q", l.Caption)
	}
	if lines := strings.Count(l.CSV, "\r\n"); lines != len(want)+1 || !strings.Contains(l.CSV, "2016-W31") || !strings.HasSuffix(l.Name, ".csv") {
		t.Errorf("got %q with %q", l.Name, l.CSV)
	}
	if !strings.Contains(l.Card, " here") || !strings.Contains(l.Card, "1 – 7 Aug 2016 (week 31)") || !strings.Contains(l.Card, "fewer than 5 are withheld") {
		t.Errorf("a row shows %q", l.Card)
	}
}

func (v *countsVisit) checkPopup(t *testing.T, city countsCity) {
	t.Helper()
	there, withheld := v.Popup.There, v.Popup.Withheld
	if there.Head != "9 here" || !strings.Contains(there.Text, city.small.String()) || !strings.Contains(there.Text, "1 – 7 Aug 2016 (week 31)") {
		t.Errorf("got %+v", there)
	}
	if withheld.Head != "Fewer than 5, none, or withheld" || !strings.Contains(withheld.Text, "8 – 14 Aug 2016 (week 32)") {
		t.Errorf("got %+v where it is withheld", withheld)
	}
}

func (v *countsVisit) checkTimed(t *testing.T) {
	t.Helper()
	before, after := v.Timed.Before, v.Timed.After
	if strings.Contains(before.Hexes, "all times") || !strings.HasPrefix(after.Hexes, "shows all times") {
		t.Errorf("of cells of all times the list says %q, and with a time %q", before.Hexes, after.Hexes)
	}
	if cmp.Diff(before.Cells, after.Cells) != "" || after.Row != before.Row {
		t.Errorf("got %+v with a time, want what there was before", after)
	}
	if n := v.Timed.Note; !strings.Contains(n, "At all times: Events by cell") || !strings.Contains(n, "By the period chosen in the list: Reports by week") {
		t.Errorf("the band says %q", n)
	}
	for _, address := range v.Asked {
		if strings.Contains(address, "counts") && strings.Contains(address, "datetime") {
			t.Errorf("%s was asked for", address)
		}
	}
}
