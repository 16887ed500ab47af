package app

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// What views tell of fields that they do not show, of features that they leave out and of those that they show late: of the
// privacy suite.

// manyShops are so many that the selected ones of a filter are packed together; every hundredth is on floor 7.
func manyShops(n int) []layers.Change {
	list := make([]layers.Change, n)
	for i := range list {
		list[i] = walk(fmt.Sprint("s", i), 116.2+float64(i%200)/500, 39.8+float64(i/200)/500, "open")
		if i%100 == 0 {
			list[i].Feature.Values[4] = column.IntOf(7)
		}
	}
	return list
}

// twins are questions about layer L, of which the second is about what nobody has: what is private is no more than that.
var twins = [][2]string{
	{"/layers/L/features?bbox=115,39,118,41&state=" + secret, "/layers/L/features?bbox=115,39,118,41&state=" + nothing},
	{"/layers/L/features?bbox=115,39,118,41&floor=7770002", "/layers/L/features?bbox=115,39,118,41&floor=8880002"},
	{"/layers/L/features?bbox=115,39,118,41&phone=a", "/layers/L/features?bbox=115,39,118,41&phine=a"},
	{"/layers/L/features?bbox=115,39,118,41&filter=state='" + secret + "'", "/layers/L/features?bbox=115,39,118,41&filter=state='" + nothing + "'"},
	{"/layers/L/features?bbox=115,39,118,41&filter=floor=7770002", "/layers/L/features?bbox=115,39,118,41&filter=floor=8880002"},
	{"/layers/L/features?bbox=115,39,118,41&filter=phone='a'", "/layers/L/features?bbox=115,39,118,41&filter=phine='a'"},
	{"/layers/L/features?bbox=115,39,118,41&datetime=2026-08-01", "/layers/L/features?bbox=115,39,118,41&datetime=2026-07-01"},
	{"/layers/L/histogram?bins=1&from=2026-08-01T00:00:00Z&to=2026-08-02T00:00:00Z", "/layers/L/histogram?bins=1&from=2026-07-01T00:00:00Z&to=2026-07-02T00:00:00Z"},
	{"/search?layers=L&q=" + secret, "/search?layers=L&q=" + nothing},
	{"/search?layers=L&q=7770002", "/search?layers=L&q=8880002"},
	{"/tiles/L/9/421/193.mvt?filter=state='" + secret + "'", "/tiles/L/9/421/193.mvt?filter=state='" + nothing + "'"},
	{"/tiles/L/9/421/193.mvt?filter=phone='a'", "/tiles/L/9/421/193.mvt?filter=phine='a'"},
	{"/h3/L/8?filter=state='" + secret + "'", "/h3/L/8?filter=state='" + nothing + "'"},
	{"/h3/L/8?datetime=2026-08-01", "/h3/L/8?datetime=2026-07-01"},
}

// nothing is a text that nobody has, as long as a private one.
const nothing = "n0thing-number"

// alike makes answers to twins the same if what they say is.
var alike = strings.NewReplacer(
	secret, "TEXT", nothing, "TEXT", "7770002", "NUMBER", "8880002", "NUMBER", "phone", "FIELD", "phine", "FIELD",
	"2026-08-0", "2026-07-0",
)

// answer is all that a path answers, but for its tag, which is that of a body which says what was asked.
func (p *private) answer(path string) string {
	status, body, header := p.ask(strings.NewReplacer("'", "%27", "=7", "%3D7", "=8", "%3D8").Replace(path))
	header.Del("ETag")
	return fmt.Sprint(status, header, body)
}

// TestPrivacyOfFields asks every door for fields that it does not show, of which each stands where another stands in what is
// shown: for their values, by their values and by their names.
func TestPrivacyOfFields(t *testing.T) {
	t.Parallel()
	var walks []layers.Change
	for i := range 99 {
		walks = append(walks, walk("w"+strconv.Itoa(i), 116.3+float64(i)/1000, 39.9, []string{"open", "sent"}[i%2]))
	}
	p := newHiding(t, aSecret("x"),
		&fakeSource{name: "shops", layer: "shops", changes: manyShops(40_000)}, &fakeSource{name: "walks", layer: "walks", changes: walks[:50]})
	p.change(t, "walks", walks[50:]...)
	answered := 0
	for _, name := range []string{"shops", "few", "near", "beside", "keyed", "masked", "open", "states"} {
		for _, pair := range twins {
			asked, other := strings.ReplaceAll(pair[0], "L", name), strings.ReplaceAll(pair[1], "L", name)
			got, want := alike.Replace(p.answer(asked)), alike.Replace(p.answer(other))
			if got != want {
				t.Errorf("%s: got %.600q\n%s: got %.600q", asked, got, other, want)
			}
			if strings.HasPrefix(got, "200") {
				answered++
			}
		}
		paths := []string{
			"/layers/L", "/layers/L/features?bbox=115,39,118,41&limit=100", "/layers/L/features?near=116.35,39.95&k=20", "/layers/L/features/w1", "/layers/L/features/s1",
			"/layers/L/histogram", "/search?layers=L&q=open", "/tiles/L.json", "/tiles/L/metadata.json", "/tiles/L/0/0/0.mvt", "/tiles/L/12/3370/1548.mvt",
			"/h3/L", "/h3/L/8", "/h3/L/8?filter=floor=7", "/styles/default.json?layers=L", "/live?layers=L",
		}
		for _, tile := range []string{"0/0/0", "1/1/0", "2/3/1", "3/6/3", "4/13/6", "5/26/12"} { // of all of them: packed from the third on
			paths = append(paths, "/tiles/L/"+tile+".mvt?filter=floor=7")
		}
		for _, path := range paths {
			path = strings.ReplaceAll(path, "L", name)
			got := p.answer(path)
			if strings.HasPrefix(got, "200") {
				answered++
			}
			for _, hidden := range []string{secret, hiddenTime, "777000", "phone", "called", "card"} {
				if strings.Contains(got, hidden) {
					t.Errorf("%s tells %s: %.600q", path, hidden, got)
				}
			}
			if strings.HasPrefix(got, "5") && !strings.HasPrefix(path, "/live") {
				t.Errorf("%s: got %.600q", path, got)
			}
		}
	}
	if answered < 110 {
		t.Errorf("only %d questions were answered", answered)
	}
	for name, timed := range map[string]bool{"near": true, "states": false, "beside": false, "masked": false} {
		if got := p.answer("/layers/" + name); strings.Contains(got, `"time_field":"at"`) != timed {
			t.Errorf("%s: got %.600q, want its time told: %v", name, got, timed)
		}
	}
	// What is summed in a cell are numbers that are shown.
	var cells struct {
		Cells []map[string]any `json:"cells"`
	}
	p.json(t, "/h3/shops/6?filter="+url.QueryEscape("floor = 7"), &cells)
	for _, c := range cells.Cells {
		if c["floor_sum"] != 7*c["count"].(float64) {
			t.Fatalf("of floor 7 there is the cell %v", c)
		}
	}
	if len(cells.Cells) == 0 {
		t.Error("there are no cells of floor 7")
	}
}

// redacted are the views of walks that are more than a choice of fields, but for the one that is late.
var redacted = []string{"near", "beside", "keyed", "masked", "open"}

// TestPrivacyOfWhatIsLeftOut: a view that selects shows nothing else, of what it was filled with, of what comes, nor of what
// it showed before; and nothing shows what is deleted.
func TestPrivacyOfWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	p := newHiding(t, aSecret("x"), &fakeSource{name: "walks", layer: "walks", changes: []layers.Change{
		walk("a", 116.3, 39.9, "open"), walk("b", 116.4, 39.9, "sent"), walk("c", 116.5, 39.9, "open"),
	}})
	want := func(what string, all, open []string) {
		t.Helper()
		for _, name := range redacted {
			ids := all
			if name == "masked" || name == "open" {
				ids = open
			}
			list := p.lists(t, name)
			if got := slices.Sorted(maps.Keys(list)); len(got) != len(ids) || name == "open" && !slices.Equal(got, ids) {
				t.Errorf("%s: %s shows %v, want %v", what, name, got, ids)
			}
			if name == "masked" {
				continue // it does not tell where it leaves off
			}
			for _, f := range list {
				if at := f.Geometry.Coordinates; (name == "near" || name == "beside") && (at[1] == 39.9 || at[0] == 116.3) {
					t.Errorf("%s: %s shows %v at its place", what, name, f)
				}
			}
			for _, id := range []string{"a", "b", "c", "d", "e"} {
				status, _, _ := p.ask("/layers/" + name + "/features/" + id)
				if found := status == http.StatusOK; found != (slices.Contains(ids, id) && name != "keyed") {
					t.Errorf("%s: %s answers %d for %s", what, name, status, id)
				}
			}
		}
	}
	want("at the start", []string{"a", "b", "c"}, []string{"a", "c"})
	p.change(t, "walks", walk("d", 116.3, 39.9, "open"), walk("e", 116.3, 39.9, "sent"))
	want("with more", []string{"a", "b", "c", "d", "e"}, []string{"a", "c", "d"})
	p.change(t, "walks", walk("a", 116.3, 39.9, "sent"), walk("d", 116.3, 39.9, "sent"))
	want("when some are sent", []string{"a", "b", "c", "d", "e"}, []string{"c"})
	gone := make([]layers.Change, 0, 4)
	for _, id := range []layers.FeatureID{"a", "b", "d"} {
		gone = append(gone, layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: id}})
	}
	p.change(t, "walks", append(gone, erasureOf("c"))...)
	want("when all but one have gone", []string{"e"}, nil)
	for _, path := range append(countDoors("walks"), "/live?layers=walks") { // the layer itself is not there at all
		if !strings.Contains(path, "walks") {
			continue
		}
		if status, body, _ := p.ask(path); status != http.StatusNotFound {
			t.Errorf("%s: got %d %s", path, status, body)
		}
	}
}

// pass lets time pass, and shows what is due.
func (p *hiding) pass(t *testing.T, d time.Duration) {
	t.Helper()
	p.now = p.now.Add(d)
	for _, v := range p.store.lateViews() {
		if err := p.store.stepLate(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
}

// wantLate asks what the view shows that is late, and for each of all by its id.
func (p *hiding) wantLate(t *testing.T, what string, ids ...string) {
	t.Helper()
	if got := slices.Sorted(maps.Keys(p.lists(t, "late"))); !slices.Equal(got, ids) {
		t.Errorf("%s: got %v, want %v", what, got, ids)
	}
	for _, id := range []string{"loaded1", "loaded2", "loaded3", "first", "second", "third", "fourth"} {
		status, _, _ := p.ask("/layers/late/features/" + id)
		_, found, _ := p.ask("/search?layers=late&q=" + id)
		if shown := slices.Contains(ids, id); (status == http.StatusOK) != shown || strings.Contains(found, `"id":"`+id) != shown {
			t.Errorf("%s: %s is answered by %d and found by %s", what, id, status, found)
		}
	}
}

// TestPrivacyOfDelay asks all the time for what is not old enough, and for what was erased meanwhile wherever it waited.
func TestPrivacyOfDelay(t *testing.T) {
	t.Parallel()
	var loaded []layers.Change
	for i := 1; i <= 3; i++ {
		loaded = append(loaded, walk("loaded"+strconv.Itoa(i), 116.3, 39.9, "open"))
	}
	p := newHiding(t, aSecret("x"), &fakeSource{name: "walks", layer: "walks", changes: loaded})
	const delay, width = 64 * time.Minute, time.Minute
	p.wantLate(t, "at the start")
	p.change(t, "walks", erasureOf("loaded1")) // from the state that is wanted
	p.pass(t, time.Second)
	p.wantLate(t, "when it is made")
	p.change(t, "walks", erasureOf("loaded2")) // from the state that is made
	p.pass(t, delay-2*time.Second)
	p.wantLate(t, "a second before it is as old as the delay")
	p.pass(t, time.Second)
	p.wantLate(t, "as old as the delay", "loaded3")

	p.change(t, "walks", walk("first", 116.3, 39.9, "open"))
	p.pass(t, width-10*time.Second)
	p.change(t, "walks", walk("second", 116.3, 39.9, "open"))
	p.pass(t, width)
	p.wantLate(t, "soon", "loaded3")
	p.change(t, "walks", walk("third", 116.3, 39.9, "open"), walk("fourth", 116.3, 39.9, "open"))
	p.change(t, "walks", erasureOf("third")) // from what waits
	p.pass(t, delay-width-20*time.Second)
	p.wantLate(t, "when the first is as old as the delay, and the second is not", "loaded3")
	p.pass(t, width)
	p.wantLate(t, "when both are", "first", "loaded3", "second")
	p.pass(t, 2*width)
	p.wantLate(t, "with what came behind them", "first", "fourth", "loaded3", "second")
	p.change(t, "walks", erasureOf("fourth"), layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: "first"}})
	p.wantLate(t, "erased, and one deleted", "first", "loaded3", "second")
	p.pass(t, delay+2*width)
	p.wantLate(t, "later", "loaded3", "second")
}

// numberText are the numbers of states.
var numberText = regexp.MustCompile(`"(seq|summary_seq|snapshot)":\d+|Content-Length:\[\d+\]`)

// TestPrivacyOfFieldsTold: of a change of fields that a view does not show its clients hear nothing, and no door moves but
// for the number of the layer's state.
func TestPrivacyOfFieldsTold(t *testing.T) {
	t.Parallel()
	line := walk("line", 116.3, 39.9, "open")
	line.Feature.Geometry = orb.LineString{{116.3, 39.9}, {116.31, 39.91}}
	list := []layers.Change{walk("point", 116.3, 39.9, "open"), line}
	p := newHiding(t, aSecret("x"))
	p.change(t, "shops", list...)
	p.change(t, "walks", list...)
	look := func() (all []string) {
		for _, name := range []string{"few", "states", "beside"} {
			for _, path := range []string{"/tiles/L/0/0/0.mvt", "/tiles/L/12/3371/1551.mvt", "/layers/L/features/point", "/layers/L/features?near=116.3,39.9", "/layers/L"} {
				got := p.answer(strings.ReplaceAll(path, "L", name))
				if strings.Contains(got, `"observed"`) || strings.Contains(got, "event") {
					t.Errorf("%s tells times that it does not show: %s", path, got)
				}
				all = append(all, numberText.ReplaceAllString(got, ""))
			}
		}
		return all
	}
	if got := p.answer("/layers/near"); !strings.Contains(got, `"observed":"2026-08-17T12:00:00`) {
		t.Errorf("got %s, want the times that it shows", got)
	}
	before := look()
	for field, v := range map[int]column.Value{0: column.StringOf("1"), 4: column.IntOf(4), 5: column.TimeOf(p.now)} {
		p.told = nil
		p.now = p.now.Add(time.Minute)
		for i := range list {
			list[i].Feature.Values = slices.Clone(list[i].Feature.Values)
			list[i].Feature.Values[field] = v
		}
		p.change(t, "shops", list...)
		p.change(t, "walks", list...)
		if diff := gocmp.Diff(before, look()); diff != "" {
			t.Errorf("field %d: -before +after\n%s", field, diff[:min(len(diff), 2000)])
		}
		for _, d := range p.told {
			if d.Layer == "few" || d.Layer == "states" || d.Layer == "beside" {
				t.Errorf("field %d: clients hear of a change of %s: %+v", field, d.Layer, d)
			}
		}
	}
}
