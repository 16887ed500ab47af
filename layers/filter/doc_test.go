package filter

import (
	"os"
	"strings"
	"testing"

	"hutong/layers"
	"hutong/layers/column"
)

// TestDocument holds the examples of docs/formats/filter.md against the package.
func TestDocument(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/formats/filter.md")
	if err != nil {
		t.Fatal(err)
	}
	schema := &layers.Schema{Name: "complaints", IDField: "id", Fields: []layers.Field{
		{Name: "category", Kind: column.String}, {Name: "title", Kind: column.String}, {Name: "votes", Kind: column.Int},
	}}
	var told []string
	for _, c := range []struct {
		lang   Lang
		filter string
	}{
		{Text, "vote > 3"},
		{Text, "votes = '3'"},
		{Text, "votes > 3 AND"},
		{Text, "S_INTERSECTS(geometry, BBOX(1,2,3))"},
		{JSON, `{"op":">","args":[{"property":"vote"},3]}`},
		{JSON, `{"op":"=","args":[{"property":"votes"}]}`},
	} {
		_, err := Parse(c.lang, c.filter, schema)
		if err == nil {
			t.Errorf("%s is accepted", c.filter)
			continue
		}
		told = append(told, err.Error())
	}
	e, err := Parse(Text, "NOT (votes > 3.5 OR 'b' = category OR category IN ('a', 'b'))", schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range append(told, e.Text()) {
		if !strings.Contains(string(data), "\n    "+want+"\n") {
			t.Errorf("the document lacks the line\n    %s", want)
		}
	}
}
