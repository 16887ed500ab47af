package tiles

import (
	"hutong/layers"
	"hutong/layers/view"
)

// Overview is what the tiles of a layer's lower zooms are built from in place of its features: layers
// derived from it, whose tiles cost the same however many features there are.
type Overview struct {
	// Builder builds these tiles; made for the schema of all of Views.
	Builder *Builder
	// Views are, by zoom from 0 on, what the tiles are built from. Those from len(Views) on are built
	// from the features.
	Views []*view.Layer
	// Margin is how far, in units of 1/4096 of a tile's edge, what stands for a feature may reach from the
	// feature's place: by so much more than its buffer a tile depends on what is around it (S6).
	Margin uint32
}

// Covers reports whether tiles of a zoom are built from the overview. A nil Overview covers none.
func (o *Overview) Covers(zoom uint8) bool { return o != nil && int(zoom) < len(o.Views) }

// Shows reports whether what the overview shows has the fields of schema, those of the view that it stands for: a filter by
// them selects of it. Else a filter is of features, which all zooms show then. It is false for a nil Overview.
func (o *Overview) Shows(schema *layers.Schema) bool {
	return o != nil && len(o.Views) > 0 && o.Views[0].Schema() == schema
}

// Below returns the first zoom at which tiles show features; 0 for a nil Overview.
func (o *Overview) Below() uint8 {
	if o == nil {
		return 0
	}
	return uint8(len(o.Views))
}

// Units returns the margin in units of a tile of this extent, rounded up; 0 for a nil Overview.
func (o *Overview) Units(extent uint32) uint32 {
	if o == nil {
		return 0
	}
	return (o.Margin*extent + 4095) / 4096
}
