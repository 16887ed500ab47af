package e2e

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// viewerVisit is what web/e2e/viewer.mjs saw.
type viewerVisit struct {
	Fresh    viewerSeen // just opened
	Filtered viewerSeen // the legend's first value taken away
	Linked   viewerSeen // the same address in another window
	Chinese  viewerSeen
	Dark     viewerSeen
	Back     viewerSeen // an address entered by hand: English, light, the layer off
	Keyboard struct {
		Stops []focusStop
		OnMap bool       // the first link leads to the map
		Off   viewerSeen // after the space bar on the layer's checkbox
	}
	Blind struct {
		Message string
		Listed  int
	}
	Framed struct {
		Origin   string
		Features int
		Lang     string
	}
	Complaints []string
}

// viewerSeen is what stands on the page and what the map draws of the layer, by its legend's field.
type viewerSeen struct {
	Values              map[string]int
	Hash                string
	Off                 []string
	Lang, Theme, Title  string
	Entries             []legendEntry
	Map, ZoomIn, Ground string // what map and button are called, the colour of the ground
	Announced           string
}

// legendEntry is a line of a legend.
type legendEntry struct {
	Title string
	Shown bool
	Count string
}

// focusStop is what has the keyboard after one press of the tabulator.
type focusStop struct {
	Path     int
	Name     string
	Outlined bool
	Visible  bool
}

// TestBrowserViewer uses everything around the map in a real browser.
func TestBrowserViewer(t *testing.T) {
	tools := findBrowser(t)
	tools.script = filepath.Join(root, "web", "e2e", "viewer.mjs")
	city := writeBrowserCity(t, 20260802)
	s := run(t, "serve", "--config", city.config)
	var v viewerVisit
	visitPage(t, tools, s.url, artifacts(t), map[string]any{"layer": "reports", "field": "category"}, &v)

	t.Run("policy", func(t *testing.T) {
		if len(v.Complaints) > 0 {
			t.Errorf("got complaints %q, want none", v.Complaints)
		}
	})
	t.Run("filter", func(t *testing.T) { checkFilter(t, v) })
	t.Run("languages", func(t *testing.T) { checkLanguages(t, v) })
	t.Run("themes", func(t *testing.T) {
		if v.Fresh.Theme != "light" || v.Dark.Theme != "dark" || v.Back.Theme != "light" {
			t.Errorf("got themes %q, %q, %q, want light, dark, light", v.Fresh.Theme, v.Dark.Theme, v.Back.Theme)
		}
		if v.Fresh.Ground == v.Dark.Ground || v.Fresh.Ground != v.Back.Ground {
			t.Errorf("got grounds %s, %s, %s, want a dark one between two like ones", v.Fresh.Ground, v.Dark.Ground, v.Back.Ground)
		}
		if diff := cmp.Diff(v.Filtered.Values, v.Dark.Values); diff != "" {
			t.Errorf("drawn in another theme (-light +dark):\n%s", diff)
		}
	})
	t.Run("address", func(t *testing.T) {
		if !slices.Equal(v.Back.Off, []string{"reports"}) || len(v.Back.Values) > 0 || v.Back.Lang != "en" {
			t.Errorf("got %+v, want reports off, in English", v.Back)
		}
		for _, e := range v.Back.Entries {
			if !e.Shown {
				t.Errorf("%s is filtered away, want no filter", e.Title)
			}
		}
	})
	t.Run("keyboard", func(t *testing.T) { checkKeyboard(t, v) })
	t.Run("without WebGL", func(t *testing.T) {
		if !strings.Contains(v.Blind.Message, "WebGL 2") || v.Blind.Listed != len(city.layers) {
			t.Errorf("got %+v, want a message and all layers", v.Blind)
		}
	})
	t.Run("framed", func(t *testing.T) {
		if v.Framed.Origin != "null" || v.Framed.Features == 0 || v.Framed.Lang != "zh-CN" {
			t.Errorf("got %+v, want features and another language in a frame without an origin", v.Framed)
		}
	})
}

// checkFilter: what the legend takes away is not drawn, the rest is as before, and a link says it.
func checkFilter(t *testing.T, v viewerVisit) {
	t.Helper()
	if len(v.Fresh.Entries) < 4 || v.Fresh.Hash == "" {
		t.Fatalf("got %+v, want a legend of four values at least", v.Fresh)
	}
	gone := v.Filtered.Entries[0].Title
	want := maps.Clone(v.Fresh.Values)
	delete(want, gone)
	if diff := cmp.Diff(want, v.Filtered.Values); diff != "" || len(want) == len(v.Fresh.Values) {
		t.Errorf("drawn without %q (-want +got):\n%s", gone, diff)
	}
	if v.Filtered.Entries[0].Shown || !v.Filtered.Entries[1].Shown {
		t.Errorf("got entries %+v, want the first one off only", v.Filtered.Entries)
	}
	if !strings.Contains(v.Filtered.Hash, "f.reports.category=") || !strings.Contains(v.Filtered.Announced, "Reports: ") {
		t.Errorf("got address %q and words %q, want the filter in both", v.Filtered.Hash, v.Filtered.Announced)
	}
	linked := v.Linked
	linked.Announced = v.Filtered.Announced
	if diff := cmp.Diff(v.Filtered, linked); diff != "" {
		t.Errorf("the same address in another window (-first +second):\n%s", diff)
	}
}

// checkLanguages: the page, the map's own words and the screen reader's change together.
func checkLanguages(t *testing.T, v viewerVisit) {
	t.Helper()
	if v.Fresh.Lang != "en" || v.Chinese.Lang != "zh-CN" {
		t.Errorf("got languages %q and %q, want en and zh-CN", v.Fresh.Lang, v.Chinese.Lang)
	}
	for what, words := range map[string][2]string{
		"the map": {v.Fresh.Map, v.Chinese.Map}, "zoom in": {v.Fresh.ZoomIn, v.Chinese.ZoomIn},
	} {
		if !isASCII(words[0]) || isASCII(words[1]) {
			t.Errorf("%s is called %q and %q, want English and Chinese", what, words[0], words[1])
		}
	}
	if diff := cmp.Diff(v.Filtered.Values, v.Chinese.Values); diff != "" {
		t.Errorf("drawn in another language (-English +Chinese):\n%s", diff)
	}
}

// checkKeyboard: everything can be reached, shows that it was, and has a name.
func checkKeyboard(t *testing.T, v viewerVisit) {
	t.Helper()
	var names []string
	for _, stop := range v.Keyboard.Stops {
		names = append(names, stop.Name)
		if stop.Name == "" || !stop.Outlined || !stop.Visible {
			t.Errorf("got the stop %+v, want one that has a name and shows", stop)
		}
	}
	for _, want := range []string{"Skip to the map", "Reports", "Benches", "Zoom in", v.Fresh.Map} {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, want) }) {
			t.Errorf("got stops %q, want one for %q", names, want)
		}
	}
	if !v.Keyboard.OnMap {
		t.Error("the link over the panel does not lead to the map")
	}
	if len(v.Keyboard.Off.Values) > 0 || !slices.Equal(v.Keyboard.Off.Off, []string{"reports"}) {
		t.Errorf("got %+v after the space bar, want reports off", v.Keyboard.Off)
	}
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}
