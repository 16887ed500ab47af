package ingest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
	"go.uber.org/goleak"

	"hutong/layers"
	"hutong/layers/column"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func template(t testing.TB, s string) Template {
	t.Helper()
	tm, err := ParseTemplate(s)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

// mapping returns a mapping with a field of each kind, named as the kind is.
func mapping(t testing.TB) *Mapping {
	t.Helper()
	return &Mapping{
		Schema: &layers.Schema{
			Name: "test",
			Fields: []layers.Field{
				{Name: "string", Kind: column.String, MaxLength: 20},
				{Name: "int", Kind: column.Int},
				{Name: "float", Kind: column.Float},
				{Name: "bool", Kind: column.Bool},
				{Name: "time", Kind: column.Time},
			},
			IDField: "id",
		},
		ID:     template(t, "{id}"),
		Fields: []FieldMapping{{From: "s"}, {From: "i"}, {From: "f"}, {From: "b"}, {From: "t"}},
	}
}

// parse reads features and returns what became of each, one a line.
func parse(t testing.TB, m *Mapping, features ...string) string {
	t.Helper()
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	p.Begin(len(features))
	for i, f := range features {
		p.Feature(f, Place{Line: i + 1})
	}
	return show(t, mapper, p.Finish())
}

func show(t testing.TB, m *Mapper, slab *Slab) string {
	t.Helper()
	var b strings.Builder
	for i := range slab.Changes {
		if err := m.Schema().Check(i, &slab.Changes[i]); err != nil {
			t.Errorf("accepted, but the layer refuses it: %v", err)
		}
		f := &slab.Changes[i].Feature
		fmt.Fprintf(&b, "%q", string(f.ID))
		switch g := f.Geometry.(type) {
		case nil:
		case orb.Point:
			fmt.Fprintf(&b, " at %s", formatPoint(g))
		default:
			fmt.Fprintf(&b, " at %s", wkt.MarshalString(g))
		}
		for j, v := range f.Values {
			if !v.IsNull() {
				fmt.Fprintf(&b, " %s=%v", m.Schema().Fields[j].Name, v)
			}
		}
		b.WriteByte('\n')
	}
	var r Report
	r.RefuseAll(&slab.Refused)
	for _, reason := range r.Summary().Reasons {
		for _, e := range reason.Examples {
			fmt.Fprintf(&b, "%s %s\n", reason.Reason, e)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
