package derive

import "hutong/layers/hexgrid"

// warmAtOnce is how many ways down the tree are gone together.
const warmAtOnce = 64

// settleWarm is settle of a list that no goroutine shares, if it is short enough for that, after what it will read
// was read once. Nodes lie anywhere in memory, and one by one each is waited for; here those of one level
// are asked for together, and the processor waits for all of them at once.
func (e *editor) settleWarm(n node, r hexgrid.Resolution, list []edit) (node, []uint64) {
	if n.header != nil && len(list) > 1 && len(list) < e.share {
		for from := 0; from < len(list); from += warmAtOnce {
			e.warm(n, r, list[from:min(from+warmAtOnce, len(list))])
		}
	}
	return e.settle(n, r, list)
}

// warm reads the nodes on the ways from n, at resolution r, to the cells of edits, warmAtOnce at most. That what it
// reads is added up keeps the compiler from leaving it out.
func (e *editor) warm(n node, r hexgrid.Resolution, list []edit) {
	var at [warmAtOnce]node
	var of [warmAtOnce]uint8 // which edit
	for i := range list {
		at[i], of[i] = n, uint8(i)
	}
	ways := len(list)
	for ; ways > 0 && r+1 < e.finest; r++ {
		on := 0
		for i := range ways {
			kid := at[i].kid(e.layout, list[of[i]].cell.Digit(r+1))
			if kid.header == nil {
				continue
			}
			at[on], of[on] = kid, of[i]
			on++
		}
		ways = on
		for i := range ways {
			e.warmth += at[i].touch(e.layout)
		}
	}
}

// touch reads a word of each line of memory that n has, but for the kids of a branch.
func (n node) touch(l *layout) (sum uint64) {
	last := l.stride
	if n.isLeaf() {
		last *= 1 + n.len()
	}
	for word := 0; word < last; word += cacheLine / 8 {
		sum += *(*uint64)(n.at(word))
	}
	return sum
}

// cacheLine is the bytes of a line of memory of most processors.
const cacheLine = 64
