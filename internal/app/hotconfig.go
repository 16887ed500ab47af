package app

import (
	"hutong/internal/config"
	"hutong/layers/derive"
	"hutong/layers/hexgrid"
)

// hotSpotsOf describes hot spots as a config has them.
func hotSpotsOf(d *config.Derived) HotSpots {
	from := d.HotSpots
	out := HotSpots{
		Name: d.Name, Of: d.Of, Title: d.Title, TitleZH: d.TitleZH, Description: d.Description, Shown: d.Shown,
		Resolution: hexgrid.Resolution(from.Resolution), Filter: from.Filter, Area: from.Area,
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
		out.Rate = &derive.RateBase{Of: from.Rate, Number: from.Number}
	}
	return out
}
