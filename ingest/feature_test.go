package ingest

import (
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// with returns a feature with an id, a place and more properties.
func with(properties string) string {
	if properties != "" {
		properties = "," + properties
	}
	return `{"type":"Feature","properties":{"id":"a"` + properties + `},"geometry":{"type":"Point","coordinates":[116.4,39.9]}}`
}

// geometryOf returns a feature with an id and a geometry.
func geometryOf(geometry string) string {
	return `{"type":"Feature","properties":{"id":"a"},"geometry":` + geometry + `}`
}

func TestFeature(t *testing.T) {
	t.Parallel()
	const at = `"a" at 116.4, 39.9`
	tests := []struct{ name, feature, want string }{
		{"nothing but an id", with(""), at},
		{
			"all kinds", with(`"s":"x","i":7,"f":1.5,"b":true,"t":"2016-08-03T20:47:11.5-04:00"`),
			at + ` string="x" int=7 float=1.5 bool=true time=2016-08-04T00:47:11.5Z`,
		},
		{
			"all kinds as text", with(`"s":"x","i":" 7 ","f":"-1.5e1","b":"True","t":" 2016-08-03T20:47:11Z "`),
			at + ` string="x" int=7 float=-15 bool=true time=2016-08-03T20:47:11Z`,
		},
		{"nulls", with(`"s":null,"i":null,"f":null,"b":null,"t":null`), at},
		{"empty text is a text", with(`"s":""`), at + ` string=""`},
		{"text keeps its spaces", with(`"s":" x "`), at + ` string=" x "`},
		{"string from a number as it stands", with(`"s":1.50`), at + ` string="1.50"`},
		{"string from a bool", with(`"s":false`), at + ` string="false"`},
		{"string from an object", with(`"s":{"a":"secret"}`), "type :1: string: an object or array: want a text, a number, true or false"},
		{"text too long", with(`"s":"123456789 123456789 1"`), "too_long :1: string: 123456789 123456789 1: want at most 20 bytes of text"},
		{"text not UTF-8", with("\"s\":\"caf\xe9\""), "text :1: string: caf�: want UTF-8"},
		{"other texts need not be UTF-8", with("\"other\":\"caf\xe9\""), at},
		{"escapes", with(`"s":"\"\\\/\b\f\n\r\té中😀"`), at + ` string="\"\\/\b\f\n\r\té中😀"`},
		{"half a surrogate pair", with(`"s":"\ud83dx"`), at + ` string="�x"`},
		{"integral float", with(`"i":3.0`), at + " int=3"},
		{"integral exponent", with(`"i":-12.5e1`), at + " int=-125"},
		{"greatest int", with(`"i":9223372036854775807`), at + " int=9223372036854775807"},
		{"an int too great", with(`"i":9223372036854775808`), "type :1: int: 9223372036854775808: want a whole number within ±2⁶³"},
		{"a fraction for an int", with(`"i":3.7`), "type :1: int: 3.7: want a whole number within ±2⁶³"},
		{"a word for an int", with(`"i":"many"`), "type :1: int: many: want a whole number within ±2⁶³"},
		{"a bool for an int", with(`"i":true`), "type :1: int: true: want a whole number within ±2⁶³"},
		{"an empty text for an int", with(`"i":""`), "type :1: int: want a whole number within ±2⁶³"},
		{"NaN", with(`"f":"NaN"`), "type :1: float: NaN: want a finite decimal number"},
		{"a float too great", with(`"f":1e999`), "type :1: float: 1e999: want a finite decimal number"},
		{"a hexadecimal float", with(`"f":"0x1p-2"`), "type :1: float: 0x1p-2: want a finite decimal number"},
		{"bool from 0", with(`"b":0`), at + " bool=false"},
		{"bool from text 1", with(`"b":"1"`), at + " bool=true"},
		{"bool from yes", with(`"b":"yes"`), "type :1: bool: yes: want true, false, 1 or 0"},
		{
			"not a time", with(`"t":"3 Aug 2016"`),
			"time :1: time: 3 Aug 2016: want a time as in RFC 3339, such as 2016-08-03T20:47:11Z, in the years 0 to 9999",
		},
		{
			"a number for a time", with(`"t":1470257231`),
			"time :1: time: 1470257231: want a time as in RFC 3339, such as 2016-08-03T20:47:11Z, in the years 0 to 9999",
		},

		{"the last of several", `{"type":"x","type":"Feature","geometry":{"type":"Polygon"},"properties":{"id":"no","s":"no"},` +
			`"properties":{"id":"a","i":1,"i":2},"geometry":{"type":"Line","type":"Point","coordinates":3,"coordinates":[1,2]}}`, `"a" at 1, 2 int=2`},
		{"escaped names", `{"\u0074ype":"Fe\u0061ture","properties":{"\u0069d":"a"},"geometry":null}`, `"a"`},
		{
			"white space", "\t{ \"type\" :\n\"Feature\" , \"properties\" : { \"id\" : \"a\" , \"i\" : 1 } , \"geometry\" : { \"type\" : \"Point\" , \"coordinates\" : [ 1 , 2 ] } }\r\n",
			`"a" at 1, 2 int=1`,
		},
		{"properties called as a feature's members", `{"type":"Feature","properties":{"type":"x","geometry":{"type":"Polygon"},"id":"a"},"geometry":null}`, `"a"`},

		{"no id", `{"type":"Feature","properties":{},"geometry":null}`, "id :1: id: nothing: want a text or number for the id"},
		{"no properties", `{"type":"Feature","properties":null,"geometry":null}`, "id :1: id: nothing: want a text or number for the id"},
		{"null id", `{"type":"Feature","properties":{"id":null},"geometry":null}`, "id :1: id: null: want a text or number for the id"},
		{"blank id", `{"type":"Feature","properties":{"id":"  "},"geometry":null}`, "id :1: id: an empty text: want a text or number for the id"},
		{"array id", `{"type":"Feature","properties":{"id":[1]},"geometry":null}`, "id :1: id: an object or array: want a text or number for the id"},
		{"number id as it stands", `{"type":"Feature","properties":{"id":007.0},"geometry":null}`, "json :1: want JSON: at byte 39, a comma or }"},
		{"number id", `{"type":"Feature","properties":{"id":7.0},"geometry":null}`, `"7.0"`},
		{"id not UTF-8", "{\"type\":\"Feature\",\"properties\":{\"id\":\"\xff\"},\"geometry\":null}", "text :1: id: want UTF-8"},
		{
			"id too long", `{"type":"Feature","properties":{"id":"` + strings.Repeat("x", layers.MaxID+1) + `"},"geometry":null}`,
			"too_long :1: id: " + strings.Repeat("x", 80) + "…: want an id of at most 512 bytes",
		},

		{"no geometry", `{"type":"Feature","properties":{"id":"a"}}`, `"a"`},
		{"null geometry", geometryOf("null"), `"a"`},
		{"empty position", geometryOf(`{"type":"Point","coordinates":[]}`), `"a"`},
		{"height", geometryOf(`{"type":"Point","coordinates":[1.5,-2.5,300]}`), `"a" at 1.5, -2.5`},
		{"coordinates first", geometryOf(`{"coordinates":[1,2],"bbox":[1,2,1,2],"type":"Point"}`), `"a" at 1, 2`},
		{"seventeen digits", geometryOf(`{"type":"Point","coordinates":[-77.05477945782926,38.908577082295366]}`), `"a" at -77.05477945782926, 38.908577082295366`},
		{
			"no type", geometryOf(`{"coordinates":[1,2]}`),
			"geometry :1: geometry: no type: want " + wantGeometry,
		},
		{
			"texts for coordinates", geometryOf(`{"type":"Point","coordinates":["1","2"]}`),
			"geometry :1: geometry: coordinates as texts: want numbers, longitude and latitude, not texts; a lenient source takes texts with decimal numbers",
		},
		{
			"one coordinate", geometryOf(`{"type":"Point","coordinates":[1]}`),
			"geometry :1: geometry: a position of one number: want " + wantCoordinates,
		},
		{
			"null coordinates", geometryOf(`{"type":"Point","coordinates":[1,null]}`),
			"geometry :1: geometry: null in a position: want " + wantCoordinates,
		},
		{
			"geometry as a text", geometryOf(`"POINT (1 2)"`),
			"geometry :1: geometry: no type: want " + wantGeometry,
		},
		{
			"beyond the world", geometryOf(`{"type":"Point","coordinates":[181,2]}`),
			"position :1: 181, 2: want a longitude in -180…180 and a latitude in ±85.0511288",
		},
		{
			"beyond the doubles", geometryOf(`{"type":"Point","coordinates":[1,-1e999]}`),
			"position :1: 1, +Inf: want a longitude in -180…180 and a latitude in ±85.0511288",
		},
		{
			"0, 0", geometryOf(`{"type":"Point","coordinates":[0,-0.0]}`),
			"zero :1: 0, -0: want a position, or an address: 0, 0 stands for an unknown place",
		},

		{"not an object", `[1]`, "feature :1: want a GeoJSON Feature, which is an object"},
		{"another type", `{"type":"FeatureCollection","features":[]}`, "feature :1: type: FeatureCollection: want a GeoJSON Feature"},
		{"no type at all", `{"properties":{"id":"a"}}`, "feature :1: type: want a GeoJSON Feature"},
		{"empty", ``, "json :1: want JSON: at byte 1, a value"},
		{"cut off", `{"type":"Feature","properties":{"id":"a`, "json :1: want JSON: at byte 40, a closing quote"},
		{"something behind", with("") + "x", "json :1: want JSON: at byte 98, nothing behind the feature"},
		{"bad outranks wrong", `{"type":"Polygon","properties":{`, "json :1: want JSON: at byte 33, a quoted name"},
		{"a control character", with("\"s\":\"a\tb\""), "json :1: want JSON: at byte 48, a control character written as \\u00.."},
		{"too deep", with(`"x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200)), "json :1: want JSON: at byte 172, less nesting"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, mapping(t), tt.feature); got != tt.want {
				t.Errorf("%s\n got %s\nwant %s", tt.feature, got, tt.want)
			}
		})
	}
}

func TestFeaturePaths(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	m.Fields = []FieldMapping{{From: "address.street"}, {From: "tags.1"}, {From: "a*"}, {From: "b"}, {From: "d.e"}}
	got := parse(t, m,
		with(`"address":{"street":"胡\u540c","n":1},"tags":[1,2.0],"a*":1.5,"d":{"e":"2016-08-03T20:47:11Z"}`),
		with(`"address":{"street":"no"},"address.street":"yes","tags":[1],"a*":null,"d":{"e":null}`),
		with(`"address":{"street":true},"abc":9,"a*":1,"tags":"x"`),
		with(`"address":{"street":{}}`),
		with(`"abc":9`),
	)
	want := `"a" at 116.4, 39.9 string="胡同" int=2 float=1.5 time=2016-08-03T20:47:11Z
"a" at 116.4, 39.9 string="yes"
"a" at 116.4, 39.9 string="true" float=1
"a" at 116.4, 39.9 float=9
type :4: string: an object or array: want a text, a number, true or false`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFeatureIDMember(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	m.ID = template(t, "{$id}/{k}")
	m.Fields[0].From = IDMember
	got := parse(t, m,
		`{"type":"Feature","id":7,"properties":{"k":"x","$id":"no"},"geometry":null}`,
		`{"type":"Feature","properties":{"k":"x"},"id":"s\u00e9","geometry":null}`,
		`{"type":"Feature","properties":{"k":"x","$id":"no"},"geometry":null}`,
	)
	want := `"7/x" string="7"
"sé/x" string="sé"
id :3: $id: nothing: want a text or number for the id`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNullsValuesAndConstants(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	m.Nulls = []string{"<Null>", " ", "-9999"}
	m.Fields[0].Values = map[string]string{"IN PROGRESS": "IN-PROGRESS", "3": "three", "true": "yes", "<Null>": "never"}
	m.Fields[1].Values = map[string]string{"HIGH": "3", "LOW": "low"}
	m.Fields[3] = FieldMapping{Value: column.BoolOf(true)}
	m.Fields[4] = FieldMapping{}
	got := parse(t, m,
		with(`"s":"IN PROGRESS","i":"HIGH","b":false,"t":"x"`),
		with(`"s":" <Null> ","i":-9999,"f":" \t"`),
		with(`"s":3,"i":" "`),
		with(`"s":true,"i":"LOW"`),
		with(`"s":"in progress"`),
		`{"type":"Feature","properties":{"id":" <Null>"},"geometry":null}`,
	)
	want := `"a" at 116.4, 39.9 string="IN-PROGRESS" int=3 bool=true
"a" at 116.4, 39.9 bool=true
"a" at 116.4, 39.9 string="three" bool=true
"a" at 116.4, 39.9 string="in progress" bool=true
id :6: id: null: want a text or number for the id
type :4: int: LOW: want a whole number within ±2⁶³`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPrivateValuesAreMasked(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	for i := range m.Schema.Fields {
		m.Schema.Fields[i].Private = true
	}
	m.ID = template(t, "{id}-{s}")
	const secret = "secret-13800138000"
	got := parse(t, m,
		with(`"s":"`+secret+secret+`"`),
		with(`"s":"x","i":"`+secret+`"`),
		with(`"s":"x","f":"`+secret+`"`),
		with(`"s":"x","b":"`+secret+`"`),
		with(`"s":"x","t":"`+secret+`"`),
		with(`"s":{"x":"`+secret+`"}`),
		with(`"s":"`+secret+"\xff"+`"`),
		with(`"s":"`+secret+"\x01"+`"`),
		with(`"s":"`+strings.Repeat(secret, 30)+`"`),
	)
	if strings.Contains(got, "secret") || strings.Contains(got, "138") {
		t.Errorf("a private value shows:\n%s", got)
	}
	if n := strings.Count(got, masked); n != 6 {
		t.Errorf("got %d masked values, want 6:\n%s", n, got)
	}
}

// A parser predicts the order of members; it must not matter.
func TestMembersInAnyOrder(t *testing.T) {
	t.Parallel()
	orders := []string{
		`"s":"x","i":1,"u":0,"f":2`, `"u":0,"f":2,"i":1,"s":"x"`, `"f":2,"s":"x","i":1`, `"s" : "x" , "i" :1,"u":{"s":"no","i":9},"f": 2`,
		`"i":1,"\u0073":"x","f":2`, `"ss":"no","s":"x","i":1,"f":2,"id2":"no"`,
	}
	var features []string
	for i := range 60 {
		features = append(features, with(orders[(i*i+i/7)%len(orders)]))
	}
	want := strings.TrimSuffix(strings.Repeat("\"a\" at 116.4, 39.9 string=\"x\" int=1 float=2\n", len(features)), "\n")
	if got := parse(t, mapping(t), features...); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// One allocation a feature is the ceiling: the point in its interface.
func TestFeatureAllocations(t *testing.T) {
	m := mapping(t)
	m.ID = template(t, "{id}-{i}")
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	const features = 1000
	f := with(`"s":"caf\u00e9","i":7,"f":1.5,"b":true,"t":"2016-08-03T20:47:11.5Z","unread":{"a":[1,2,{}]}`)
	run := func() {
		p.Begin(features)
		for range features {
			p.Feature(f, Place{})
		}
		if slab := p.Finish(); len(slab.Changes) != features {
			t.Fatalf("%d changes, want %d", len(slab.Changes), features)
		}
	}
	if got := testing.AllocsPerRun(5, run) / features; got > 1.1 {
		t.Errorf("got %.2f allocations a feature, want at most 1.1", got)
	}
}

// Later records must not write into the texts of earlier ones.
func TestSlabKeepsItsTexts(t *testing.T) {
	t.Parallel()
	mapper, err := mapping(t).Compile()
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	p.Begin(1)
	p.Feature(with(`"s":"one\u0020two"`), Place{})
	first := p.Finish()
	p.Begin(1)
	p.Feature(with(`"s":"xxx\u0020xxx"`), Place{})
	p.Finish()
	if got := first.Changes[0].Feature.Values[0].Text(); got != "one two" {
		t.Errorf("got %q, want %q", got, "one two")
	}
	if p, ok := first.Changes[0].Feature.Geometry.(orb.Point); !ok || p != (orb.Point{116.4, 39.9}) {
		t.Errorf("got %v", first.Changes[0].Feature.Geometry)
	}
}
