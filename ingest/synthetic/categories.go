package synthetic

// category is one kind of complaint and when and where people complain of it.
type category struct {
	name   string
	weight int64    // how often, of all of them
	season [4]int64 // winter, spring, summer, autumn: percent of the usual
	hours  [4]int64 // night from 22, morning from 6, day from 11, evening from 18
	place  [classes]int64
	titles []string
}

var (
	always    = [4]int64{100, 100, 100, 100}
	anywhere  = [classes]int64{100, 100, 100, 100}
	inLanes   = [classes]int64{150, 60, 10, 5}
	onRoads   = [classes]int64{60, 140, 220, 260}
	byDay     = [4]int64{40, 110, 110, 90}
	atNight   = [4]int64{320, 60, 50, 170}
	inTheDark = [4]int64{160, 60, 30, 220}
)

// categories are what people complain of, most frequent first.
var categories = []category{
	{"illegal parking", 1500, always, [4]int64{60, 110, 105, 110}, [classes]int64{120, 100, 25, 10}, []string{
		"Cars on the pavement", "Fire lane blocked", "Car parked across a gate", "Double parking",
	}},
	{"rubbish", 1250, [4]int64{80, 95, 130, 95}, byDay, inLanes, []string{
		"Rubbish not collected", "Overflowing bins", "Building waste dumped", "Furniture left at the kerb",
	}},
	{"noise", 1150, [4]int64{70, 100, 125, 100}, atNight, anywhere, []string{
		"Building work at night", "Loud music", "Dancing in the square", "Noise from a restaurant",
	}},
	{"unlicensed vending", 1000, [4]int64{55, 110, 135, 100}, [4]int64{110, 85, 60, 190}, [classes]int64{90, 130, 20, 5}, []string{
		"Food stalls block the pavement", "Vendors at the station", "Fruit sold from a truck", "Night stalls leave litter",
	}},
	{"property management", 900, always, byDay, inLanes, []string{
		"Lift out of order", "Stairwell light broken", "Management does not answer", "Gate does not close",
	}},
	{"road damage", 700, [4]int64{110, 115, 105, 75}, byDay, onRoads, []string{
		"Pothole", "Sunken manhole cover", "Broken paving", "Cracked surface after works",
	}},
	{"heating", 620, [4]int64{320, 60, 2, 90}, [4]int64{70, 120, 90, 130}, inLanes, []string{
		"Radiators cold", "Heating below 18 degrees", "Leaking radiator valve", "Heating pipe burst",
	}},
	{"water supply", 520, [4]int64{85, 95, 125, 95}, [4]int64{60, 120, 95, 120}, inLanes, []string{
		"No water", "Low pressure", "Brown water", "Leaking main",
	}},
	{"illegal building", 480, [4]int64{70, 120, 105, 105}, byDay, inLanes, []string{
		"Shed on the roof", "Wall built across a lane", "Basement being dug", "Courtyard built over",
	}},
	{"shared bikes", 430, [4]int64{60, 120, 110, 115}, [4]int64{50, 130, 95, 120}, [classes]int64{80, 140, 20, 0}, []string{
		"Bikes block the entrance", "Heap of broken bikes", "Bikes thrown into the bushes",
	}},
	{"street lighting", 400, [4]int64{130, 90, 75, 110}, inTheDark, anywhere, []string{
		"Street light out", "Street light flickers", "Row of lights dark", "Lamp post leans",
	}},
	{"dust", 360, [4]int64{80, 160, 70, 100}, byDay, onRoads, []string{
		"Bare ground not covered", "Trucks spill sand", "Demolition without water",
	}},
	{"trees and green space", 350, [4]int64{40, 130, 140, 90}, byDay, anywhere, []string{
		"Branch hangs over the wires", "Tree down", "Willow fluff", "Dead trees not replaced",
	}},
	{"flooding", 300, [4]int64{15, 60, 300, 40}, [4]int64{90, 90, 110, 110}, anywhere, []string{
		"Water stands in the underpass", "Blocked gully", "Sewage comes up", "Water runs into the cellar",
	}},
	{"traffic signals", 260, always, [4]int64{40, 140, 95, 130}, [classes]int64{10, 200, 120, 60}, []string{
		"Signal dark", "Green phase too short", "Signal hidden by leaves",
	}},
	{"small advertisements", 240, always, byDay, inLanes, []string{
		"Stickers on doors", "Numbers sprayed on the wall", "Leaflets under wipers",
	}},
	{"public toilets", 200, [4]int64{80, 95, 130, 95}, byDay, inLanes, []string{
		"Toilet closed", "Toilet dirty", "No light in the toilet",
	}},
	{"stray animals", 170, [4]int64{70, 120, 110, 100}, [4]int64{100, 100, 80, 140}, inLanes, []string{
		"Stray dogs in the yard", "Dog without a lead", "Dead cat on the road",
	}},
}

// wishes hold, for each month, hour and class of street, the running sums by which a category is
// drawn.
type wishes [12][24][classes]sums

func newWishes() *wishes {
	w := new(wishes)
	for month := range w {
		for hour := range w[month] {
			for c := range classes {
				w[month][hour][c] = newSums(categories, func(k category) int64 {
					return k.weight * k.season[(month+1)%12/3] * k.hours[partOfDay(hour)] * k.place[c] / 100
				})
			}
		}
	}
	return w
}

// partOfDay returns the index of an hour in [category.hours].
func partOfDay(hour int) int {
	switch {
	case hour < 6 || hour >= 22:
		return 0
	case hour < 11:
		return 1
	case hour < 18:
		return 2
	default:
		return 3
	}
}

// statuses are where a complaint stands.
var statuses = [...]string{"closed", "in progress", "assigned", "open", "rejected", "duplicate"}

// progress tells how likely each status is for complaints of at least some age in hours at the end
// of the year: most old ones are closed, most new ones open.
var progress = []struct {
	hours  int64
	shares sums
}{
	{60 * 24, shares(935, 12, 3, 2, 30, 18)},
	{21 * 24, shares(880, 55, 12, 5, 30, 18)},
	{7 * 24, shares(730, 165, 48, 15, 26, 16)},
	{2 * 24, shares(470, 270, 165, 60, 20, 15)},
	{12, shares(210, 260, 320, 190, 8, 12)},
	{0, shares(40, 110, 270, 575, 0, 5)},
}

func shares(s ...int64) sums { return newSums(s, func(v int64) int64 { return v }) }

// statusAt draws the status of a complaint that is age seconds old.
func statusAt(r *random, age int64) string {
	for _, p := range progress {
		if age >= p.hours*3600 {
			return statuses[p.shares.draw(r)]
		}
	}
	return statuses[3]
}
