package synthetic

// phrase is what a complaint says, and when it can say it.
type phrase struct {
	en, zh string
	when   occasion
}

// occasion is a part of the year and of the day.
type occasion struct {
	months [2]int // first and last, from 1; zero for all
	parts  [partsOfDay]bool
	some   bool // only in some parts of the day
}

// The occasions of phrases. Every category has one for any time.
var (
	anytime      = occasion{}
	aprilToJune  = occasion{months: [2]int{4, 6}}
	inLeaf       = occasion{months: [2]int{4, 11}}
	hotMonths    = occasion{months: [2]int{5, 9}}
	lateOnly     = occasion{parts: [partsOfDay]bool{night: true}, some: true}
	afterWork    = occasion{parts: [partsOfDay]bool{night: true, evening: true}, some: true}
	outOfBed     = occasion{parts: [partsOfDay]bool{morning: true, evening: true}, some: true}
	notAfternoon = occasion{parts: [partsOfDay]bool{night: true, morning: true, evening: true}, some: true}
)

// at reports whether o is at a moment.
func (o *occasion) at(m moment) bool {
	if o.months != [2]int{} && (m.month+1 < o.months[0] || m.month+1 > o.months[1]) {
		return false
	}
	return !o.some || o.parts[partOfDay(m.hour)]
}

// phrase draws what people say of a category at a moment.
func (k *category) phrase(r *random, m moment) *phrase {
	for {
		if p := &k.titles[r.below(int64(len(k.titles)))]; p.when.at(m) {
			return p
		}
	}
}
