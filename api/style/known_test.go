package style

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/styles"
)

// layerOf returns a layer with a text and a number, and what sets a feature of it.
func layerOf(t *testing.T) (v *view.Layer, set func(id, kind string, level float64)) {
	t.Helper()
	live, err := layers.New(&layers.Schema{Name: "things", Fields: []layers.Field{
		{Name: "kind", Kind: column.String, Keep: true}, {Name: "level", Kind: column.Float}, {Name: "note", Kind: column.String},
	}}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return view.Public(live), func(id, kind string, level float64) {
		_, err := live.Apply(layers.Batch{Layer: "things", Changes: []layers.Change{{Feature: layers.Feature{
			ID: layers.FeatureID(id), Values: []column.Value{column.StringOf(kind), column.FloatOf(level), column.StringOf("a note")},
		}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestKnownIsReadRarely: what is known stays for a while, comes again when the layer changed, and
// never loses a value.
func TestKnownIsReadRarely(t *testing.T) {
	t.Parallel()
	v, set := layerOf(t)
	clock := time.Unix(0, 0)
	k := &known{now: func() time.Time { return clock }}
	d := &styles.Drawing{Category: "kind", Number: "level"}
	read := func() styles.Known { return k.of(v.Now(), d)["kind"] }
	if got := read(); len(got.Values) > 0 {
		t.Errorf("of an empty layer: got %v", got)
	}
	set("1", "b", 3)
	clock = clock.Add(restUnknown)
	if got := read(); !slices.Equal(got.Values, []string{"b"}) {
		t.Errorf("got %v, want the first value at once", got)
	}
	set("1", "a", 9)
	clock = clock.Add(rest - time.Second)
	if got := read(); !slices.Equal(got.Values, []string{"b"}) {
		t.Errorf("got %v, want what was known", got)
	}
	clock = clock.Add(2 * time.Second)
	if got := read(); !slices.Equal(got.Values, []string{"b", "a"}) {
		t.Errorf("got %v, want the new value and the old", got)
	}
	all := k.of(v.Now(), d)
	if r := all["level"].Range; r == nil || *r != [2]float64{9, 9} {
		t.Errorf("got range %v, want that of now", r)
	}
	if _, ok := all["note"]; ok {
		t.Error("a field that is not shown is remembered")
	}
}

// TestKnownIsBounded: of many values the most common are known, and that there are more.
func TestKnownIsBounded(t *testing.T) {
	t.Parallel()
	v, set := layerOf(t)
	for i := range 40 {
		for j := range i + 1 {
			set(strconv.Itoa(i)+"-"+strconv.Itoa(j), "kind "+strconv.Itoa(i), 0)
		}
	}
	k := &known{now: time.Now}
	got := k.of(v.Now(), &styles.Drawing{Category: "kind"})["kind"]
	if len(got.Values) != styles.MaxSwatches || !got.More || got.Values[0] != "kind 39" {
		t.Errorf("got %v, want the %d most common, and more", got, styles.MaxSwatches)
	}
	k = &known{now: time.Now}
	if got := k.of(v.Now(), &styles.Drawing{Status: "kind"})["kind"]; len(got.Values) != view.MaxCommon || !got.More {
		t.Errorf("of a status: got %v, want all that the view tells", got)
	}
}

// TestKnownNulls: that features have no value is known, and stays known.
func TestKnownNulls(t *testing.T) {
	t.Parallel()
	live, err := layers.New(&layers.Schema{Name: "things", Fields: []layers.Field{{Name: "kind", Kind: column.String}}}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, clock := view.Public(live), time.Unix(0, 0)
	k := &known{now: func() time.Time { return clock }}
	for i, step := range []struct {
		value column.Value
		want  bool
	}{{column.StringOf("a"), false}, {column.Value{}, true}, {column.StringOf("a"), true}} {
		_, err := live.Apply(layers.Batch{Layer: "things", Changes: []layers.Change{{Feature: layers.Feature{ID: "1", Values: []column.Value{step.value}}}}})
		if err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(time.Hour)
		if got := k.of(v.Now(), &styles.Drawing{Category: "kind"})["kind"].Nulls; got != step.want {
			t.Errorf("%d: got %v, want %v", i, got, step.want)
		}
	}
}
