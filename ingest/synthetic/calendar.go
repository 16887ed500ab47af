package synthetic

import (
	"math/bits"
	"sync"
	"time"
)

// How busy the hotline is, in percent of the usual.
var (
	busyMonth   = [12]int64{82, 72, 92, 100, 108, 118, 124, 116, 104, 98, 112, 96}
	busyWeekday = [7]int64{76, 114, 110, 105, 102, 108, 85} // from Sunday
	busyHour    = [24]int64{
		22, 14, 9, 7, 8, 14, 32, 60, 95, 120, 118, 105,
		85, 88, 100, 102, 98, 92, 88, 90, 84, 70, 52, 34,
	}
)

// How busy a city is after its history.
const (
	// leastAnHour is how many complaints a live city has in an hour on average, at least: a small one
	// would stand still otherwise.
	leastAnHour = 15
	// mostAYear bounds that, in times the size of the city: no more come in a month than the city has, so
	// that few of those that have not ended have been followed by as many.
	mostAYear = 12
	// quietAnHour is how many complaints come in the quietest hours of a live city, about, unless that is
	// more than a third of the average: the nights of a large city would be silent otherwise.
	quietAnHour = 8
)

// calendar tells when complaints come: n in the history, and later in each year of which the hours weigh
// as much.
type calendar struct {
	n, later int64
	history  [2]timetable // of the two years in which it lies
	skipped  int64        // the weight of the hours of the first one that are before it
	total    int64        // the weight of its hours
	future   func() *future
}

// timetable says how busy the hours of a year are.
type timetable struct {
	sums        // running weights of its hours
	start int64 // the number of its first day
	leap  bool
}

// future is how busy the years are from that on in which the history ends.
type future struct {
	skipped int64      // the weight of the hours that are before its end
	known   []sums     // years of which the Spring Festival is known
	usual   [2][7]sums // the others: usual and leap years, by their first day
}

func newCalendar(n int) *calendar {
	c := &calendar{n: int64(n), later: min(max(int64(n), leastAnHour*yearHours), mostAYear*int64(n))}
	c.history = [2]timetable{
		{sums: hoursOf(false, weekday(0), festivalOf(year), 0, 1)},
		{sums: hoursOf(false, weekday(yearDays), festivalOf(year+1), 0, 1), start: yearDays},
	}
	c.skipped = c.history[0].before(historyStart)
	c.total = c.history[0].total() - c.skipped + c.history[1].before(historyEnd)
	c.future = sync.OnceValue(c.newFuture)
	return c
}

// newFuture returns the years after the history. Their quiet hours are raised to about quietAnHour, and
// the busy ones lowered by as much on average, so that nights are still nights.
func (c *calendar) newFuture() *future {
	mean := c.total / yearHours
	least := min(quietAnHour*c.total/c.later, mean/3)
	f := new(future)
	for y, start := year+1, int64(yearDays); festivalOf(y) > 0; y++ {
		hours := hoursOf(isLeap(y), weekday(start), festivalOf(y), least, mean)
		f.known = append(f.known, hours)
		start += int64(len(hours) / 24)
	}
	for first := range time.Weekday(7) {
		f.usual[0][first] = hoursOf(false, first, 0, least, mean)
		f.usual[1][first] = hoursOf(true, first, 0, least, mean)
	}
	f.skipped = timetable{sums: f.known[0], start: yearDays}.before(historyEnd)
	return f
}

// of returns how busy a year is that starts with a day.
func (f *future) of(y int, start int64) timetable {
	t := timetable{start: start, leap: isLeap(y)}
	switch known := y - year - 1; {
	case known < len(f.known):
		t.sums = f.known[known]
	case t.leap:
		t.sums = f.usual[1][weekday(start)]
	default:
		t.sums = f.usual[0][weekday(start)]
	}
	return t
}

func isLeap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// hoursOf returns the running weights of the hours of a year with its first day and its Spring Festival. None
// is below least; what is mean stays so.
func hoursOf(leap bool, first time.Weekday, festival int, least, mean int64) sums {
	days := yearDays
	if leap {
		days++
	}
	hours := make(sums, 0, days*24)
	total := int64(0)
	for d := range days {
		month, date := monthOf(d, leap)
		busy := busyMonth[month] * busyWeekday[(int(first)+d)%7] * holidayBusy[holidayOn(d, month, date, festival)]
		for h := range 24 {
			total += least + busy*busyHour[h]/100*(mean-least)/mean
			hours = append(hours, total)
		}
	}
	return hours
}

// moment is when a complaint comes.
type moment struct {
	instant
	month int // from 0
	hour  int // of the day, by the city's clock
}

// nth returns the moment of report i, from 0. Later reports are never earlier. It draws one number.
func (c *calendar) nth(r *random, i int) moment {
	drawn := r.below(c.total)
	if int64(i) < c.n {
		w := c.skipped + (int64(i)*c.total+drawn)/c.n
		if first := c.history[0].total(); w >= first {
			return c.history[1].at(w - first)
		}
		return c.history[0].at(w)
	}
	high, low := bits.Mul64(uint64(int64(i)-c.n), uint64(c.total))
	low, carry := bits.Add64(low, uint64(drawn), 0)
	quotient, _ := bits.Div64(high+carry, low, uint64(c.later)) // below 2⁶³ for a billion years
	f := c.future()
	w, start := int64(quotient)+f.skipped, int64(yearDays)
	for y := year + 1; ; y++ {
		t := f.of(y, start)
		if w < t.total() {
			m := t.at(w)
			m.instant++ // the end of the history belongs to the history
			return m
		}
		w -= t.total()
		start += int64(len(t.sums) / 24)
	}
}

// yearly returns how many complaints a year has at the rate at which complaint i comes.
func (c *calendar) yearly(i int) int64 {
	if int64(i) < c.n {
		return c.n
	}
	return c.later
}

// at returns the moment at a weight of the year.
func (t timetable) at(w int64) moment {
	h := t.sums.at(w)
	before := int64(0)
	if h > 0 {
		before = t.sums[h-1]
	}
	second := t.start*day + int64(h)*hour + (w-before)*hour/(t.sums[h]-before)
	month, _ := monthOf(h/24, t.leap)
	return moment{instant: instant(second), month: month, hour: h % 24}
}

// before returns the weight of the hours of the year that are before a moment, which is a whole hour but
// its first.
func (t timetable) before(end instant) int64 {
	return t.sums[(int64(end)-t.start*day)/hour-1]
}
