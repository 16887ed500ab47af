package load

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestPacer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		rate   float64
		count  int64
		length time.Duration
		takes  time.Duration // each turn
		due    []time.Duration
		missed int64
	}{
		{"as fast as they are taken, by count", 0, 3, 0, time.Second, []time.Duration{0, 1e9, 2e9}, 0},
		{"as fast as they are taken, by time", 0, 0, 2500 * time.Millisecond, time.Second, []time.Duration{0, 1e9, 2e9}, 0},
		{"a rate, by count", 2, 3, 0, 0, []time.Duration{0, 5e8, 1e9}, 0},
		{"a rate, by time", 2, 0, 1500 * time.Millisecond, 0, []time.Duration{0, 5e8, 1e9}, 0},
		{"too slow for the rate", 2, 0, 4 * time.Second, 1900 * time.Millisecond, []time.Duration{0, 5e8, 1e9}, 5},
		{"too slow for the rate and the count", 2, 6, 4 * time.Second, 1900 * time.Millisecond, []time.Duration{0, 5e8, 1e9}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPacer(c.rate, c.count, c.length)
				var got []time.Duration
				for i := int64(0); ; i++ {
					n, due, ok := p.turn(t.Context())
					if !ok {
						break
					}
					if n != i || time.Now().Before(due) {
						t.Errorf("got turn %d before %v", n, due)
					}
					got = append(got, due.Sub(p.start))
					pause(t.Context(), c.takes)
				}
				if !slices.Equal(got, c.due) {
					t.Errorf("got turns due at %v, want %v", got, c.due)
				}
				if got := p.missed(time.Now()); got != c.missed {
					t.Errorf("got %d missed, want %d", got, c.missed)
				}
			})
		})
	}
}

func TestPacerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
		defer cancel()
		p := newPacer(1, 0, time.Hour)
		turns := 0
		for {
			if _, _, ok := p.turn(ctx); !ok {
				break
			}
			turns++
		}
		if turns != 1 || time.Since(p.start) != 700*time.Millisecond {
			t.Errorf("got %d turns in %v, want the first one and the end of the context", turns, time.Since(p.start))
		}
	})
}
