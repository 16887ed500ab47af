package catalog

import (
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/styles"
)

// field is a field of a layer as JSON, with what is in it.
type field struct {
	Name     string   `json:"name"`
	Title    string   `json:"title,omitempty"`
	TitleZH  string   `json:"title_zh,omitempty"`
	Unit     string   `json:"unit,omitempty"`
	Type     string   `json:"type"`
	Keep     bool     `json:"keep,omitempty"`
	Priority int      `json:"priority,omitempty"`
	FromZoom uint8    `json:"from_zoom,omitempty"`
	Values   int      `json:"values"`             // features that have a value
	Min      any      `json:"min,omitempty"`      // of int, float and time
	Max      any      `json:"max,omitempty"`      // of int, float and time
	Distinct int      `json:"distinct,omitempty"` // of string and bool, unless there are very many
	Common   []common `json:"common,omitempty"`   // of these, the most common first
}

// common is a value that many features have.
type common struct {
	Value   any    `json:"value"`
	Count   int    `json:"count"`
	Title   string `json:"title,omitempty"`
	TitleZH string `json:"title_zh,omitempty"`
}

// describeFields describes the fields of schema, whose summaries are sums.
func describeFields(schema *layers.Schema, sums []view.Summary, d *styles.Drawing) []field {
	list := make([]field, len(schema.Fields))
	for i, sum := range sums {
		f := &schema.Fields[i]
		look := d.Fields[f.Name]
		list[i] = field{
			Name: f.Name, Title: look.Title.EN, TitleZH: look.Title.ZH, Unit: look.Unit,
			Type: f.Kind.String(), Keep: f.Keep, Priority: f.Priority, FromZoom: f.FromZoom,
			Values: sum.Values, Min: bound(sum.Min), Max: bound(sum.Max), Distinct: sum.Distinct,
		}
		for _, c := range sum.Common {
			list[i].Common = append(list[i].Common, describeValue(c, look.Values))
		}
	}
	return list
}

// describeValue is a common value with its titles, if it has some.
func describeValue(c view.Common, looks map[string]styles.ValueLook) common {
	out := common{Value: plain(c.Value), Count: c.Count}
	if c.Value.Kind() == column.String {
		title := looks[c.Value.Text()].Title
		out.Title, out.TitleZH = title.EN, title.ZH
	}
	return out
}

// bound is v as JSON has it, nil where there is none.
func bound(v column.Value) any {
	if v.IsNull() {
		return nil
	}
	return plain(v)
}
