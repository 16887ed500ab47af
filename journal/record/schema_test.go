package record

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/layers"
	"hutong/layers/column"
)

// field is a schema of one field.
func field(f layers.Field) map[layers.Name]*layers.Schema {
	return map[layers.Name]*layers.Schema{"l": {Name: "l", Fields: []layers.Field{f}}}
}

// Each pair of types, with a value that is converted or the reason that it is not.
func TestConversions(t *testing.T) {
	t.Parallel()
	values := map[column.Kind]column.Value{
		column.String: column.StringOf("12"), column.Int: column.IntOf(-12), column.Float: column.FloatOf(12.5),
		column.Bool: column.BoolOf(true), column.Time: column.MicrosOf(1_790_000_000_250_000),
	}
	want := map[[2]column.Kind]column.Value{
		{column.Int, column.Float}:    column.FloatOf(-12),
		{column.Int, column.String}:   column.StringOf("-12"),
		{column.Float, column.String}: column.StringOf("12.5"),
		{column.Bool, column.String}:  column.StringOf("true"),
		{column.Time, column.String}:  column.StringOf("2026-09-21T14:13:20.25Z"),
	}
	for from := column.String; from <= column.Time; from++ {
		for to := column.String; to <= column.Time; to++ {
			t.Run(from.String()+" to "+to.String(), func(t *testing.T) {
				t.Parallel()
				b, err := AppendSection(nil, field(layers.Field{Name: "f", Kind: from}), []Batch{batch("s", "l", upsert("1", nil, values[from]))})
				if err != nil {
					t.Fatal(err)
				}
				got, err := NewDecoder(field(layers.Field{Name: "f", Kind: to}), nil).Body(b)
				value, ok := want[[2]column.Kind{from, to}]
				if from == to {
					value, ok = values[from], true
				}
				if ok {
					if err != nil || got[0].Changes[0].Feature.Values[0] != value {
						t.Errorf("got %v, %v, want %v", got, err, value)
					}
					return
				}
				var refused *SchemaError
				if !errors.As(err, &refused) || got != nil || refused.Layer != "l" || refused.Field != "f" || refused.Was != from || refused.Is != to ||
					!strings.Contains(err.Error(), "make it "+from.String()+" again") {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
	}
}

func TestValuesThatCannotBeConverted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		was, is layers.Field
		value   column.Value
		want    string // "" when it can
	}{
		{"an int at 2⁵³", layers.Field{Kind: column.Int}, layers.Field{Kind: column.Float}, column.IntOf(1 << 53), ""},
		{"an int beyond 2⁵³", layers.Field{Kind: column.Int}, layers.Field{Kind: column.Float}, column.IntOf(1<<53 + 1), "no float is equal to"},
		{"the largest int", layers.Field{Kind: column.Int}, layers.Field{Kind: column.Float}, column.IntOf(math.MaxInt64), "no float is equal to"},
		{"the smallest int", layers.Field{Kind: column.Int}, layers.Field{Kind: column.Float}, column.IntOf(math.MinInt64), ""},
		{"a longer text", layers.Field{Kind: column.String}, layers.Field{Kind: column.String, MaxLength: 3}, column.StringOf("four"), "4 bytes, more than 3; raise"},
		{"a text as long", layers.Field{Kind: column.String}, layers.Field{Kind: column.String, MaxLength: 4}, column.StringOf("four"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.was.Name, tt.is.Name = "f", "f"
			b, err := AppendSection(nil, field(tt.was), []Batch{batch("s", "l", upsert("1", nil, tt.value))})
			if err != nil {
				t.Fatal(err)
			}
			_, err = NewDecoder(field(tt.is), nil).Body(b)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "four") {
				t.Errorf("%v says the value", err)
			}
		})
	}
}

func TestFieldsMoveByName(t *testing.T) {
	t.Parallel()
	now := map[layers.Name]*layers.Schema{"all": {Name: "all", Fields: []layers.Field{
		{Name: "new", Kind: column.Int},
		{Name: "time", Kind: column.Time},
		{Name: "int", Kind: column.String},
		{Name: "string", Kind: column.String},
	}}}
	null := column.Value{}
	was := batch("s", "all", upsert("1", nil, column.StringOf("a"), column.IntOf(2), column.FloatOf(3), null, column.MicrosOf(4)), upsert("2", nil), upsert("3", nil, null))
	gone := batch("s", "bare", upsert("1", nil), upsert("2", nil))
	var told []string
	d := NewDecoder(now, func(d Difference) { told = append(told, d.String()) })
	body := append(section(t, was, gone), section(t, gone, was)...)
	got, err := d.Body(body)
	if err != nil {
		t.Fatal(err)
	}
	want := batch("s", "all", upsert("1", nil, null, column.MicrosOf(4), column.StringOf("2"), column.StringOf("a")), upsert("2", nil), upsert("3", nil, null, null, null, null))
	if diff := differ([]Batch{want, want}, got); diff != "" {
		t.Error(diff)
	}
	if d.Passed() != 4 {
		t.Errorf("%d changes were passed over, want 4", d.Passed())
	}
	wantTold := []string{
		`layer "all": field "int" was int and is string: its values are converted`,
		`layer "all": field "float" is no longer there: its values are dropped`,
		`layer "all": field "bool" is no longer there: its values are dropped`,
		`layer "all": field "new" is new: it is null in older changes`,
		`layer "bare" is no longer there: its changes are passed over`,
	}
	if diff := cmp.Diff(wantTold, told); diff != "" {
		t.Error(diff)
	}
}
