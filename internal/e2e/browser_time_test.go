package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// timeVisit is what web/e2e/time.mjs saw.
type timeVisit struct {
	Fresh timeSeen
	Keyed struct {
		Stops               []string // what has the keyboard, by the tabulator
		From, Narrow, Moved timeSeen
	}
	Asked   []string // addresses with datetime=
	Linked  timeSeen // the same address in another window
	Listed  []string // days in the table
	Dragged timeSeen
	Played  struct {
		Before, Playing string
		Windows         int
		After           timeSeen
		Rests           bool
	}
	Paper struct {
		Caption string
		Band    bool
	}
	Chinese timeSeen
	All     struct {
		timeSeen
		Closed bool
	}
	Later struct{ Before, After laterSeen }
	Phone struct {
		Open                  bool
		Left, Right, Overflow float64
	}
	Edges struct {
		Behind, Outside, Failed, Note, Again, Filtered string // what the bars, the window and the note say
	}
	Complaints []string
}

// timeSeen is what is on the map and in the band.
type timeSeen struct {
	Days                          []string // those of the features on the map
	Hash, Text, Bars, Note, Heard string
	Focus                         string
	Off                           []string
	Open                          bool
	Sliders                       []timeSlider
}

// timeSlider is what a slider says of itself.
type timeSlider struct {
	Name, Text       string
	Now, Least, Most float64
}

// laterSeen is a layer that waits to be asked for.
type laterSeen struct {
	Checked bool
	Drawn   int
	Hash    string
}

// writeTimeCity writes a city of reports of 30 days of August 2016 in Beijing, some each day, and cells of them.
func writeTimeCity(t *testing.T) string {
	t.Helper()
	const seed = 20160801
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	beijing := time.FixedZone("", 8*3600)
	var reports strings.Builder
	for i := range 900 {
		at := time.Date(2016, 8, 1+i/30, rng.IntN(24), rng.IntN(60), rng.IntN(60), 0, beijing)
		if i == 0 {
			at = time.Date(2016, 8, 1, 0, 0, 0, 0, beijing)
		}
		fmt.Fprintf(&reports, `{"type":"Feature","geometry":{"type":"Point","coordinates":[%.7f,%.7f]},"properties":{"no":%d,"at":%q,"day":%q}}`+"\n",
			camera.lon+rng.NormFloat64()*0.008, camera.lat+rng.NormFloat64()*0.005, i, at.Format(time.RFC3339), at.Format("01-02"))
	}
	config := filepath.Join(dir, "city.yaml")
	file := filepath.Join(dir, "reports.geojsonl")
	text := fmt.Sprintf(`city: Test city
time_zone: Asia/Shanghai
center: [%v, %v]
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    time: at
    h3: {}
    overview: 10
    fields:
      day: {type: string, keep: true, max_length: 8, distinct: 40}
      at: {type: time}
derived:
  hexes: {of: reports, as: hexes, title: Reports by cell}
sources:
  reports:
    layer: reports
    files: [%q]
    id: "{no}"
    fields: {day: day, at: at}
`, camera.lon, camera.lat, file)
	for path, content := range map[string]string{config: text, file: reports.String()} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

// augustDays are days of August 2016 as reports have them.
func augustDays(from, to int) []string {
	var days []string
	for day := from; day <= to; day++ {
		days = append(days, fmt.Sprintf("08-%02d", day))
	}
	return days
}

// TestBrowserTime chooses a time in a real browser.
func TestBrowserTime(t *testing.T) {
	tools := findBrowser(t)
	tools.script = filepath.Join(root, "web", "e2e", "time.mjs")
	s := run(t, "serve", "--config", writeTimeCity(t))
	var v timeVisit
	visitPage(t, tools, s.url, artifacts(t), map[string]any{"layer": "reports", "later": "hexes"}, &v)
	if len(v.Complaints) > 0 {
		t.Errorf("got complaints %q, want none", v.Complaints)
	}
	if v.Fresh.Open || strings.Contains(v.Fresh.Hash, "time=") || !slices.Equal(v.Fresh.Days, augustDays(1, 30)) {
		t.Errorf("got %+v, want all days and no band", v.Fresh)
	}
	t.Run("keyboard", func(t *testing.T) { v.checkKeys(t) })
	t.Run("link", func(t *testing.T) {
		if l, k := v.Linked, v.Keyed.Moved; !l.Open || l.Text != k.Text || !slices.Equal(l.Days, k.Days) || l.Hash != k.Hash {
			t.Errorf("got %+v, want what was linked: %+v", l, k)
		}
		if !slices.Equal(v.Listed, v.Keyed.Moved.Days) {
			t.Errorf("the table lists %q, want the days on the map, %q", v.Listed, v.Keyed.Moved.Days)
		}
	})
	t.Run("pointer and play", func(t *testing.T) { v.checkPlay(t) })
	t.Run("words", func(t *testing.T) {
		if !strings.Contains(v.Chinese.Text, "2016年8月") || !slices.ContainsFunc(v.Chinese.Sliders, func(s timeSlider) bool { return s.Name == "时间窗口" }) {
			t.Errorf("got %+v, want Chinese", v.Chinese)
		}
		if !strings.Contains(v.Paper.Caption, "Aug 2016") || v.Paper.Band {
			t.Errorf("got %+v on paper, want the time and no band", v.Paper)
		}
	})
	t.Run("all times", func(t *testing.T) {
		if a := v.All; a.Text != "All time" || strings.Contains(a.Hash, "time=") || !slices.Equal(a.Days, augustDays(1, 30)) || !a.Closed {
			t.Errorf("got %+v, want all days, then no band", a)
		}
	})
	t.Run("shown later", func(t *testing.T) {
		before, after := v.Later.Before, v.Later.After
		if before.Checked || before.Drawn > 0 || strings.Contains(before.Hash, "off=") {
			t.Errorf("got %+v, want the layer not shown before anybody asked", before)
		}
		if !after.Checked || after.Drawn == 0 || !strings.HasSuffix(after.Hash, "&off=") {
			t.Errorf("got %+v, want it shown, and an address that says that none is off", after)
		}
	})
	t.Run("edges", func(t *testing.T) { v.checkEdges(t) })
	if p := v.Phone; !p.Open || p.Left != 0 || p.Right != 390 || p.Overflow > 0 {
		t.Errorf("got %+v on a phone, want the band as wide as it is", p)
	}
}

// checkEdges: the band says what it does not know, counts again, and counts what the map shows.
func (v *timeVisit) checkEdges(t *testing.T) {
	e := v.Edges
	if !strings.HasSuffix(e.Behind, "are being counted by time.") || !strings.HasPrefix(e.Again, "Features in view by time: ") {
		t.Errorf("got bars %q behind and %q in the end, want them counted once they are seen", e.Behind, e.Again)
	}
	if want := "1 Jan 1990, 08:00 – 1 Jan 1991, 08:00"; strings.ReplaceAll(e.Outside, "\u2009", " ") != want {
		t.Errorf("got window %q, want %q", e.Outside, want)
	}
	if !strings.HasPrefix(e.Failed, "The features could not be counted by time.") || !strings.HasPrefix(e.Note, e.Failed) {
		t.Errorf("got bars %q and note %q, want why there are none", e.Failed, e.Note)
	}
	if e.Filtered != "Features in view by time: 30. The most are around 3 Aug 2016." {
		t.Errorf("got bars %q, want those of the thirty reports of a day", e.Filtered)
	}
}

func (v *timeVisit) checkKeys(t *testing.T) {
	if want := []string{"play", "SELECT", "all", "close", "from", "window", "to"}; !slices.Equal(v.Keyed.Stops, want) {
		t.Errorf("the tabulator stops at %q, want %q", v.Keyed.Stops, want)
	}
	// The days begin at midnight in Beijing, whatever the browser's zone: the first step is the next one.
	if k := v.Keyed.From; !slices.Equal(k.Days, augustDays(3, 30)) || !strings.Contains(k.Hash, "&time=2016-08-02T16:00:00Z/..") || k.Focus != "from" {
		t.Errorf("got %+v, want days from the third on", k)
	}
	if k := v.Keyed.Narrow; !slices.Equal(k.Days, augustDays(3, 3)) || k.Text != "3 Aug 2016" {
		t.Errorf("got %+v, want the third alone", k)
	}
	if k := v.Keyed.Moved; !slices.Equal(k.Days, augustDays(14, 14)) || k.Text != "14 Aug 2016" || !strings.HasPrefix(k.Bars, "Features in view by time: ") {
		t.Errorf("got %+v, want the window eleven days later", k)
	}
	for _, s := range v.Keyed.Moved.Sliders {
		if s.Name == "" || s.Text == "" || s.Now < s.Least || s.Now > s.Most {
			t.Errorf("got slider %+v, want a name, a text and a value between its bounds", s)
		}
	}
	tiles := slices.ContainsFunc(v.Asked, func(path string) bool {
		return strings.HasPrefix(path, "/tiles/reports/") && strings.HasSuffix(path, "?datetime=2016-08-13T16:00:00Z/2016-08-14T15:59:59.999999Z")
	})
	if !tiles || slices.ContainsFunc(v.Asked, func(path string) bool { return strings.HasPrefix(path, "/tiles/hexes/") }) {
		t.Errorf("got requests %q, want tiles of reports of the fourteenth", v.Asked)
	}
}

func (v *timeVisit) checkPlay(t *testing.T) {
	if d := v.Dragged; len(d.Days) != 1 || d.Days[0] < "08-14" || d.Days[0] > "08-18" {
		t.Errorf("got %+v, want a day in the middle", d)
	}
	if p := v.Played; p.Windows < 4 || p.Playing != "Pause" || !p.Rests || p.After.Hash == p.Before || !strings.HasPrefix(p.After.Heard, "Paused at ") {
		t.Errorf("got %+v, want several windows, then rest", p)
	}
	if p := v.Played.After; len(p.Days) != 1 {
		t.Errorf("got days %q after playing, want one", p.Days)
	}
}
