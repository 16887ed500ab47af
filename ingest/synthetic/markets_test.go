package synthetic

import (
	"testing"

	"hutong/layers"
)

// TestMarketsHaveNames checks that no two markets of the largest city have one name, in either language,
// and that markets are the same in a city of any size.
func TestMarketsHaveNames(t *testing.T) {
	t.Parallel()
	names := map[string]layers.FeatureID{}
	small, _ := history(t, sized(6_000), "markets")
	large, _ := history(t, sized(200_000), "markets")
	for id, f := range large {
		for _, field := range []int{marketTitle, marketTitleZH} {
			name := f.Values[field].Text()
			if other, ok := names[name]; ok {
				t.Errorf("%s and %s are both %s", id, other, name)
			}
			names[name] = id
		}
	}
	for id, f := range small {
		if g := large[id]; f.Geometry != g.Geometry || f.Values[marketTitle] != g.Values[marketTitle] {
			t.Errorf("%s is at %v in a small city and at %v in a large one", id, f.Geometry, g.Geometry)
		}
	}
	if len(small) != MinMarkets || len(large) != MaxMarkets {
		t.Errorf("got %d and %d markets, want %d and %d", len(small), len(large), MinMarkets, MaxMarkets)
	}
}
