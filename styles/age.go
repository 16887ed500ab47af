package styles

import (
	"strconv"
	"time"
)

// Span is a class of age: a value of a field, and the age that what has it is younger than.
type Span struct {
	Value string
	Below time.Duration
}

// AgeLook is how a field of classes of age is shown: from the youngest on, with names in both languages. older is
// the value of what is in none of them.
func AgeLook(spans []Span, older string) FieldLook {
	look := FieldLook{Title: Words{"Age", "时间"}, Values: map[string]ValueLook{}}
	for _, s := range spans {
		look.Order = append(look.Order, s.Value)
		n, unit := inUnits(s.Below)
		title := Words{"Last " + strconv.Itoa(n) + " " + unit.EN + "s", strconv.Itoa(n) + unit.ZH + "内"}
		if n == 1 {
			title = Words{"Last " + unit.EN, "一" + unit.ZH + "内"}
		}
		look.Values[s.Value] = ValueLook{Title: title}
	}
	look.Order = append(look.Order, older)
	look.Values[older] = ValueLook{Title: Words{"Older", "更早"}}
	return look
}

// inUnits returns a duration as a whole number of the longest unit that it is a multiple of, rounded down to seconds.
// A day is one unit, and one of 24 hours is no more.
func inUnits(d time.Duration) (n int, unit Words) {
	for _, u := range []struct {
		length time.Duration
		name   Words
	}{
		{24 * time.Hour, Words{"day", "天"}},
		{time.Hour, Words{"hour", "小时"}},
		{time.Minute, Words{"minute", "分钟"}},
	} {
		if d >= u.length && d%u.length == 0 {
			return int(d / u.length), u.name
		}
	}
	return int(d / time.Second), Words{"second", "秒"}
}
