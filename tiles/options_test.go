package tiles

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/layers"
	"hutong/layers/column"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	schema := &layers.Schema{Name: "points", Fields: []layers.Field{
		{Name: "long", Kind: column.String, Keep: true},
		{Name: "plain", Kind: column.Int},
	}}
	tests := []struct {
		name   string
		change func(*Options)
		want   []string // parts of the error; none when it is valid
	}{
		{name: "defaults", change: func(*Options) {}},
		{name: "zero", change: func(o *Options) { *o = Options{} }, want: []string{"extent 0 ", "budget of 0 bytes"}},
		{name: "one zoom", change: func(o *Options) { o.MinZoom, o.MaxZoom = 24, 24 }},
		{name: "too deep", change: func(o *Options) { o.MaxZoom = 25 }, want: []string{"max zoom 25 is more than 24"}},
		{name: "upside down", change: func(o *Options) { o.MinZoom, o.MaxZoom = 5, 4 }, want: []string{"min zoom 5 is more than max zoom 4"}},
		{name: "no power of two", change: func(o *Options) { o.Extent = 5000 }, want: []string{"extent 5000"}},
		{name: "too fine", change: func(o *Options) { o.Extent = 16384 }, want: []string{"extent 16384"}},
		{name: "widest buffer", change: func(o *Options) { o.Buffer = 1024 }},
		{name: "too wide", change: func(o *Options) { o.Buffer = 1025 }, want: []string{"buffer 1025 is more than 1024"}},
		{name: "too large", change: func(o *Options) { o.Budget = 1 << 30 }, want: []string{"budget of 1073741824 bytes"}},
		{name: "no room for one feature", change: func(o *Options) { o.Budget = 4000 }, want: []string{"more than the budget of 4000"}},
		{name: "no values", change: func(o *Options) { o.Distinct = map[string]int{"long": 0} }, want: []string{`"long": 0 distinct values`}},
		{name: "no such field", change: func(o *Options) { o.Distinct = map[string]int{"other": 5} }, want: []string{`"other", which is not a field`}},
		{
			name: "everything at once", change: func(o *Options) {
				*o = Options{MinZoom: 30, MaxZoom: 26, Extent: 1, Budget: 1, Distinct: map[string]int{"b": -1}}
			},
			want: []string{"max zoom 26", "min zoom 30", "extent 1 ", "budget of 1 ", `"b": -1`, `"b", which`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts := Defaults()
			tt.change(&opts)
			b, err := New(schema, opts)
			if len(tt.want) == 0 {
				if err != nil {
					t.Fatalf("got error %v, want a builder", err)
				}
				if diff := cmp.Diff(opts, b.Options()); diff != "" {
					t.Errorf("options differ (-want +got):\n%s", diff)
				}
				return
			}
			if err == nil {
				t.Fatal("got a builder, want an error")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got error %q, want it to contain %q", err, part)
				}
			}
		})
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	schema := &layers.Schema{
		Name: "points",
		Fields: []layers.Field{
			{Name: "low", Kind: column.Int, Priority: -1},
			{Name: "deep", Kind: column.Bool, FromZoom: 15},
			{Name: "high", Kind: column.Float, Priority: 9},
			{Name: "kept", Kind: column.String, Keep: true, Priority: -5, MaxLength: 9},
			{Name: "next", Kind: column.Time, Priority: 9, FromZoom: 3},
		},
		IDField: "key", IDFromZoom: 14,
	}
	opts := Defaults()
	opts.MaxZoom = 14
	b, err := New(schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	want := []Field{
		{"kept", column.String, 0, true},
		{"high", column.Float, 0, false},
		{"next", column.Time, 3, false},
		{"low", column.Int, 0, false},
		{"key", column.String, 14, false},
	}
	if diff := cmp.Diff(want, b.Fields()); diff != "" {
		t.Errorf("fields differ (-want +got):\n%s", diff)
	}
}
