package ingest

import (
	"time"
)

// The times a layer takes: years 0 to 9999, which RFC 3339 can write.
var (
	minMicros = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	maxMicros = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1
)

// parseTime returns a time in microseconds since 1970 in UTC by the first of the layouts that
// takes it; none means RFC 3339. Finer fractions of a second are cut off.
func parseTime(s string, layouts []string, zone *time.Location) (micros int64, ok bool) {
	if len(layouts) == 0 {
		if micros, ok = parseRFC3339(s); ok {
			return micros, true
		}
		return parseLayout(s, time.RFC3339, zone)
	}
	for _, layout := range layouts {
		switch layout {
		case LayoutUnix:
			micros, ok = parseInt(s, 6)
		case LayoutUnixMillis:
			micros, ok = parseInt(s, 3)
		case time.RFC3339, time.RFC3339Nano:
			if micros, ok = parseRFC3339(s); !ok {
				micros, ok = parseLayout(s, layout, zone)
			}
		default:
			micros, ok = parseLayout(s, layout, zone)
		}
		if ok && micros >= minMicros && micros <= maxMicros {
			return micros, true
		}
	}
	return 0, false
}

func parseLayout(s, layout string, zone *time.Location) (micros int64, ok bool) {
	if zone == nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(layout, s, zone)
	if err != nil {
		return 0, false
	}
	micros = t.UnixMicro()
	return micros, micros >= minMicros && micros <= maxMicros
}

// parseRFC3339 takes the usual forms of RFC 3339, such as 2016-08-03T20:47:11.000Z and
// 2016-08-03T20:47:11-04:00, several times faster than [time.Parse] does; what it leaves may still be valid.
func parseRFC3339(s string) (micros int64, ok bool) {
	const form = "0000-00-00T00:00:00"
	if len(s) <= len(form) || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	var bad byte // above 9 once a digit was none
	two := func(i int) int {
		a, b := s[i]-'0', s[i+1]-'0'
		if a > 9 || b > 9 {
			bad = 10
		}
		return int(a)*10 + int(b)
	}
	year, month, day := two(0)*100+two(2), two(5), two(8)
	hour, minute, second := two(11), two(14), two(17)
	if bad != 0 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	if day > 28 && day > daysIn(year, month) {
		return 0, false
	}
	micros = ((int64(daysSince1970(year, month, day))*24+int64(hour))*60+int64(minute))*60 + int64(second)
	micros *= 1e6

	i := len(form)
	if s[i] == '.' {
		end := digits(s, i+1)
		if end == i+1 {
			return 0, false
		}
		scale := int64(1e5)
		for _, c := range []byte(s[i+1 : end]) {
			micros += int64(c-'0') * scale
			scale /= 10
		}
		i = end
	}
	switch rest := s[i:]; {
	case rest == "Z":
		return micros, true
	case len(rest) == len("+00:00") && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':':
		hours, minutes := two(i+1), two(i+4)
		if bad != 0 || hours > 23 || minutes > 59 {
			return 0, false
		}
		offset := int64(hours*60+minutes) * 60e6
		if rest[0] == '-' {
			offset = -offset
		}
		micros -= offset
		return micros, micros >= minMicros && micros <= maxMicros
	}
	return 0, false
}

// daysBefore is the number of days before each month of a common year.
var daysBefore = [...]int{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// daysIn returns the number of days of a month, 1 to 12.
func daysIn(year, month int) int {
	if month == 2 && leap(year) {
		return 29
	}
	return daysBefore[month] - daysBefore[month-1]
}

// daysSince1970 returns the days from 1970-01-01 to a date of a year 0 to 9999 (proleptic Gregorian).
func daysSince1970(year, month, day int) int {
	const to1970 = 719528 // days from 0000-01-01
	days := year*365 + daysBefore[month-1] + day - 1
	if year > 0 {
		days += (year-1)/4 - (year-1)/100 + (year-1)/400 + 1 // leap years before this one, the year 0 included
	}
	if month > 2 && leap(year) {
		days++
	}
	return days - to1970
}
