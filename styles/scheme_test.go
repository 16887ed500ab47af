package styles

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// legendOf returns the legend of a layer of points alone.
func legendOf(t *testing.T, l *Layer) []entry {
	t.Helper()
	l.Name, l.Points = "things", true
	return parse(t, Input{BaseURL: "http://h", Sprite: true, Layers: []Layer{*l}}).Metadata.Layers[0].Legend
}

// TestChosenLooksAreKept: of too many values those have looks that their owner chose, then those the owner
// names, then the first known, whatever their places in the alphabet; they stand in their order.
func TestChosenLooksAreKept(t *testing.T) {
	t.Parallel()
	looks := map[string]ValueLook{
		"z bus": {Icon: "bus"}, "y red": {Colour: "#ff0000"}, "b": {Title: Words{EN: "Bee"}}, "z": {Title: Words{EN: "Zee"}},
	}
	known := values("o", "p", "q") // the most common first
	for c := 'a'; c <= 'n'; c++ {
		known.Values = append(known.Values, string(c))
	}
	l := made(Layer{Drawing: Drawing{Fields: map[string]FieldLook{"kind": {Values: looks}}}, Known: map[string]Known{"kind": known}}, "kind")
	var got []string
	for _, e := range legendOf(t, &l) {
		if e.Value != nil {
			got = append(got, *e.Value)
		}
	}
	want := []string{"b", "y red", "z", "z bus", "a", "c", "d", "e", "f", "g", "h", "i", "j", "o", "p", "q"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

// TestUndrawn: only looks that were chosen and have no room are told.
func TestUndrawn(t *testing.T) {
	t.Parallel()
	look := FieldLook{Values: map[string]ValueLook{}}
	for i := range MaxSwatches {
		look.Values[fmt.Sprintf("v%02d", i)] = ValueLook{Icon: "bus"}
		look.Values[fmt.Sprintf("title %02d", i)] = ValueLook{Title: Words{EN: "A title"}}
	}
	if got := look.Undrawn(); len(got) != 0 {
		t.Errorf("got %q, want none", got)
	}
	look.Values["a"], look.Values["v99"] = ValueLook{Colour: "#123456"}, ValueLook{Icon: "bus"}
	if got := look.Undrawn(); !slices.Equal(got, []string{"v15", "v99"}) {
		t.Errorf("got %q, want the last of the alphabet", got)
	}
}

// TestPaletteBesideChosenColours: the palette's colours that an owner chose are handed out to nobody else
// while there are others; when all are chosen the other values still differ from each other.
func TestPaletteBesideChosenColours(t *testing.T) {
	t.Parallel()
	for chosen := range len(light.palette) + 1 {
		looks := map[string]ValueLook{}
		for i := range chosen {
			looks[fmt.Sprintf("chosen %d", i)] = ValueLook{Colour: light.palette[i]}
		}
		l := made(Layer{
			Drawing: Drawing{Fields: map[string]FieldLook{"kind": {Values: looks}}}, Known: map[string]Known{"kind": values("x", "y", "z")},
		}, "kind")
		var others []string
		for _, e := range legendOf(t, &l) {
			if _, named := looks[*e.Value]; !named {
				others = append(others, e.Colour)
			}
		}
		free := len(light.palette) - chosen
		if free >= len(others) && slices.ContainsFunc(others, func(c string) bool { return slices.Contains(light.palette[:chosen], c) }) {
			t.Errorf("%d chosen: got %q for others, want none of those chosen", chosen, others)
		}
		distinct := len(slices.Compact(slices.Sorted(slices.Values(others))))
		if (free == 0 || free >= len(others)) && distinct != len(others) {
			t.Errorf("%d chosen: got %q for others, want three colours", chosen, others)
		}
	}
}

// TestSecondCues: values of one colour differ in shape as points, and in dashes as lines and polygons.
func TestSecondCues(t *testing.T) {
	t.Parallel()
	var known Known
	for i := range MaxSwatches {
		known.Values = append(known.Values, fmt.Sprintf("v%02d", i))
	}
	l := made(Layer{Name: "things", Points: true, Lines: true, Known: map[string]Known{"kind": known}}, "kind")
	legend := parse(t, Input{BaseURL: "http://h", Sprite: true, Layers: []Layer{l}}).Metadata.Layers[0].Legend
	looks := map[string]bool{}
	for _, e := range legend {
		looks[e.Colour+e.Shape], looks[fmt.Sprint(e.Colour, e.Dash)] = true, true
	}
	if len(looks) != 2*MaxSwatches {
		t.Errorf("got %d looks of %d values, want two each: %v", len(looks), MaxSwatches, looks)
	}
	if legend := legendOf(t, &Layer{MaxZoom: 18, Schema: l.Schema, Drawing: l.Drawing, Known: l.Known}); legend[1].Dash != nil {
		t.Errorf("points alone have the dashes %v", legend[1].Dash)
	}
}
