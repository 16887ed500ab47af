package ingest

import (
	"strings"
	"testing"
	"time"

	"hutong/layers/column"
)

// computed returns a mapping whose field of a kind is an expression.
func computed(t testing.TB, kind column.Kind, expression string) *Mapping {
	t.Helper()
	m := mapping(t)
	for i := range m.Fields {
		m.Fields[i] = FieldMapping{}
		if m.Schema.Fields[i].Kind == kind {
			m.Fields[i].Expression = expression
		}
	}
	return m
}

func TestExpression(t *testing.T) {
	t.Parallel()
	const at, in = `"a" at 116.4, 39.9`, "expression :1: "
	tests := []struct {
		name       string
		kind       column.Kind
		expression string
		properties string
		want       string
	}{
		{"a text", column.String, `r.first + " " + r["last name"]`, `"first":"A","last name":"B"`, at + ` string="A B"`},
		{"a number as it stands", column.String, `r.n + "!"`, `"n":1.50`, at + ` string="1.50!"`},
		{"true as it stands", column.String, `r.b == "true" ? "yes" : "no"`, `"b":true`, at + ` string="yes"`},
		{"arithmetic", column.Float, `double(r.feet) * 0.5`, `"feet":"3"`, at + " float=1.5"},
		{"a long number as text", column.String, `double(r.a) * 10.0`, `"a":"1e299"`, at + ` string="1e+300"`},
		{"an int", column.Int, `int(r.a) + int(r.b)`, `"a":1,"b":"2"`, at + " int=3"},
		{"an int from a whole double", column.Int, `double(r.a) * 2.0`, `"a":1.5`, at + " int=3"},
		{"an int from a fraction", column.Int, `double(r.a)`, `"a":1.5`, "type :1: int: 1.5: want a whole number within ±2⁶³"},
		{"a bool", column.Bool, `int(r.a) > 3`, `"a":4`, at + " bool=true"},
		{"a constant", column.Int, `1 + 2`, ``, at + " int=3"},
		{"a path", column.String, `r["address.street"] + "!"`, `"address":{"street":"Main"}`, at + ` string="Main!"`},
		{"functions on texts", column.String, `r.a.trim().upperAscii().split("-")[1]`, `"a":" x-y "`, at + ` string="Y"`},
		{"a time", column.Time, `timestamp(r.a + "Z")`, `"a":"2016-08-03T20:47:11"`, at + " time=2016-08-03T20:47:11Z"},
		{"a time as text", column.String, `timestamp(r.a)`, `"a":"2016-08-03T20:47:11-04:00"`, at + ` string="2016-08-04T00:47:11Z"`},
		{"a text as time", column.Time, `r.day + "T" + r.time + "Z"`, `"day":"2016-08-03","time":"20:47:11"`, at + " time=2016-08-03T20:47:11Z"},
		{"not a time", column.Time, `r.day`, `"day":"soon"`, "time :1: time: soon: want a time as in RFC 3339, such as 2016-08-03T20:47:11Z, in the years 0 to 9999"},

		{"of nothing nothing", column.String, `r.a + r.b`, `"a":"x"`, at},
		{"of null nothing", column.String, `r.a + r.b`, `"a":"x","b":null`, at},
		{"of a null marker nothing", column.String, `r.a + r.b`, `"a":"x","b":"NA"`, at},
		{"has", column.String, `has(r.b) ? r.b : "none"`, `"b":"NA"`, at + ` string="none"`},
		{"in", column.String, `"b c" in r ? r["b c"] : "none"`, `"b c":"x"`, at + ` string="x"`},
		{"null as a value", column.String, `r.a == "0" ? "NA" : r.a`, `"a":0`, at},
		{"null of CEL", column.String, `null`, ``, at},

		{"no number", column.Int, `int(r.a)`, `"a":"x"`, in + "int: type conversion error from 'string' to 'int': want a record for which the field's expression has a value"},
		{"a division by 0", column.Int, `1 / int(r.a)`, `"a":0`, in + "int: division by zero: want a record for which the field's expression has a value"},
		{"no finite number", column.Float, `1.0 / double(r.a)`, `"a":0`, in + "float: a value of type double: want a record for which the field's expression has a value"},
		{"an object", column.String, `r.a`, `"a":{"x":1}`, in + "string: a: an object or array: want an expression over texts, numbers, true or false"},
		{
			"too much to do", column.Bool, `[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, [1,2,3,4,5,6,7,8,9].all(e, a + b + c + d + e > int(r.a))))))`,
			`"a":0`, in + "bool: operation cancelled: actual cost limit exceeded: want a record for which the field's expression has a value",
		},
		{"replace", column.String, `r.a.replace("x", "--").replace("y", "", 1)`, `"a":"xyy"`, at + ` string="--y"`},
		{"join and format", column.String, `"%s at %.1f".format([r.a.split(",").join("+"), 1.25])`, `"a":"x,y"`, at + ` string="x+y at 1.2"`},
		{
			"a text too long", column.Int, `size(r.a)`, `"a":"` + strings.Repeat("x", 4097) + `"`,
			"too_long :1: int: a: want an expression over texts of at most 4096 bytes",
		},
		{"a text as long as may be", column.Int, `size(r.a)`, `"a":"` + strings.Repeat("x", 4096) + `"`, at + " int=4096"},
		{
			"more and more text", column.String, strings.TrimSuffix(strings.Repeat("r.a + ", 100), " + "), `"a":"` + strings.Repeat("x", 4096) + `"`,
			in + "string: operation cancelled: actual cost limit exceeded: want a record for which the field's expression has a value",
		},
		{"another map", column.String, `{"x": "y"}[r.a]`, `"a":"z"`, in + "string: no such key: z: want a record for which the field's expression has a value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := computed(t, tt.kind, tt.expression)
			m.Nulls = []string{"NA"}
			if got := parse(t, m, with(tt.properties)); got != tt.want {
				t.Errorf("%s of %s\n got %s\nwant %s", tt.expression, tt.properties, got, tt.want)
			}
		})
	}
}

func TestExpressionProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind             column.Kind
		expression, want string
	}{
		{column.String, `r.a +`, "the expression, at character 6: Syntax error: mismatched input '<EOF>'"},
		{column.String, `a + r.b`, "the expression, at character 1: undeclared reference to 'a'"},
		{column.String, "r.a +\n  b", "the expression, at line 2, character 3: undeclared reference to 'b'"},
		{column.Int, `r.a + 1`, "the expression, at character 5: found no matching overload for '_+_' applied to '(string, int)'"},
		{column.Int, `int(r.a) > 3`, "the expression makes a value of type bool, which a field of type int cannot hold"},
		{column.Float, `timestamp(r.a)`, "the expression makes a value of type timestamp, which a field of type float cannot hold"},
		{column.String, `[r.a]`, "the expression makes a value of type list(string), which a field of type string cannot hold"},
		{column.String, `r.map(k, k)[0]`, `the expression: r may only be used as r.name, r["name"], has(r.name) or "name" in r`},
		{column.String, `r["a" + "b"]`, `the expression: r may only be used as`},
		{column.String, `r.a.replace("", r.a)`, "the expression: what replace puts in, join puts between and format fills must be a text that stands there, of at most 64 bytes"},
		{column.String, `r.a.replace("", "` + strings.Repeat("x", 65) + `", 7)`, "the expression: what replace puts in"},
		{column.String, `r.a.split("").join(r.a)`, "the expression: what replace puts in, join"},
		{column.String, `"%.999f".format([1.0])`, "precision 999 exceeds maximum allowed precision 100"},
		{column.String, `r.a.format([1.0])`, "the expression: what replace puts in, join puts between and format"},
		{column.String, `r[""]`, "the expression: a property name of 0 bytes, not 1…1024"},
		{column.String, strings.Repeat("1", MaxExpression+1), "the expression has 4097 bytes, more than 4096"},
		{column.String, strings.Repeat("(", 2000) + "1" + strings.Repeat(")", 2000), "the expression"},
	} {
		err := CheckExpression(tt.expression, tt.kind)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v\nwant %s", tt.expression, err, tt.want)
		}
	}
	m := computed(t, column.Int, `r.a + 1`)
	m.Fields[0] = FieldMapping{From: "a", Expression: "r.b"}
	m.Fields[2] = FieldMapping{Value: column.FloatOf(1), Expression: "1.0"}
	_, err := m.Compile()
	for _, want := range []string{`field "int": the expression, at character 5`, `field "string": it has both a property "a" and an expression`, `field "float": it has both an expression and a constant`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}

// Values, layouts and a zone apply to what an expression makes.
func TestExpressionIsTreatedAsAProperty(t *testing.T) {
	t.Parallel()
	m := computed(t, column.String, `r.a + r.b`)
	m.Fields[0].Values = map[string]string{"xy": "z"}
	beijing, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	m.Fields[4] = FieldMapping{Expression: `r.year + " " + r.month + " " + r.day + " " + r.hour`, Layouts: []string{"2006 1 2 15"}, Zone: beijing}
	got := parse(t, m, with(`"a":"x","b":"y","year":2013,"month":3,"day":1,"hour":0`), with(`"a":"x","b":"x","year":2013,"month":12,"day":31,"hour":23`))
	const want = `"a" at 116.4, 39.9 string="z" time=2013-02-28T16:00:00Z
"a" at 116.4, 39.9 string="xx" time=2013-12-31T15:00:00Z`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestExpressionMasksPrivateValues(t *testing.T) {
	t.Parallel()
	const secret = "secret-13800138000"
	m := computed(t, column.Int, `int({"x": "1"}[r.phone])`)
	m.Schema.Fields[0].Private = true
	m.Fields[0].From = "phone" // read by a private field only
	private := computed(t, column.Int, `int({"x": "1"}[r.phone])`)
	private.Schema.Fields[1].Private = true
	id := computed(t, column.String, `r.phone`)
	id.Schema.Fields[0].Private = true
	id.ID = template(t, "{id}{phone}")
	got := parse(t, m, with(`"phone":"`+secret+`"`)) + parse(t, private, with(`"phone":"`+secret+`"`)) + parse(t, id, with(`"phone":"`+strings.Repeat(secret, 40)+`"`))
	if strings.Contains(got, "secret") || strings.Count(got, masked) != 3 {
		t.Errorf("got %s", got)
	}
	m.Fields[2].From = "phone" // now a public field has it, too
	m.Schema.Fields[2].Kind = column.String
	if got := parse(t, m, with(`"phone":"555-1234"`)); !strings.Contains(got, `no such key: 555-1234`) {
		t.Errorf("got %s", got)
	}
}

// Expressions run in many goroutines, one parser each.
func TestExpressionInManyParsers(t *testing.T) {
	t.Parallel()
	mapper, err := computed(t, column.Int, `int(r.a) + 1`).Compile()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan int64)
	for n := range 4 {
		go func() {
			p := mapper.NewParser()
			var sum int64
			for range 100 {
				p.Begin(1)
				p.Feature(with(`"a":`+string(rune('0'+n))), Place{})
				sum += p.Finish().Changes[0].Feature.Values[1].Int()
			}
			done <- sum
		}()
	}
	var sum int64
	for range 4 {
		sum += <-done
	}
	if sum != 100*(1+2+3+4) {
		t.Errorf("got %d", sum)
	}
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{`r.a + r.b`, `int(r.a) / 0`, `has(r.a) ? r.a : "x"`, `r["a"].matches("(a*)*b")`, `timestamp(r.a)`, `[1,2].map(x, x * 2)[0]`, `"%s".format([r.a])`, `duration("1s")`, `r.a.split("")[3]`} {
		f.Add(s, "1", true)
		f.Add(s, "é\xff", false)
	}
	f.Fuzz(func(t *testing.T, expression, value string, whole bool) {
		kind := column.String
		if whole {
			kind = column.Int
		}
		m := computed(t, kind, expression)
		mapper, err := m.Compile()
		if err != nil {
			return
		}
		names := []string{"id"}
		for i := range mapper.sources {
			if name := mapper.sources[i].name; name != "id" {
				names = append(names, name)
			}
		}
		columns, err := mapper.Columns(names, PlaceColumns{})
		if err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(names))
		for i := range row {
			row[i] = value
		}
		row[0] = "a"
		p := mapper.NewParser()
		p.Begin(1)
		p.Row(columns, row, Place{})
		slab := p.Finish()
		if n := len(slab.Changes) + int(slab.Refused.Count()); n != 1 {
			t.Fatalf("%d records for one", n)
		}
		if len(slab.Changes) == 1 {
			if err := mapper.Schema().Check(0, &slab.Changes[0]); err != nil {
				t.Fatal(err)
			}
		}
	})
}
