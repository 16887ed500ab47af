package app

import (
	"errors"
	"fmt"
	"time"

	"hutong/ingest/synthetic"
	"hutong/styles"
	"hutong/tiles"
)

// demoZoom is where the map of the synthetic city opens: all of the built-up area.
const demoZoom = 10

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
		city.Layers = append(city.Layers, Layer{
			Schema: l.Schema, Title: l.Title, Description: l.Description, Licence: l.Licence, Attribution: l.Attribution,
			Tiles: o, Drawing: demoDrawing(&l),
		})
	}
	if speed > 0 {
		city.Live = made.Live(living)
	}
	return city, nil
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
