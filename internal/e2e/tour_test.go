package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tourVisit is what web/e2e/tour.mjs saw, step by step.
type tourVisit struct {
	Filters tourFilters
	Popup   tourPopup
	Words   tourWords
	Dark    tourDark
	Search  tourSearch
	Table   tourTable
	Picture tourPicture
	Paper   tourPaper
	Phone   tourPhone
	Wall    tourWall
	Keys    tourKeys
	Link    tourLink
	Blind   tourBlind
	Framed  tourFramed
	Faults  tourFaults
	Live    tourLive
}

// tourStep is what every step of the tour has.
type tourStep struct {
	Error      string   // why the step ended early; "" if it did not
	Complaints []string // of the page, the browser and the policy, and requests off the server
	Seconds    float64
}

// whole ends the test unless the step came to its end, and tells of all complaints.
func (s tourStep) whole(t *testing.T) {
	t.Helper()
	t.Logf("the browser took %.1f s", s.Seconds)
	for _, complaint := range s.Complaints {
		t.Errorf("the page or the browser complains: %s", complaint)
	}
	if s.Error != "" {
		t.Fatal(s.Error)
	}
}

// tourFeatures are the ids of the features on the map, by layer.
type tourFeatures map[string][]string

// tourSeen is what is on the map after something was done, and what was said of it.
type tourSeen struct {
	Features tourFeatures
	Heard    string
}

// tourCard is an open popup.
type tourCard struct {
	Layer, Source, ID, Heading string
	Fields                     map[string]string // the text by the field's name
	Titles                     map[string]string // what the field is called
	All                        string
}

// tourRows is an open table.
type tourRows struct {
	Caption         string
	Headings, Sorts []string
	IDs             []string
	Cells           [][]string
}

// TestTour goes through the whole page of a city in which everything is known, in a real browser.
func TestTour(t *testing.T) {
	tools := findBrowser(t)
	tools.script = filepath.Join(root, "web", "e2e", "tour.mjs")
	city := writeTourCity(t)
	s := run(t, "serve", "--config", city.config)
	partner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// The test cannot be told of a client that went away.
		_, _ = fmt.Fprintf(w, `<!doctype html><title>A partner</title><link rel="icon" href="data:,">`+
			`<iframe sandbox="allow-scripts" width="900" height="600" src="%s/#%d/%v/%v&lang=en"></iframe>`,
			s.url, camera.zoom, camera.lat, camera.lon)
	}))
	t.Cleanup(partner.Close)
	options := city.options()
	options["frame"] = partner.URL
	var v tourVisit
	out := artifacts(t)
	visitPage(t, tools, s.url, out, options, &v)

	for _, check := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"filters", func(t *testing.T) { v.Filters.check(t, city) }},
		{"popup", func(t *testing.T) { v.Popup.check(t, city) }},
		{"words", func(t *testing.T) { v.Words.check(t) }},
		{"dark", func(t *testing.T) { v.Dark.check(t, city, out) }},
		{"search", func(t *testing.T) { v.Search.check(t, city) }},
		{"table", func(t *testing.T) { v.Table.check(t, city) }},
		{"picture", func(t *testing.T) { v.Picture.check(t, out) }},
		{"paper", func(t *testing.T) { v.Paper.check(t) }},
		{"phone", func(t *testing.T) { v.Phone.check(t) }},
		{"wall", func(t *testing.T) { v.Wall.check(t, city) }},
		{"keyboard", func(t *testing.T) { v.Keys.check(t, city) }},
		{"link", func(t *testing.T) { v.Link.check(t, city) }},
		{"without WebGL", func(t *testing.T) { v.Blind.check(t, city) }},
		{"framed", func(t *testing.T) { v.Framed.check(t, city) }},
		{"faults", func(t *testing.T) { v.Faults.check(t, city) }},
		{"live", func(t *testing.T) { v.Live.check(t, city) }},
	} {
		t.Run(check.name, check.run)
	}
}

// checkFeatures: of each layer named in want exactly those features are on the map.
func checkFeatures(t *testing.T, what string, want, got tourFeatures) {
	t.Helper()
	for layer, ids := range want {
		if diff := cmp.Diff(ids, got[layer]); diff != "" && len(ids)+len(got[layer]) > 0 {
			t.Errorf("%s: %s on the map (-want +got):\n%s", what, layer, diff)
		}
	}
}

// checkBarriers: axe found nothing.
func checkBarriers(t *testing.T, where string, barriers []string) {
	t.Helper()
	for _, barrier := range barriers {
		t.Errorf("axe, %s: %s", where, barrier)
	}
}

// checkPrivate: nothing of the private field is in texts.
func checkPrivate(t *testing.T, city tourCity, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(text, city.secret) || strings.Contains(strings.ToLower(text), "phone") {
			t.Errorf("something private is shown: %.300s", text)
		}
	}
}

// all returns everything that is on the map of the city.
func (c tourCity) all() tourFeatures { return c.only(func(tourComplaint) bool { return true }) }

// only returns everything that is on the map when keep chooses from the complaints.
func (c tourCity) only(keep func(tourComplaint) bool) tourFeatures {
	return tourFeatures{"complaints": c.ids(keep), "zones": tourZones, "routes": tourRoutes}
}

// tourFilters is what switches and filters do.
type tourFilters struct {
	tourStep
	Start, Off, On, Category, Status, Reset, Only, Age, ResetAll tourSeen
	Counts                                                       map[string]string
	Entries                                                      [][]string // the lines of the complaints' legend
	Checked                                                      bool       // after all was reset
	Barriers, UnfoldedBarriers                                   []string
}

func (v tourFilters) check(t *testing.T, city tourCity) {
	v.whole(t)
	checkBarriers(t, "start", v.Barriers)
	checkBarriers(t, "legend open", v.UnfoldedBarriers)
	quiet := func(c tourComplaint) bool { return c.category != "noise" }
	for _, tt := range []struct {
		name  string
		got   tourSeen
		heard string
		want  tourFeatures
	}{
		{"start", v.Start, "", city.all()},
		{"layer off", v.Off, "Complaints: hidden", city.only(func(tourComplaint) bool { return false })},
		{"layer on", v.On, "Complaints: shown", city.all()},
		{"category", v.Category, "Complaints: 3 of 4 values", city.only(quiet)},
		{"status", v.Status, "Complaints: 2 of 3 values", city.only(func(c tourComplaint) bool { return quiet(c) && c.status != "closed" })},
		{"reset", v.Reset, "Complaints: all values", city.all()},
		{"only", v.Only, "Complaints: 1 of 4 values", city.only(func(c tourComplaint) bool { return c.category == "pothole" })},
		{"age", v.Age, "Complaints: 7 days", city.only(func(c tourComplaint) bool {
			return c.category == "pothole" && !c.reported.Before(tourNewest.AddDate(0, 0, -7))
		})},
		{"all reset", v.ResetAll, "All filters are reset.", city.all()},
	} {
		checkFeatures(t, tt.name, tt.want, tt.got.Features)
		if tt.got.Heard != tt.heard {
			t.Errorf("%s: got %q said, want %q", tt.name, tt.got.Heard, tt.heard)
		}
	}
	counts := map[string]string{"complaints": "48", "zones": "3", "routes": "3", "greens": "1", "streets": "1", "quarters": "1"}
	if diff := cmp.Diff(counts, v.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	entries := [][]string{{"Noise", "12"}, {"Pothole", "12"}, {"Rubbish", "12"}, {"Street light", "12"}}
	got := slices.Clone(v.Entries)
	slices.SortFunc(got, slices.Compare)
	if diff := cmp.Diff(entries, got); diff != "" {
		t.Errorf("legend (-want +got):\n%s", diff)
	}
	if !v.Checked {
		t.Error("after all filters were reset not every value is checked")
	}
}
