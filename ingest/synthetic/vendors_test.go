package synthetic

import (
	"testing"

	"hutong/layers/column"
)

// TestPermits checks, by how vendors stand with the city, since when they have a permit and that a suspended one
// is never open.
func TestPermits(t *testing.T) {
	t.Parallel()
	vendors, _ := history(t, sized(200_000), "vendors")
	counts := map[string]int{}
	for id, f := range vendors {
		permit, since := f.Values[vendorStatus].Text(), f.Values[vendorSince]
		counts[permit]++
		if (permit == "unlicensed") != since.IsNull() {
			t.Errorf("%s is %s since %v", id, permit, since)
			continue
		}
		years := (historyEnd.micros() - since.Micros()) / (365 * day * 1_000_000)
		if !since.IsNull() && (permit == "expired") != (years >= permitYears) {
			t.Errorf("%s is %s after %d years", id, permit, years)
		}
		if hours := f.Values[vendorHours]; permit == "suspended" && (f.Values[vendorOpen] != column.StringOf(isClosed) || !hours.IsNull()) {
			t.Errorf("%s is suspended and %v, at %v", id, f.Values[vendorOpen], hours)
		}
	}
	for _, permit := range permits {
		if counts[permit] < len(vendors)/50 {
			t.Errorf("%d of %d vendors are %s", counts[permit], len(vendors), permit)
		}
	}
}
