package e2e

import (
	"image"
	"image/color"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tourWords is the page in Chinese.
type tourWords struct {
	tourStep
	Before, After struct {
		Lang, Title string
		Labels      map[string]struct {
			Fields []string // that the layer's labels are made of
			Drawn  int
		}
	}
	Texts   []string // everything to be read, heard or pointed at
	Letters struct {
		Ink, Differ, FromBox int
		SystemHas            bool
		Loaded               []string
	}
	OnMap int // pixels of the map that change with the letters of a label
}

// latin finds words in Latin letters.
var latin = regexp.MustCompile(`[A-Za-z]+`)

// tourLatin are the words in Latin letters that a Chinese page may have: the city's name and what its
// data are called, the ids, names that Chinese writes so too, and the key of the band of time.
var tourLatin = []string{
	"Test", "City", "desk", "CC", "C", "Z", "L", "dB", "GMT", "JSON", "CSV", "ID", "MapLibre", "T",
}

func (v tourWords) check(t *testing.T) {
	v.whole(t)
	if v.Before.Lang != "en" || v.After.Lang != "zh-CN" {
		t.Errorf("got languages %q and %q, want en and zh-CN", v.Before.Lang, v.After.Lang)
	}
	if !strings.Contains(v.After.Title, "胡同") {
		t.Errorf("got the title %q, want a Chinese one", v.After.Title)
	}
	if len(v.Texts) < 60 {
		t.Errorf("got %d texts, want a page full of them: %q", len(v.Texts), v.Texts)
	}
	for _, text := range v.Texts {
		for _, word := range latin.FindAllString(text, -1) {
			if !slices.Contains(tourLatin, word) {
				t.Errorf("%q stands on the Chinese page in %q", word, text)
			}
		}
	}
	for _, layer := range []string{"streets", "quarters"} {
		en, zh := v.Before.Labels[layer], v.After.Labels[layer]
		if len(en.Fields) == 0 || en.Fields[0] != "name" || len(zh.Fields) == 0 || zh.Fields[0] != "name_zh" {
			t.Errorf("labels of %s are made of %q and %q, want name and name_zh first", layer, en.Fields, zh.Fields)
		}
		if zh.Drawn == 0 {
			t.Errorf("there is no label of %s on the map", layer)
		}
	}
	l := v.Letters
	if l.Ink < 100 || l.Differ < 100 || l.FromBox < 100 {
		t.Errorf("got %+v, want Chinese letters that differ from one another and from a box", l)
	}
	if !l.SystemHas && !slices.Contains(l.Loaded, "Hutong Sans") {
		t.Errorf("got fonts %q, want ours on a machine that has no Chinese one", l.Loaded)
	}
	if v.OnMap < 100 {
		t.Errorf("%d pixels of a label change with its Chinese letters, want letters and no boxes", v.OnMap)
	}
}

// tourDark is the page in both themes.
type tourDark struct {
	tourStep
	Light, Dark, System, Followed struct{ Theme, Style, Scheme string }
	Features                      tourFeatures
	Barriers                      []string
}

func (v tourDark) check(t *testing.T, city tourCity, out string) {
	v.whole(t)
	checkBarriers(t, "Chinese and dark", v.Barriers)
	checkFeatures(t, "dark", city.all(), v.Features)
	for what, got := range map[string][2]string{
		"light":                       {v.Light.Theme + " " + v.Light.Style, "light styles/light-zh.json"},
		"dark":                        {v.Dark.Theme + " " + v.Dark.Style, "dark styles/dark-zh.json"},
		"a system that is dark":       {v.System.Theme + " " + v.System.Style, "dark styles/dark.json"},
		"a system that becomes light": {v.Followed.Theme + " " + v.Followed.Style, "light styles/light.json"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %s, want %s", what, got[0], got[1])
		}
	}
	light, dark := luminance(readPNG(t, filepath.Join(out, "tour-light.png"))), luminance(readPNG(t, filepath.Join(out, "tour-dark.png")))
	t.Logf("mean luminance: %.2f light, %.2f dark", light, dark)
	if light < 0.6 || dark > 0.25 {
		t.Errorf("got mean luminances %.2f and %.2f, want a light and a dark page", light, dark)
	}
}

// luminance is the mean of how light a picture's pixels are, 0…1.
func luminance(img image.Image) float64 {
	b := img.Bounds()
	sum := 0.0
	for y := b.Min.Y; y < b.Max.Y; y += 2 {
		for x := b.Min.X; x < b.Max.X; x += 2 {
			sum += float64(color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y) / 255
		}
	}
	return sum * 4 / float64(b.Dx()*b.Dy())
}

// tourPicture is the map saved as a picture, and the link that was shared.
type tourPicture struct {
	tourStep
	Name, Link, Address string
	Map                 struct{ Width, Height int }
}

func (v tourPicture) check(t *testing.T, out string) {
	v.whole(t)
	img := readPNG(t, filepath.Join(out, "tour-picture.png"))
	b := img.Bounds()
	if b.Dx() != v.Map.Width || b.Dy() < v.Map.Height || b.Dy() > v.Map.Height+200 {
		t.Errorf("got a picture of %v, want the map's %v and room for title and sources", b, v.Map)
	}
	if n := colours(img, b.Inset(b.Dy()/4)); n < 50 {
		t.Errorf("got %d colours in the middle of the picture, want a map", n)
	}
	// The last line says where the data are from.
	foot := image.Rect(b.Min.X, b.Max.Y-22, b.Min.X+b.Dx()/3, b.Max.Y)
	if n := colours(img, foot); n < 5 {
		t.Errorf("got %d colours at the picture's foot, want writing", n)
	}
	if v.Link != v.Address {
		t.Errorf("got the link %q, want %q", v.Link, v.Address)
	}
	if !strings.HasPrefix(v.Name, "Test") || !strings.HasSuffix(v.Name, ".png") {
		t.Errorf("the file is called %q", v.Name)
	}
}

// colours counts the colours in a part of a picture.
func colours(img image.Image, part image.Rectangle) int {
	seen := map[color.Color]bool{}
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			seen[img.At(x, y)] = true
		}
	}
	return len(seen)
}

// tourPaper is the page printed.
type tourPaper struct {
	tourStep
	Images [][2]int // width, height
	Pages  int
	Left   int // what stands in the map's place afterwards
}

func (v tourPaper) check(t *testing.T) {
	v.whole(t)
	if v.Pages < 1 || v.Pages > 2 || v.Left != 0 {
		t.Errorf("got %d pages and %d pictures left over, want a page or two and nothing left", v.Pages, v.Left)
	}
	if !slices.ContainsFunc(v.Images, func(size [2]int) bool { return size[0] >= 600 && size[1] >= 400 }) {
		t.Errorf("got pictures of %v on paper, want the map", v.Images)
	}
}

// tourPhone is the page on a phone.
type tourPhone struct {
	tourStep
	Folded, Unfolded struct {
		Left, Top, Width, Bottom float64
		Window                   [2]float64
	}
	Card     tourCard
	Out      map[string][]string // what sticks out, by what is open
	Small    map[string][]string // what is smaller than a finger
	Barriers map[string][]string
}

func (v tourPhone) check(t *testing.T) {
	v.whole(t)
	for what, out := range v.Out {
		for _, node := range out {
			t.Errorf("%s: out of the window: %s", what, node)
		}
	}
	for what, small := range v.Small {
		for _, node := range small {
			t.Errorf("%s: smaller than 44 pixels: %s", what, node)
		}
	}
	for what, barriers := range v.Barriers {
		checkBarriers(t, "phone, "+what, barriers)
	}
	f, u := v.Folded, v.Unfolded
	if f.Bottom < f.Window[1]-20 || f.Width < f.Window[0]-40 || f.Top < f.Window[1]/2 {
		t.Errorf("folded, the panel is %+v, want a sheet at the lower edge that leaves the map free", f)
	}
	if u.Top >= f.Top || u.Bottom < u.Window[1]-20 {
		t.Errorf("unfolded, the panel is %+v, want a higher sheet at the lower edge", u)
	}
	if v.Card.ID != tourCentre {
		t.Errorf("a touch opens %q, want %q", v.Card.ID, tourCentre)
	}
}

// tourWall is the page on a wall of screens.
type tourWall struct {
	tourStep
	Features tourFeatures
	Out      []string
	Letters  float64 // the size of a layer's name in CSS pixels
	Map      [2]int
}

func (v tourWall) check(t *testing.T, city tourCity) {
	v.whole(t)
	for _, node := range v.Out {
		t.Errorf("out of the wall: %s", node)
	}
	checkFeatures(t, "wall", city.all(), v.Features)
	if v.Map[0] < 3000 || v.Map[1] != 2160 || v.Letters < 16 {
		t.Errorf("got a map of %v and letters of %v pixels, want a full wall that can be read", v.Map, v.Letters)
	}
}

// tourKeys is the page by the keyboard alone.
type tourKeys struct {
	tourStep
	First                 tourFocus
	Round                 []string // the stops of one round
	FilterHeard           string
	Filtered              tourFeatures
	Active, Closed        string
	Searched, Opened, Row tourCard
	InCard                bool
	Back                  tourFocus
	Moved                 float64 // how far right the map went, in degrees
	Sorted                []string
	Strokes               []tourFocus
}

// tourFocus is what has the keyboard after a stroke.
type tourFocus struct {
	Key, Name, Over          string // Over is what lies in its middle
	Lost, Ring, Seen, Canvas bool
}

func (v tourKeys) check(t *testing.T, city tourCity) {
	v.whole(t)
	if !strings.HasPrefix(v.First.Name, "Skip") {
		t.Errorf("the first stop is %q, want a link over the panel", v.First.Name)
	}
	// The round is read from its first stop on, wherever it was begun.
	from := max(0, slices.IndexFunc(v.Round, func(name string) bool { return strings.HasPrefix(name, "Skip to the map") }))
	v.Round = append(slices.Clone(v.Round[from:]), v.Round[:from]...)
	round := strings.Join(v.Round, "\n") + "\n"
	at := -1
	for _, want := range []string{"Skip to the map", "Search", "Complaints", "Legend and filters of Complaints", "Noise", "Map. ", "Table"} {
		i := slices.IndexFunc(v.Round, func(name string) bool { return strings.HasPrefix(name, want) })
		if i < 0 {
			t.Errorf("the tabulator does not lead to %q:\n%s", want, round)
		}
		if i >= 0 && i < at {
			t.Errorf("the tabulator leads to %q too early:\n%s", want, round)
		}
		at = max(at, i)
	}
	if v.FilterHeard != "Complaints: 3 of 4 values" {
		t.Errorf("got %q said after the space bar", v.FilterHeard)
	}
	checkFeatures(t, "by the space bar", city.only(func(c tourComplaint) bool { return c.category != "noise" }), v.Filtered)
	if !strings.Contains(v.Active, city.complaint(t, tourCentre).title) || v.Closed != "false" {
		t.Errorf("got the option %q, and after Escape expanded %q", v.Active, v.Closed)
	}
	checkCard(t, "searched", v.Searched, "complaints", tourCentre, nil)
	checkCard(t, "opened by Enter", v.Opened, "complaints", tourCentre, nil)
	if !v.InCard || !v.Back.Canvas {
		t.Errorf("the keyboard goes into the card: %v, and back to the map: %v", v.InCard, v.Back.Canvas)
	}
	if v.Moved <= 0 {
		t.Errorf("the right arrow moved the map by %v degrees", v.Moved)
	}
	if !slices.IsSorted(v.Sorted) || len(v.Sorted) == 0 || v.Row.Layer != "complaints" {
		t.Errorf("got rows %q and the card %+v, want sorted rows and one of them", v.Sorted, v.Row)
	}
	v.checkStrokes(t)
}

// checkStrokes: after no stroke the keyboard is lost or nobody can see where it is. Going around, the
// browser itself has it for one stroke of the tabulator.
func (v tourKeys) checkStrokes(t *testing.T) {
	t.Helper()
	bad := map[string]bool{}
	for i, stroke := range v.Strokes {
		around := stroke.Key == "Tab" && i+1 < len(v.Strokes) && !v.Strokes[i+1].Lost
		switch {
		case stroke.Lost && !around:
			bad["after "+stroke.Key+" nothing has the keyboard"] = true
		case !stroke.Lost && stroke.Name == "":
			bad["a stop of "+stroke.Key+" has no name"] = true
		case !stroke.Lost && !stroke.Ring:
			bad["nothing shows that "+stroke.Name+" has the keyboard"] = true
		case !stroke.Lost && !stroke.Seen:
			bad[stroke.Over+" lies over "+stroke.Name] = true
		}
	}
	var got []string
	for what := range bad {
		got = append(got, what)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string(nil), got); diff != "" {
		t.Errorf("strokes (-want +got):\n%s", diff)
	}
}
