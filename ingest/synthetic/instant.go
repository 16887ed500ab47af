package synthetic

import "time"

// zone is the city's time: UTC+8 all year.
const zone = 8 * time.Hour

// The history is a year, by the city's clock. What is generated is the state at its end, where the live
// clock starts: nine in the morning of Tuesday, 6 January 2026, an ordinary working day.
const (
	year         = 2025 // in which the history starts
	yearDays     = 365  // of that year
	yearHours    = yearDays * 24
	hour         = 3600 // seconds
	day          = 24 * hour
	historyEnd   = instant((yearDays+5)*day + 9*hour)
	historyStart = historyEnd - yearHours*hour
)

// yearStart is the first moment of 2025, in seconds since 1970 in UTC.
var yearStart = time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC).Add(-zone).Unix()

// instant is a moment of the city: seconds since 2025 began.
type instant int64

// micros returns t in microseconds since 1970 in UTC.
func (t instant) micros() int64 { return (yearStart + int64(t)) * 1_000_000 }

// date returns t by the city's clock, as if that were UTC.
func (t instant) date() time.Time { return time.Unix(yearStart+int64(t), 0).Add(zone).UTC() }

// floored returns how many whole lengths fit between the start of 2025 and t, also before it.
func (t instant) floored(length int64) int64 {
	n := int64(t) / length
	if n*length > int64(t) {
		n--
	}
	return n
}

// day returns the number of t's day, 0 for the first of 2025.
func (t instant) day() int64 { return t.floored(day) }

// ofDay returns how many seconds of its day have passed at t.
func (t instant) ofDay() int64 { return int64(t) - t.day()*day }

// weekday returns the day of the week of a day by its number. 2025 begins with a Wednesday.
func weekday(day int64) time.Weekday {
	return time.Weekday(((int64(time.Wednesday)+day)%7 + 7) % 7)
}

// isWeekend reports whether a day of the week is none of work.
func isWeekend(d time.Weekday) bool { return d == time.Saturday || d == time.Sunday }

// daysBefore are the days of a usual year before each month.
var daysBefore = [12]int{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}

// monthOf returns the month, from 0, of a day of the year, from 0, and its date, from 1.
func monthOf(day int, leap bool) (month, date int) {
	if leap && day >= daysBefore[2] {
		if day--; day < daysBefore[2] {
			return 1, 29
		}
	}
	m := 11
	for daysBefore[m] > day {
		m--
	}
	return m, day - daysBefore[m] + 1
}

// daysIn returns how many days a month has.
func daysIn(month int, leap bool) int {
	switch {
	case month == 1 && leap:
		return 29
	case month == 11:
		return 31
	default:
		return daysBefore[month+1] - daysBefore[month]
	}
}
