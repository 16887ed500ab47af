package ingest

import (
	"testing"

	"hutong/layers"
)

// TestRowID makes ids of where records are.
func TestRowID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ template, want string }{{"{$row}", "3 9"}, {"row-{$row}/{$row}", "row-3/3 row-9/9"}} {
		id, err := ParseTemplate(c.template)
		if err != nil {
			t.Fatal(err)
		}
		m, err := (&Mapping{Schema: &layers.Schema{Name: "x"}, ID: id}).Compile()
		if err != nil {
			t.Fatal(err)
		}
		p := m.NewParser()
		p.Begin(2)
		const feature = `{"type":"Feature","properties":null,"geometry":null}`
		p.Feature(feature, Place{Line: 3})
		p.Feature(feature, Place{Line: 12, Feature: 9})
		slab := p.Finish()
		if len(slab.Changes) != 2 {
			t.Fatalf("%s: got %d changes, want 2", c.template, len(slab.Changes))
		}
		if got := string(slab.Changes[0].Feature.ID + " " + slab.Changes[1].Feature.ID); got != c.want {
			t.Errorf("%s: got %s, want %s", c.template, got, c.want)
		}
	}
	// A file needs no column of that name.
	m, err := (&Mapping{Schema: &layers.Schema{Name: "x"}, ID: Template{parts: []templatePart{{text: RowMember, property: true}}}}).Compile()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Columns([]string{"a"}, PlaceColumns{}); err != nil {
		t.Error(err)
	}
}
