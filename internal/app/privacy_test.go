package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/internal/config"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
)

// The privacy suite: tests whose names begin with TestPrivacy attack, over HTTP and as a listener of live events, what
// views keep secret. That they can fail is shown by make mutations: each line of testdata/mutations.txt breaks the
// redaction in one place, and at least one test of the suite must fail.

// privateConfig is a city with a hidden layer, its views, and a public layer with a private field; %s is the file of
// the secret.
const privateConfig = `city: A city
time_zone: Asia/Shanghai
secret_file: "%s"
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    public: false
    people: true
    time: at
    fields: {state: {type: string}, at: {type: time}, phone: {type: string, private: true}}
  shops: {title: Shops, licence: CC0-1.0, h3: {}, fields: {state: {type: string}, phone: {type: string, private: true}}}
views:
  counts:
    layer: reports
    audience: public
    title: Counts
    reason: Each view is attacked by itself.
    place: counts
    k: 5
    resolutions: [6, 8]
    by: day
    weeks: 3
    filters: {open: "state = 'open'", called: "phone IS NOT NULL"}
  states:
    layer: reports
    audience: public
    title: States
    reason: Each view is attacked by itself.
    place: counts
    k: 5
    resolutions: [7]
    by: week
    weeks: 2
    filters: {open: "state = 'open'", sent: "state = 'sent'", closed: "state = 'closed'"}
  near: {layer: reports, audience: public, title: Near, fields: [state], where: "state = 'open'", place: {snap: 8}, ids: keyed, reason: Each view is attacked by itself.}
  few: {layer: reports, audience: partner, title: Few, place: counts, k: 2, by: week, weeks: 1}
`

// private is that city, its clock, what its clients were told, and the features of its hidden layer.
type private struct {
	*App
	now      time.Time
	told     []layers.Delta
	features map[layers.FeatureID]layers.Feature
	zone     *time.Location
}

// newPrivate returns the city with random reports of two weeks, on a Tuesday.
func newPrivate(t *testing.T, r *rand.Rand) *private {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(strings.Repeat("x", view.MinSecret)), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("private.yaml", fmt.Appendf(nil, privateConfig, file), nil)
	if err != nil {
		t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	p := &private{features: map[layers.FeatureID]layers.Feature{}, zone: c.TimeZone}
	p.App, _ = newTestApp(t, city, nil)
	p.now = time.Date(2026, 8, 18, 9, 30, 0, 0, p.zone)
	p.store.now = func() time.Time { return p.now }
	if err := p.loadLayers(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	var list []layers.Feature
	for i := range 2500 {
		list = append(list, p.report(r, layers.FeatureID(fmt.Sprint("r", i)), p.now.Add(-time.Duration(r.Int64N(int64(14*24*time.Hour))))))
	}
	p.put(t, list...)
	if err := publish(t.Context(), p.store, layers.Batch{Layer: "shops", Changes: []layers.Change{point("s1", 116.35, 39.95), point("s2", 116.4, 39.9)}}); err != nil {
		t.Fatal(err)
	}
	if err := p.store.counts.first(t.Context(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	p.hub.Start("")
	p.server.Ready()
	tell := p.store.tell
	p.store.tell = func(d layers.Delta) {
		p.told = append(p.told, d)
		tell(d)
	}
	return p
}

// report is a random one: there are places with many, and many places with few.
func (p *private) report(r *rand.Rand, id layers.FeatureID, at time.Time) layers.Feature {
	spread := []float64{0.003, 0.02, 0.2}[r.IntN(3)]
	f := layers.Feature{ID: id, Geometry: orb.Point{116.35 + r.NormFloat64()*spread, 39.95 + r.NormFloat64()*spread}}
	f.Values = []column.Value{column.StringOf([]string{"open", "open", "open", "open", "sent", "sent", "closed"}[r.IntN(7)]), column.TimeOf(at), {}}
	if r.IntN(2) == 0 {
		f.Values[2] = column.StringOf(secret)
	}
	return f
}

func (p *private) put(t *testing.T, list ...layers.Feature) {
	t.Helper()
	var changes []layers.Change
	for _, f := range list {
		p.features[f.ID] = f
		changes = append(changes, layers.Change{Feature: f})
	}
	if err := publish(t.Context(), p.store, layers.Batch{Layer: "reports", Changes: changes}); err != nil {
		t.Fatal(err)
	}
}

// count lets time come to now, as the goroutine that counts would see it.
func (p *private) count(t *testing.T, now time.Time) {
	t.Helper()
	p.now = now
	for _, l := range p.store.counts.list {
		p.store.counts.count(t.Context(), l, slog.New(slog.DiscardHandler))
	}
}

// ask returns what a path answers; of a stream how it begins.
func (p *private) ask(path string) (status int, body string, header http.Header) {
	if strings.HasPrefix(path, "/live") {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		r, w := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://city.example"+path, http.NoBody), httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String(), w.Header()
	}
	w := testkit.Ask(p.Handler(), http.MethodGet, "http://city.example"+path)
	return w.Code, w.Body.String(), w.Header()
}

func (p *private) json(t *testing.T, path string, into any) {
	t.Helper()
	status, body, _ := p.ask(path)
	if status != http.StatusOK {
		t.Fatalf("%s: got %d %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// countKey names a count that somebody may want to know; a set with - in front of it is of the features that are not in it, and
// one with = of those that are in just the sets behind that.
type countKey struct {
	period, set string
	cell        hexgrid.Cell
}

// offered is what the catalogue tells of the tables of a view.
type offered struct {
	Count  int `json:"count"`
	Tables struct {
		Least       int            `json:"least"`
		Sets        []api.TableSet `json:"sets"`
		Resolutions []int          `json:"resolutions"`
		Periods     []string       `json:"periods"`
	} `json:"tables"`
}

// sets returns the names of the sets, all first.
func (o *offered) sets() []string {
	names := make([]string, len(o.Tables.Sets))
	for i, set := range o.Tables.Sets {
		names[i] = set.Name
	}
	return names
}

// published collects every table of a view.
func (p *private) published(t *testing.T, name string) (offered, map[countKey]int) {
	t.Helper()
	var o offered
	p.json(t, "/layers/"+name, &o)
	all := map[countKey]int{}
	for _, period := range o.Tables.Periods {
		for _, set := range o.sets() {
			for _, resolution := range o.Tables.Resolutions {
				var answer struct {
					Cells []struct {
						H3    string `json:"h3"`
						Count int    `json:"count"`
					} `json:"cells"`
				}
				p.json(t, fmt.Sprintf("/h3/%s/%d?period=%s&set=%s", name, resolution, period, set), &answer)
				for _, c := range answer.Cells {
					cell, err := hexgrid.Parse(c.H3)
					if err != nil {
						t.Fatal(err)
					}
					all[countKey{period, set, cell}] = c.Count
				}
			}
		}
	}
	return o, all
}

// truth counts the features, in days and weeks, as nobody but this test can.
func (p *private) truth(t *testing.T, o *offered) map[countKey]int {
	t.Helper()
	out := map[countKey]int{}
	for _, f := range p.features {
		at := f.Values[1].Time().In(p.zone)
		year, week := at.ISOWeek()
		sets := []string{"all"}
		if others := o.sets()[1:]; len(others) > 0 {
			part := []string{"="}
			for _, set := range others {
				if set == f.Values[0].Text() || set == "called" && !f.Values[2].IsNull() {
					part = append(part, set, "+")
				} else {
					set = "-" + set
				}
				sets = append(sets, set)
			}
			sets = append(sets, strings.Join(part, ""))
		}
		place := f.Geometry.(orb.Point)
		finest, err := hexgrid.At(place[0], place[1], hexgrid.Resolution(o.Tables.Resolutions[len(o.Tables.Resolutions)-1]))
		if err != nil {
			t.Fatal(err)
		}
		for _, period := range []string{at.Format(time.DateOnly), fmt.Sprintf("%d-W%02d", year, week)} {
			for _, r := range o.Tables.Resolutions {
				cell := finest.Parent(hexgrid.Resolution(r))
				for _, set := range sets {
					out[countKey{period, set, cell}]++
				}
			}
		}
	}
	for k := range out {
		if !slices.Contains(o.Tables.Periods, k.period) { // no table says anything of it
			delete(out, k)
		}
	}
	return out
}

// relation says that a count is the sum of others.
type relation struct {
	whole countKey
	parts []countKey
}

// relations are all that hold between the counts of a lattice.
func relations(truth map[countKey]int, o *offered) []relation {
	up, parts := map[countKey][]countKey{}, map[countKey][]countKey{}
	var list []relation
	for k := range truth {
		if r := int(k.cell.Resolution()); r > o.Tables.Resolutions[0] {
			coarser := o.Tables.Resolutions[slices.Index(o.Tables.Resolutions, r)-1]
			parent := countKey{k.period, k.set, k.cell.Parent(hexgrid.Resolution(coarser))}
			up[parent] = append(up[parent], k)
		}
		if k.set == "all" {
			for _, set := range o.sets()[1:] {
				list = append(list, relation{k, []countKey{{k.period, set, k.cell}, {k.period, "-" + set, k.cell}}})
			}
		}
		if k.set[0] == '=' {
			for _, set := range o.sets() {
				if set != "all" && !strings.Contains(k.set, "="+set+"+") && !strings.Contains(k.set, "+"+set+"+") {
					set = "-" + set
				}
				whole := countKey{k.period, set, k.cell}
				parts[whole] = append(parts[whole], k)
			}
		}
	}
	for whole, parts := range parts {
		list = append(list, relation{whole, parts})
	}
	for whole, parts := range up {
		list = append(list, relation{whole, parts})
	}
	weeks := map[countKey][]countKey{}
	for k := range truth {
		if day, err := time.Parse(time.DateOnly, k.period); err == nil {
			year, week := day.ISOWeek()
			whole := countKey{fmt.Sprintf("%d-W%02d", year, week), k.set, k.cell}
			if slices.Contains(o.Tables.Periods, whole.period) {
				weeks[whole] = append(weeks[whole], k)
			}
		}
	}
	for whole, parts := range weeks {
		list = append(list, relation{whole, parts})
	}
	return list
}

// between is what a count is known to be.
type between struct{ low, high int }

// deduce narrows what is known of all counts along relations until nothing moves. Of counts that are not published it
// knows at first that they are not negative, and of empty ones that they are empty.
func deduce(truth, published map[countKey]int, list []relation) map[countKey]between {
	const anything = 1 << 40
	known := map[countKey]between{}
	for k := range truth {
		known[k] = between{0, anything}
	}
	for k, n := range published {
		known[k] = between{n, n}
	}
	for moved := true; moved; {
		moved = false
		narrow := func(k countKey, low, high int) {
			b := known[k]
			if low > b.low || high < b.high {
				known[k], moved = between{max(low, b.low), min(high, b.high)}, true
			}
		}
		for _, r := range list {
			low, high := 0, 0
			for _, part := range r.parts {
				low, high = low+known[part].low, high+known[part].high
			}
			narrow(r.whole, low, high)
			for _, part := range r.parts {
				low, high := 0, 0
				for _, other := range r.parts {
					if other != part {
						low, high = low+known[other].low, high+known[other].high
					}
				}
				narrow(part, known[r.whole].low-high, known[r.whole].high-low)
			}
		}
	}
	return known
}

var privacyRuns atomic.Uint64

// TestPrivacyOfCounts collects every table of a random city and deduces what it can of counts that are not published.
func TestPrivacyOfCounts(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &privacyRuns, 3) {
		r := rand.New(rand.NewPCG(seed, 45))
		p := newPrivate(t, r)
		// Another day, and at its end of the week: tables that come beside those that are known.
		for day := range 7 {
			at := time.Date(2026, 8, 18+day, 12, 0, 0, 0, p.zone)
			var list []layers.Feature
			for i := range 60 {
				list = append(list, p.report(r, layers.FeatureID(fmt.Sprint("d", day, "-", i)), at))
			}
			p.put(t, list...)
			p.count(t, at.Add(13*time.Hour))
		}
		t.Logf("seed %d", seed)
		p.wantSecrets(t, "counts", 25)
		p.wantSecrets(t, "states", 2)
	}
}

// wantSecrets deduces what it can from every table of a view with so many periods.
func (p *private) wantSecrets(t *testing.T, name string, periods int) {
	t.Helper()
	o, published := p.published(t, name)
	if len(o.Tables.Periods) != periods || o.Tables.Least != 5 || len(published) != o.Count || len(published) < 50 {
		t.Fatalf("%s: got %d counts of %+v", name, len(published), o)
	}
	truth := p.truth(t, &o)
	for k, n := range published {
		if truth[k] != n || n < 5 {
			t.Fatalf("%s: %v is published as %d, and is %d", name, k, n, truth[k])
		}
	}
	weeks := 0
	for k, b := range deduce(truth, published, relations(truth, &o)) {
		if n := truth[k]; n > 0 && n < 5 && b.high-b.low < 5 {
			t.Errorf("%s: %v is %d, and is known to be %d to %d", name, k, n, b.low, b.high)
		}
		if _, ok := published[k]; ok && strings.Contains(k.period, "W") {
			weeks++
		}
	}
	if weeks == 0 {
		t.Errorf("%s: no week is published", name)
	}
}

// countDoors are paths of all routes that tell of a view of counts, as they are with it.
func countDoors(name string) []string {
	return []string{
		"/layers", "/layers?detail=brief", "/layers/" + name, "/layers/" + name + "/features?bbox=116,39,117,41&limit=1000",
		"/layers/" + name + "/features?bbox=116,39,117,41&limit=1000&set=open", "/layers/" + name + "/features?near=116.35,39.95&k=100",
		"/search?q=open&limit=50&layers=" + name, "/tiles/" + name + ".json", "/tiles/" + name + "/metadata.json",
		"/tiles/" + name + "/9/421/193.mvt", "/tiles/" + name + "/11/1685/775.mvt", "/tiles/" + name + "/11/1685/775.mvt?set=open&period=2026-08-16",
		"/h3/" + name, "/h3/" + name + "/6", "/h3/" + name + "/8?set=called&f=csv", "/styles/default.json", "/styles/default.json?layers=" + name,
	}
}

// TestPrivacyOfHiddenChanges makes changes that a view does not show, and asks by every door for what could tell of them:
// bodies, ETags, times, numbers and events.
func TestPrivacyOfHiddenChanges(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	p := newPrivate(t, r)
	answers := func(paths []string) map[string]string {
		out := map[string]string{}
		for _, path := range paths {
			status, body, header := p.ask(path)
			if status != http.StatusOK {
				t.Errorf("%s: got %d %s", path, status, body)
			}
			out[path] = fmt.Sprint(status, header, body)
		}
		return out
	}
	yesterday, today := p.now.AddDate(0, 0, -1), p.now.Add(-time.Hour)
	closed := func(id layers.FeatureID, at time.Time) layers.Feature {
		f := p.report(r, id, at)
		f.Values[0] = column.StringOf("closed")
		return f
	}
	moved := closed("late", yesterday)
	moved.Geometry = orb.Point{116.7, 40.2}
	known := p.report(r, "known", yesterday) // that is shown, but for its phone
	known.Values[0], known.Values[2] = column.StringOf("open"), column.Value{}
	p.put(t, known)
	called := known
	called.Values = slices.Clone(known.Values)
	called.Values[2] = column.StringOf(secret)
	for name, change := range map[string]func(){
		"late":    func() { p.put(t, closed("late", yesterday)) },
		"today":   func() { p.put(t, closed("today", today)) },
		"moved":   func() { p.put(t, moved) },
		"deleted": func() { p.remove(t, "today") },
		"called":  func() { p.put(t, called) },
	} {
		paths := countDoors("counts")
		near := []string{
			"/layers/near", "/layers/near/features?bbox=116,39,117,41&limit=1000", "/tiles/near.json", "/tiles/near/11/1685/775.mvt",
			"/tiles/near/9/421/193.mvt", "/search?q=closed&layers=near",
		}
		if name == "deleted" {
			p.put(t, closed("today", today))
		}
		before := answers(append(paths, near...))
		p.told = nil
		change()
		p.count(t, p.now)
		if diff := gocmp.Diff(before, answers(append(paths, near...))); diff != "" {
			t.Errorf("%s: -before +after\n%s", name, diff[:min(len(diff), 2000)])
		}
		for _, d := range p.told {
			if d.Layer == "counts" || d.Layer == "near" {
				t.Errorf("%s: clients hear of a change of %s: %+v", name, d.Layer, d)
			}
		}
	}
	// What everybody sees of a layer with a private field, but for the number of its state.
	shops := []string{"/layers/shops/features/s1", "/layers/shops/features?near=116.35,39.95", "/tiles/shops/11/1685/775.mvt", "/tiles/shops/4/13/6.mvt", "/search?q=" + secret}
	before := answers(shops)
	p.told = nil
	c := point("s1", 116.35, 39.95)
	c.Feature.Values[1] = column.StringOf("another " + secret)
	if err := publish(t.Context(), p.store, layers.Batch{Layer: "shops", Changes: []layers.Change{c}}); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(before, answers(shops)); diff != "" {
		t.Errorf("shops: -before +after\n%s", diff[:min(len(diff), 2000)])
	}
	for _, d := range p.told {
		if d.Layer == "shops" && (d.Everywhere || len(d.Places)+len(d.Boxes)+len(d.PrivatePlaces)+len(d.PrivateBoxes) > 0) {
			t.Errorf("shops: clients hear of a private change: %+v", d)
		}
	}
}

// remove deletes a report.
func (p *private) remove(t *testing.T, id layers.FeatureID) {
	t.Helper()
	delete(p.features, id)
	if err := publish(t.Context(), p.store, layers.Batch{Layer: "reports", Changes: []layers.Change{{Op: layers.Delete, Feature: layers.Feature{ID: id}}}}); err != nil {
		t.Fatal(err)
	}
}

// TestPrivacyOfPlaces looks whether a redacted view shows what it must not: features that its filter leaves out, true
// places, true ids and private values.
func TestPrivacyOfPlaces(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, rand.New(rand.NewPCG(3, 4)))
	shown, centres := 0, map[string]bool{}
	for _, f := range p.features {
		place := f.Geometry.(orb.Point)
		own, err := hexgrid.At(place[0], place[1], 8)
		if err != nil {
			t.Fatal(err)
		}
		around, err := own.Disk(1)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range around {
			lon, lat := c.Centre()
			for _, by := range []float64{-1e-6, 1e-6} { // the store rounds places to less than that
				centres[fmt.Sprintf("%.5f,%.5f", lon+by, lat-by)], centres[fmt.Sprintf("%.5f,%.5f", lon+by, lat+by)] = true, true
			}
		}
		if f.Values[0].Text() == "open" {
			shown++
		}
		if status, body, _ := p.ask("/layers/near/features/" + string(f.ID)); status != http.StatusNotFound {
			t.Fatalf("the view knows the id %s: %d %s", f.ID, status, body)
		}
	}
	var about struct {
		Count int `json:"count"`
	}
	if p.json(t, "/layers/near", &about); about.Count != shown {
		t.Errorf("the view shows %d features of %d that are open", about.Count, shown)
	}
	var list struct {
		Features []struct {
			ID       string `json:"id"`
			Geometry struct {
				Coordinates []float64 `json:"coordinates"`
			} `json:"geometry"`
			Properties map[string]any `json:"properties"`
		} `json:"features"`
	}
	p.json(t, "/layers/near/features?bbox=115,39,118,41&limit=1000", &list)
	at := map[string]int{}
	for _, f := range list.Features {
		where := fmt.Sprintf("%.5f,%.5f", f.Geometry.Coordinates[0], f.Geometry.Coordinates[1])
		at[where]++
		if !centres[where] || f.Properties["state"] != "open" || len(f.Properties) != 1 || len(f.ID) != 32 {
			t.Fatalf("the view shows %+v", f)
		}
	}
	if len(at) < 20 {
		t.Errorf("the view shows %d places", len(at))
	}
}

// TestPrivacyOfAnswers asks a view of counts for what it has no table of, and looks that no answer holds anything
// of a feature, and that one audience gets no tile of another.
func TestPrivacyOfAnswers(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, rand.New(rand.NewPCG(5, 6)))
	const tile = "/tiles/counts/11/1685/775.mvt"
	for _, query := range []string{
		"filter=count%3E1", "datetime=2026-08-16", "filter-lang=cql2-text", "period=2026-08-18", "period=2026-08", "period=2026-W34", "set=closed",
		"set=open&set=all", "period=all",
	} {
		for _, path := range []string{tile, "/tiles/counts.json", "/h3/counts/8", "/layers/counts/features?bbox=116,39,117,40", "/tiles/counts,shops/11/1685/775.mvt"} {
			joined := path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + query
			status, body, _ := p.ask(joined)
			if status != http.StatusBadRequest || !strings.Contains(body, "application/problem") && !strings.Contains(body, "parameter_invalid") {
				t.Errorf("%s: got %d %s", joined, status, body)
			}
			if strings.Contains(query, "filter") && !strings.Contains(body, "set=all|open|called") {
				t.Errorf("%s: the answer does not say what is offered: %s", joined, body)
			}
		}
	}
	for _, resolution := range []string{"5", "7", "9"} { // beside and between those that there are
		if status, body, _ := p.ask("/h3/counts/" + resolution); status != http.StatusNotFound || !strings.Contains(body, "resolutions 6, 8") {
			t.Errorf("cells of resolution %s: got %d %s", resolution, status, body)
		}
	}
	tags := map[string]string{}
	for _, query := range []string{"", "?set=open", "?period=2026-W33", "?set=called&period=2026-08-15"} {
		_, body, header := p.ask(tile + query)
		if tag := header.Get("ETag"); tag == "" || tags[tag] != "" {
			t.Errorf("%s: got the ETag %s of %q, %d bytes", query, tag, tags[tag], len(body))
		} else {
			tags[tag] = query
		}
	}
	for _, same := range []string{"?set=all", "?set=all&period=2026-08-17", "?period=2026-08-17&x=1"} {
		if _, _, header := p.ask(tile + same); tags[header.Get("ETag")] != "" || header.Get("ETag") == "" {
			t.Errorf("%s: got another ETag than without it", same)
		}
	}
	for _, path := range append(countDoors("few"), "/tiles/few/11/1685/775.mvt", "/tiles/counts,few/11/1685/775.mvt", "/live?layers=few") {
		status, body, _ := p.ask(path)
		if strings.Contains(path, "few") && status != http.StatusUnauthorized {
			t.Errorf("%s: got %d %s, want no answer without a key", path, status, body)
		}
		if strings.Contains(body, `"few"`) {
			t.Errorf("%s tells of the view few", path)
		}
	}
	for _, path := range append(countDoors("counts"), "/layers/reports", "/h3/reports/8", "/tiles/reports.json", "/live?layers=reports", "/layers/counts/features/r1") {
		if _, body, header := p.ask(path); strings.Contains(body+fmt.Sprint(header), secret) {
			t.Errorf("%s tells a private value", path)
		}
	}
}

// TestPrivacyOfSearches searches with filters on what views keep secret: fields that are not shown, features left out, true
// places, and tables of counts.
func TestPrivacyOfSearches(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, rand.New(rand.NewPCG(9, 10)))
	// What is not shown is not told from what there is not, not on all layers either.
	for _, search := range []string{"/search?q=open&layers=near", "/search?q=open&layers=shops", "/search?q=open&layers=shops,near", "/search?q=open"} {
		for _, c := range [][2]string{
			{"phone", "%s='" + secret + "'"},
			{"phone", "%s%%20LIKE%%20's3%%25'"},
			{"phone", "%s%%20IS%%20NULL"},
			{"phone", "state='open'%%20OR%%20%s%%20IS%%20NOT%%20NULL"},
			{"at", "%s%%3EDATE('2026-08-01')"},
			{"at", "%s%%20IS%%20NULL"},
		} {
			unknown := strings.Repeat("w", len(c[0])) // which no name is like
			status, hidden, _ := p.ask(search + "&filter=" + fmt.Sprintf(c[1], c[0]))
			_, none, _ := p.ask(search + "&filter=" + fmt.Sprintf(c[1], unknown))
			if want := strings.ReplaceAll(none, `\"`+unknown+`\"`, `\"`+c[0]+`\"`); status != http.StatusBadRequest || hidden != want {
				t.Errorf("%s: %s: got %d %s\nwant 400 %s", search, c[1], status, hidden, want)
			}
		}
		if status, body, _ := p.ask(search + "&datetime=2026-08-01/.."); status != http.StatusBadRequest || !strings.Contains(body, "time field") {
			t.Errorf("%s: hidden times: got %d %s", search, status, body)
		}
	}
	type found struct {
		Features []struct {
			Layer    string `json:"layer"`
			Geometry struct {
				Coordinates []float64 `json:"coordinates"`
			} `json:"geometry"`
		} `json:"features"`
		Omitted []string `json:"omitted"`
	}
	search := func(query string) (out found) {
		p.json(t, "/search?limit=50&q=open&"+query, &out)
		return out
	}
	for _, filter := range []string{"state='closed'", "state%3C%3E'open'", "state%20IS%20NULL"} {
		if got := search("layers=near&filter=" + filter); len(got.Features) > 0 {
			t.Errorf("%s finds what the view leaves out: %+v", filter, got.Features)
		}
	}
	// A box is asked of where features are shown.
	around := func(at []float64) string {
		const by = 1e-5
		return fmt.Sprintf("layers=near&filter=S_INTERSECTS(geometry,BBOX(%.7f,%.7f,%.7f,%.7f))", at[0]-by, at[1]-by, at[0]+by, at[1]+by)
	}
	for i := range 200 {
		at := p.features[layers.FeatureID(fmt.Sprint("r", i))].Geometry.(orb.Point)
		for _, f := range search(around(at[:])).Features {
			if c := f.Geometry.Coordinates; max(c[0]-at[0], at[0]-c[0], c[1]-at[1], at[1]-c[1]) > 2e-5 {
				t.Fatalf("what is shown at %v is found where it truly is, at %v", c, at)
			}
		}
	}
	if some := search("layers=near").Features; len(some) == 0 || len(search(around(some[0].Geometry.Coordinates)).Features) == 0 {
		t.Error("a filter does not find what is shown")
	}
	// Counts take no filter, and no search tells by one that a view is there.
	for _, query := range []string{"layers=counts&filter=count%3E5", "layers=shops,counts&filter=state='open'", "layers=counts&datetime=2026-08-16"} {
		if status, body, _ := p.ask("/search?q=all&" + query); status != http.StatusBadRequest || !strings.Contains(body, "set=all|open|called") {
			t.Errorf("%s: got %d %s", query, status, body)
		}
	}
	if got := search("filter=state='open'"); len(got.Features) != 50 || len(got.Omitted) > 0 {
		t.Errorf("got %d features, and %v left out", len(got.Features), got.Omitted)
	}
	if status, body, _ := p.ask("/search?q=all&filter=count%3E5"); status != http.StatusBadRequest || strings.Contains(body, "counts") || strings.Contains(body, "few") {
		t.Errorf("a field of counts: got %d %s", status, body)
	}
}

// TestPrivacyOfTime lets days pass: what was published stays as it was, whatever came since.
func TestPrivacyOfTime(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	p := newPrivate(t, r)
	_, before := p.published(t, "counts")
	var list []layers.Feature
	for i := range 300 {
		list = append(list, p.report(r, layers.FeatureID(fmt.Sprint("late", i)), p.now.AddDate(0, 0, -1-i%9)))
	}
	p.put(t, list...)
	p.told = nil
	p.count(t, time.Date(2026, 8, 18, 23, 59, 59, 0, p.zone))
	if _, now := p.published(t, "counts"); !gocmp.Equal(before, now) || len(p.told) > 0 {
		t.Error("the tables moved before the day was over")
	}
	p.count(t, time.Date(2026, 8, 19, 0, 0, 0, 0, p.zone))
	o, now := p.published(t, "counts")
	if o.Tables.Periods[0] != "2026-08-18" || len(o.Tables.Periods) != 26 {
		t.Errorf("got the periods %v", o.Tables.Periods)
	}
	for k, n := range before {
		if now[k] != n {
			t.Fatalf("%v was published as %d, and is now %d", k, n, now[k])
		}
	}
	for k := range now {
		if _, was := before[k]; !was && k.period != "2026-08-18" {
			t.Fatalf("%v was not published before", k)
		}
	}
	if len(p.told) != 1 || !p.told[0].Everywhere || p.told[0].Layer != "counts" {
		t.Errorf("clients were told %+v", p.told)
	}
	for day := range 6 { // a week less its days would tell what came late
		p.count(t, time.Date(2026, 8, 19+day, 1, 0, 0, 0, p.zone))
	}
	monday := time.Date(2026, 8, 17, 0, 0, 0, 0, p.zone)
	var week *view.Table
	var days []*view.Table
	for _, one := range p.store.counts.list[0].tables {
		if one.Period == view.Week(monday, p.zone) {
			week = one
		}
		for day := range 7 {
			if one.Period == view.Day(monday.AddDate(0, 0, day), p.zone) {
				days = append(days, one)
			}
		}
	}
	if week == nil || len(days) != 7 {
		t.Fatalf("got the week %v and %d days", week, len(days))
	}
	counts := func(list []view.CountCell) map[view.CountCell]int {
		out := map[view.CountCell]int{}
		for _, c := range list {
			out[view.CountCell{Cell: c.Cell, Set: c.Set}] = c.Count
		}
		return out
	}
	if diff := gocmp.Diff(counts(view.Sum(week.Period, days, week.At).Cells), counts(week.Cells)); diff != "" {
		t.Errorf("the week is not the sum of its days as they were counted (-sum +week):\n%s", diff[:min(len(diff), 2000)])
	}
}
