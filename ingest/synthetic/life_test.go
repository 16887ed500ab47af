package synthetic

import (
	"math"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// TestLooks checks that what a city says of the looks of its fields is whole: each field that is
// not ground has names in both languages, and each value of one that has looks for its values, too.
func TestLooks(t *testing.T) {
	t.Parallel()
	city := sized(60_000)
	specs := map[layers.Name]*LayerSpec{}
	for i := range city.layers {
		l := &city.layers[i]
		specs[l.Schema.Name] = l
		for name := range l.Looks {
			if l.Schema.FieldIndex(name) < 0 {
				t.Errorf("%s: there is a look of %q, which is no field", l.Schema.Name, name)
			}
		}
	}
	each(t, city, func(schema *layers.Schema, change *layers.Change) {
		l := specs[schema.Name]
		for i, f := range schema.Fields {
			look, value := l.Looks[f.Name], change.Feature.Values[i].Text()
			if look.Title == "" || look.TitleZH == "" {
				t.Fatalf("%s.%s has no name", schema.Name, f.Name)
			}
			if v := look.Values[value]; value != "" && look.Values != nil && (v.Title == "" || v.TitleZH == "") {
				t.Fatalf("%s.%s: %q has no look", schema.Name, f.Name, value)
			}
			if f.Keep && look.Values == nil {
				t.Fatalf("%s.%s: there are no looks of values", schema.Name, f.Name)
			}
		}
	}, "complaints", "vendors", "markets", "sensors")
}

// TestComplaintsHaveReasons counts complaints by what people complain of, and when and where.
func TestComplaintsHaveReasons(t *testing.T) {
	t.Parallel()
	const complaints = 200_000
	city := sized(complaints)
	rain := map[bool]int{}                   // days, by whether there is a downpour
	floods := map[bool]int{}                 // complaints of flooding, by the same
	noise, others := [2]int{}, [2]int{}      // by night, near bars and elsewhere
	heating, warm := [2]int{}, [2]int{}      // in winter, in the old city and elsewhere
	last := map[orb.Point]map[string]int64{} // when the last complaint of a category came from a place
	echoes, waits, changes := 0, 0, 0
	for d := historyStart.day(); d <= historyEnd.day(); d++ {
		month := int(dateOf(d).Month()) - 1
		if rainy(month) {
			rain[weatherOf(city.seed, d, month) == severe]++
		}
	}
	each(t, city, func(_ *layers.Schema, change *layers.Change) {
		f := &change.Feature
		category, at := f.Values[complaintCategory].Text(), f.Geometry.(orb.Point)
		when := instant(f.Values[complaintReported].Micros()/1_000_000 - yearStart)
		month := int(when.date().Month()) - 1
		p := place{int64(math.Round(at[0] * degree)), int64(math.Round(at[1] * degree))}
		if category == "flooding" && rainy(month) {
			floods[weatherOf(city.seed, when.day(), month) == severe]++
		}
		if h := when.ofDay() / hour; h >= 22 || h < 6 {
			count(&noise, &others, category == "noise", nearBars(p))
		}
		if month == 0 || month == 11 {
			count(&heating, &warm, category == "heating", isOld(districtOf(p)))
		}
		if last[at] == nil {
			last[at] = map[string]int64{}
		}
		if before, ok := last[at][category]; ok && int64(when)-before < 3*day {
			echoes++
		}
		last[at][category] = int64(when)
		changed := instant(f.Values[complaintChanged].Micros()/1_000_000 - yearStart)
		switch {
		case changed < when || changed > historyEnd:
			t.Fatalf("%s came at %d and changed at %d", f.ID, when, changed)
		case f.Values[complaintStatus].Text() == "open":
			if waits++; changed != when {
				t.Fatalf("%s is open and has changed", f.ID)
			}
		default:
			changes++
		}
	}, "complaints")
	if dry, wet := floods[false]/rain[false], floods[true]/max(rain[true], 1); rain[true] == 0 || wet < 5*dry {
		t.Errorf("%d floods a day with a downpour, on %d days, and %d a day without", wet, rain[true], dry)
	}
	share := func(n, of [2]int, i int) int { return 100 * n[i] / (n[i] + of[i]) }
	if near, far := share(noise, others, 1), share(noise, others, 0); near < far*3/2 {
		t.Errorf("at night %d %% complain of noise near bars, and %d %% elsewhere", near, far)
	}
	if old, young := share(heating, warm, 1), share(heating, warm, 0); old < young*5/4 {
		t.Errorf("in winter %d %% complain of heating in the old city, and %d %% elsewhere", old, young)
	}
	if echoes < complaints/20 || echoes > complaints/2 {
		t.Errorf("%d of %d complaints repeat another one of the last days at the same place", echoes, complaints)
	}
	if waits == 0 || changes < 9*waits {
		t.Errorf("%d complaints are open and %d have changed", waits, changes)
	}
}

// count counts one of two things, in one of two places.
func count(is, isNot *[2]int, it, there bool) {
	i := 0
	if there {
		i = 1
	}
	if it {
		is[i]++
	} else {
		isNot[i]++
	}
}

// TestReadingsHaveCurves compares readings of one kind at two times or places.
func TestReadingsHaveCurves(t *testing.T) {
	t.Parallel()
	const seed = 6
	inner, outer := at(1163912, 399066), at(1160000, 404000)
	// mean is what a sensor reads on average at an hour on some days.
	mean := func(read func(*where, instant) int64, w where, first, days, hours int64) int64 {
		sum, n := int64(0), int64(0)
		for d := first; d < first+days; d++ {
			for key := range uint64(10) {
				w.seed, w.key = seed, mix(key)
				sum, n = sum+read(&w, instant(d*day+hours*hour)), n+1
			}
		}
		return sum / n
	}
	road := where{place: inner, class: avenue}
	const wednesday, saturday, july = 7, 10, 190
	one := func(read func(*where, instant) int64, w where, d, h int64) int64 { return mean(read, w, d, 1, h) }
	for _, c := range []struct {
		name      string
		less      int64
		more      int64
		atLeastBy int64
	}{
		{"traffic at night and in the rush hour", one(trafficAt, road, wednesday, 3), one(trafficAt, road, wednesday, 8), 800},
		{"traffic at eight on a Saturday and a Wednesday", one(trafficAt, road, saturday, 8), one(trafficAt, road, wednesday, 8), 400},
		{"traffic in a lane and on a ring road", one(trafficAt, where{class: lane}, wednesday, 8), one(trafficAt, where{class: ringRoad}, wednesday, 8), 2000},
		{"noise at night and in the rush hour", one(noiseAt, road, wednesday, 3), one(noiseAt, road, wednesday, 8), 100},
		{"noise at eight on a Saturday and a Wednesday", one(noiseAt, road, saturday, 8), one(noiseAt, road, wednesday, 8), 20},
		{"noise at one away from bars and near them", one(noiseAt, road, wednesday, 1), one(noiseAt, where{class: avenue, bars: true}, wednesday, 1), 50},
		{"air in the afternoon and at night", mean(airAt, road, 0, 60, 14), mean(airAt, road, 0, 60, 2), 10},
		{"air in the north and in the south", mean(airAt, where{place: at(1163912, 404000)}, 0, 60, 2), mean(airAt, where{place: at(1163912, 396000)}, 0, 60, 2), 5},
		{"temperature before dawn and in the afternoon", mean(temperatureAt, road, 60, 20, 5), mean(temperatureAt, road, 60, 20, 15), 50},
		{"temperature in January and in July", mean(temperatureAt, road, 5, 20, 12), mean(temperatureAt, road, july, 20, 12), 200},
		{"temperature in the hills and in the old city", mean(temperatureAt, where{place: outer, level: 5}, 60, 20, 3), mean(temperatureAt, road, 60, 20, 3), 15},
	} {
		if c.more-c.less < c.atLeastBy {
			t.Errorf("%s: got %d and %d, want %d between them", c.name, c.less, c.more, c.atLeastBy)
		}
	}
}

// TestReadingsAreSmooth reads air and temperature at places near each other and at times near each other.
func TestReadingsAreSmooth(t *testing.T) {
	t.Parallel()
	low, high := int64(math.MaxInt64), int64(0)
	for d := range int64(365) {
		now := instant(d*day + 9*hour)
		here := where{seed: 3, key: 1, place: heart}
		near := where{seed: 3, key: 2, place: heart.plus(800*metre, 300*metre)}
		a, b, later := airAt(&here, now), airAt(&near, now), airAt(&here, now+900)
		if d := max(a-b, b-a); d > 2+a/5 {
			t.Errorf("day %d: %d µg/m³ and %d a kilometre away", now.day(), a, b)
		}
		if d := max(a-later, later-a); d > 2+a/6 {
			t.Errorf("day %d: %d µg/m³ and %d a quarter of an hour later", now.day(), a, later)
		}
		if d := temperatureAt(&here, now) - temperatureAt(&near, now); d > 12 || d < -12 {
			t.Errorf("day %d: %d tenths of a degree between neighbours", now.day(), d)
		}
		low, high = min(low, a), max(high, a)
	}
	if low > 20 || high < 110 || high > 400 {
		t.Errorf("the air of a year is between %d and %d µg/m³, want clean days and episodes", low, high)
	}
}

// TestReadingsDoNotJump reads a hundred sensors just before and after the midnights of five years: between
// months, working days, weekends and holidays. Their mean hardly changes.
func TestReadingsDoNotJump(t *testing.T) {
	t.Parallel()
	mean := func(read func(*where, instant) int64, now instant) int64 {
		sum := int64(0)
		for key := range uint64(100) {
			sum += read(&where{seed: 3, key: mix(key), place: heart, class: avenue}, now)
		}
		return sum / 100
	}
	for d := range int64(5 * 365) {
		now := instant(d * day)
		for _, c := range []struct {
			name        string
			read        func(*where, instant) int64
			most, share int64 // and percent
		}{
			{"tenths of a degree", temperatureAt, 4, 0},
			{"µg/m³", airAt, 3, 5},
			{"vehicles/h", trafficAt, 4, 5},
			{"tenths of a decibel", noiseAt, 6, 0},
		} {
			if before, after := mean(c.read, now-1), mean(c.read, now); max(before-after, after-before) > c.most+before*c.share/100 {
				t.Errorf("%v: %d %s and %d a second later", now.date(), before, c.name, after)
			}
		}
		if before, after := season(now-1), season(now); before-after > 1 || after-before > 1 {
			t.Errorf("%v: the season goes from %d to %d tenths of a degree", now.date(), before, after)
		}
	}
}

// TestWaterRisesWithRain compares an underpass after downpours with one in the dry.
func TestWaterRisesWithRain(t *testing.T) {
	t.Parallel()
	w := where{seed: 9, key: 4}
	var wet, dry []int64
	for d := int64(2); d < 365; d++ {
		month, _ := monthOf(int(d), false)
		level := waterAt(&w, instant(d*day+23*hour))
		switch sky := weatherOf(9, d, month); {
		case rainy(month) && sky == severe:
			wet = append(wet, level)
		case sky == fair && weatherOf(9, d-1, month) == fair && weatherOf(9, d-2, month) == fair:
			dry = append(dry, level)
		}
	}
	if len(wet) < 5 || mean(wet) < 3*mean(dry) || mean(dry) < 1 {
		t.Errorf("%d cm after %d days with a downpour, and %d cm after %d dry ones", mean(wet), len(wet), mean(dry), len(dry))
	}
}

func mean(list []int64) int64 {
	sum := int64(0)
	for _, v := range list {
		sum += v
	}
	return sum / int64(max(len(list), 1))
}

// TestSensorsReadInTime checks when sensors read last, and that only some are silent, before the end of the
// history and after it.
func TestSensorsReadInTime(t *testing.T) {
	t.Parallel()
	city := sized(400_000)
	for _, now := range []instant{historyEnd, historyEnd + 3*day + 777, 50 * day} {
		silent := 0
		var r random
		for i := range city.features.sensors {
			f := layers.Feature{Values: make([]column.Value, sensorRead+1)}
			city.sensorAt(&r, i, now, &f)
			age := time.Duration(now.micros()-f.Values[sensorRead].Micros()) * time.Microsecond
			if age < 0 {
				t.Errorf("%s reads in the future", f.ID)
			}
			if f.Values[sensorStatus].Text() != "online" {
				silent++
			} else if period := time.Duration(quantityOf(i).period) * time.Second; age >= period {
				t.Errorf("%s is online and read %v ago, want less than %v", f.ID, age, period)
			}
		}
		if silent == 0 || silent > city.features.sensors/5 {
			t.Errorf("%d of %d sensors are silent", silent, city.features.sensors)
		}
	}
}
