package guess

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

// TestPropose makes layers of three files that have something of everything.
func TestPropose(t *testing.T) {
	t.Parallel()
	var reports strings.Builder
	reports.WriteString("REQ_ID;Created Date;Expires;Category;Title;Count;Score;E-Mail;Empty;Long;lon;lat\n")
	for i := range 40 {
		fmt.Fprintf(&reports, "R-%d;08/%02d/2016;2016-08-03;%s;title %d;%d;%d.5;a@b.example;;%s;-77.0%d;38.9\n",
			i, i%28+1, []string{"graffiti", "trees", "<Null>"}[i%3], i, i%3, i, strings.Repeat("x", 3000), i%10)
	}
	taken := map[layers.Name]bool{}
	var list []*Layer
	var shown bytes.Buffer
	for _, file := range []struct{ path, text string }{
		{"data/311 reports.csv", reports.String()},
		{"a/b/wards.csv.gz", "the_geom,ward\n\"POLYGON ((1 1, 2 1, 2 2, 1 1))\",1\n\"POLYGON ((1 1, 2 1, 2 2, 1 1))\",2\n"},
		{"c/wards.csv", "place,ward\n\"(38.9, -77)\",1\n\"(38.8, -77)\",1\n"},
		{"北京.geojson", `{"features":[{"type":"Feature","id":"x","properties":{"名称":"东城","tags":{"a":1}},"geometry":null}]}`},
	} {
		s, err := Read(file.path, strings.NewReader(file.text), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		l := Propose(s, taken)
		if err := l.Usable(); err != nil {
			t.Error(err)
		}
		taken[l.Name] = true
		list = append(list, l)
		if err := Write(&shown, s, l); err != nil {
			t.Fatal(err)
		}
	}
	testkit.Golden(t, "city.yaml", string(Config("A city", list)))
	testkit.Golden(t, "city.txt", shown.String())
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, name, title string }{
		{"a/b/street-vendors.geojson.gz", "street-vendors", "Street vendors"},
		{"2016 Crimes (DC).csv", "layer_2016_crimes__dc", "2016 Crimes (DC)"},
		{"北京.csv", "layer", "北京"},
		{".csv", "csv", ".csv"},
		{strings.Repeat("x", 100) + ".csv", strings.Repeat("x", 60), "X" + strings.Repeat("x", 99)},
	} {
		if got := layerName(c.path, nil); string(got) != c.name || got.Validate() != nil {
			t.Errorf("%s: got name %q, want %q", c.path, got, c.name)
		}
		if got := title(c.path); got != c.title {
			t.Errorf("%s: got title %q, want %q", c.path, got, c.title)
		}
	}
	if got := layerName("a.csv", map[layers.Name]bool{"a": true, "a_2": true}); got != "a_3" {
		t.Errorf("got %q, want a_3", got)
	}
	for name, want := range map[string]string{
		"Location (Lat, Long)": "Location_Lat_Long", "1st": "_1st", "": "field", "名称": "名称", "_x_": "x", "$id": "id",
		strings.Repeat("é", 50): strings.Repeat("é", 30),
	} {
		if got := fieldName(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// TestConceal looks for values of fields about a person in all that a look says, also of one that
// becomes no field.
func TestConceal(t *testing.T) {
	t.Parallel()
	text := "no,e-mail,mobile,lon,lat\n" +
		"1,secret-a,n/A,1,1\n" +
		"2,secret-b,secret-c,1,1\n" +
		"3," + strings.Repeat("secret", column.MaxText) + ",,1,1\n"
	s, err := Read("a.csv", strings.NewReader(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	l := Propose(s, nil)
	if len(l.LeftOut) == 0 || !slices.ContainsFunc(l.LeftOut, func(o LeftOut) bool { return o.Name == "e-mail" }) {
		t.Errorf("left out are %v, want the too long e-mail among them", l.LeftOut)
	}
	l.Conceal(s)
	var shown bytes.Buffer
	if err := Write(&shown, s, l); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"secret", "n/A"} {
		if strings.Contains(shown.String()+string(asJSON), part) {
			t.Errorf("%q is shown:\n%s%s", part, shown.String(), asJSON)
		}
	}
	if got := s.Field("mobile"); got.Nulls != 2 || got.Distinct != 1 {
		t.Errorf("got %d nulls and %d values, want the counts kept: 2 and 1", got.Nulls, got.Distinct)
	}
}

// TestBoxOfNoDegrees shows numbers that are none as short as others.
func TestBoxOfNoDegrees(t *testing.T) {
	t.Parallel()
	s, err := Read("a.geojsonl", strings.NewReader(`{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[-1e300,2.5]}}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := Write(&shown, s, Propose(s, nil)); err != nil {
		t.Fatal(err)
	}
	if want := "box -1e+300, 2.5 … -1e+300, 2.5\n"; !strings.Contains(shown.String(), want) {
		t.Errorf("got %s, want it to have %s", shown.String(), want)
	}
}

// TestBrokenRecordsDoNotCount: what is concluded of all records is concluded of those that could be read.
func TestBrokenRecordsDoNotCount(t *testing.T) {
	t.Parallel()
	broken := strings.Repeat("x,y,z,w\n", fewRecords)
	features := strings.Repeat("{\n", fewRecords)
	var few strings.Builder // fewer than fewRecords, of which more than a tenth have no time
	for i := range fewRecords / 2 {
		fmt.Fprintf(&few, "a%d,%s,x\n", i, []string{"2016-08-03", "2016-08-04", "", "2016-08-05", "2016-08-06"}[i%5])
	}
	s := look(t, "ref,reported,v\n"+few.String()+broken, Limits{})
	if l := Propose(s, nil); l.ID != "{$row}" || l.Time != "" || s.Geometry.None != fewRecords/2 {
		t.Errorf("got id %s, time %q and %d without a place; want the row, none and %d: there are too few records", l.ID, l.Time, s.Geometry.None, fewRecords/2)
	}
	var shown bytes.Buffer
	if err := Write(&shown, s, Propose(s, nil)); err != nil {
		t.Fatal(err)
	}
	if want := "reported: time as \"2006-01-02\"; 20 % null"; !strings.Contains(shown.String(), want) {
		t.Errorf("got %s\nwant it to have %q", shown.String(), want)
	}
	s = look(t, "id,v\n1,x\n2,x\n"+broken, Limits{})
	if l := Propose(s, nil); l.IDWhy != "unique in all 2 records" {
		t.Errorf("got %q, want two records", l.IDWhy)
	}
	s = look(t, `{"type":"Feature","id":1,"properties":{},"geometry":null}`+"\n"+features, Limits{})
	if l := Propose(s, nil); l.ID != "{$id}" || l.IDWhy != "the features' own id, unique in all 1 records" {
		t.Errorf("got %s, %s; want the features' own id", l.ID, l.IDWhy)
	}
	s = look(t, "id,v\n1,x\n2,x\n"+broken, Limits{Records: 10})
	if l := Propose(s, nil); l.IDWhy != "unique in the first 2 records" {
		t.Errorf("got %q, want the first two records", l.IDWhy)
	}
}
