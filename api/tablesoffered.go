package api

import (
	"hutong/layers/hexgrid"
	"hutong/layers/view"
)

// TablesOffered is what catalogue and TileJSON tell of the tables of a view of counts.
type TablesOffered struct {
	Least       int        `json:"least"` // no smaller count is published
	By          string     `json:"by"`    // day (and the weeks that they make), week or none
	Sets        []TableSet `json:"sets"`
	Resolutions []int      `json:"resolutions"` // rising
	// FromZooms are the first zooms at which tiles show cells of each of Resolutions.
	FromZooms []int         `json:"from_zooms"`
	Periods   []view.Period `json:"periods"` // the newest first
	Reason    string        `json:"reason,omitempty"`
}

// Offered returns what there is to tell of the tables now; nil of nil, which is no view of counts.
func (t *Tables) Offered() *TablesOffered {
	if t == nil {
		return nil
	}
	state := t.State()
	out := &TablesOffered{
		Least: t.Least, By: t.By.String(), Sets: t.Sets, Periods: append([]view.Period{}, state.Periods...), Reason: state.Reason,
	}
	for _, r := range t.Resolutions {
		out.Resolutions = append(out.Resolutions, int(r)) // a list of bytes would be one text
		out.FromZooms = append(out.FromZooms, t.fromZoom(r))
	}
	return out
}

// deepest is deeper than any zoom of tiles.
const deepest = 24

// fromZoom returns the first zoom at which tiles show cells of r, or finer ones where they never do.
func (t *Tables) fromZoom(r hexgrid.Resolution) int {
	for zoom := range deepest {
		if t.Zoom(uint8(zoom)) >= r { //nolint:gosec // below 24
			return zoom
		}
	}
	return deepest
}

// Newest returns the newest period; "" while there is none, and of nil.
func (t *Tables) Newest() string {
	if t == nil {
		return ""
	}
	if periods := t.State().Periods; len(periods) > 0 {
		return periods[0].String()
	}
	return ""
}
