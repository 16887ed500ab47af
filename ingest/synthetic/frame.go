package synthetic

// frame is a plane on which a grid is laid out: x to one side and y to the left of it, in units of
// latitude from its origin. The city's frame is warped; those of towns are turned.
type frame struct {
	origin   place
	cos, sin int64 // of its turn, in thousandths
	warped   bool
}

// place returns where a spot of the plane lies.
func (f *frame) place(x, y int64) place {
	p := f.origin.plus((x*f.cos-y*f.sin)/1000, (x*f.sin+y*f.cos)/1000)
	if f.warped {
		return warp(p)
	}
	return p
}

// path returns the line from one spot to another, bent as the frame is, in pieces.
func (f *frame) path(x0, y0, x1, y1 int64, pieces int64) path {
	out := make(path, 0, pieces+1)
	for k := range pieces + 1 {
		out = append(out, f.place(x0+(x1-x0)*k/pieces, y0+(y1-y0)*k/pieces))
	}
	return out
}

// turns are cosines and sines of right triangles with whole sides, in thousandths, from −16° to 16°.
var turns = [...][2]int64{{960, -280}, {976, -220}, {988, -156}, {998, -62}, {1000, 0}, {998, 62}, {988, 156}, {976, 220}, {960, 280}}

// newFrame returns a frame around a place that is turned at random.
func newFrame(r *random, origin place) *frame {
	t := turns[r.below(int64(len(turns)))]
	return &frame{origin: origin, cos: t[0], sin: t[1]}
}

// cityFrame is the frame of the city: north is up.
var cityFrame = &frame{origin: heart, cos: 1000, warped: true}
