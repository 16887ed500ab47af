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
	sensorTitleZH
	sensorValue
	sensorUnit
	sensorRead
)

func sensorLayer() LayerSpec {
	return LayerSpec{
		Title:       "Sensors",
		TitleZH:     "传感器",
		Description: "Invented sensors with their last reading: traffic, air, noise, temperature and water in underpasses.",
		Looks:       sensorLooks(),
		Attribution: attribution, Licence: licence,
		Distinct: map[string]int{"kind": len(sensorKinds), "status": len(sensorStates)},
		Schema: &layers.Schema{
			Name: "sensors",
			Fields: []layers.Field{
				sensorKind:     {Name: "kind", Kind: column.String, Keep: true, MaxLength: 24},
				sensorStatus:   {Name: "status", Kind: column.String, Keep: true, MaxLength: 16},
				sensorDistrict: {Name: "district", Kind: column.String, Priority: 5, MaxLength: 16},
				sensorTitle:    {Name: "title", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 120},
				sensorTitleZH:  {Name: "title_zh", Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 120},
				sensorValue:    {Name: "value", Kind: column.Float, Priority: 20},
				sensorUnit:     {Name: "unit", Kind: column.String, Priority: 20, MaxLength: 16},
				sensorRead:     {Name: "read", Kind: column.Time, Priority: 10},
			},
			IDField: "id", IDFromZoom: layers.DefaultDetailZoom, TimeField: "read",
		},
	}
}

// quantity is something that sensors measure.
type quantity struct {
	name, title, zh, icon, unit string
	share                       int64 // of a hundred sensors
	period                      int64 // seconds between two readings
	parts                       int64 // of the unit that read counts in
	roads                       bool  // measured by the side of the larger roads
	read                        func(w *where, t instant) int64
}

var sensorKinds = [...]quantity{
	{"traffic", "Traffic", "车流量", "car", "vehicles/h", 34, 300, 1, true, trafficAt},
	{"air quality", "PM2.5", "PM2.5", "temaki-chimney", "µg/m³", 24, 900, 1, false, airAt},
	{"noise", "Noise", "噪声", "temaki-ear", "dB", 20, 300, 10, true, noiseAt},
	{"temperature", "Temperature", "气温", "temaki-snow", "°C", 12, 900, 10, false, temperatureAt},
	{"water level", "Water level", "水位", "water", "cm", 10, 600, 1, true, waterAt},
}

// The states of a sensor.
const (
	online = iota
	offline
	maintenance
)

var (
	sensorStates = [...]string{online: "online", offline: "offline", maintenance: "maintenance"}
	stateShares  = shares(92, 5, 3)
)

// A sensor keeps its state for a shift, and its first shift starts at a moment of its own.
const shift = 4 * day

// maxSilence is the most shifts that a sensor is taken to have been silent for.
const maxSilence = 12

// sensor is one sensor as it stands, without its readings.
type sensor struct {
	*quantity
	where
	phase   int64 // of its readings, in seconds
	address address
}

// where is what a reading depends on beside the time.
type where struct {
	seed, key uint64 // of the city, and the sensor's own
	place     place
	class     class
	level     int // rings away from the old city
	bars      bool
}

// quantityOf returns what sensor i measures. It goes by its number, so that even a few sensors are of
// every kind.
func quantityOf(i int) *quantity {
	k := 0
	for share := int64(i*37) % 100; share >= sensorKinds[k].share; k++ {
		share -= sensorKinds[k].share
	}
	return &sensorKinds[k]
}

// newSensor draws where sensor i stands.
func (c *City) newSensor(r *random, i int) sensor {
	s := c.sensorClock(i)
	r.begin(c.seed, streamSensor, i)
	streets := c.streets.lengths
	if s.roads {
		streets = c.streets.larger
	}
	s.address = c.streets.streets[streets.draw(r)].door(r)
	p := s.address.place
	s.place, s.class, s.level, s.bars = p, s.address.street.class, level(p), nearBars(p)
	return s
}

// sensorClock returns what says when sensor i reads and answers, and nothing of where it stands.
func (c *City) sensorClock(i int) sensor {
	key := mix(mix(c.seed+uint64(streamShift)) ^ uint64(i))
	q := quantityOf(i)
	return sensor{quantity: q, where: where{seed: c.seed, key: key}, phase: int64(key % uint64(q.period))}
}

// shiftOf returns the number of the shift that t is in.
func (s *sensor) shiftOf(t instant) int64 { return (t + instant(s.key>>20%shift)).floored(shift) }

// shiftStart returns when a shift starts.
func (s *sensor) shiftStart(n int64) instant { return instant(n*shift - int64(s.key>>20%shift)) }

// state returns the state of the sensor in a shift.
func (s *sensor) state(n int64) int {
	return stateShares.at(int64(mix(s.key^mix(uint64(n))) % uint64(stateShares.total())))
}

// ticks returns how many readings have been due since the year began, at t.
func (s *sensor) ticks(t instant) int64 { return (t - instant(s.phase)).floored(s.period) }

// tick returns when reading n is due.
func (s *sensor) tick(n int64) instant { return instant(n*s.period + s.phase) }

// at returns the state of the sensor at t and when it last read. It reads when it comes back, too.
func (s *sensor) at(t instant) (state int, read instant) {
	n := s.shiftOf(t)
	state, read = s.state(n), t
	for back := 0; s.state(n) != online && back < maxSilence; back++ {
		read = s.shiftStart(n) - 1
		n--
	}
	return state, max(s.tick(s.ticks(read)), s.shiftStart(n))
}

// sensor makes sensor i as it is at the end of the history.
func (c *City) sensor(r *random, i int, f *layers.Feature) { c.sensorAt(r, i, historyEnd, f) }

// sensorAt makes sensor i as it is at t.
func (c *City) sensorAt(r *random, i int, t instant, f *layers.Feature) {
	s := c.newSensor(r, i)
	state, read := s.at(t)

	r.text = appendPadded(append(r.text[:0], "S-"...), i+1, 5)
	f.ID = layers.FeatureID(r.text)
	f.Geometry = s.place.point()
	f.Values[sensorKind] = column.StringOf(s.name)
	f.Values[sensorStatus] = column.StringOf(sensorStates[state])
	f.Values[sensorDistrict] = column.StringOf(districts[districtOf(s.place)])
	r.text = s.address.appendTo(append(append(r.text[:0], s.title...), " at "...))
	f.Values[sensorTitle] = column.StringOf(string(r.text))
	r.text = append(append(s.address.appendZH(r.text[:0]), ' '), s.zh...)
	f.Values[sensorTitleZH] = column.StringOf(string(r.text))
	f.Values[sensorUnit] = column.StringOf(s.unit)
	f.Values[sensorRead] = column.MicrosOf(read.micros())
	// The quotient of two whole numbers is rounded the same way everywhere.
	f.Values[sensorValue] = column.FloatOf(float64(s.read(&s.where, read)) / float64(s.parts))
}
