package derive

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/layers"
	"hutong/layers/column"
)

func TestSpecRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		spec Spec
		want string
	}{
		{"levels", Spec{Min: 9, Max: 4}, "levels 9 to 4: want the coarsest first, and the finest 1 to 15"},
		{"beyond", Spec{Min: 9, Max: 16}, "levels 9 to 16: want the coarsest first"},
		{"no field", Spec{Time: "when"}, `there is no field "when"`},
		{"no time", Spec{Time: "votes"}, `field "votes" is of type int: want time`},
		{"no number", Spec{Numbers: []string{"title"}}, `field "title" is of type string: want int or float`},
		{"private", Spec{Counts: []CountField{{"phone", []string{"1"}}}}, `field "phone" is private: cells are public`},
		{"counted float", Spec{Counts: []CountField{{"score", []string{"1"}}}}, `field "score" is of type float: want string or int or bool`},
		{"no values", Spec{Counts: []CountField{{Field: "category"}}}, `field "category" is counted without a value`},
		{"bad value", Spec{Counts: []CountField{{"votes", []string{"007"}}}}, `field "votes": "007" is no value of type int`},
		{"twice", Spec{Counts: []CountField{{"urgent", []string{"true", "true"}}}}, `field "urgent": "true" stands twice`},
		{"same names", Spec{Counts: []CountField{{"category", []string{"A b", "a-B"}}}}, `field "category_a_b" stands twice`},
		{"the name of other", Spec{Counts: []CountField{{"category", []string{"other"}}}}, `field "category_other" stands twice`},
		{"too many", Spec{Counts: []CountField{{"category", strings.Split(strings.Repeat("x", 64), "")}}}, "65 values are counted, more than 64"},
		{"several", Spec{Time: "when", Numbers: []string{"who"}}, `there is no field "who"`},
	} {
		if tt.name == "too many" {
			for i := range 65 {
				tt.spec.Counts[0].Values = append(tt.spec.Counts[0].Values[:i], "v"+strings.Repeat("x", i))
			}
		}
		_, err := NewIndex(testSchema(), tt.spec)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	spec := Spec{Time: "reported", Numbers: []string{"votes", "score"}, Counts: []CountField{
		{"category", []string{"Street Lamp", "噪声", "other things!"}}, {"urgent", []string{"true"}},
	}}
	ix, err := NewIndex(testSchema(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if s := ix.Spec(); s.Min != 4 || s.Max != 11 {
		t.Errorf("levels %d to %d, want the defaults, 4 to 11", s.Min, s.Max)
	}
	describe := func(s *layers.Schema) (out []string) {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		for _, f := range s.Fields {
			out = append(out, f.Name+" "+f.Kind.String())
		}
		return out
	}
	common := []string{
		"newest time", "votes_sum int", "votes_min int", "votes_max int", "votes_mean float",
		"score_sum float", "score_min float", "score_max float", "score_mean float",
		"category_street_lamp int", "category_噪声 int", "category_other_things int", "category_other int", "urgent_true int", "urgent_other int",
	}
	hexes, clusters := ix.HexSchema("complaints-hex"), ix.ClusterSchema("complaints-clusters")
	if diff := cmp.Diff(append([]string{"resolution int", "count int"}, common...), describe(hexes)); diff != "" {
		t.Errorf("hexes (-want +got):\n%s", diff)
	}
	want := append([]string{"cluster bool", "point_count int", "point_count_abbreviated string", "resolution int"}, common...)
	if diff := cmp.Diff(want, describe(clusters)); diff != "" {
		t.Errorf("clusters (-want +got):\n%s", diff)
	}
	if !hexes.Coverage || clusters.Coverage || hexes.IDField != "h3" || hexes.TimeField != "" || clusters.TimeField != "" || hexes.Name != "complaints-hex" {
		t.Errorf("hexes %+v, clusters %+v", hexes, clusters)
	}
}

func TestFieldName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"category_Noise - Street/Sidewalk": "category_noise_street_sidewalk", "a__b": "a_b", "x_": "x", "噪声_ÉCOLE": "噪声_école",
		strings.Repeat("噪", 30): strings.Repeat("噪", 21), "bad \xff byte": "bad_byte",
	} {
		if got := fieldName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestFixed(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{0, 1, -1, 0.5, -0.5, 1.25, -3.75, 1e15 + 0.5, -9.2e18, 4503599627370497.5, 1.0 / (1 << 32), -1.0 / (1 << 32)} {
		hi, lo, ok := fixed(column.FloatOf(f))
		if got := unfixed(hi, lo); !ok || got != f {
			t.Errorf("%v comes back as %v, %t", f, got, ok)
		}
	}
	for _, f := range []float64{1 << 63, -1 << 63, 1e300} {
		if _, _, ok := fixed(column.FloatOf(f)); ok {
			t.Errorf("%v is summed", f)
		}
	}
	if hi, lo, _ := fixed(column.FloatOf(0.5 / (1 << 32))); hi != 0 || lo != 0 {
		t.Errorf("half a unit is %d, %d: want it rounded to even", hi, lo)
	}
	// 2⁵³ + 1 and the least bit below: to the nearest, once.
	if got, want := unfixed(1<<21, 1<<32+1), float64(1<<53+2); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := unfixed(1<<21, 1<<32), float64(1<<53); got != want {
		t.Errorf("a half: got %v, want %v, which is even", got, want)
	}
}
