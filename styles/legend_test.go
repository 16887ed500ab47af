package styles

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hutong/layers"
)

// paintOf is the property of each type of style layer that is its colour.
var paintOf = map[string]string{"circle": "circle-color", "line": "line-color", "fill": "fill-color", "symbol": "icon-color"}

// evaluate returns what an expression gives for a feature's properties at a zoom, as far as the
// expressions of colours, images and texts go.
func evaluate(t *testing.T, e any, zoom float64, properties map[string]any) any {
	t.Helper()
	list, ok := e.([]any)
	if !ok {
		return e
	}
	if _, ok := list[0].(string); !ok {
		return list
	}
	each := func(i int) any { return evaluate(t, list[i], zoom, properties) }
	switch list[0] {
	case "literal":
		return list[1]
	case "get":
		return properties[list[1].(string)]
	case "zoom":
		return zoom
	case "to-number":
		return each(1)
	case "<=":
		return each(1).(float64) <= each(2).(float64)
	case "has":
		return properties[list[1].(string)] != nil
	case "coalesce":
		for i := 1; i < len(list); i++ {
			if v := each(i); v != nil {
				return v
			}
		}
		return nil
	case "number-format":
		return fmt.Sprint(each(1))
	case "concat", "format": // without the objects that say how
		var parts []string
		for i := 1; i < len(list); i++ {
			if v, ok := each(i).(string); ok {
				parts = append(parts, v)
			}
		}
		return strings.Join(parts, "")
	case "case":
		for i := 1; i+1 < len(list); i += 2 {
			if each(i) == true {
				return each(i + 1)
			}
		}
		return each(len(list) - 1)
	case "match":
		input := each(1)
		for i := 2; i+1 < len(list); i += 2 {
			if labels, isList := list[i].([]any); list[i] == input || isList && slices.Contains(labels, input) {
				return each(i + 1)
			}
		}
		return each(len(list) - 1)
	case "step":
		out, input := each(2), each(1).(float64)
		for i := 3; i+1 < len(list); i += 2 {
			if input >= list[i].(float64) {
				out = each(i + 1)
			}
		}
		return out
	}
	t.Fatalf("cannot evaluate %v", e)
	return nil
}

// layerOf returns a layer of in.
func layerOf(in *Input, name layers.Name) *Layer {
	return &in.Layers[slices.IndexFunc(in.Layers, func(l Layer) bool { return l.Name == name })]
}

// TestLegendIsThePaint: every style layer that draws a layer of data gives each line of its legend the
// colour that the legend says, symbols its shape and icon, and lines its dashes.
func TestLegendIsThePaint(t *testing.T) {
	t.Parallel()
	lines := 0
	for name, in := range goldens() {
		d := parse(t, in)
		for _, told := range d.Metadata.Layers {
			if told.Role != Data || told.Cells != nil && told.Cells.Below == 0 {
				continue // TestCellLegendIsThePaint has what is of cells
			}
			for _, e := range told.Legend {
				lines++
				numeric := told.Legend[0].To != nil
				properties := map[string]any{}
				switch {
				case e.Value != nil:
					properties[told.Field] = *e.Value
				case e.Other && !numeric:
					properties[told.Field] = "something that nobody knows"
				case e.From != nil:
					properties[told.Field] = *e.From
				case e.To != nil:
					properties[told.Field] = *e.To - 0.001
				}
				from := 0.0 // the zoom from which tiles have the field
				if l := layerOf(&in, told.Name); told.Field != "" {
					from = float64(l.Schema.Fields[l.Schema.FieldIndex(told.Field)].FromZoom)
				}
				for _, l := range d.Layers {
					if l.SourceLayer != string(told.Name) || told.Cells != nil && slices.Contains(told.Cells.IDs, l.ID) {
						continue
					}
					for _, zoom := range []float64{max(l.MinZoom, 14, from), 17} {
						if c, ok := l.Paint[paintOf[l.Type]]; ok && l.ID != string(told.Name)+":icon" {
							if got := evaluate(t, c, zoom, properties); got != e.Colour {
								t.Errorf("%s: %s paints %v %v, the legend says %s", name, l.ID, properties, got, e.Colour)
							}
						}
					}
					if l.Type == "line" {
						got, want := any(solid), any(solid)
						if e.Dash != nil {
							want = e.Dash
						}
						if dash := l.Paint["line-dasharray"]; dash != nil {
							got = evaluate(t, dash, max(14, from), properties)
						}
						if fmt.Sprint(got) != fmt.Sprint(want) {
							t.Errorf("%s: %s has dashes %v for %v, the legend says %v", name, l.ID, got, properties, e.Dash)
						}
					}
					if l.ID == string(told.Name)+":symbol" {
						if got := evaluate(t, l.Layout["icon-image"], max(14, from), properties); got != "shape-"+e.Shape {
							t.Errorf("%s: %s has image %v for %v, the legend says %q", name, l.ID, got, properties, e.Shape)
						}
					}
					if l.ID == string(told.Name)+":icon" {
						if got := evaluate(t, l.Layout["icon-image"], max(16, from), properties); got != e.Icon {
							t.Errorf("%s: %s has icon %v for %v, the legend says %q", name, l.ID, got, properties, e.Icon)
						}
					}
				}
			}
		}
	}
	if lines < 100 {
		t.Errorf("got %d lines of legends, want more", lines)
	}
}

// TestLegend: what the metadata tells of a layer.
func TestLegend(t *testing.T) {
	t.Parallel()
	in := demo()
	in.Lang = ZH
	told := map[layers.Name]described{}
	for _, d := range parse(t, in).Metadata.Layers {
		told[d.Name] = d
	}
	if len(told) != len(in.Layers) {
		t.Fatalf("got %d layers, want all %d", len(told), len(in.Layers))
	}
	complaints := told["complaints"]
	if complaints.Title != "投诉" || complaints.Field != "category" || !slices.Equal(complaints.Kinds, []string{"point"}) {
		t.Errorf("got %+v", complaints)
	}
	var got []string
	for _, e := range complaints.Legend {
		value := "-"
		if e.Value != nil {
			value = *e.Value
		}
		got = append(got, value+" "+e.Title+" "+e.Colour+" "+e.Shape+" "+e.Icon+" "+e.Kind)
	}
	want := []string{ // those that the owner names come first; a chosen colour uses up none
		"dust dust #123456 circle  point", "noise 噪音 #0072b2 square volume point", "parking parking #d55e00 triangle  point",
		"rubbish rubbish #009e73 diamond  point", "water water #cc79a7 star  point", "- 其他 #b9b0a6 circle  point",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	l := Layer{Drawing: Drawing{Fields: map[string]FieldLook{"category": {Values: map[string]ValueLook{"pothole": {Title: Words{ZH: "路面坑洞"}}, "dust": {Title: Words{EN: "Dust"}}}}}}}
	for lang, want := range map[Lang]string{EN: "pothole Dust other", ZH: "路面坑洞 Dust other"} {
		if got := l.named("category", "pothole", lang) + " " + l.named("category", "dust", lang) + " " + l.named("category", "other", lang); got != want {
			t.Errorf("in %s values are called %q, want %q", lang, got, want)
		}
	}
	vendors := told["vendors"].Legend
	if n := len(vendors); n != MaxSwatches+1 || !vendors[n-1].Other {
		t.Errorf("got %d lines for 17 values, want %d and one for others", n, MaxSwatches)
	}
	seen := map[[2]string]bool{}
	for _, e := range vendors {
		seen[[2]string{e.Colour, e.Shape}] = true
	}
	if len(seen) != len(vendors) {
		t.Errorf("got %d looks for %d lines, want each its own", len(seen), len(vendors))
	}
	if l := told["water"].Legend; len(l) != 1 || l[0].Colour != light.water || told["water"].Role != Water {
		t.Errorf("got %+v, want the water's colour", told["water"])
	}
	if s := told["sensors"]; s.Field != "pm25" || len(s.Legend) != 7 || !s.Legend[6].Other || s.Legend[0].Unit != "µg/m³" || s.Legend[0].Title != "< 35" || s.Legend[5].Title != "≥ 250" {
		t.Errorf("got %+v, want the classes of fine dust", s)
	}
	if ids := told["markets"].IDs; !slices.Equal(ids, []string{"markets:fill", "markets:outline", "markets", "markets:symbol", "markets:label", "markets:label-area"}) {
		t.Errorf("got ids %q", ids)
	}
}

// TestColoursStay: a colour does not change with how common a value is, with the order in which values
// are known, or with what becomes of other layers' values.
func TestColoursStay(t *testing.T) {
	t.Parallel()
	colours := func(change func(*Input)) map[string]string {
		in := demo()
		change(&in)
		all := map[string]string{}
		for _, d := range parse(t, in).Metadata.Layers {
			for _, e := range d.Legend {
				if e.Value != nil {
					all[string(d.Name)+" "+*e.Value] = e.Colour + e.Shape
				}
			}
		}
		return all
	}
	before := colours(func(*Input) {})
	after := colours(func(in *Input) {
		layerOf(in, "complaints").Known["category"] = values("rubbish", "water", "noise", "parking")
		layerOf(in, "sensors").Known = nil
		layerOf(in, "markets").Known["status"] = values("shut", "open")
	})
	for key, want := range before {
		if got := after[key]; got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}

// TestNullsAreTold: features without a value are drawn as all others, so the legend has a line for these.
func TestNullsAreTold(t *testing.T) {
	t.Parallel()
	for name, nulls := range map[string]bool{"some without": true, "all with": false} {
		kind := made(Layer{Known: map[string]Known{"kind": {Values: []string{"a"}, Nulls: nulls}}}, "kind")
		pm := made(Layer{Known: map[string]Known{"value": {Range: &[2]float64{0, 6}, Nulls: nulls}}}, "#value")
		for field, l := range map[string]*Layer{"kind": &kind, "value": &pm} {
			legend := legendOf(t, l)
			last := legend[len(legend)-1]
			if last.Other != nulls || nulls && (last.Colour != light.other || last.Title != "Other") {
				t.Errorf("%s %s: got %+v last", name, field, last)
			}
		}
	}
}
