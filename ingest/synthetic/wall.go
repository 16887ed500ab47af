package synthetic

// wall is a line that parts a block: along one of its axes, a little crooked. Where there is a street
// on it, parcels keep away.
type wall struct {
	at       int64   // on the axis that it crosses
	bends    []int64 // how far off it is, evenly spaced along the block
	from, to int64   // where on the block's other axis it has a street; nowhere when from ≥ to
	half     int64   // of the street's width, in units of latitude
}

// off returns where the wall is at t thousandths of the block.
func (w *wall) off(t int64) int64 {
	last := int64(len(w.bends) - 1)
	if last < 1 {
		return w.at
	}
	t = min(max(t, 0), 1000)
	k := min(t*last/1000, last-1)
	part := t*last - k*1000
	return w.at + w.bends[k] + (w.bends[k+1]-w.bends[k])*part/1000
}

// gap returns how far parcels keep away from the wall at a place on the other axis.
func (w *wall) gap(along int64) int64 {
	if along >= w.from && along <= w.to {
		return w.half
	}
	return fenceHalf
}

// fenceHalf is half of what lies between two parcels, in units of latitude.
const fenceHalf = metre + metre/2

// block is the ground between two pairs of streets of a frame. Its lanes part it.
type block struct {
	frame      *frame
	low, high  [2]int64 // corners on the frame's plane, x and y
	level      int      // see [level]
	kind       kind
	rows, cols []wall // south to north, and west to east, with the block's sides
}

// kind is what becomes of a block.
type kind uint8

const (
	unbuilt  kind = iota // nothing of the city's
	fields               // farms
	woodland             // trees
	urban                // a city
	village              // small houses
)

func (b *block) middle() place {
	return b.frame.place((b.low[0]+b.high[0])/2, (b.low[1]+b.high[1])/2)
}

// spot returns the place at u, v thousandths of the ground between four walls, with their gaps.
func (b *block) spot(left, right, bottom, top *wall, u, v int64) place {
	width, height := b.high[0]-b.low[0], b.high[1]-b.low[1]
	// Where the walls are depends on where one is along them: the middle line is near enough.
	y := bottom.at + (top.at-bottom.at)*v/1000
	ty := (y - b.low[1]) * 1000 / height
	x0, x1 := left.off(ty)+left.gap(y), right.off(ty)-right.gap(y)
	x := x0 + (x1-x0)*u/1000
	tx := (x - b.low[0]) * 1000 / width
	y0, y1 := bottom.off(tx)+bottom.gap(x), top.off(tx)-top.gap(x)
	return b.frame.place(x, y0+(y1-y0)*v/1000)
}

// lane returns the line of the street on a wall, which runs along x or up y, and is not nowhere.
func (b *block) lane(w *wall, across bool) path {
	axis := 1
	if across {
		axis = 0
	}
	size := b.high[axis] - b.low[axis]
	var out path
	add := func(along int64) {
		off := w.off((along - b.low[axis]) * 1000 / size)
		if across {
			out = append(out, b.frame.place(along, off))
		} else {
			out = append(out, b.frame.place(off, along))
		}
	}
	add(w.from)
	for k := 1; k < len(w.bends)-1; k++ {
		if along := b.low[axis] + size*int64(k)/int64(len(w.bends)-1); along > w.from+20*metre && along < w.to-20*metre {
			add(along)
		}
	}
	add(w.to)
	return out
}
