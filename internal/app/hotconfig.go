package app

import (
	"hutong/internal/config"
	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/hexgrid"
)

// hotSpotsOf describes the hot spots of a config.
func hotSpotsOf(c *config.Config, d *config.Derived) HotSpots {
	from := d.HotSpots
	out := HotSpots{
		Name: d.Name, Of: d.Of, Title: d.Title, TitleZH: d.TitleZH, Description: d.Description, Shown: d.Shown,
		Resolution: hexgrid.Resolution(from.Resolution), Finest: finestOf(c, d.Of), Filter: from.Filter, Area: from.Area,
		Step: from.Step, Every: from.Every,
		Spec: derive.HotSpec{
			Rings: from.Rings, Grow: from.Grow, Until: from.Until, Level: from.Level, Uncorrected: from.Uncorrected,
			Moran: from.Moran, Emerging: from.Emerging,
		},
	}
	if from.Step > 0 {
		out.Spec.Window = int(from.Window / from.Step)
	}
	if from.Rate != "" {
		out.Rate, out.RateFinest = &derive.RateBase{Of: from.Rate, Number: from.Number}, finestOf(c, from.Rate)
	}
	return out
}

// finestOf returns the finest resolution of the cells of a layer, which has some.
func finestOf(c *config.Config, name layers.Name) hexgrid.Resolution {
	for i := range c.Layers {
		if l := &c.Layers[i]; l.Schema.Name == name && l.Cells != nil {
			return hexgrid.Resolution(l.Cells.Finest)
		}
	}
	return derive.DefaultMax
}
