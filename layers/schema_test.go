package layers

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"hutong/layers/column"
)

func TestSchemaValidate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxName+1)
	for _, c := range []struct {
		name   string
		change func(s *Schema)
		want   []string // parts of the error; none when there is none
	}{
		{"as it is", func(*Schema) {}, nil},
		{"at every limit", func(s *Schema) {
			s.Name, s.IDField, s.IDFromZoom = Name(long[1:]), long[1:], MaxZoom
			s.Fields[0].FromZoom, s.Fields[0].MaxLength = MaxZoom, column.MaxText
			for i := len(s.Fields); i < MaxFields; i++ {
				s.Fields = append(s.Fields, Field{Name: fmt.Sprintf("%0*d", MaxName, i), Kind: column.Int})
			}
		}, nil},
		{"no name", func(s *Schema) { s.Name = "" }, []string{`layer name "" is not 1 to 64 bytes long`}},
		{"one field too many", func(s *Schema) { s.Fields = make([]Field, MaxFields+1) }, []string{"257 fields are more than 256"}},
		{"a field without a name", func(s *Schema) { s.Fields[1].Name = "" }, []string{`field name "" is not 1 to 64 bytes long`}},
		{"a field's name too long", func(s *Schema) { s.Fields[1].Name = long }, []string{"xx\" is not 1 to 64 bytes long"}},
		{"a field twice", func(s *Schema) { s.Fields[1].Name = "category" }, []string{`field "category" stands twice`}},
		{"the id's name", func(s *Schema) { s.IDField = "title" }, []string{`field "title" is also the id field`}},
		{"no type", func(s *Schema) { s.Fields[1].Kind = column.Null }, []string{`field "title" has no type`}},
		{"a type that is not there", func(s *Schema) { s.Fields[1].Kind = column.Time + 1 }, []string{`field "title" has no type`}},
		{"a field's zoom", func(s *Schema) { s.Fields[1].FromZoom = MaxZoom + 1 }, []string{`field "title" starts at zoom 25, beyond 24`}},
		{"a negative length", func(s *Schema) { s.Fields[1].MaxLength = -1 }, []string{`field "title": max length -1 is not 0 to 1048576`}},
		{"a length too great", func(s *Schema) { s.Fields[1].MaxLength = column.MaxText + 1 }, []string{`max length 1048577 is not 0 to 1048576`}},
		{"private and kept", func(s *Schema) { s.Fields[0].Private = true }, []string{`field "category" cannot be private and kept in tiles`}},
		{"the id's name too long", func(s *Schema) { s.IDField = long }, []string{"xx\" is more than 64 bytes long"}},
		{"the id's zoom", func(s *Schema) { s.IDFromZoom = MaxZoom + 1 }, []string{"the id field starts at zoom 25, beyond 24"}},
		{"no such time field", func(s *Schema) { s.TimeField = "then" }, []string{`time field "then" is not a field`}},
		{"a time field of another type", func(s *Schema) { s.TimeField = "votes" }, []string{`time field "votes" is of type int, not time`}},
		{"all at once", func(s *Schema) { s.Name, s.IDFromZoom, s.TimeField = "UP", 99, "x" }, []string{
			`schema "UP"`, "may only have a-z", "starts at zoom 99", `time field "x" is not a field`,
		}},
	} {
		s := testSchema()
		c.change(s)
		checkError(t, c.name, s.Validate(), c.want)
	}
}

func checkError(t *testing.T, name string, err error, want []string) {
	t.Helper()
	if (err == nil) != (len(want) == 0) {
		t.Errorf("%s: %v, want %q", name, err, want)
		return
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want %q in it", name, err, part)
		}
	}
}

func TestNameValidate(t *testing.T) {
	t.Parallel()
	for name, valid := range map[Name]bool{
		"a": true, "complaints-2016_b": true, Name(strings.Repeat("z", MaxName)): true,
		"": false, Name(strings.Repeat("z", MaxName+1)): false, "2016": false, "-a": false, "_a": false,
		"Complaints": false, "a b": false, "a/b": false, "a.b": false, "胡同": false, "a\x00": false,
	} {
		if err := name.Validate(); (err == nil) != valid {
			t.Errorf("%q: %v, want valid: %v", name, err, valid)
		}
	}
}

func TestOptionsValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o     Options
		valid bool
	}{
		{Options{}, true},
		{Options{MinRows: 1, MaxRows: 2}, true},
		{Options{MinRows: 300}, true}, // and MaxRows 600
		{Options{MaxRows: 256}, true},
		{Options{MinRows: 1, MaxRows: maxRows}, true},
		{Options{MinRows: maxRows / 2}, true},
		{Options{MinRows: 1, MaxRows: 1}, false},
		{Options{MinRows: -1, MaxRows: 16}, false},
		{Options{MaxRows: 255}, false}, // with MinRows 128
		{Options{MinRows: 8, MaxRows: 15}, false},
		{Options{MinRows: 1, MaxRows: maxRows + 1}, false},
		{Options{MinRows: maxRows/2 + 1}, false},
		{Options{MinRows: math.MinInt}, false},
	} {
		if err := c.o.Validate(); (err == nil) != c.valid {
			t.Errorf("%+v: %v, want valid: %v", c.o, err, c.valid)
		}
		if _, err := New(testSchema(), c.o); (err == nil) != c.valid {
			t.Errorf("a layer with %+v: %v, want valid: %v", c.o, err, c.valid)
		}
	}
}

// TestBlocksHoldTheirText refuses blocks of which a field could have 4 GiB of text.
func TestBlocksHoldTheirText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rows, length int
		want         []string
	}{
		{maxRows, 1<<16 - 1, nil},
		{maxRows, 1 << 16, []string{`layers: complaints: field "title": a block of 65536 rows of up to 65536 bytes could have 4 GiB of text or more`}},
		{1 << 12, column.MaxText, []string{`field "title": a block of 4096 rows of up to 1048576 bytes`}},
		{1<<12 - 1, column.MaxText, nil},
	} {
		s := testSchema()
		s.Fields[1].MaxLength = c.length
		_, err := New(s, Options{MaxRows: c.rows})
		checkError(t, s.Fields[1].Name, err, c.want)
	}
}
