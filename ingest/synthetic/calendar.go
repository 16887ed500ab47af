package synthetic

import "time"

// zone is the city's time: UTC+8 all year.
const zone = 8 * time.Hour

// The year that complaints are reported in, by the city's clock.
const (
	year      = 2025
	yearHours = 365 * 24
)

// yearStart is the first moment of the year, in seconds since 1970 in UTC.
var yearStart = time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC).Add(-zone).Unix()

// How busy the hotline is, in percent of the usual.
var (
	busyMonth   = [12]int64{82, 72, 92, 100, 108, 118, 124, 116, 104, 98, 112, 96}
	busyWeekday = [7]int64{76, 114, 110, 105, 102, 108, 85} // from Sunday
	busyHour    = [24]int64{
		22, 14, 9, 7, 8, 14, 32, 60, 95, 120, 118, 105,
		85, 88, 100, 102, 98, 92, 88, 90, 84, 70, 52, 34,
	}
)

// calendar tells when complaints come.
type calendar struct{ hours sums }

func newCalendar() *calendar {
	hours := make([]int64, yearHours)
	for h := range hours {
		t := time.Date(year, time.January, 1, h, 0, 0, 0, time.UTC)
		hours[h] = busyMonth[t.Month()-1] * busyWeekday[t.Weekday()] * busyHour[t.Hour()] * holiday(t) / 100
	}
	return &calendar{newSums(hours, func(w int64) int64 { return w })}
}

// holiday returns how busy the hotline is on a day, in percent of what it would be otherwise.
func holiday(t time.Time) int64 {
	switch day := t.YearDay(); {
	case day >= 28 && day <= 35: // the Spring Festival
		return 55
	case day >= 121 && day <= 125: // May
		return 75
	case day >= 274 && day <= 280: // October
		return 70
	default:
		return 100
	}
}

// moment is a second of the year.
type moment struct {
	second int64 // from the start of the year
	month  int   // from 0
	hour   int   // of the day, by the city's clock
}

// nth returns the moment of report i of n. Later reports are never earlier.
func (c *calendar) nth(r *random, i, n int) moment {
	total := c.hours.total()
	w := (int64(i)*total + r.below(total)) / int64(n)
	h := c.hours.at(w)
	before := int64(0)
	if h > 0 {
		before = c.hours[h-1]
	}
	second := int64(h)*3600 + (w-before)*3600/(c.hours[h]-before)
	return moment{second: second, month: monthOf(h / 24), hour: h % 24}
}

// daysBefore are the days of the year before each month.
var daysBefore = [12]int{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}

// monthOf returns the month, from 0, of a day of the year, from 0.
func monthOf(day int) int {
	m := 11
	for daysBefore[m] > day {
		m--
	}
	return m
}
