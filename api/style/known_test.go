package style

import (
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
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

// TestKnownStaysKnown: what is known comes anew when the layer changed, and never loses a value, nor that
// there are more.
func TestKnownStaysKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // by a clock that only waits move
		v, set := layerOf(t)
		k := &known{}
		d := &styles.Drawing{Category: "kind", Number: "level"}
		want := func(when string, values ...string) styles.Known {
			t.Helper()
			got := k.of(v, d)["kind"]
			if !slices.Equal(got.Values, values) {
				t.Errorf("%s: got %v, want %v", when, got.Values, values)
			}
			return got
		}
		want("an empty layer")
		time.Sleep(time.Second)
		set("1", "b", 3)
		want("the first value", "b")
		set("1", "a", 9)
		want("right after a change", "b")
		time.Sleep(time.Second)
		want("the new value and the old", "b", "a")
		all := k.of(v, d)
		if r := all["level"].Range; r == nil || *r != [2]float64{9, 9} {
			t.Errorf("got range %v, want that of now", r)
		}
		if _, ok := all["note"]; ok {
			t.Error("a field that is not shown is remembered")
		}
		for i := range view.MaxDistinct + 1 {
			set(strconv.Itoa(i), strconv.Itoa(i), 0)
		}
		time.Sleep(time.Minute)
		if got := want("too many values to tell of any", "b", "a"); !got.More {
			t.Errorf("got %+v, want that there are more", got)
		}
		for i := range view.MaxDistinct + 1 {
			set(strconv.Itoa(i), "c", 0)
		}
		time.Sleep(time.Minute)
		if got := want("one value", "b", "a", "c"); !got.More {
			t.Errorf("got %+v, want that there are more, as before", got)
		}
	})
}

// TestKnownIsForgotten: behind an erasure a value is known only if a feature still has it.
func TestKnownIsForgotten(t *testing.T) {
	t.Parallel()
	v, set := layerOf(t)
	k := &known{}
	d := &styles.Drawing{Category: "kind"}
	set("1", "a person's", 1)
	if got := k.of(v, d)["kind"].Values; !slices.Equal(got, []string{"a person's"}) {
		t.Errorf("before: got %v", got)
	}
	set("1", "a", 1)
	v.Erased()
	if got := k.of(v, d)["kind"].Values; !slices.Equal(got, []string{"a"}) {
		t.Errorf("behind an erasure: got %v, want a", got)
	}
}

// TestKnownGoesNotBack: who comes late with older summaries changes nothing.
func TestKnownGoesNotBack(t *testing.T) {
	t.Parallel()
	v, set := layerOf(t)
	set("1", "a", 3)
	k := &known{fields: map[string]styles.Known{"kind": {Values: []string{"b"}}}, seq: 2}
	if got := k.of(v, &styles.Drawing{Category: "kind"})["kind"].Values; !slices.Equal(got, []string{"b"}) {
		t.Errorf("got %v, want what a later state told", got)
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
	k := &known{}
	got := k.of(v, &styles.Drawing{Category: "kind"})["kind"]
	if len(got.Values) != styles.MaxSwatches || !got.More || got.Values[0] != "kind 39" {
		t.Errorf("got %v, want the %d most common, and more", got, styles.MaxSwatches)
	}
	k = &known{}
	if got := k.of(v, &styles.Drawing{Status: "kind"})["kind"]; len(got.Values) != view.MaxCommon || !got.More {
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
	synctest.Test(t, func(t *testing.T) { // by a clock that only waits move
		v, k := view.Public(live), &known{}
		for i, step := range []struct {
			value column.Value
			want  bool
		}{{column.StringOf("a"), false}, {column.Value{}, true}, {column.StringOf("a"), true}} {
			_, err := live.Apply(layers.Batch{Layer: "things", Changes: []layers.Change{{Feature: layers.Feature{ID: "1", Values: []column.Value{step.value}}}}})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if got := k.of(v, &styles.Drawing{Category: "kind"})["kind"].Nulls; got != step.want {
				t.Errorf("%d: got %v, want %v", i, got, step.want)
			}
		}
	})
}
