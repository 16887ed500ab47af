package checkpoint

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/layers"
	"hutong/layers/column"
)

// TestRoundTrip writes every special feature, in layers of many blocks and of one, and loads them.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	all := cases()
	for _, coverage := range []bool{false, true} {
		schema := casesSchema("cases")
		schema.Coverage = coverage
		l := newLayer(t, schema)
		fill(t, l, 40, all...)
		empty, untouched := newLayer(t, casesSchema("empty")), newLayer(t, casesSchema("untouched"))
		fill(t, empty, 41)
		folder := newFolder(t)
		c := content(42, l, empty, untouched)
		c.Notes = map[string]json.RawMessage{"sources": json.RawMessage(`{"mqtt":{"at":9007199254740993,"html":"<&>"}}`), "x": json.RawMessage(`null`)}
		info := write(t, open(t, folder, Options{}), c)
		if len(info.Layers) != 3 || info.Layers[0].Features != len(all) || info.Seq != 42 || !info.Time.Equal(testTime) {
			t.Errorf("info %+v", info)
		}
		// Another process, with other measures.
		schema = casesSchema("cases")
		schema.Coverage = coverage
		back, err := layers.New(schema, layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		emptyBack, untouchedBack := newLayer(t, casesSchema("empty")), newLayer(t, casesSchema("untouched"))
		s := open(t, folder, Options{})
		got := load(t, s, back, emptyBack, untouchedBack)
		if diff := cmp.Diff(info, got.Info); diff != "" {
			t.Errorf("info (-written +loaded):\n%s", diff)
		}
		if diff := cmp.Diff(c.Notes, got.Notes); diff != "" {
			t.Errorf("notes (-written +loaded):\n%s", diff)
		}
		if len(got.Changes) > 0 || len(got.Skipped) > 0 || got.Epoch != "first" {
			t.Errorf("changes %v, skipped %v, epoch %q: want none, none, first", got.Changes, got.Skipped, got.Epoch)
		}
		if diff := cmp.Diff(dump(l.Snapshot()), dump(back.Snapshot())); diff != "" {
			t.Errorf("coverage %v (-written +loaded):\n%s", coverage, diff)
		}
		if emptyBack.Snapshot().Seq() != 41 || untouchedBack.Snapshot().Seq() != 0 {
			t.Errorf("states %d and %d of empty layers, want 41 and 0", emptyBack.Snapshot().Seq(), untouchedBack.Snapshot().Seq())
		}
		// The log goes on.
		fill(t, back, 43, layers.Feature{ID: "later"})
	}
}

// TestTombstones reads back what State holds beside the features.
func TestTombstones(t *testing.T) {
	t.Parallel()
	observed := []column.Value{{}, column.MicrosOf(0), column.MicrosOf(-1), column.MicrosOf(1_470_257_231_000_001), column.MicrosOf(math.MaxInt64)}
	for _, test := range []struct {
		name     string
		kind     column.Kind // of the version field
		versions []column.Value
	}{
		{"no version", column.Null, []column.Value{{}}},
		{"int", column.Int, []column.Value{{}, column.IntOf(0), column.IntOf(math.MinInt64), column.IntOf(1<<53 + 1)}},
		{"string", column.String, []column.Value{{}, column.StringOf(""), column.StringOf("v2")}},
		{"time", column.Time, []column.Value{{}, column.MicrosOf(0), column.MicrosOf(12345)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			schema := &layers.Schema{Name: "dead", Observed: "at", Fields: []layers.Field{{Name: "at", Kind: column.Time}}}
			if test.kind != column.Null {
				schema.Version = "v"
				schema.Fields = append(schema.Fields, layers.Field{Name: "v", Kind: test.kind})
			}
			l := newLayer(t, schema)
			fill(t, l, 7)
			c := content(7, l)
			c.Layers[0].Pruned = column.MicrosOf(-5)
			for i, o := range observed {
				for k, v := range test.versions {
					c.Layers[0].Tombstones = append(c.Layers[0].Tombstones, layers.Tombstone{
						ID: layers.FeatureID(fmt.Sprintf("gone %d %d", i, k)), Observed: o, Version: v, Received: int64(i * 1000),
					})
				}
			}
			s := open(t, newFolder(t), Options{})
			info := write(t, s, c)
			if n := len(c.Layers[0].Tombstones); info.Layers[0].Tombstones != n {
				t.Errorf("%d tombstones in %+v, want %d", info.Layers[0].Tombstones, info, n)
			}
			record := &s.entries[0].manifest.Layers[0]
			p, err := makePlan(record, schema)
			if err != nil {
				t.Fatal(err)
			}
			var got []layers.Tombstone
			err = s.withFile(record.Tombstones, func(f file) (err error) {
				got, err = readTombstones(t.Context(), f, p, p.record.Tombstones)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.Layers[0].Tombstones, got, cmp.AllowUnexported(column.Value{})); diff != "" {
				t.Errorf("(-written +read):\n%s", diff)
			}
			if got := record.pruned(); got != c.Layers[0].Pruned {
				t.Errorf("pruned up to %v, want %v", got, c.Layers[0].Pruned)
			}
			load(t, s, newLayer(t, schema))
		})
	}
}

// TestManyGroups writes a layer of several row groups, ended by rows and by bytes.
func TestManyGroups(t *testing.T) {
	t.Parallel()
	schema := &layers.Schema{Name: "many", Fields: []layers.Field{
		{Name: "n", Kind: column.Int}, {Name: "text", Kind: column.String, MaxLength: 1 << 20},
	}}
	l, err := layers.New(schema, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var features []layers.Feature
	for i := range groupRows + 500 {
		features = append(features, layers.Feature{
			ID: layers.FeatureID(strconv.Itoa(i)), Geometry: pointOf(i), Values: []column.Value{column.IntOf(int64(i)), column.StringOf(strconv.Itoa(i % 70))},
		})
	}
	long := strings.Repeat("x", 1<<20)
	for i := range 17 {
		features[i*7].Values[1] = column.StringOf(long)
	}
	fill(t, l, 1, features...)
	s := open(t, newFolder(t), Options{})
	write(t, s, content(1, l))
	back := newLayer(t, schema)
	load(t, s, back)
	if dump(l.Snapshot()) != dump(back.Snapshot()) {
		t.Error("the layer is not as it was")
	}
}

// TestModes looks at who may read the files.
func TestModes(t *testing.T) {
	t.Parallel()
	folder := newFolder(t)
	l := newLayer(t, casesSchema("cases"))
	fill(t, l, 1, cases()...)
	write(t, open(t, folder, Options{}), content(1, l))
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := os.FileMode(fileMode)
		if d.IsDir() {
			want = folderMode
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestColumnNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ fields, want []string }{
		{[]string{"a", "b"}, []string{"a", "b", "id"}},
		{[]string{"id"}, []string{"id", "id_"}},
		{[]string{"ID", "id_"}, []string{"ID", "id_", "id__"}},
		{[]string{"geometry", "geometry_", "BBOX"}, []string{"geometry__", "geometry_", "BBOX_", "id"}},
		{[]string{"name", "Name", "NAME"}, []string{"name", "Name_", "NAME__", "id"}},
	} {
		var schema layers.Schema
		for _, name := range test.fields {
			schema.Fields = append(schema.Fields, layers.Field{Name: name, Kind: column.Int})
		}
		record, err := recordSchema(&schema)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range record.Fields {
			got = append(got, f.Column)
		}
		got = append(got, record.idColumn())
		if !slices.Equal(got, test.want) {
			t.Errorf("fields %q have columns %q, want %q", test.fields, got, test.want)
		}
	}
}
