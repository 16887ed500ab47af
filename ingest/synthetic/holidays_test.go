package synthetic

import (
	"testing"
	"time"
)

// dayOf returns the number of a day by the city's clock.
func dayOf(y int, month time.Month, date int) int64 {
	return (time.Date(y, month, date, 0, 0, 0, 0, time.UTC).Add(-zone).Unix() - yearStart) / day
}

// TestHistoryEndsAtWork looks at the moment at which a city is seen first.
func TestHistoryEndsAtWork(t *testing.T) {
	t.Parallel()
	if got, want := historyEnd.date(), time.Date(2026, time.January, 6, 9, 0, 0, 0, time.UTC); !got.Equal(want) || restful(historyEnd.day()) {
		t.Errorf("the history ends at %v, a %v, want the working day %v", got, got.Weekday(), want)
	}
}

// TestHolidays looks at days of several years, and compares how many complaints come on them with how many do a
// week or two away from them.
func TestHolidays(t *testing.T) {
	t.Parallel()
	festivals := map[int][2]int{2025: {1, 29}, 2026: {2, 17}, 2027: {2, 6}, 2028: {1, 26}, 2029: {2, 13}, 2030: {2, 3}}
	city := sized(400_000)
	var r random
	counts := map[int64]int{}
	for i := range 2_600_000 { // until the middle of 2031
		r.begin(city.seed, streamComplaint, i)
		counts[city.year.nth(&r, i).day()]++
	}
	for y := 2025; y <= 2030; y++ {
		festival := dayOf(y, time.Month(festivals[y][0]), festivals[y][1])
		for _, c := range []struct {
			day  int64
			rest bool
		}{
			{dayOf(y, time.January, 1), true},
			{festival - 1, true},
			{festival, true},
			{festival + 6, true},
			{dayOf(y, time.May, 1), true},
			{dayOf(y, time.May, 5), true},
			{dayOf(y, time.October, 1), true},
			{dayOf(y, time.October, 7), true},
			{dayOf(y, time.March, 12), false},
			{dayOf(y, time.May, 6), false},
			{dayOf(y, time.September, 30), false},
			{dayOf(y, time.October, 8), false},
		} {
			if isWeekend(weekday(c.day)) {
				continue
			}
			if got := restful(c.day); got != c.rest {
				t.Errorf("%v: rest %t, want %t", dateOf(c.day), got, c.rest)
			}
			away, known := counts[c.day-14], counts[c.day-14] > 0
			if c.rest && known && counts[c.day] > away*9/10 {
				t.Errorf("%v: %d complaints, want fewer than the %d of two weeks before", dateOf(c.day), counts[c.day], away)
			}
		}
	}
	if restful(dayOf(2050, time.January, 23)) != isWeekend(weekday(dayOf(2050, time.January, 23))) {
		t.Error("a Spring Festival is known that is not in the table")
	}
}
