package spatialstat

import "fmt"

// Thresholds of the seventeen classes.
const (
	// EmergingShare is the share of the steps from which a spot is one of most of the time.
	EmergingShare = 0.9
	// EmergingBin is the least bin of a step that counts as hot; its negative counts as cold. 1 is 90 %
	// confidence.
	EmergingBin = 1
	// EmergingTrend is the greatest p of a Mann–Kendall test that counts as a trend.
	EmergingTrend = 0.05
	// EmergingSteps is how few steps a caller should classify at least, since a trend over fewer is hardly
	// ever significant. The functions take fewer.
	EmergingSteps = 10
)

// Pattern is one of the seventeen classes of emerging hot spot analysis. Cold ones are the negatives of
// the hot ones, and are what the hot ones would be if every z had the other sign.
//
// A step is hot if its bin is at least [EmergingBin], cold if at most its negative. "Mostly" is in at
// least [EmergingShare] of all steps. A trend is one of z over all steps by [MannKendall] with p of at
// most [EmergingTrend]; it is up if hot steps grow hotter, cold ones colder. The definitions are those of
// Esri's tool, where they leave a cell with two classes or none made definite by the order below.
type Pattern int8

// The classes, in order of precedence: the first that fits is taken. A cell whose last step is hot has
// one of the first seven, one whose last step is cold one of their negatives, whatever came before; so
// [HistoricalHot] and [HistoricalCold] are left to cells whose last step is neither.
const (
	// NoPattern: none of the others.
	NoPattern Pattern = 0
	// NewHot: the last step is hot and none before it was.
	NewHot Pattern = 1
	// ConsecutiveHot: the last two or more steps are hot without a break, none before them was, and it is
	// not mostly hot.
	ConsecutiveHot Pattern = 2
	// IntensifyingHot: mostly hot, the last step too, with a trend upwards.
	IntensifyingHot Pattern = 3
	// PersistentHot: mostly hot, the last step too, without a trend.
	PersistentHot Pattern = 4
	// DiminishingHot: mostly hot, the last step too, with a trend downwards.
	DiminishingHot Pattern = 5
	// SporadicHot: the last step is hot, as were some before with breaks between, it is not mostly hot and
	// was never cold.
	SporadicHot Pattern = 6
	// OscillatingHot: the last step is hot, as were some before with breaks between, it is not mostly hot
	// and was cold at least once.
	OscillatingHot Pattern = 7
	// HistoricalHot: mostly hot, but the last step is neither hot nor cold.
	HistoricalHot Pattern = 8

	NewCold          = -NewHot          // as NewHot, cold
	ConsecutiveCold  = -ConsecutiveHot  // as ConsecutiveHot, cold
	IntensifyingCold = -IntensifyingHot // as IntensifyingHot, cold
	PersistentCold   = -PersistentHot   // as PersistentHot, cold
	DiminishingCold  = -DiminishingHot  // as DiminishingHot, cold
	SporadicCold     = -SporadicHot     // as SporadicHot, cold
	OscillatingCold  = -OscillatingHot  // as OscillatingHot, cold
	HistoricalCold   = -HistoricalHot   // as HistoricalHot, cold
)

var patternNames = [...]string{
	"none", "new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical",
}

// String returns "none", or the class's word and "hot" or "cold": "new hot".
func (p Pattern) String() string {
	side, at := " hot", int(p)
	if p < 0 {
		side, at = " cold", -int(p)
	}
	switch {
	case at >= len(patternNames):
		return fmt.Sprintf("pattern %d", int8(p))
	case at == 0:
		return patternNames[0]
	default:
		return patternNames[at] + side
	}
}

// Classify returns the class of one cell, given the bin and the z of each of its steps and the trend of
// z over them. It is [NoPattern] without steps.
func Classify(bins []int8, trend Trend) Pattern {
	steps := len(bins)
	if steps == 0 {
		return NoPattern
	}
	side := int8(0) // what the last step is
	switch last := bins[steps-1]; {
	case last >= EmergingBin:
		side = 1
	case last <= -EmergingBin:
		side = -1
	}
	var hot, cold, run int // run: how many of the last steps are as the last one
	for _, b := range bins {
		hotStep, coldStep := b >= EmergingBin, b <= -EmergingBin
		switch {
		case hotStep:
			hot++
		case coldStep:
			cold++
		}
		if run++; side > 0 && !hotStep || side < 0 && !coldStep {
			run = 0
		}
	}
	if side == 0 {
		return historical(hot, cold, steps)
	}
	same, other := hot, cold
	if side < 0 {
		same, other = cold, hot
	}
	p := settled(same, other, run, steps, int64(side)*trend.S, trend.P)
	if side < 0 {
		p = -p
	}
	return p
}

// settled is the class, as if hot, of a cell whose last step is hot.
func settled(same, other, run, steps int, s int64, p float64) Pattern {
	switch {
	case same == 1:
		return NewHot
	case !mostly(same, steps) && run == same:
		return ConsecutiveHot
	case mostly(same, steps) && p <= EmergingTrend && s > 0:
		return IntensifyingHot
	case mostly(same, steps) && p <= EmergingTrend && s < 0:
		return DiminishingHot
	case mostly(same, steps):
		return PersistentHot
	case other == 0:
		return SporadicHot
	default:
		return OscillatingHot
	}
}

// historical is the class of a cell whose last step is neither hot nor cold.
func historical(hot, cold, steps int) Pattern {
	switch {
	case mostly(hot, steps):
		return HistoricalHot
	case mostly(cold, steps):
		return HistoricalCold
	default:
		return NoPattern
	}
}

// mostly compares in integers, because 0.9 is no binary fraction.
func mostly(some, steps int) bool { return 100*some >= int(100*EmergingShare)*steps }

// EmergingHotSpots classifies each cell: z[step][cell] is what [SpaceTime] wrote, bins[step][cell] what
// [Bins] made of each step, or of all steps at once. Cost is O(cells · steps · log steps). The error is
// [ErrLength] or, for NaN, [ErrValue].
func EmergingHotSpots(z [][]float64, bins [][]int8, out []Pattern) error {
	steps := len(z)
	if err := checkLength("steps of bins", len(bins), steps); err != nil {
		return err
	}
	for t := range z {
		if err := checkLength(fmt.Sprintf("scores in step %d", t), len(z[t]), len(out)); err != nil {
			return err
		}
		if err := checkLength(fmt.Sprintf("bins in step %d", t), len(bins[t]), len(out)); err != nil {
			return err
		}
	}
	series, scratch, cell := make([]float64, steps), make([]float64, 2*steps), make([]int8, steps)
	for i := range out {
		for t := range z {
			series[t], cell[t] = z[t][i], bins[t][i]
		}
		trend, err := MannKendall(series, scratch)
		if err != nil {
			return fmt.Errorf("cell %d: %w", i, err)
		}
		out[i] = Classify(cell, trend)
	}
	return nil
}
