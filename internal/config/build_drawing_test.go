package config

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/styles"
)

// drawn returns a config with one layer, more keys of which and more fields of which are given.
func drawn(layer, fields string) string {
	return "city: A\nlayers:\n  a:\n    title: A\n    licence: B\n" + layer + `
    fields:
      status: {type: string, keep: true}
      votes: {type: int}
      at: {type: time}
      phone: {type: string, private: true}
` + fields
}

func TestDrawing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file string
		want       styles.Drawing
	}{
		{"nothing said", drawn("", ""), styles.Drawing{}},
		{"not shown at first", drawn("    draw: {shown: false}", ""), styles.Drawing{Hidden: true}},
		{"shown, as without it", drawn("    draw: {shown: true}", ""), styles.Drawing{}},
		{
			"all of it",
			drawn("    title_zh: 投诉\n    draw: {as: place, category: kind, status: status, number: value, label: name, label_zh: name_zh, class: kind}", `
      kind:
        type: string
        title: Kind
        title_zh: 类别
        values:
          bus stop: {title: Bus stop, title_zh: 公交站, icon: bus, colour: "#D55E00"}
          "1": {icon: temaki-bench}
          tree: {}
      name: {type: string, title_zh: 名称}
      name_zh: {type: string}
      value: {type: float, unit: µg/m³}
`),
			styles.Drawing{
				TitleZH: "投诉", Role: styles.Place, Category: "kind", Status: "status", Number: "value", Label: "name", LabelZH: "name_zh", Class: "kind",
				Fields: map[string]styles.FieldLook{
					"kind": {Title: styles.Words{EN: "Kind", ZH: "类别"}, Values: map[string]styles.ValueLook{
						"bus stop": {Title: styles.Words{EN: "Bus stop", ZH: "公交站"}, Icon: "bus", Colour: "#d55e00"},
						"1":        {Icon: "temaki-bench"},
						"tree":     {},
					}},
					"name":  {Title: styles.Words{ZH: "名称"}},
					"value": {Unit: "µg/m³"},
				},
			},
		},
	} {
		c, err := Parse("f", []byte(test.file), nil)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if diff := cmp.Diff(test.want, c.Layers[0].Drawing); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestDrawingRefused: each file has exactly one problem.
func TestDrawingRefused(t *testing.T) {
	t.Parallel()
	field := func(s string) string { return drawn("    draw: {}", "      more: {type: string, "+s+"}\n") }
	for _, test := range []struct{ name, file, want string }{
		{
			"no such role", drawn("    draw: {as: raod}", ""),
			`6:16: layers.a.draw.as: "raod" is not one of "land", "parcel", "park", "water", "building", "road", "rail", "boundary", "place"; did you mean "road"?`,
		},
		{
			"no such key", drawn("    draw: {colour: status}", ""),
			`6:12: layers.a.draw.colour: unknown key "colour"; the keys are as, category, class, label, label_zh, number, shown, status`,
		},
		{
			"no such field", drawn("    draw: {category: statsu}", ""),
			`6:22: layers.a.draw.category: the layer has no field "statsu"; did you mean "status"?; its public fields of type string are "status"`,
		},
		{
			"another type", drawn("    draw: {number: status}", ""),
			`6:20: layers.a.draw.number: the field "status" is of type string, not int or float; public fields of that type are "votes"`,
		},
		{
			"a time as a label", drawn("    draw: {label: at}", ""),
			`6:19: layers.a.draw.label: the field "at" is of type time, not string; public fields of that type are "status"`,
		},
		{
			"a private field", drawn("    draw: {status: phone}", ""),
			`6:20: layers.a.draw.status: the field "phone" is private, so nothing that is shown may depend on it; public fields of type string are "status"`,
		},
		{"a number as a field", drawn("    draw: {class: 7}", ""), `6:19: layers.a.draw.class: is a number in YAML, where a text is wanted: quote it: "7"`},
		{
			"a title of a private field", field("private: true, title: Phone"),
			`12:43: layers.a.fields.more.title: a private field is shown nowhere: leave out title or private`,
		},
		{
			"values of a private field", field("private: true, values: {x: {}}"),
			`12:43: layers.a.fields.more.values: a private field is shown nowhere: leave out values or private`,
		},
		{
			"values of a number", drawn("", "      more: {type: int, values: {x: {}}}\n"),
			`12:25: layers.a.fields.more.values: only the values of a field of type string are shown one by one, and this one is of type int`,
		},
		{
			"a unit of a text", field("unit: m"),
			`12:34: layers.a.fields.more.unit: only a field of type int or float has a unit, and this one is of type string`,
		},
		{
			"a colour by name", field(`values: {x: {colour: red}}`),
			`12:49: layers.a.fields.more.values.x.colour: "red" is not accepted: a colour as #rrggbb, in quotes, such as "#0072b2"`,
		},
		{
			"an icon's file", field(`values: {x: {icon: bus.svg}}`),
			`12:47: layers.a.fields.more.values.x.icon: "bus.svg" is not accepted: the name of an icon of Maki, such as bus, or of Temaki, such as temaki-bench`,
		},
		{
			"a key of a value", field(`values: {x: {color: "#112233"}}`),
			`12:41: layers.a.fields.more.values.x.color: unknown key "color"; did you mean "colour"?; the keys are colour, icon, title, title_zh`,
		},
		{"no values", field(`values: {}`), `12:36: layers.a.fields.more.values: at least 1 key is wanted`},
		{
			"a bool as a value", field(`values: {yes: {}}`),
			`12:37: layers.a.fields.more.values.yes: the key "yes" is unclear, because some readers of YAML take it for true or false; for the text, quote it: "yes"`,
		},
	} {
		_, err := Parse("f", []byte(test.file), nil)
		var problems Problems
		if !errors.As(err, &problems) || len(problems) != 1 || problems[0].String() != "f:"+test.want {
			t.Errorf("%s: got %v\nwant %s", test.name, err, test.want)
		}
	}
}

// TestRolesOfSchema: the roles that a config may name are those that styles know.
func TestRolesOfSchema(t *testing.T) {
	t.Parallel()
	r, err := root()
	if err != nil {
		t.Fatal(err)
	}
	as := r.Properties["layers"].AdditionalProperties.Properties["draw"].Properties["as"]
	want := make([]string, len(styles.Roles))
	for i, role := range styles.Roles {
		want[i] = string(role)
	}
	if got := as.texts(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
