package e2e

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tourPopup is what popups say.
type tourPopup struct {
	tourStep
	Point, Chinese, Polygon, Line tourCard
	InView                        bool
	Barriers                      []string
}

func (v tourPopup) check(t *testing.T, city tourCity) {
	v.whole(t)
	checkBarriers(t, "popup open", v.Barriers)
	if !v.InView {
		t.Error("the popup sticks out of the window")
	}
	c := city.complaint(t, tourCentre)
	// C-17 is a pothole, closed, and was reported ten days before the newest.
	want := map[string]string{
		"category": "Pothole", "status": "Closed", "title": c.title, "votes": "17,000", "level": "51.25\u00a0dB",
		"reported": "21 Mar 2016, 20:00",
	}
	checkCard(t, "point", v.Point, "complaints", tourCentre, want)
	chinese := map[string]string{
		"category": "路面坑洞", "status": "已办结", "title_zh": c.titleZH, "votes": "17,000", "level": "51.25\u00a0dB",
		"reported": "2016年3月21日 20:00",
	}
	checkCard(t, "point in Chinese", v.Chinese, "complaints", tourCentre, chinese)
	checkCard(t, "polygon", v.Polygon, "zones", tourZones[1], map[string]string{"name": "Middle Zone", "load": "50%"})
	checkCard(t, "line", v.Line, "routes", tourRoutes[2], map[string]string{"name": "Route 3", "kind": "Tram"})
	for field, titles := range map[string][2]string{"votes": {"Votes", "附议"}, "level": {"Level", "声级"}, "reported": {"Reported", "上报时间"}} {
		if got := [2]string{v.Point.Titles[field], v.Chinese.Titles[field]}; got != titles {
			t.Errorf("%s is called %q, want %q", field, got, titles)
		}
	}
	checkPrivate(t, city, v.Point.All, v.Chinese.All)
}

// checkCard: the card is of that feature, from the server, and says want among other things.
func checkCard(t *testing.T, what string, got tourCard, layer, id string, want map[string]string) {
	t.Helper()
	if got.Layer != layer || got.ID != id || got.Source != "server" {
		t.Errorf("%s: got %s %q from %q, want %s %q from the server", what, got.Layer, got.ID, got.Source, layer, id)
	}
	said := maps.Clone(got.Fields)
	maps.DeleteFunc(said, func(name, _ string) bool { _, ok := want[name]; return !ok })
	for name, text := range said {
		said[name] = plainSpaces(text)
	}
	plain := map[string]string{}
	for name, text := range want {
		plain[name] = plainSpaces(text)
	}
	if diff := cmp.Diff(plain, said); diff != "" {
		t.Errorf("%s: fields (-want +got):\n%s", what, diff)
	}
}

// plainSpaces makes every kind of space that languages put between words and numbers the plain one.
func plainSpaces(text string) string { return strings.Join(strings.Fields(text), " ") }

// tourSearch is what searches find.
type tourSearch struct {
	tourStep
	ID, Text, Chinese, Line, Secret, Coordinates struct {
		Options []string
		Heard   string
	}
	Taken    tourCard
	Box      struct{ Value, Focused string }
	Centre   [2]float64
	Bounds   [4]float64
	Barriers []string
}

func (v tourSearch) check(t *testing.T, city tourCity) {
	v.whole(t)
	checkBarriers(t, "search open", v.Barriers)
	for what, tt := range map[string]struct {
		got  []string
		want string
	}{
		"by id":           {v.ID.Options, city.complaint(t, tourCentre).title},
		"by text":         {v.Text.Options, city.complaint(t, "C-07").title},
		"by Chinese text": {v.Chinese.Options, city.complaint(t, "C-08").title},
		"a line":          {v.Line.Options, "Route 3"},
	} {
		if len(tt.got) != 1 || tt.got[0] != tt.want {
			t.Errorf("%s: got %q, want %q alone", what, tt.got, tt.want)
		}
	}
	if v.ID.Heard != "1 result. Down arrow to reach it." {
		t.Errorf("got %q said of one result", v.ID.Heard)
	}
	if len(v.Secret.Options) > 0 {
		t.Errorf("a search finds the private field: %q", v.Secret.Options)
	}
	checkCard(t, "taken", v.Taken, "complaints", tourCentre, map[string]string{"category": "Pothole"})
	if v.Box.Value != tourCentre || v.Box.Focused != "search-box" {
		t.Errorf("after Enter the box holds %q and %q has the keyboard", v.Box.Value, v.Box.Focused)
	}
	if len(v.Coordinates.Options) != 1 || !strings.Contains(v.Coordinates.Options[0], "39.90500, 116.41500") {
		t.Errorf("got %q for coordinates, want the place itself", v.Coordinates.Options)
	}
	if b := v.Bounds; b[0] > 116.415 || b[2] < 116.415 || b[1] > 39.905 || b[3] < 39.905 || math.Abs(v.Centre[1]-39.905) > 0.01 {
		t.Errorf("the map shows %v, want the place that was searched for", b)
	}
}

// tourTable is the table beside the map.
type tourTable struct {
	tourStep
	All, Sorted, Filtered, Zones tourRows
	File                         struct{ Name, Text string }
	Opened                       tourCard
	Barriers                     []string
}

func (v tourTable) check(t *testing.T, city tourCity) {
	v.whole(t)
	checkBarriers(t, "table open", v.Barriers)
	// The table takes a part of the window: what is in it is fewer than all.
	if len(v.All.IDs) == 0 || !strings.Contains(v.All.Caption, fmt.Sprintf("Complaints: %d features in view", len(v.All.IDs))) {
		t.Fatalf("got %d rows and the caption %q", len(v.All.IDs), v.All.Caption)
	}
	for i, id := range v.All.IDs {
		c := city.complaint(t, id)
		row := v.All.Cells[i]
		for _, want := range []string{c.title, fmt.Sprintf("%v dB", c.level)} {
			if !slices.ContainsFunc(row, func(cell string) bool { return plainSpaces(cell) == want }) {
				t.Errorf("row %s is %q, want %q in it", id, row, want)
			}
		}
	}
	levels := slices.Clone(v.All.IDs)
	slices.Sort(levels) // levels rise with the ids
	slices.Reverse(levels)
	if diff := cmp.Diff(levels, v.Sorted.IDs); diff != "" || !slices.Contains(v.Sorted.Sorts, "descending") {
		t.Errorf("sorted by level, greatest first (-want +got), %q:\n%s", v.Sorted.Sorts, diff)
	}
	quiet := slices.DeleteFunc(levels, func(id string) bool { return city.complaint(t, id).category == "noise" })
	if diff := cmp.Diff(quiet, v.Filtered.IDs); diff != "" {
		t.Errorf("without noise (-want +got):\n%s", diff)
	}
	checkCard(t, "opened from a row", v.Opened, "complaints", "C-17", map[string]string{"category": "Pothole"})
	if len(v.Zones.IDs) == 0 || !strings.HasPrefix(v.Zones.Caption, "Zones: ") {
		t.Errorf("got rows %q of %q, want zones", v.Zones.IDs, v.Zones.Caption)
	}
	v.checkFile(t, city, quiet)
}

// checkFile: the file holds the table's rows with their fields and places.
func (v tourTable) checkFile(t *testing.T, city tourCity, ids []string) {
	t.Helper()
	text := strings.TrimPrefix(v.File.Text, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != len(ids)+1 {
		t.Fatalf("got %d lines, %v, in\n%s", len(rows), err, text)
	}
	checkPrivate(t, city, text)
	for i, id := range ids {
		c := city.complaint(t, id)
		for _, want := range []string{
			id, c.title, strconv.Itoa(c.votes), fmt.Sprint(c.level), c.reported.Format("2006-01-02T15:04:05.000Z"),
			fmt.Sprint(math.Round(c.lon*1e7) / 1e7), fmt.Sprint(math.Round(c.lat*1e7) / 1e7),
		} {
			if !slices.Contains(rows[i+1], want) {
				t.Errorf("line %d is %q, want %q in it", i+2, rows[i+1], want)
			}
		}
	}
	if !strings.HasPrefix(v.File.Name, "Complaints") || !strings.HasSuffix(v.File.Name, ".csv") {
		t.Errorf("the file is called %q", v.File.Name)
	}
}

// tourLink is everything that a link says, where it was made and where it was opened.
type tourLink struct {
	tourStep
	Address       string
	First, Second tourLinked
}

type tourLinked struct {
	IDs      []string
	Caption  string
	Sorts    []string
	Card     tourCard
	Features tourFeatures
	Page     struct {
		Lang, Theme, Age string
		Off, Unchecked   []string
		Table            bool
	}
	Camera [3]float64 // zoom, longitude, latitude
}

func (v tourLink) check(t *testing.T, city tourCity) {
	v.whole(t)
	for i := range v.First.Camera {
		if math.Abs(v.First.Camera[i]-v.Second.Camera[i]) > 1e-2/math.Pow(10, 2*float64(min(i, 1))) {
			t.Errorf("the camera is at %v, want %v", v.Second.Camera, v.First.Camera)
		}
	}
	first, second := v.First, v.Second
	first.Camera, second.Camera = [3]float64{}, [3]float64{}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("%s (-where it was made +where it was opened):\n%s", v.Address, diff)
	}
	// The comparison means something only if there was something to bring back.
	p := v.First.Page
	if p.Lang != "zh-CN" || p.Theme != "dark" || !p.Table || !slices.Equal(p.Off, []string{"routes"}) || len(p.Unchecked) != 2 || p.Age != "一年内" {
		t.Errorf("got %+v, want Chinese, dark, a table, no routes, two values less and the last year", p)
	}
	if !strings.HasPrefix(v.First.Caption, "片区") || !slices.Contains(v.First.Sorts, "descending") || len(v.First.IDs) < 2 {
		t.Errorf("got the table %q of %v, sorted %v, want zones by their load", v.First.Caption, v.First.IDs, v.First.Sorts)
	}
	for _, id := range v.First.Features["complaints"] {
		c := city.complaint(t, id)
		if c.category == "noise" || c.status == "assigned" || c.reported.Before(tourNewest.AddDate(-1, 0, 0)) {
			t.Errorf("%+v is on the map, want it filtered away", c)
		}
	}
	if len(v.First.Features["complaints"]) == 0 || len(v.First.Features["routes"]) > 0 {
		t.Errorf("got %v on the map, want complaints and no routes", v.First.Features)
	}
}

// tourBlind is the page where the browser has no WebGL 2.
type tourBlind struct {
	tourStep
	Message, Heard string
	Rows           tourRows
	Card           tourCard
	Barriers       []string
}

func (v tourBlind) check(t *testing.T, city tourCity) {
	v.whole(t)
	checkBarriers(t, "without WebGL", v.Barriers)
	if !strings.Contains(v.Message, "WebGL 2") {
		t.Errorf("got the message %q, want it to say what is missing", v.Message)
	}
	all := city.ids(func(tourComplaint) bool { return true })
	if diff := cmp.Diff(all, slices.Sorted(slices.Values(v.Rows.IDs))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	checkCard(t, "searched", v.Card, "complaints", tourCentre, map[string]string{"status": "Closed"})
}

// tourFramed is the page in a partner's sandboxed frame.
type tourFramed struct {
	tourStep
	Features   tourFeatures
	Origin, ID string
}

func (v tourFramed) check(t *testing.T, city tourCity) {
	v.whole(t)
	if v.Origin != "null" {
		t.Errorf("got origin %q in a sandbox, want none", v.Origin)
	}
	checkFeatures(t, "framed", tourFeatures{"complaints": city.all()["complaints"]}, v.Features)
	if v.ID != tourCentre {
		t.Errorf("a click opens %q, want %q", v.ID, tourCentre)
	}
}

// tourLive is the page while the server's data change.
type tourLive struct {
	tourStep
	Before, After struct {
		Features    []string
		Count, Line string
		Closed      []string
	}
	Same bool // the page was not loaded again
}

func (v tourLive) check(t *testing.T, city tourCity) {
	v.whole(t)
	all := city.all()["complaints"]
	if diff := cmp.Diff(all, v.Before.Features); diff != "" || v.Before.Count != "48" {
		t.Errorf("before, counted as %s (-want +got):\n%s", v.Before.Count, diff)
	}
	after := append(slices.Clone(all[1:]), "C-90", "C-91")
	if diff := cmp.Diff(after, v.After.Features); diff != "" || v.After.Count != "49" {
		t.Errorf("after, counted as %s (-want +got):\n%s", v.After.Count, diff)
	}
	if slices.Contains(v.Before.Closed, "C-01") || !slices.Contains(v.After.Closed, "C-01") {
		t.Error("C-01 was closed, and the map does not show it")
	}
	if v.Before.Line != "Still" || !strings.HasPrefix(v.After.Line, "Live") {
		t.Errorf("got the lines %q and %q, want Still and Live", v.Before.Line, v.After.Line)
	}
	if !v.Same {
		t.Error("the page was loaded again")
	}
}
