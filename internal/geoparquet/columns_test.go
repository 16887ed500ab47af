package geoparquet

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

// columnsOf gives rows to WriteColumns.
func columnsOf(all []row) Rows {
	out := Rows{
		Len:      len(all),
		Value:    func(column, row int) Value { return all[row].Values[column] },
		Geometry: func(row int) []byte { return all[row].WKB },
	}
	for _, r := range all {
		if r.Box == nil || r.WKB == nil {
			continue
		}
		if out.Box == nil {
			box := *r.Box
			out.Box = &box
		}
		b := out.Box
		*b = Box{min(b.XMin, r.Box.XMin), min(b.YMin, r.Box.YMin), max(b.XMax, r.Box.XMax), max(b.YMax, r.Box.YMax)}
	}
	return out
}

// writeColumns writes all in pieces of so many rows, each a group of its own.
func writeColumns(t testing.TB, opts Options, all []row, piece int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, opts)
	if err != nil {
		t.Fatal(err)
	}
	for rows := range slices.Chunk(all, piece) {
		for half := range slices.Chunk(rows, max(1, piece/2)) {
			if err := w.WriteColumns(columnsOf(half)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.EndGroup(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestColumnsAreRows(t *testing.T) {
	t.Parallel()
	opts := Options{Columns: columns}
	once := rows(t)
	var all []row
	for range 10 {
		all = append(all, once...)
	}
	byRow, err := open(write(t, opts, all))
	if err != nil {
		t.Fatal(err)
	}
	want, err := read(byRow, names()...)
	if err != nil {
		t.Fatal(err)
	}
	geo, _ := byRow.file.Lookup(geoKey)
	for _, piece := range []int{120, 70, 7} {
		r, err := open(writeColumns(t, opts, all, piece))
		if err != nil {
			t.Fatal(err)
		}
		if g := (len(all) + piece - 1) / piece; r.Groups() != g || r.Rows() != int64(len(all)) || r.GroupRows(0) != int64(piece) {
			t.Errorf("pieces of %d: %d groups of %d rows, %d rows in all", piece, r.Groups(), r.GroupRows(0), r.Rows())
		}
		if got, _ := r.file.Lookup(geoKey); got != geo {
			t.Errorf("pieces of %d: metadata %s, want %s", piece, got, geo)
		}
		got, err := read(r, names()...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pieces of %d (-rows +columns):\n%s", piece, diff)
		}
	}
}

// TestSeek reads the groups of a file in another order.
func TestSeek(t *testing.T) {
	t.Parallel()
	all := rows(t)
	r, err := open(writeColumns(t, Options{Columns: columns}, all, 5))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, group := range []int{2, 0, 1, 1} {
		r.Seek(group)
		for k := range r.GroupRows(group) {
			if k == 3 {
				break // and goes on from the middle of a group
			}
			if err := r.Next(); err != nil {
				t.Fatal(err)
			}
			got, _ := r.Geometry()
			if want := all[5*group+int(k)].WKB; !bytes.Equal(got, want) {
				t.Errorf("group %d row %d: geometry %x, want %x", group, k, got, want)
			}
		}
	}
}

func TestColumnsRefused(t *testing.T) {
	t.Parallel()
	good := rows(t)[:1]
	for _, test := range []struct {
		name string
		opts Options
		rows func() Rows
		want string
	}{
		{"boxes", Options{Boxes: true}, func() Rows { return Rows{Len: 1} }, "row by row"},
		{"kind", Options{Columns: columns[:1]}, func() Rows {
			r := columnsOf(good)
			r.Value = func(int, int) Value { return Value{Kind: Int} }
			return r
		}, `a value of kind 2 in column "name" of kind 5`},
		{"geometry", Options{}, func() Rows {
			r := columnsOf(good)
			r.Geometry = func(int) []byte { return []byte{9} }
			return r
		}, "well-known binary"},
	} {
		var b bytes.Buffer
		w, err := NewWriter(&b, test.opts)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteColumns(test.rows()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
		if test.name == "boxes" {
			continue
		}
		if err := w.EndGroup(); err == nil {
			t.Errorf("%s: the group ends after an error", test.name)
		}
		if err := w.Close(); err == nil {
			t.Errorf("%s: the file closes after an error", test.name)
		}
	}
}

// TestLongValues writes texts of a quarter of a megabyte and lines of one: none of it may stand in a header or the
// footer, where a reader has to take it whole.
func TestLongValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<18)
	line := geometry(t, make(orb.LineString, 1<<16)).WKB
	var all []row
	for i := range 4 {
		r := row{Values: make([]Value, len(columns)), WKB: line}
		r.Values[0] = Value{Kind: Text, Bytes: []byte(long[i:])}
		all = append(all, r)
	}
	b := writeColumns(t, Options{Columns: columns}, all, 2)
	if footer := binary.LittleEndian.Uint32(b[len(b)-8:]); footer > 1<<16 {
		t.Errorf("a footer of %d bytes", footer)
	}
	r, err := open(b)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(r, names()...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range got {
		if !bytes.Equal(r.WKB, line) || !bytes.Equal(r.Values[0].Bytes, all[i].Values[0].Bytes) {
			t.Errorf("row %d is not as it was written", i)
		}
	}
}
