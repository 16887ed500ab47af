package files

import (
	"fmt"
	"strings"
	"testing"
)

func TestCollection(t *testing.T) {
	t.Parallel()
	a, b, c := line("a", ""), line("b", ""), line("c", "")
	nested := `{"type":"Feature","properties":{"features":[{"type":"Feature","properties":{"id":"no"},"geometry":null}],"x":"\"]}{[","id":"n"},"geometry":null}`
	tests := []struct{ name, text, published, refused, err string }{
		{"empty", `{"type":"FeatureCollection","features":[]}`, "", "", ""},
		{"features", `{"type":"FeatureCollection","features":[` + a + "," + b + "," + c + `]}`, "a b c", "", ""},
		{"a mark and white space", "\ufeff { \"type\" : \"FeatureCollection\" , \"features\" : [\r\n" + a + " ,\n" + b + "\n] }\r\n", "a b", "", ""},
		{"members before and behind", `{"name":"x]}","bbox":[1,2,[3]],"features":[` + a + `],"links":[{"features":[{}]}],"n":-1.5e3,"t":true}`, "a", "", ""},
		{"escaped name", `{"f\u0065atures":[` + a + `]}`, "a", "", ""},
		{"nested features", `{"meta":{"features":[` + b + `]},"features":[` + nested + "," + a + `]}`, "n a", "", ""},
		{
			"refusals with their places", "{\"features\":[\n" + a + ",\nnull,\n3 ,\"x\",\n" + line("x", "1.5") + ",[1,[2]]\n,\n{\"a\":[}],\n" + c + "]}", "a c",
			"json 7/7 feature 3/2 feature 4/3 feature 4/4 feature 5/6 type 5/5", "",
		},
		{"CRS84", `{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},"features":[` + a + `]}`, "a", "", ""},
		{"EPSG:4326", `{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4326"}},"features":[` + a + `]}`, "a", "", ""},
		{"EPSG:4326 as a link", `{"crs":{"properties":{"name":"http://www.opengis.net/def/crs/EPSG/0/4326"}},"features":[` + a + `]}`, "a", "", ""},
		{"null crs", `{"crs":null,"features":[` + a + `]}`, "a", "", ""},
		{
			"another crs", `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},"features":[` + a + `]}`, "", "",
			`:1: at byte 35: crs is "urn:ogc:def:crs:EPSG::3857"`,
		},
		{"another crs behind", `{"features":[` + a + `],` + "\n" + `"crs":{"type":"name","properties":{"name":"EPSG:26985"}}}`, "a", "", `:2: at byte 117: crs is "EPSG:26985"`},
		{"a crs without a name", `{"crs":{"type":"link"},"features":[]}`, "", "", "crs is"},
		{"one feature", a, "", "", `the type is "Feature", not FeatureCollection: is this one feature a line, which is format geojsonl?`},
		{"another type", `{"type":"Topology","features":[]}`, "", "", `the type is "\"Topology\""`},
		{"a second features", `{"features":[` + a + `],"features":[` + b + `]}`, "a", "", `a second member "features"`},
		{"no features", `{"type":"FeatureCollection"}`, "", "", `there is no member "features"`},
		{"features that are no array", `{"features":{}}`, "", "", `"features" is no array`},
		{"an array", "[" + a + "]", "", "", ":1: at byte 1: want an object: a FeatureCollection"},
		{"nothing", "", "", "", ":1: at byte 1: the file ends after 0 features: want an object: a FeatureCollection: unexpected EOF"},
		{"cut between features", `{"features":[` + a + ",\n" + b + ",\n", "a b", "", ":3: at byte 206: the file ends after 2 features: want a feature: unexpected EOF"},
		{"cut in a feature", `{"features":[` + a + ",\n" + b[:50], "a", "", ":2: at byte 110: the file ends after 1 features: want the end of what starts here: unexpected EOF"},
		{"cut behind the features", `{"features":[` + a + "]", "a", "", "the file ends after 1 features: want a comma or }: unexpected EOF"},
		{"cut in a name", `{"fea`, "", "", "want the end of what starts here"},
		{"no comma", `{"features":[` + a + "\n" + b + `]}`, "a", "", ":2: at byte 109: want a comma or ]"},
		{"a comma too many", `{"features":[` + a + `,]}`, "a", "", "want a feature"},
		{"something behind", `{"features":[` + a + `]}` + "\n{}", "a", "", ":2: at byte 111: want the end of the file"},
		{"a name that is none", `{"features":[],x:1}`, "", "", "want a member"},
		{"no colon", `{"features"[]}`, "", "", "want a colon"},
		{"a bad member", `{"features":[` + a + `],"x":{"a":[}]}}`, "a", "", `member "x": invalid character`},
		{"a bad number", `{"features":[` + a + `],"x":01}`, "a", "", `member "x": invalid character`},
	}
	for _, tt := range tests {
		for _, chunk := range []int{1, 16, 300, 0} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, chunk), func(t *testing.T) {
				t.Parallel()
				s := source(t, Options{Mapping: reports(t)}, map[string]string{"f.geojson": tt.text}, chunk)
				published, refused, err := ids(t, s)
				if published != tt.published || refused != tt.refused {
					t.Errorf("got %q, refused %q, want %q, refused %q", published, refused, tt.published, tt.refused)
				}
				checkError(t, err, tt.err)
			})
		}
	}
}

func TestFeatureBeyondTheLimit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("[", 1000)
	a, b, c := line("a", ""), line("b", ""), line("c", "")
	text := "{\"features\":[\n" + a + ",\n" + line(long, "") + ",\n" + b + ",\n" + line(long, "") + "," + line(long, "") + ",\n" + c + "]}"
	s := source(t, Options{Mapping: reports(t)}, map[string]string{"f.geojson": text}, 64)
	s.limit = 512
	published, refused, err := ids(t, s)
	checkError(t, err, "")
	if want := "too_long 3/2 too_long 5/4 too_long 5/5"; published != "a b c" || refused != want {
		t.Errorf("got %q, refused %q, want a b c, refused %q", published, refused, want)
	}

	s = source(t, Options{Mapping: reports(t)}, map[string]string{"f.geojson": `{"features":[` + a + `],"long":"` + long + `"}`}, 64)
	s.limit = 512
	published, _, err = ids(t, s)
	checkError(t, err, `member "long" is longer than 512 bytes`)
	if published != "a" {
		t.Errorf("got %q, want a", published)
	}
}
