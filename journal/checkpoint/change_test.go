package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/layers"
	"hutong/layers/column"
)

// TestSchemaChanges loads a layer whose schema is another one now.
func TestSchemaChanges(t *testing.T) {
	t.Parallel()
	value := map[column.Kind]column.Value{
		column.String: column.StringOf("text"),
		column.Int:    column.IntOf(-7),
		column.Float:  column.FloatOf(0.5),
		column.Bool:   column.BoolOf(true),
		column.Time:   column.MicrosOf(1_470_257_231_500_000),
	}
	becomes := map[[2]column.Kind]column.Value{
		{column.Int, column.Float}:    column.FloatOf(-7),
		{column.Int, column.String}:   column.StringOf("-7"),
		{column.Float, column.String}: column.StringOf("0.5"),
		{column.Bool, column.String}:  column.StringOf("true"),
		{column.Time, column.String}:  column.StringOf("2016-08-03T20:47:11.5Z"),
	}
	for from := column.String; from <= column.Time; from++ {
		for to := column.String; to <= column.Time; to++ {
			if from == to {
				becomes[[2]column.Kind{from, to}] = value[from]
			}
			name := fmt.Sprintf("%s to %s", from, to)
			want, possible := becomes[[2]column.Kind{from, to}]
			got, loaded, err := change(t, oneField(from), oneField(to), value[from], column.Value{})
			switch {
			case !possible:
				checkRefused(t, name, err, fmt.Sprintf(`layer "l": field "f" was of type %s and is of type %s`, from, to), "or another name")
			case err != nil:
				t.Errorf("%s: %v", name, err)
			case got[0][0] != want || !got[1][0].IsNull():
				t.Errorf("%s: %v, want %v and null", name, got, want)
			case (len(loaded.Changes) == 1) != (from != to):
				t.Errorf("%s: changes %v", name, loaded.Changes)
			}
		}
	}
}

func oneField(k column.Kind) *layers.Schema {
	return &layers.Schema{Name: "l", Fields: []layers.Field{{Name: "f", Kind: k}}}
}

// change writes values of the first field under one schema and loads them under another: the values of the
// features, in the order given.
func change(t *testing.T, from, to *layers.Schema, values ...column.Value) ([][]column.Value, Loaded, error) {
	t.Helper()
	l := newLayer(t, from)
	var features []layers.Feature
	for i, v := range values {
		features = append(features, layers.Feature{ID: layers.FeatureID(strconv.Itoa(i)), Values: []column.Value{v}})
	}
	fill(t, l, 3, features...)
	s := open(t, newFolder(t), Options{})
	write(t, s, content(3, l))
	back := newLayer(t, to)
	loaded, err := s.Load(t.Context(), []*layers.Layer{back})
	if err != nil {
		if back.Snapshot().Seq() != 0 {
			t.Errorf("state %d after an error", back.Snapshot().Seq())
		}
		return nil, loaded, err
	}
	var out [][]column.Value
	for i := range values {
		row, ok := back.Snapshot().Find(layers.FeatureID(strconv.Itoa(i)))
		if !ok {
			t.Fatalf("feature %d is gone", i)
		}
		out = append(out, row.Feature().Values)
	}
	// What was changed is written anew, though the state is the same.
	write(t, s, content(4, back))
	again := newLayer(t, to)
	if got := load(t, s, again); len(got.Changes) > 0 || dump(again.Snapshot()) != dump(back.Snapshot()) {
		t.Errorf("once more: changes %v", got.Changes)
	}
	return out, loaded, nil
}

func checkRefused(t *testing.T, name string, err error, wants ...string) {
	t.Helper()
	if _, ok := errors.AsType[*SchemaError](err); !ok {
		t.Errorf("%s: error %v, want one of a schema", name, err)
		return
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %q does not say %q", name, err, want)
		}
	}
}

// TestWideningLimits has values at the edge of what the new type holds.
func TestWideningLimits(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{0, 1 << 53, -1 << 53, 1 << 62, math.MinInt64} {
		got, _, err := change(t, oneField(column.Int), oneField(column.Float), column.IntOf(n))
		if err != nil || int64(got[0][0].Float()) != n {
			t.Errorf("%d became %v, error %v", n, got, err)
		}
	}
	for _, n := range []int64{1<<53 + 1, -1<<53 - 1, math.MaxInt64} {
		_, _, err := change(t, oneField(column.Int), oneField(column.Float), column.IntOf(1), column.IntOf(n))
		checkRefused(t, strconv.FormatInt(n, 10), err, `field "f"`, "beyond 2⁵³", "Give the field the type int again")
		if strings.Contains(err.Error(), strconv.FormatInt(n, 10)) {
			t.Errorf("the error %q has a value, which may be private", err)
		}
	}
	short := oneField(column.String)
	short.Fields[0].MaxLength = 3
	if got, _, err := change(t, oneField(column.String), short, column.StringOf("abc")); err != nil || got[0][0].Text() != "abc" {
		t.Errorf("a text of the longest length: %v, error %v", got, err)
	}
	_, _, err := change(t, oneField(column.String), short, column.StringOf("abcd"))
	checkRefused(t, "long text", err, "4 bytes of text, more than its max_length of 3", "a larger max_length")
	_, _, err = change(t, oneField(column.Int), short, column.IntOf(1234))
	checkRefused(t, "long number", err, "4 bytes of text", "a larger max_length")
	// A layer without features takes any type.
	if _, loaded, err := change(t, oneField(column.String), oneField(column.Bool)); err != nil || len(loaded.Changes) != 1 {
		t.Errorf("an empty layer: changes %v, error %v", loaded.Changes, err)
	}
}

// TestReport changes everything at once, in an order of fields of its own, and reads the report.
func TestReport(t *testing.T) {
	t.Parallel()
	old := &layers.Schema{
		Name: "l", Observed: "at", Version: "v",
		Fields: []layers.Field{
			{Name: "at", Kind: column.Time},
			{Name: "v", Kind: column.Int},
			{Name: "gone", Kind: column.Float},
			{Name: "phone", Kind: column.String},
			{Name: "n", Kind: column.Int},
		},
	}
	now := &layers.Schema{
		Name: "l", Observed: "at", Version: "v",
		Fields: []layers.Field{
			{Name: "n", Kind: column.Float},
			{Name: "new", Kind: column.Bool},
			{Name: "phone", Kind: column.String, Private: true},
			{Name: "at", Kind: column.Time},
			{Name: "v", Kind: column.String},
		},
	}
	l, dropped := newLayer(t, old), newLayer(t, &layers.Schema{Name: "dropped"})
	fill(t, l, 1, layers.Feature{ID: "1", Values: []column.Value{
		column.MicrosOf(5), column.IntOf(10), column.FloatOf(1), column.StringOf("+86"), column.IntOf(3),
	}}, layers.Feature{ID: "2"})
	fill(t, dropped, 2, layers.Feature{ID: "1"})
	c := content(2, l, dropped)
	for i := range c.Layers {
		if c.Layers[i].Snapshot.Schema().Name == "l" {
			c.Layers[i].Tombstones = []layers.Tombstone{{ID: "3", Observed: column.MicrosOf(4), Version: column.IntOf(9)}}
		}
	}
	s := open(t, newFolder(t), Options{})
	write(t, s, c)
	back, fresh := newLayer(t, now), newLayer(t, smallSchema("fresh"))
	got := load(t, s, back, fresh)
	var lines strings.Builder
	for _, c := range got.Changes {
		fmt.Fprintln(&lines, c)
	}
	const want = `layer "l": field "n" was of type int and is of type float: its values were converted
layer "l": field "new" is new: null in 2 features
layer "l": field "phone" is private now
layer "l": field "v" was of type int and is of type string: its values were converted
layer "l": field "gone" is gone: its values in 2 features were dropped
layer "l": versions are compared as string now
layer "fresh": it is new: empty
layer "dropped": it is gone: 1 feature left out; the checkpoint keeps them until newer ones take its place
`
	if diff := cmp.Diff(want, lines.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	row, _ := back.Snapshot().Find("1")
	if diff := cmp.Diff([]column.Value{column.FloatOf(3), {}, column.StringOf("+86"), column.MicrosOf(5), column.StringOf("10")},
		row.Feature().Values, cmp.AllowUnexported(column.Value{})); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

// TestTombstonesOfAnotherSchema changes by which fields changes are ordered.
func TestTombstonesOfAnotherSchema(t *testing.T) {
	t.Parallel()
	schema := func(observed, version string, kind column.Kind) *layers.Schema {
		return &layers.Schema{Name: "l", Observed: observed, Version: version, Fields: []layers.Field{
			{Name: "at", Kind: column.Time}, {Name: "other", Kind: column.Time}, {Name: "v", Kind: kind}, {Name: "w", Kind: column.Int},
		}}
	}
	dead := []layers.Tombstone{{ID: "x", Observed: column.MicrosOf(4), Version: column.IntOf(9)}}
	for _, test := range []struct {
		name    string
		now     *layers.Schema
		version column.Value
		report  string
	}{
		{"same", schema("at", "v", column.Int), column.IntOf(9), ""},
		{"wider version", schema("at", "v", column.String), column.StringOf("9"), "versions are compared as string now"},
		{"other version", schema("at", "w", column.Int), column.Value{}, `versions are now those of field "w": 1 remembered delete kept without one`},
		{"no version", schema("at", "", column.Int), column.Value{}, `versions are now those of no field: 1 remembered delete kept without one`},
		{"other times", schema("other", "v", column.Int), column.IntOf(9), `event times are now those of field "other", not "at": 1 remembered delete with the old ones kept`},
		{"no times", schema("", "", column.Int), column.Value{}, "changes have no event times now: 1 remembered delete dropped"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLayer(t, schema("at", "v", column.Int))
			fill(t, l, 1)
			c := content(1, l)
			c.Layers[0].Tombstones = dead
			s := open(t, newFolder(t), Options{})
			write(t, s, c)
			p, err := makePlan(&s.entries[0].manifest.Layers[0], test.now)
			if err != nil {
				t.Fatal(err)
			}
			var got []layers.Tombstone
			if p.tombstones {
				err = s.withFile(p.record.Tombstones, func(f file) (err error) {
					got, err = readTombstones(t.Context(), f, p, p.record.Tombstones)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				want := []layers.Tombstone{{ID: "x", Observed: column.MicrosOf(4), Version: test.version}}
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(column.Value{})); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			} else if test.name != "no times" {
				t.Error("the tombstones are dropped")
			}
			if report := fmt.Sprint(p.changes); test.report == "" && len(p.changes) > 0 || !strings.Contains(report, test.report) {
				t.Errorf("report %s, want %q", report, test.report)
			}
		})
	}
}
