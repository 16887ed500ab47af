package synthetic

import (
	"slices"
	"testing"
)

// TestComplaintsFitTheirTime checks, of all that a year and the one after it bring, that what people say fits
// the season and the hour, and what they complain of the street.
func TestComplaintsFitTheirTime(t *testing.T) {
	t.Parallel()
	city := sized(200_000)
	var r random
	said, heating, cold := map[string]int{}, 0, 0
	for i := range 400_000 {
		m := city.matter(&r, i)
		p := m.kind.phrase(&r, m.when)
		said[p.en]++
		month, h := m.when.month+1, m.when.hour
		for _, c := range []struct {
			phrase string
			fits   bool
		}{
			{"Willow fluff", month >= 4 && month <= 6},
			{"Signal hidden by leaves", month >= 4 && month <= 11},
			{"Air conditioner hums", month >= 5 && month <= 9},
			{"Dancing in the square", h >= 6 && h < 11 || h >= 18 && h < 22},
			{"Building work at night", h >= 22 || h < 6},
		} {
			if c.phrase == p.en && !c.fits {
				t.Fatalf("%s at %v", p.en, m.when.date())
			}
		}
		if m.kind.name == "heating" {
			if heating++; month < 4 || month > 10 {
				cold++
			}
		}
		class := m.where.street.class
		offExpressways := slices.Contains([]string{"rubbish", "water supply", "illegal building", "illegal parking"}, m.kind.name)
		offRings := slices.Contains([]string{"property management", "heating", "public toilets"}, m.kind.name)
		if class == expressway && (offExpressways || offRings) || class == ringRoad && offRings {
			t.Fatalf("%s at %s", m.kind.name, m.where.street.name)
		}
	}
	for i := range categories {
		k := &categories[i]
		if !slices.ContainsFunc(k.titles, func(p phrase) bool { return p.when == anytime }) {
			t.Errorf("%s has no phrase for any time", k.name)
		}
		for _, p := range k.titles {
			if said[p.en] == 0 {
				t.Errorf("nobody says %q", p.en)
			}
		}
	}
	if heating == 0 || (heating-cold)*20 > heating {
		t.Errorf("%d of %d complaints of heating are from April to October, want less than 5 %%", heating-cold, heating)
	}
}
