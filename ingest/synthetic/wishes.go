package synthetic

// setting is where a complaint comes from, as far as it matters for what it is about.
type setting uint8

const (
	oldLane   setting = iota // of the old city
	newLane                  // any other
	bigStreet                // an avenue
	bars                     // any street near where people drink
	ringSide
	expresswaySide
	settings
)

// barStreets are where people go out at night.
var barStreets = []place{
	at(1164490, 399330), // Sanlitun
	at(1163830, 399388), // Houhai
	at(1163970, 399370), // Nanluoguxiang
	at(1163320, 399920), // Wudaokou
	at(1163880, 399405), // Gulou
	at(1164560, 399085), // Guomao
}

// nearBars reports whether people drink within about half a kilometre of p.
func nearBars(p place) bool {
	const reach = 550 * metre
	for _, b := range barStreets {
		if p.squared(b) < reach*reach {
			return true
		}
	}
	return false
}

// settingOf returns the setting of a street, by its middle.
func settingOf(s *street) setting {
	middle := s.line.at(s.length / 2)
	switch {
	case s.class == ringRoad:
		return ringSide
	case s.class == expressway:
		return expresswaySide
	case nearBars(middle):
		return bars
	case s.class == avenue:
		return bigStreet
	case isOld(districtOf(middle)):
		return oldLane
	default:
		return newLane
	}
}

// wishes hold, for each month, part of the day, setting and weather, the running sums by which a
// category is drawn.
type wishes [12][partsOfDay][settings][weathers]sums

func newWishes() *wishes {
	w := new(wishes)
	for month := range w {
		for part := range w[month] {
			for s := range settings {
				for sky := range weathers {
					w[month][part][s][sky] = newSums(categories, func(k category) int64 {
						sum := k.weight * k.season[month] * k.hours[part] * k.place[s] / 100
						if k.rain != nil && rainy(month) {
							sum = sum * k.rain[sky] / 100
						}
						if k.cold != nil && !rainy(month) {
							sum = sum * k.cold[sky] / 100
						}
						return sum
					})
				}
			}
		}
	}
	return w
}

// The parts of a day, in the order of [category.hours].
const (
	night = iota // from 22
	morning
	afternoon // from 11
	evening   // from 18
	partsOfDay
)

// partOfDay returns the part of the day that an hour is in.
func partOfDay(hour int) int {
	switch {
	case hour < 6 || hour >= 22:
		return night
	case hour < 11:
		return morning
	case hour < 18:
		return afternoon
	default:
		return evening
	}
}
