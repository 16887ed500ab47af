package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// secret stands in every private field.
const secret = "13 Secret Lane"

func testLayer(t *testing.T) *layers.Layer {
	t.Helper()
	live, err := layers.New(&layers.Schema{
		Name: "complaints",
		Fields: []layers.Field{
			{Name: "reporter", Kind: column.String, Private: true},
			{Name: "status", Kind: column.String},
			{Name: "seen", Kind: column.Time, Private: true},
			{Name: "votes", Kind: column.Int},
		},
		TimeField: "seen", IDField: "id",
	}, layers.Options{MinRows: 2, MaxRows: 8})
	if err != nil {
		t.Fatal(err)
	}
	var b layers.Batch
	b.Layer = live.Name()
	for i := range 50 {
		b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{
			ID: layers.FeatureID(strconv.Itoa(i)), Geometry: orb.Point{116 + float64(i)/100, 39.9},
			Values: []column.Value{column.StringOf(secret), column.StringOf("open"), column.MicrosOf(77), column.IntOf(int64(i))},
		}})
	}
	if _, err := live.Apply(b); err != nil {
		t.Fatal(err)
	}
	return live
}

// TestPrivateFieldsLeaveByNoDoor asks every method for everything (S10).
func TestPrivateFieldsLeaveByNoDoor(t *testing.T) {
	t.Parallel()
	l := Public(testLayer(t))
	v := l.Now()
	var said []string
	say := func(f layers.Feature) bool {
		said = append(said, fmt.Sprint(f.ID, f.Geometry, f.Values))
		return true
	}
	f, _ := v.Feature("7")
	say(f)
	f, ok := v.Numbered(8)
	if !ok || f.ID != "8" {
		t.Errorf("number 8 is %v", f)
	}
	say(f)
	for _, n := range v.Nearest(116, 39.9, 50) {
		say(n.Feature())
	}
	everywhere := world.Box{Max: world.Point{X: 1<<32 - 1, Y: 1<<32 - 1}}
	v.Search(everywhere, say)
	v.Scan(nil, say)
	for _, b := range v.Blocks(everywhere, nil) {
		for field := range v.Schema().Fields {
			for row := range b.Len() {
				said = append(said, b.Column(field).Value(row).String(), string(b.ID(row)), b.IDText(row))
			}
		}
	}
	said = append(said, fmt.Sprintf("%+v", *v.Schema()), fmt.Sprint(v.Count(), v.Located()))
	if len(said) < 200 {
		t.Fatalf("only %d answers", len(said))
	}
	for _, s := range said {
		for _, private := range []string{secret, "reporter", "seen", "1970"} {
			if strings.Contains(s, private) {
				t.Fatalf("%q is in %s", private, s)
			}
		}
	}
}

// TestPredicatesNameFieldsOfTheView asks about the view's second field, which is the layer's fourth.
func TestPredicatesNameFieldsOfTheView(t *testing.T) {
	t.Parallel()
	v := Public(testLayer(t)).Now()
	var got []layers.FeatureID
	p := column.And(column.Where(1, column.GreaterOrEqual, column.IntOf(47)), column.Or(column.IsNull(0).Not(), column.IsNull(1)))
	stats := v.Scan(p, func(f layers.Feature) bool {
		got = append(got, f.ID)
		return true
	})
	slices.Sort(got)
	if fmt.Sprint(got) != "[47 48 49]" {
		t.Errorf("selected %v, want 47, 48 and 49", got)
	}
	if stats.Skipped == 0 {
		t.Error("no block was skipped")
	}
}

func TestViewIsOfOneMoment(t *testing.T) {
	t.Parallel()
	live := testLayer(t)
	l := Public(live)
	v := l.Now()
	if _, err := live.Apply(layers.Batch{Layer: live.Name(), Changes: []layers.Change{{Op: layers.Delete, Feature: layers.Feature{ID: "7"}}}}); err != nil {
		t.Fatal(err)
	}
	if _, ok := v.Feature("7"); !ok || v.Count() != 50 {
		t.Error("a view changed under its reader")
	}
	now := l.Now()
	if _, ok := now.Feature("7"); ok || now.Count() != 49 || now.Seq() != v.Seq()+1 {
		t.Errorf("the next view has %d features at seq %d", now.Count(), now.Seq())
	}
	bound, ok := now.Extent()
	if !ok || bound.Min[0] < 115.99 || bound.Max[0] > 116.5 {
		t.Errorf("extent %v", bound)
	}
}

// TestSchemaOfAnOrderedLayer: the schema of a view is valid when what orders the layer's changes is private.
func TestSchemaOfAnOrderedLayer(t *testing.T) {
	t.Parallel()
	live, err := layers.New(&layers.Schema{
		Name: "reports", Observed: "$observed", Version: "$version",
		Fields: []layers.Field{
			{Name: "title", Kind: column.String},
			{Name: "$observed", Kind: column.Time, Private: true},
			{Name: "$version", Kind: column.Int, Private: true},
		},
	}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s := Public(live).Schema(); s.Validate() != nil || len(s.Fields) != 1 {
		t.Errorf("got %v and %d fields, want a valid schema of one field", s.Validate(), len(s.Fields))
	}
}
