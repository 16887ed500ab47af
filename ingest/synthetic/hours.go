package synthetic

import "time"

// days are days of the week, of which some have a name.
type days struct {
	text string // in front of hours, such as "Mo-Fr "; "" for every day
	is   [7]bool
}

// The days that stalls and markets are open.
var (
	everyDay = days{"", [7]bool{true, true, true, true, true, true, true}}
	someDays = [...]days{
		{"Tu-Su ", [7]bool{time.Sunday: true, false, true, true, true, true, true}},
		{"Mo-Sa ", [7]bool{time.Sunday: false, true, true, true, true, true, true}},
		{"Mo-Fr ", [7]bool{time.Sunday: false, true, true, true, true, true, false}},
		{"Sa-Su ", [7]bool{time.Sunday: true, false, false, false, false, false, true}},
	}
	weekends = &someDays[3]
)

// opening is when a stall or market is open. The zero value never is.
type opening struct {
	days *days // nil for never
	// From and to are minutes of the day, of quarters of an hour; to is after from and may be after
	// midnight, up to from and a day.
	from, to int16
}

const (
	quarters = 24 * 4 // of a day
	quarter  = 15     // minutes
	midnight = 24 * 60
)

// is reports whether o is open at t.
func (o opening) is(t instant) bool {
	if o.days == nil {
		return false
	}
	today, minute := t.day(), int16(t.ofDay()/60)
	return minute >= o.from && minute < o.to && o.days.is[weekday(today)] ||
		minute+midnight < o.to && o.days.is[weekday(today-1)]
}

// appendText appends the hours, such as "06:00-10:00" or "Mo-Fr 17:00-01:30", as OpenStreetMap writes
// opening hours; nothing for never.
func (o opening) appendText(dst []byte) []byte {
	if o.days == nil {
		return dst
	}
	dst = appendClock(append(dst, o.days.text...), o.from%midnight)
	to := o.to
	if to > midnight {
		to -= midnight
	}
	return appendClock(append(dst, '-'), to)
}

// appendClock appends minutes of a day, such as 09:05 or 24:00.
func appendClock(dst []byte, minutes int16) []byte {
	return appendPadded(append(appendPadded(dst, int(minutes/60), 2), ':'), int(minutes%60), 2)
}

// The values of the fields that say whether a stall or market is open.
const (
	isOpen   = "open"
	isClosed = "closed"
)

// openText returns the value for whether o is open at t.
func (o opening) openText(t instant) string {
	if o.is(t) {
		return isOpen
	}
	return isClosed
}

// usual are the hours that are usual for something: opening and closing between two times each, in half
// hours, on every day in most cases.
type usual struct {
	from, to [2]int64
	daily    int64 // cases of a hundred that are open every day
}

// draw draws hours.
func (u *usual) draw(r *random) opening {
	o := opening{days: &everyDay, from: int16(r.between(u.from[0], u.from[1]) * 30), to: int16(r.between(u.to[0], u.to[1]) * 30)}
	if !r.chance(u.daily) {
		o.days = &someDays[r.below(int64(len(someDays)-1))]
	}
	return o
}
