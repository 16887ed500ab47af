package config

import (
	"encoding/json"
	"strings"
	"testing"

	"hutong/layers"
	"hutong/tiles"
)

// TestSchemaIsUnderstood checks that the walker knows every keyword of the schema, and would say
// so if it did not.
func TestSchemaIsUnderstood(t *testing.T) {
	t.Parallel()
	if _, err := root(); err != nil {
		t.Fatal(err)
	}
	for _, unknown := range []string{
		`{"type": "string", "format": "uri"}`,
		`{"properties": {"a": {"oneOf": []}}}`,
		`{"items": {"$ref": "#"}}`,
		`{"type": "text"}`,
		`{"type": ["string", "null"]}`,
		`{"pattern": "("}`,
		`{"additionalProperties": true}`,
	} {
		if err := json.Unmarshal([]byte(unknown), new(rule)); err == nil {
			t.Errorf("got no error for %s", unknown)
		}
	}
}

// TestSchemaRules checks what messages and defaults rely on.
func TestSchemaRules(t *testing.T) {
	t.Parallel()
	top, err := root()
	if err != nil {
		t.Fatal(err)
	}
	top.walk("", func(path string, r *rule) {
		if len(r.Type) == 0 && !r.never {
			t.Errorf("%s has no type", path)
		}
		if r.Pattern != "" && r.Description == "" {
			t.Errorf("%s has a pattern and no description that says what is accepted", path)
		}
		for _, name := range r.Required {
			if r.Properties[name] == nil {
				t.Errorf("%s requires %q, which it does not have", path, name)
			}
		}
		if r.Default == nil {
			return
		}
		text, err := json.Marshal(r.Default)
		if err != nil {
			t.Fatal(err)
		}
		f := &findings{}
		n := parse([]byte("v: "+string(text)), f)
		if r.check(n.get("v"), f); f.err() != nil {
			t.Errorf("%s does not accept its default: %v", path, f.err())
		}
	})
}

// walk calls fn for r and all below it.
func (r *rule) walk(path string, fn func(string, *rule)) {
	fn(path, r)
	for _, name := range r.names {
		r.Properties[name].walk(path+"/"+name, fn)
	}
	for _, below := range append([]*rule{r.AdditionalProperties, r.Items, r.PropertyNames}, r.PrefixItems...) {
		if below != nil && !below.never {
			below.walk(path+"/*", fn)
		}
	}
}

// TestSchemaDefaults checks the schema's defaults and limits against those of the packages that
// they describe.
func TestSchemaDefaults(t *testing.T) {
	t.Parallel()
	top, err := root()
	if err != nil {
		t.Fatal(err)
	}
	if got := top.Properties["listen"].Default; got != DefaultListen {
		t.Errorf("listen: got %v, want %v", got, DefaultListen)
	}
	layer := top.Properties["layers"].AdditionalProperties
	field := layer.Properties["fields"].AdditionalProperties
	d := tiles.Defaults()
	for _, test := range []struct {
		name      string
		got, want any
	}{
		{"extent", layer.Properties["extent"].Default, float64(d.Extent)},
		{"buffer", layer.Properties["buffer"].Default, float64(d.Buffer)},
		{"budget", layer.Properties["budget"].Default, float64(d.Budget)},
		{"least budget", *layer.Properties["budget"].Minimum, float64(tiles.MinBudget)},
		{"most budget", *layer.Properties["budget"].Maximum, float64(tiles.MaxBudget)},
		{"vertices", layer.Properties["vertices"].Default, float64(tiles.DefaultVertices)},
		{"least vertices", *layer.Properties["vertices"].Minimum, float64(tiles.MinVertices)},
		{"most vertices", *layer.Properties["vertices"].Maximum, float64(tiles.MaxVertices)},
		{"lowest zoom", layer.Properties["zooms"].Default.([]any)[0], float64(d.MinZoom)},
		{"highest zoom", layer.Properties["zooms"].Default.([]any)[1], float64(d.MaxZoom)},
		{"fields", layer.Properties["fields"].MaxProperties, layers.MaxFields},
		{"distinct", field.Properties["distinct"].Default, float64(tiles.DefaultDistinct)},
		{"max_length", field.Properties["max_length"].Default, float64(layers.DefaultMaxLength)},
		{"from_zoom", *field.Properties["from_zoom"].Maximum, float64(layers.MaxZoom)},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, test.got, test.want)
		}
	}
	for _, name := range []string{"a", "a-b_9", strings.Repeat("a", 64), "", "A", "9a", "-a", strings.Repeat("a", 65), "a.b", "ä"} {
		got := layerPattern(top).MatchString(name)
		if want := layers.Name(name).Validate() == nil; got != want {
			t.Errorf("name %q: the schema accepts it: %v, the store: %v", name, got, want)
		}
	}
}

func layerPattern(top *rule) interface{ MatchString(string) bool } {
	return top.Properties["layers"].PropertyNames.pattern
}
