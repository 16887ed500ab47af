package catalog

import (
	"sync"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
)

// field is a field of a layer as JSON, with what is in it.
type field struct {
	Name     string   `json:"name"`
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
	Value any `json:"value"`
	Count int `json:"count"`
}

// summaries are the fields of one layer as they were in the state that was last asked for. Making
// them reads every value of the layer, so it is done once a state, by one request at a time.
type summaries struct {
	mu   sync.Mutex // guards what follows
	made bool
	seq  layers.Seq
	list []field
}

// fields returns the fields of v. Read only.
func (s *summaries) fields(v *view.View) []field {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.made || s.seq < v.Seq() { // a request that was overtaken gets what is newer
		s.made, s.seq, s.list = true, v.Seq(), describeFields(v)
	}
	return s.list
}

func describeFields(v *view.View) []field {
	schema := v.Schema()
	list := make([]field, len(schema.Fields))
	for i, sum := range v.Summaries() {
		f := &schema.Fields[i]
		list[i] = field{
			Name: f.Name, Type: f.Kind.String(), Keep: f.Keep, Priority: f.Priority, FromZoom: f.FromZoom,
			Values: sum.Values, Min: bound(sum.Min), Max: bound(sum.Max), Distinct: sum.Distinct,
		}
		for _, c := range sum.Common {
			list[i].Common = append(list[i].Common, common{plain(c.Value), c.Count})
		}
	}
	return list
}

// bound is v as JSON has it, nil where there is none.
func bound(v column.Value) any {
	if v.IsNull() {
		return nil
	}
	return plain(v)
}
