package synthetic

import (
	"math/bits"
	"sync"
	"time"
)

// zone is the city's time: UTC+8 all year.
const zone = 8 * time.Hour

// The year of the history, by the city's clock. What is generated is the state at its end, where the
// live clock starts.
const (
	year       = 2025
	yearHours  = 365 * 24
	hour       = 3600 // seconds
	day        = 24 * hour
	historyEnd = instant(yearHours * hour)
)

// yearStart is the first moment of the year, in seconds since 1970 in UTC.
var yearStart = time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC).Add(-zone).Unix()

// instant is a moment of the city: seconds since the year began. It goes on after the year's end.
type instant int64

// micros returns t in microseconds since 1970 in UTC.
func (t instant) micros() int64 { return (yearStart + int64(t)) * 1_000_000 }

// date returns t by the city's clock, as if that were UTC.
func (t instant) date() time.Time { return time.Unix(yearStart+int64(t), 0).Add(zone).UTC() }

// floored returns how many whole lengths fit between the start of the year and t, also before it.
func (t instant) floored(length int64) int64 {
	n := int64(t) / length
	if n*length > int64(t) {
		n--
	}
	return n
}

// day returns the number of t's day, 0 for the first of the year.
func (t instant) day() int64 { return t.floored(day) }

// ofDay returns how many seconds of its day have passed at t.
func (t instant) ofDay() int64 { return int64(t) - t.day()*day }

// weekday returns the day of the week of a day by its number. The year begins with a Wednesday.
func weekday(day int64) time.Weekday {
	return time.Weekday(((int64(time.Wednesday)+day)%7 + 7) % 7)
}

// isWeekend reports whether a day of the week is none of work.
func isWeekend(d time.Weekday) bool { return d == time.Saturday || d == time.Sunday }

// How busy the hotline is, in percent of the usual.
var (
	busyMonth   = [12]int64{82, 72, 92, 100, 108, 118, 124, 116, 104, 98, 112, 96}
	busyWeekday = [7]int64{76, 114, 110, 105, 102, 108, 85} // from Sunday
	busyHour    = [24]int64{
		22, 14, 9, 7, 8, 14, 32, 60, 95, 120, 118, 105,
		85, 88, 100, 102, 98, 92, 88, 90, 84, 70, 52, 34,
	}
)

// leastAnHour is how many complaints a live city has in an hour at least: a small one would stand
// still otherwise, and a large one at night.
const leastAnHour = 15

// calendar tells when complaints come: n in the year, and after it as many in each hour as that hour
// would have had, but at least [leastAnHour].
type calendar struct {
	n       int64
	history sums               // weights of the hours of the year
	later   func() *[2][7]sums // the same of years after it: usual and leap years, by their first day
}

func newCalendar(n int) *calendar {
	c := &calendar{n: int64(n), history: hoursOf(false, weekday(0), 0)}
	c.later = sync.OnceValue(func() *[2][7]sums {
		// A share of the year's weight that is leastAnHour of its complaints.
		least := leastAnHour*c.history.total()/c.n + 1
		years := new([2][7]sums)
		for first := range time.Weekday(7) {
			years[0][first] = hoursOf(false, first, least)
			years[1][first] = hoursOf(true, first, least)
		}
		return years
	})
	return c
}

// hoursOf returns the running weights of the hours of a year, none below least.
func hoursOf(leap bool, first time.Weekday, least int64) sums {
	days := 365
	if leap {
		days++
	}
	hours := make(sums, 0, days*24)
	total := int64(0)
	for d := range days {
		month := monthOf(d, leap)
		busy := busyMonth[month] * busyWeekday[(int(first)+d)%7] * holiday(d+1)
		for h := range 24 {
			total += max(busy*busyHour[h]/100, least)
			hours = append(hours, total)
		}
	}
	return hours
}

// holiday returns how busy the hotline is on a day of the year, from 1, in percent of what it would be
// otherwise.
func holiday(day int) int64 {
	switch {
	case day >= 28 && day <= 35: // the Spring Festival of 2025
		return 55
	case day >= 121 && day <= 125: // May
		return 75
	case day >= 274 && day <= 280: // October
		return 70
	default:
		return 100
	}
}

// moment is when a complaint comes.
type moment struct {
	instant
	month int // from 0
	hour  int // of the day, by the city's clock
}

// nth returns the moment of report i, from 0. Later reports are never earlier. It draws one number.
func (c *calendar) nth(r *random, i int) moment {
	total := c.history.total()
	drawn := r.below(total)
	if int64(i) < c.n {
		return momentIn(c.history, 0, false, (int64(i)*total+drawn)/c.n)
	}
	high, low := bits.Mul64(uint64(int64(i)-c.n), uint64(total))
	low, carry := bits.Add64(low, uint64(drawn), 0)
	quotient, _ := bits.Div64(high+carry, low, uint64(c.n)) // below 2⁶³ for a billion years
	w, start, years := int64(quotient), int64(365), c.later()
	for y := year + 1; ; y++ {
		leap := y%4 == 0 && (y%100 != 0 || y%400 == 0)
		hours := years[0][weekday(start)]
		if leap {
			hours = years[1][weekday(start)]
		}
		if w < hours.total() {
			m := momentIn(hours, start, leap, w)
			m.instant++ // the end of the history belongs to the history
			return m
		}
		w -= hours.total()
		start += int64(len(hours) / 24)
	}
}

// momentIn returns the moment at weight w of a year that starts with a day.
func momentIn(hours sums, start int64, leap bool, w int64) moment {
	h := hours.at(w)
	before := int64(0)
	if h > 0 {
		before = hours[h-1]
	}
	second := start*day + int64(h)*hour + (w-before)*hour/(hours[h]-before)
	return moment{instant: instant(second), month: monthOf(h/24, leap), hour: h % 24}
}

// daysBefore are the days of a usual year before each month.
var daysBefore = [12]int{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}

// monthOf returns the month, from 0, of a day of the year, from 0.
func monthOf(day int, leap bool) int {
	if leap && day >= daysBefore[2] {
		if day--; day < daysBefore[2] {
			return 1
		}
	}
	m := 11
	for daysBefore[m] > day {
		m--
	}
	return m
}
