package synthetic

// What sensors read. Everything is whole numbers; a reading depends on the sensor and the moment only,
// so it can be asked for in any order.

// curve is a course over a day, one number for each hour, straight between them.
type curve [24]int64

// at returns the curve's number at t.
func (c *curve) at(t instant) int64 {
	s := t.ofDay()
	h := s / hour
	return c[h] + (c[(h+1)%24]-c[h])*(s%hour)/hour
}

// rhythm are the courses of a working day and of a day of rest.
type rhythm struct{ work, rest *curve }

// at returns the number at t. From ten in the evening to two in the night one day goes over into the next.
func (y rhythm) at(t instant) int64 {
	const from, to = 22 * hour, 2 * hour
	d, s := t.day(), t.ofDay()
	a, b, part := d, d, int64(0) // of the way from one to the other
	switch {
	case s >= from:
		b, part = d+1, s-from
	case s < to:
		a, part = d-1, s+day-from
	}
	before, after := y.on(a, t), y.on(b, t)
	return before + (after-before)*part/(day-from+to)
}

// on returns the number at the time of day of t on another day.
func (y rhythm) on(d int64, t instant) int64 {
	if restful(d) {
		return y.rest.at(t)
	}
	return y.work.at(t)
}

// How large traffic is over the day, in thousandths, on working days and others.
var (
	workTraffic = curve{180, 110, 80, 70, 90, 220, 520, 920, 1000, 880, 780, 740, 720, 740, 760, 800, 900, 1000, 960, 780, 620, 500, 380, 260}
	restTraffic = curve{240, 160, 110, 80, 80, 120, 240, 400, 560, 700, 800, 820, 800, 780, 780, 800, 820, 840, 800, 700, 600, 520, 440, 320}
)

// trafficAt returns vehicles in an hour.
func trafficAt(w *where, t instant) int64 {
	full := [classes]int64{lane: 260, avenue: 1_450, ringRoad: 4_300, expressway: 3_600}[w.class] * w.between(0, 55, 125) / 100
	over := rhythm{&workTraffic, &restTraffic}.at(t)
	return full * over / 1000 * w.jitter(t, 7) / 100
}

// How loud the city is over the day, against a working day's loudest hour, in tenths of a decibel.
var (
	workNoise = curve{
		-108, -122, -128, -126, -112, -76, -32, -6, 0, -6, -10, -12,
		-15, -13, -10, -8, -3, 0, -2, -15, -30, -48, -68, -92,
	}
	restNoise = curve{
		-92, -112, -124, -126, -120, -100, -70, -44, -28, -18, -12, -10,
		-12, -12, -11, -10, -8, -8, -6, -12, -22, -36, -54, -76,
	}
	barNoise = curve{80, 75, 55, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 25, 40, 55, 70, 80}
)

// noiseAt returns the noise in tenths of a decibel.
func noiseAt(w *where, t instant) int64 {
	loud := [classes]int64{lane: 575, avenue: 690, ringRoad: 745, expressway: 755}[w.class] + w.between(0, -32, 32)
	over := rhythm{&workNoise, &restNoise}.at(t)
	if w.bars {
		over += barNoise.at(t)
	}
	return loud + over + w.moment(t, -11, 11)
}

// How much the air of the night keeps near the ground, in percent of the day's mean.
var inversion = curve{118, 120, 121, 119, 116, 113, 113, 115, 112, 105, 97, 91, 86, 82, 80, 80, 84, 92, 100, 106, 111, 114, 116, 117}

// usualAir is the city's usual PM2.5 in each month, µg/m³.
var usualAir = [12]int64{52, 50, 48, 42, 38, 33, 32, 29, 31, 41, 47, 50}

// airAt returns PM2.5 in µg/m³. Episodes of some days lie over the whole city; the south has more than
// the north, and so do the sides of larger roads.
func airAt(w *where, t instant) int64 {
	base := daily(t, func(d int64) int64 { return episode(w.seed, d) })
	haze := daily(t, func(d int64) int64 { return patchiness(w.seed, w.place, d) })
	south := 100 + min(max((heart.y-w.place.y)/(200*metre), -30), 30) // a percent each 200 m
	street := int64(100)
	if w.class != lane {
		street = 107
	}
	value := base * inversion.at(t) / 100 * haze / 100 * south / 100 * street / 100 * w.jitter(t, 4) / 100
	return max(value, 3)
}

// daily returns a number that changes from each noon to the next as of does, straight between them.
func daily(t instant, of func(day int64) int64) int64 {
	shifted := t - day/2
	d, s := shifted.day(), shifted.ofDay()
	a, b := of(d), of(d+1)
	return a + (b-a)*s/day
}

// episode returns the city's mean PM2.5 at the noon of a day: winds blow it away, and it builds up again.
func episode(seed uint64, d int64) int64 {
	draw := func(d int64) int64 {
		switch h := int64(mix(mix(seed+uint64(streamAir))^uint64(d)) % 100); {
		case h < 30:
			return 30
		case h < 65:
			return 75
		case h < 86:
			return 140
		default:
			return 300
		}
	}
	factor := (2*draw(d) + draw(d-1)) / 3
	return usualAir[instant(d*day).date().Month()-1] * factor / 100
}

// patchiness returns how much more or less there is around p than in the whole city at the noon of a day,
// in percent: it varies smoothly between points about twelve kilometres apart.
func patchiness(seed uint64, p place, d int64) int64 {
	const width, height = 12_000 * metre * 1000 / cosine, 12_000 * metre
	x, y := p.x/width, p.y/height
	corner := func(x, y int64) int64 {
		return 78 + int64(mix(mix(seed^uint64(d))^mix(uint64(x)<<32|uint64(y)))%45)
	}
	right, up := p.x%width*1000/width, p.y%height*1000/height
	south := corner(x, y)*(1000-right) + corner(x+1, y)*right
	north := corner(x, y+1)*(1000-right) + corner(x+1, y+1)*right
	return (south*(1000-up) + north*up) / 1_000_000
}

// The usual temperature in the middle of each month, and its course over a day, in tenths of a degree.
var (
	usualWarmth = [12]int64{-28, 5, 72, 152, 209, 250, 269, 257, 207, 138, 50, -10}
	warmth      = curve{-22, -27, -32, -36, -40, -43, -42, -34, -20, -4, 12, 26, 36, 43, 47, 46, 40, 28, 15, 5, -3, -9, -14, -18}
)

// season returns the usual temperature of a time of the year, straight between the sixteenths of months.
func season(t instant) int64 {
	date := t.date()
	a := int(date.Month()) - 1
	since := date.Day() - 16
	if since < 0 {
		a = (a + 11) % 12
		since += daysIn(a, isLeap(date.Year()))
	}
	length := int64(daysIn(a, isLeap(date.Year()))) * day
	return usualWarmth[a] + (usualWarmth[(a+1)%12]-usualWarmth[a])*(int64(since)*day+t.ofDay())/length
}

// temperatureAt returns the temperature in tenths of a degree. The old city is the warmest.
func temperatureAt(w *where, t instant) int64 {
	spell := daily(t, func(d int64) int64 {
		h := int64(mix(mix(w.seed+uint64(streamWarmth))^uint64(d))%81) - 40
		switch weatherOf(w.seed, d, int(dateOf(d).Month())-1) {
		case severe:
			return h - 45
		case poor:
			return h - 20
		default:
			return h + 12
		}
	})
	city := [...]int64{14, 10, 6, 2, -6, -12}[w.level]
	return season(t) + spell + warmth.at(t) + city + w.between(0, -4, 4) + w.moment(t, -2, 2)
}

// waterAt returns how high water stands at the lowest place of a road, in centimetres: a little always,
// more while it rains, and it takes two days to run off.
func waterAt(w *where, t instant) int64 {
	const hours = 48
	rise := int64(0)
	now := t.floored(hour)
	for h := range int64(hours) {
		rise += rainIn(w.seed, now-h) * (hours - h)
	}
	return 2 + w.between(0, 0, 4) + rise*w.between(1, 20, 200)/(hours*100) + w.moment(t, 0, 1)
}

// rainIn returns how much rain falls in an hour by its number, in millimetres.
func rainIn(seed uint64, n int64) int64 {
	t := instant(n * hour)
	month := int(t.date().Month()) - 1
	if !rainy(month) {
		return 0
	}
	wet := weatherOf(seed, t.day(), month)
	if wet == fair || mix(mix(seed+uint64(streamWeather))^uint64(n))%3 > 0 { // it rains in one hour of three
		return 0
	}
	if wet == severe {
		return 8
	}
	return 1
}

// between returns a number from low to high that belongs to the sensor; another one for each k.
func (w *where) between(k uint64, low, high int64) int64 {
	return low + int64(mix(w.key^mix(k))%uint64(high-low+1))
}

// moment returns a number from low to high that belongs to a reading of the sensor.
func (w *where) moment(t instant, low, high int64) int64 {
	return low + int64(mix(w.key^mix(uint64(t)))%uint64(high-low+1))
}

// jitter returns a percentage near 100 that belongs to a reading, up to reach away.
func (w *where) jitter(t instant, reach int64) int64 { return 100 + w.moment(t, -reach, reach) }
