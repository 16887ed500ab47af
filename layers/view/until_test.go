package view

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"hutong/layers"
)

// leaving is a selector during whose work, after some more blocks, the last who waited leaves.
type leaving struct {
	texted
	blocks int
	leave  context.CancelFunc
}

func (l *leaving) Skips(b *layers.Block) bool {
	if l.blocks--; l.blocks == 0 {
		l.leave()
	}
	return l.texted.Skips(b)
}

// TestUntil leaves looks at a view in their middle, and checks that each ends with the block at hand, and that no later
// look, which finds what these left behind, misses a row.
func TestUntil(t *testing.T) {
	t.Parallel()
	live := packedLayer(t, rand.New(rand.NewPCG(9, 9)), 1200)
	var asked atomic.Int64
	filter := texted{votesFrom(58), "58", &asked}
	want, _ := shownBlocks(Public(live).Now().Where(votesFrom(58)).Blocks(everywhere, nil))
	for blocks := 1; blocks < 60; blocks++ { // somewhere a pack has no row up to there
		for made := range packAfter + 2 { // looks that were not left before
			layer := Public(live)
			for range made {
				layer.Now().Where(filter).Blocks(everywhere, nil)
			}
			ctx, cancel := context.WithCancel(t.Context())
			v := layer.Now().Until(ctx).Where(&leaving{filter, blocks, cancel})
			before := asked.Load()
			v.Blocks(everywhere, nil)
			if n := asked.Load() - before; made == 0 && n > 2*int64(blocks) || made > 0 && n > 0 {
				t.Errorf("asked %d times by a look that was left at block %d after %d others", n, blocks, made)
			}
			cancel()
			if rows, _ := shownBlocks(v.Blocks(everywhere, nil)); len(rows) > 0 {
				t.Errorf("%d rows are shown when nobody waits, after %d looks", len(rows), made)
			}
			for again := range packAfter + 2 {
				if got, _ := shownBlocks(layer.Now().Where(filter).Blocks(everywhere, nil)); !slices.Equal(got, want) {
					t.Errorf("left at block %d after %d looks: the %d. look since shows %d rows, want %d", blocks, made, again+1, len(got), len(want))
				}
			}
		}
	}
}
