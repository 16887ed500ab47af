package synthetic

// weather is how the weather of a day bothers people: what comes down from April to October, and the
// cold of the other months.
type weather uint8

const (
	fair   weather = iota // dry, or mild
	poor                  // rain, or frost
	severe                // a downpour, or a cold spell
	weathers
)

// How many days of a hundred have poor weather, and severe one.
var (
	poorDays   = [12]int64{34, 28, 20, 14, 18, 26, 34, 32, 22, 14, 20, 32}
	severeDays = [12]int64{12, 9, 5, 2, 3, 7, 14, 11, 4, 2, 6, 11}
)

// weatherOf returns the weather of a day of a month. It is the same all over the city.
func weatherOf(seed uint64, day int64, month int) weather {
	switch h := int64(mix(mix(seed+uint64(streamWeather))^uint64(day)) % 100); {
	case h < severeDays[month]:
		return severe
	case h < severeDays[month]+poorDays[month]:
		return poor
	default:
		return fair
	}
}

// rainy reports whether bad weather is rain in a month.
func rainy(month int) bool { return month >= 3 && month <= 9 }
