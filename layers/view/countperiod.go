package view

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Period is a whole day, a whole week, or all time (its zero value). Weeks are those of ISO 8601: they begin on
// Monday.
type Period struct {
	first int // day of it, since 1970-01-01
	days  int // 1 or 7; 0 is all time
}

// Day and Week return the period that a time is in, where days begin and end as in zone.
func Day(t time.Time, zone *time.Location) Period { return Period{dayOf(t, zone), 1} }

// Week is said at [Day].
func Week(t time.Time, zone *time.Location) Period { return Period{mondayOf(dayOf(t, zone)), 7} }

const secondsOfDay = 24 * 60 * 60

// dayOf returns the day that a time is in, since 1970-01-01.
func dayOf(t time.Time, zone *time.Location) int {
	year, month, day := t.In(zone).Date()
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

// mondayOf returns the first day of the week that a day is in. 1970-01-01 was a Thursday.
func mondayOf(day int) int { return day - ((day+3)%7+7)%7 }

// date returns a day as its midnight in UTC.
func date(day int) time.Time { return time.Unix(int64(day)*secondsOfDay, 0).UTC() }

// String returns a day as 2026-08-03, a week as 2026-W32, and all time as all.
func (p Period) String() string {
	switch p.days {
	case 0:
		return "all"
	case 7:
		year, week := date(p.first).ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	default:
		return date(p.first).Format(time.DateOnly)
	}
}

// errPeriod says how periods are written.
var errPeriod = errors.New("view: a period is a day such as 2026-08-03, a week such as 2026-W32, or all")

// ParsePeriod reads what [Period.String] writes.
func ParsePeriod(text string) (Period, error) {
	if text == "all" {
		return Period{}, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return Day(t, time.UTC), nil
	}
	var year, week int
	if n, err := fmt.Sscanf(text, "%4d-W%2d", &year, &week); n == 2 && err == nil && week >= 1 && week <= 53 {
		january4 := int(time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay) // is in week 1
		p := Period{mondayOf(january4) + 7*(week-1), 7}
		if p.String() == text {
			return p, nil
		}
	}
	return Period{}, errPeriod
}

// MarshalText writes [Period.String].
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what [Period.String] writes.
func (p *Period) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePeriod(string(text))
	return err
}

// End returns when the period is over, where days begin and end as in zone; the zero time for all time.
func (p Period) End(zone *time.Location) time.Time {
	if p.days == 0 {
		return time.Time{}
	}
	year, month, day := date(p.first + p.days).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, zone)
}

// Compare orders periods by their ends, those that end together by their length, the shorter first.
func (p Period) Compare(q Period) int {
	return cmp.Or(cmp.Compare(p.first+p.days, q.first+q.days), cmp.Compare(p.days, q.days))
}

// Newest returns the periods of tables, the newest first; of those that end together the shorter one.
func Newest(tables []*Table) []Period {
	list := make([]Period, len(tables))
	for i, t := range tables {
		list[i] = t.Period
	}
	slices.SortFunc(list, func(p, q Period) int {
		return cmp.Or(cmp.Compare(q.first+q.days, p.first+p.days), cmp.Compare(p.days, q.days))
	})
	return list
}

// Due returns the periods that are to be counted at a time, given tables, in the order in which they are published:
// those that are over, not older than what is kept, and newer than what was counted.
func (s *CountSpec) Due(tables []*Table, now time.Time) []Period {
	if s.By == ByNone {
		last := s.From
		if len(tables) > 0 && tables[0].At.After(last) {
			last = tables[0].At
		}
		if !last.IsZero() && now.Before(last.Add(s.Every)) {
			return nil
		}
		return []Period{{}}
	}
	var newest Period
	for _, t := range tables {
		if newest == (Period{}) || t.Period.Compare(newest) > 0 {
			newest = t.Period
		}
	}
	settled := s.settled(now)
	var due []Period
	oldest := s.oldest(settled)
	day := oldest
	if len(tables) > 0 { // those that end before are counted
		day = max(oldest, newest.first+newest.days-1)
	}
	for ; ; day++ {
		p := Period{day, 1}
		if p.End(s.Zone).After(settled) {
			break
		}
		if s.By == ByDay {
			due = append(due, p)
		}
		if week := (Period{day - 6, 7}); mondayOf(day-6) == day-6 && week.first >= oldest {
			due = append(due, week)
		}
	}
	return slices.DeleteFunc(due, func(p Period) bool {
		return len(tables) > 0 && p.Compare(newest) <= 0 || p.start(s.Zone).Before(s.From)
	})
}

// start returns when a period begins, where days begin as in zone; the zero time for all time.
func (p Period) start(zone *time.Location) time.Time {
	return Period{p.first - 1, min(p.days, 1)}.End(zone)
}

// settled returns up to when periods have ended long enough ago, at a time.
func (s *CountSpec) settled(now time.Time) time.Time {
	at := now.Add(-s.Settle)
	if !s.Until.IsZero() && at.After(s.Until) {
		return s.Until
	}
	return at
}

// oldest returns the first day that is kept: a Monday.
func (s *CountSpec) oldest(settled time.Time) int {
	return mondayOf(dayOf(settled, s.Zone)) - 7*s.Weeks
}

// Kept returns the tables that are not too old at a time.
func (s *CountSpec) Kept(tables []*Table, now time.Time) []*Table {
	if s.By == ByNone {
		return slices.Clone(tables)
	}
	oldest := s.oldest(s.settled(now))
	return slices.DeleteFunc(slices.Clone(tables), func(t *Table) bool { return t.Period.first < oldest })
}
