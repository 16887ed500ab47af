package spatialstat

import "fmt"

// Prediction is how well the hot spots of one window said where the next window's events are.
type Prediction struct {
	Hits      float64 // events of the next window in cells that were hot
	Events    float64 // all events of the next window
	Area      float64 // of the cells that were hot
	StudyArea float64 // of all cells
	// Index is the prediction accuracy index (Chainey, Tompson and Uhlig 2008): the share of events that
	// the hot cells caught over the share of the area that they took. 1 is what as much area at random
	// would do. 0 if there were no events or no hot cells; Defined tells that from a miss.
	Index   float64
	Defined bool
}

// HitRate is the share of events that lay in hot cells, 0 without events.
func (p Prediction) HitRate() float64 {
	if p.Events == 0 {
		return 0
	}
	return p.Hits / p.Events
}

// Backtest compares the hot cells of one window with the events of the next. A cell is hot if its bin is
// at least least, which is 1, 2 or 3. next holds each cell's events; areas each cell's area in any
// one unit, nil if all are alike. The error is [ErrLength], or [ErrValue] for a negative number of
// events, an area that is not above 0, or another least. Cost is O(cells).
func Backtest(bins []int8, least int8, next, areas []float64) (Prediction, error) {
	if least < 1 || int(least) > len(confidences) {
		return Prediction{}, fmt.Errorf("%w: hot from bin %d on; want 1, 2 or 3", ErrValue, least)
	}
	if err := checkValues(next, len(bins)); err != nil {
		return Prediction{}, err
	}
	if areas != nil {
		if err := checkValues(areas, len(bins)); err != nil {
			return Prediction{}, err
		}
	}
	var out Prediction
	for i, b := range bins {
		area := 1.0
		if areas != nil {
			area = areas[i]
		}
		if next[i] < 0 || area <= 0 {
			return Prediction{}, fmt.Errorf("%w: cell %d has %v events on an area of %v", ErrValue, i, next[i], area)
		}
		out.Events += next[i]
		out.StudyArea += area
		if b >= least {
			out.Hits += next[i]
			out.Area += area
		}
	}
	if out.Events > 0 && out.Area > 0 {
		out.Index, out.Defined = (out.Hits/out.Events)/(out.Area/out.StudyArea), true
	}
	return out, nil
}
