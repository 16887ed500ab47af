package e2e

import (
	"strings"
	"testing"
)

// tourFaults is what the page makes of answers that are late, refused or broken.
type tourFaults struct {
	tourStep
	Hasty struct {
		Before *struct{ Layer, ID string }
		After  string
	}
	Mended struct {
		Told     string
		Same     bool
		Features tourFeatures
	}
	Hole struct {
		Banner   bool
		Features tourFeatures
	}
	Gone struct {
		Seen, Heard string
		At          *struct{ Layer, ID string }
	}
	Theme string
}

func (v tourFaults) check(t *testing.T, city tourCity) {
	// The browser itself complains of what was broken here; nothing else may.
	var others []string
	for _, complaint := range v.Complaints {
		if !strings.Contains(complaint, "/sprites/") && !strings.Contains(complaint, "/tiles/routes/") &&
			!strings.Contains(complaint, "Failed to load resource") && !strings.Contains(complaint, "features/nobody") &&
			!strings.Contains(complaint, "AJAXError") {
			others = append(others, complaint)
		}
	}
	v.Complaints = others
	v.whole(t)
	if v.Hasty.Before != nil || v.Hasty.After != "routes" {
		t.Errorf("Enter opened %+v before the answer and %q after it, want nothing and a route", v.Hasty.Before, v.Hasty.After)
	}
	all := city.only(func(tourComplaint) bool { return true })
	if !strings.Contains(v.Mended.Told, "still loading") || !v.Mended.Same {
		t.Errorf("without a sprite the page says %q and stays the same page: %v", v.Mended.Told, v.Mended.Same)
	}
	checkFeatures(t, "with the sprite of the third time", all, v.Mended.Features)
	if v.Hole.Banner || len(v.Hole.Features["routes"]) > 0 {
		t.Errorf("a broken tile makes the page wait: %v; it draws routes: %v", v.Hole.Banner, v.Hole.Features["routes"])
	}
	delete(all, "routes")
	checkFeatures(t, "beside a broken tile", all, v.Hole.Features)
	if v.Gone.Seen == "" || v.Gone.Seen != v.Gone.Heard || v.Gone.At != nil {
		t.Errorf("of a feature that is gone is seen %q and heard %q, and the address says %+v", v.Gone.Seen, v.Gone.Heard, v.Gone.At)
	}
	if v.Theme != "dark" {
		t.Errorf("an address without a theme gives %q, want dark as it was chosen", v.Theme)
	}
}
