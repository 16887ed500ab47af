package synthetic

import (
	"hutong/layers"
	"hutong/layers/column"
)

// The fields of a sensor.
const (
	sensorKind = iota
	sensorStatus
	sensorDistrict
	sensorTitle
	sensorValue
	sensorUnit
	sensorRead
)

func sensorLayer() LayerSpec {
	return LayerSpec{
		Title:       "Sensors",
		TitleZH:     "传感器",
		Description: "Invented sensors with their last reading.",
		Attribution: attribution, Licence: licence,
		Distinct: map[string]int{"kind": len(sensorKinds), "status": len(sensorStates)},
		Schema: &layers.Schema{
			Name: "sensors",
			Fields: []layers.Field{
				sensorKind:     {Name: "kind", Kind: column.String, Keep: true, MaxLength: 24},
				sensorStatus:   {Name: "status", Kind: column.String, Keep: true, MaxLength: 16},
				sensorDistrict: {Name: "district", Kind: column.String, Priority: 5, MaxLength: 16},
				sensorTitle:    {Name: "title", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 120},
				sensorValue:    {Name: "value", Kind: column.Float, Priority: 20},
				sensorUnit:     {Name: "unit", Kind: column.String, Priority: 20, MaxLength: 16},
				sensorRead:     {Name: "read", Kind: column.Time, Priority: 10},
			},
			IDField: "id", IDFromZoom: layers.DefaultDetailZoom, TimeField: "read",
		},
	}
}

// sensorKinds are what is measured: how many of the sensors do, in which parts of the unit and from
// which to which number of them, and whether by the side of the larger roads.
var sensorKinds = [...]struct {
	name, unit       string
	share            int64
	parts, low, high int64
	roads            bool
}{
	{"traffic", "vehicles/h", 34, 1, 40, 4_200, true},
	{"air quality", "µg/m³", 24, 1, 6, 160, false},
	{"noise", "dB", 20, 10, 380, 810, true},
	{"temperature", "°C", 12, 10, -90, 60, false},
	{"water level", "cm", 10, 1, 5, 190, false},
}

// sensorStates are whether a sensor answers.
var (
	sensorStates = [...]string{"online", "offline", "maintenance"}
	stateShares  = shares(90, 7, 3)
)

// sensor makes sensor i. Its kind goes by its number, so that even a few sensors are of every kind.
func (c *City) sensor(r *random, i int, f *layers.Feature) {
	r.begin(c.seed, streamSensor, i)
	k := 0
	for share := int64(i*37) % 100; share >= sensorKinds[k].share; k++ {
		share -= sensorKinds[k].share
	}
	kind := &sensorKinds[k]
	streets := c.streets.lengths
	if kind.roads {
		streets = c.streets.larger
	}
	s := &c.streets.streets[streets.draw(r)]
	where := s.door(r)
	state := sensorStates[stateShares.draw(r)]

	id := appendPadded([]byte("S-"), i+1, 5)
	f.ID = layers.FeatureID(id)
	f.Geometry = where.point()
	title := append([]byte(nil), kind.name...)
	title[0] -= 'a' - 'A'
	f.Values[sensorKind] = column.StringOf(kind.name)
	f.Values[sensorStatus] = column.StringOf(state)
	f.Values[sensorDistrict] = column.StringOf(districts[districtOf(where.place)])
	f.Values[sensorTitle] = column.StringOf(string(where.appendTo(append(title, " at "...))))
	f.Values[sensorUnit] = column.StringOf(kind.unit)
	// The last reading: within the year's last hour, or before the sensor fell silent.
	age := r.below(3600)
	if state != "online" {
		age += r.below(90 * 24 * 3600)
	}
	f.Values[sensorRead] = column.MicrosOf((yearStart + int64(yearHours)*3600 - 1 - age) * 1_000_000)
	value := kind.low + (r.bell(500)+500)*(kind.high-kind.low)/1000
	f.Values[sensorValue] = column.FloatOf(float64(value) / float64(kind.parts))
}
