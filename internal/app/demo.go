package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"hutong/ingest/synthetic"
	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/hexgrid"
	"hutong/styles"
	"hutong/tiles"
)

// demoZoom is where the map of the synthetic city opens: all of the built-up area.
const demoZoom = 10

// demoCounted is the layer of the synthetic city that is counted by cell.
const demoCounted layers.Name = "complaints"

// demoHot is the resolution of the city's hot spots, and demoEvery how often they are computed at most.
const (
	demoHot   hexgrid.Resolution = 8
	demoEvery                    = 10 * time.Second
)

// demoZone is the time zone that the synthetic city lives in.
const demoZone = "Asia/Shanghai"

// Demo returns a synthetic city with a number of complaints, up to synthetic.MaxComplaints; 0 is
// synthetic.DefaultComplaints. The same seed gives the same city. speed is how many times as fast as ours
// its clock runs, up to synthetic.MaxSpeed; 0 is a city in which nothing happens.
func Demo(complaints int, seed uint64, speed int) (*City, error) {
	opts, living := synthetic.Options{Complaints: complaints, Seed: seed}, synthetic.LiveOptions{Speed: speed}
	if err := errors.Join(opts.Validate(), living.Validate()); err != nil {
		return nil, fmt.Errorf("app: demo: %w", err)
	}
	made := synthetic.New(opts)
	center := synthetic.Center
	zone, err := time.LoadLocation(demoZone)
	if err != nil {
		return nil, fmt.Errorf("app: the time zone of the synthetic city: %w", err)
	}
	city := &City{
		Title: "A synthetic city", TitleZH: "虚拟城市", TimeZone: zone, Center: &center, Zoom: demoZoom, Sources: made.Sources(),
	}
	for _, l := range made.Layers() {
		o := tiles.Defaults()
		o.Distinct, o.MinZoom = l.Distinct, l.MinZoom
		layer := Layer{
			Schema: l.Schema, Title: l.Title, Description: l.Description, Licence: l.Licence, Attribution: l.Attribution,
			Tiles: o, Drawing: demoDrawing(&l),
		}
		if l.Schema.Name == demoCounted {
			layer.Cells, layer.Overview = demoCells(&layer), Overview{demoZoom, styles.Hexes}
		}
		city.Layers = append(city.Layers, layer)
	}
	city.Derived = []Derived{
		{
			Name: demoCounted + "_hexes", Of: demoCounted, As: styles.Hexes, Title: "Complaints by cell", TitleZH: "投诉分布",
			Description: "How many complaints there are in each hexagon of H3, the finer the closer one looks.",
		},
		{
			Name: demoCounted + "_clusters", Of: demoCounted, As: styles.Clusters, Title: "Complaints in clusters", TitleZH: "投诉聚合",
			Description: "One point for the complaints of each cell of H3, where they are on average.",
		},
	}
	city.HotSpots = []HotSpots{{
		Name: demoCounted + "_hot", Of: demoCounted, Title: "Hot spots of complaints", TitleZH: "投诉热点",
		Description: "Where complaints lie closer together, or farther apart, than chance would have it.",
		Resolution:  demoHot, Every: demoEvery, Spec: derive.HotSpec{Rings: 2, Grow: 2},
	}}
	if speed > 0 {
		city.Live = made.Live(living)
	}
	return city, nil
}

// demoCells returns what is counted of the complaints: how many there are of each status that has a look of its own,
// and their votes.
func demoCells(l *Layer) *derive.Spec {
	return &derive.Spec{
		Min: derive.DefaultMin, Max: derive.DefaultMax, Time: l.Schema.TimeField, Numbers: []string{"votes"},
		Counts: []derive.CountField{{Field: "status", Values: slices.Sorted(maps.Keys(l.Drawing.Fields["status"].Values))}},
	}
}

// demoDrawing returns what a synthetic city says of how one of its layers is shown.
func demoDrawing(l *synthetic.LayerSpec) styles.Drawing {
	d := styles.Drawing{TitleZH: l.TitleZH, Role: styles.Role(l.Role)}
	if len(l.Looks) > 0 {
		d.Fields = make(map[string]styles.FieldLook, len(l.Looks))
	}
	for name, look := range l.Looks {
		field := styles.FieldLook{Title: styles.Words{EN: look.Title, ZH: look.TitleZH}, Unit: look.Unit}
		if len(look.Values) > 0 {
			field.Values = make(map[string]styles.ValueLook, len(look.Values))
		}
		for value, v := range look.Values {
			field.Values[value] = styles.ValueLook{Title: styles.Words{EN: v.Title, ZH: v.TitleZH}, Icon: v.Icon, Colour: v.Colour}
		}
		d.Fields[name] = field
	}
	return d
}
