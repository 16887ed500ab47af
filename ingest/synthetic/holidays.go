package synthetic

import "time"

// festivals are the days of the Spring Festival, the first of the lunar year, in the years from [year] on, as
// days of the year from 1. Later years have none.
var festivals = [...]int{
	29, // 29 January 2025
	48, // 17 February 2026
	37, // 6 February 2027
	26, // 26 January 2028
	44, // 13 February 2029
	34, // 3 February 2030
	23, // 23 January 2031
	42, // 11 February 2032
	31, // 31 January 2033
	50, // 19 February 2034
	39, // 8 February 2035
}

// festivalOf returns the day of a year on which its Spring Festival is, from 1; 0 when it has none.
func festivalOf(y int) int {
	if y < year || y >= year+len(festivals) {
		return 0
	}
	return festivals[y-year]
}

// holiday is a time of the year when many do not work.
type holiday uint8

const (
	noHoliday      holiday = iota
	newYear                // 1 January
	springHoliday          // from the eve of the Spring Festival, eight days
	mayHoliday             // 1 to 5 May
	octoberHoliday         // 1 to 7 October
)

// holidayBusy is how busy the hotline is on a holiday, in percent of what it would be otherwise.
var holidayBusy = [...]int64{noHoliday: 100, newYear: 70, springHoliday: 55, mayHoliday: 75, octoberHoliday: 70}

// holidayOn returns the holiday on a day of the year, from 0; month is its month from 0, date its day of
// that from 1.
func holidayOn(dayOfYear, month, date, festival int) holiday {
	switch {
	case month == 0 && date == 1:
		return newYear
	case festival > 0 && dayOfYear+2 >= festival && dayOfYear+2 < festival+8:
		return springHoliday
	case month == 4 && date <= 5:
		return mayHoliday
	case month == 9 && date <= 7:
		return octoberHoliday
	default:
		return noHoliday
	}
}

// restful reports whether a day by its number is a weekend or a holiday.
func restful(day int64) bool {
	if isWeekend(weekday(day)) {
		return true
	}
	date := dateOf(day)
	return holidayOn(date.YearDay()-1, int(date.Month())-1, date.Day(), festivalOf(date.Year())) != noHoliday
}

// dateOf returns the first moment of a day by its number, by the city's clock, as if that were UTC.
func dateOf(d int64) time.Time { return instant(d * day).date() }
