package config

import (
	"testing"
)

// TestAgeOfViews: a view has the classes of age of its layer where it shows the time, and may be drawn by them; cells and
// views without the time have none.
func TestAgeOfViews(t *testing.T) {
	t.Parallel()
	c, err := Parse("f", []byte(`city: A
layers:
  b:
    title: B
    licence: CC0-1.0
    fields: {at: {type: time}, kind: {type: string}}
    time: at
    age: {classes: [1h, 1d]}
    draw: {category: age_class}
views:
  with: {layer: b, audience: officer, title: With, where: "kind = 'x'"}
  without: {layer: b, audience: officer, title: Without, fields: [kind]}
  called: {layer: b, audience: officer, title: Called, fields: [at]}
`), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Layers[0].Drawing.Category; got != "age_class" {
		t.Errorf("the layer is drawn by %q", got)
	}
	for i, want := range []struct{ age, category string }{{"age_class", "age_class"}, {"", ""}, {"age_class", "age_class"}} {
		v := &c.Views[i]
		if v.Age.Field != want.age || v.Drawing.Category != want.category {
			t.Errorf("%s: ages in %q, drawn by %q, want %q and %q", v.Policy.Name, v.Age.Field, v.Drawing.Category, want.age, want.category)
		}
	}
}
