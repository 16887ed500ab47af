package config

import (
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"hutong/layers/hexgrid"
	"hutong/layers/view"
)

// hidden is a config whose layer only views show, with a time zone.
func hidden(rest string) string {
	return strings.Replace(viewed("    public: false\n", rest), "city: A\n", "city: A\ntime_zone: Asia/Shanghai\n", 1)
}

func TestCountViews(t *testing.T) {
	t.Parallel()
	c, err := Parse("city.yaml", []byte(hidden(`views:
  small: {layer: reports, audience: public, title: Small, place: counts}
  large:
    layer: reports
    audience: partner
    title: Large
    title_zh: 大
    description: Much.
    place: counts
    k: 10
    resolutions: [5, 7, 9]
    by: week
    weeks: 52
    settle: 6h
    shown: false
    where: kind<>'x'
    until: "2026-01-05T00:00:00+08:00"
    filters: {lamps: {where: kind = 'lamp', title: Lamps, title_zh: 路灯}, called: phone IS NOT NULL}
  once: {layer: reports, audience: officer, title: Once, place: counts, by: none, every: 30d}
`)), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []CountView{
		{
			Name: "small", Layer: "reports", Audience: "public", Title: "Small", Description: "What people report.", Licence: "CC0-1.0",
			K: 5, Resolutions: []hexgrid.Resolution{8}, By: view.ByDay, Weeks: 8, Every: 7 * 24 * time.Hour,
		},
		{
			Name: "large", Layer: "reports", Audience: "partner", Title: "Large", TitleZH: "大", Hidden: true, Description: "Much.", Licence: "CC0-1.0",
			K: 10, Resolutions: []hexgrid.Resolution{5, 7, 9}, By: view.ByWeek, Weeks: 52, Settle: 6 * time.Hour, Every: 7 * 24 * time.Hour,
			Where: "kind <> 'x'", Sets: []CountSet{
				{Name: "lamps", Filter: "kind = 'lamp'", Title: "Lamps", TitleZH: "路灯"}, {Name: "called", Filter: "phone IS NOT NULL"},
			},
			Until: time.Date(2026, 1, 5, 0, 0, 0, 0, time.FixedZone("", 8*3600)),
		},
		{
			Name: "once", Layer: "reports", Audience: "officer", Title: "Once", Description: "What people report.", Licence: "CC0-1.0",
			K: 5, Resolutions: []hexgrid.Resolution{8}, By: view.ByNone, Weeks: 8, Every: 30 * 24 * time.Hour,
		},
	}
	if diff := gocmp.Diff(want, c.Counts); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestCountViewsRefused says for each config what of it is refused.
func TestCountViewsRefused(t *testing.T) {
	t.Parallel()
	const counted = "views: {v: {layer: reports, audience: public, title: T, place: counts, "
	if _, err := Parse("c", []byte(viewed("", "time_zone: Asia/Shanghai\n"+counted+"reason: To show how.}}\n")), nil); err != nil {
		t.Errorf("a public layer, with a reason: %v", err)
	}
	for _, beside := range []string{"audience: officer, title: W", "audience: officer, title: W, place: counts, k: 2", "audience: public, title: W, reason: To show how"} {
		why := ""
		if strings.Contains(beside, "reason") {
			why = ", reason: To show how"
		}
		if _, err := Parse("c", []byte(hidden(counted+"k: 3"+why+"}, w: {layer: reports, "+beside+"}}\n")), nil); err != nil {
			t.Errorf("beside a view with %s: %v", beside, err)
		}
	}
	for name, c := range map[string]struct{ config, want string }{
		"a public layer":             {viewed("", "time_zone: Asia/Shanghai\n"+counted+"k: 3}}\n"), "everybody sees each feature of the layer reports"},
		"no time zone":               {strings.Replace(hidden(counted+"k: 3}}\n"), "time_zone: Asia/Shanghai\n", "", 1), "whole days and weeks are those of the city"},
		"no time":                    {strings.Replace(hidden(counted+"by: week}}\n"), "    time: at\n", "", 1), "the layer reports has no time"},
		"a cluster":                  {strings.Replace(hidden(counted+"k: 3}}\n"), "{folder: data}", "{folder: data, nats: {urls: [\"nats://a:4222\"]}}", 1), "with the log in a cluster"},
		"a reason for nothing":       {hidden(counted + "reason: So.}}\n"), "views.v.reason: only counts for everybody of what everybody sees elsewhere, too, need a reason"},
		"a reason that says nothing": {viewed("", "time_zone: Asia/Shanghai\n"+counted+"reason: '-'}}\n"), "views.v.reason: \"-\" says nothing"},
		"until nonsense":             {hidden(counted + "until: tomorrow}}\n"), "is no time: write one such as"},
		"until of none":              {hidden(counted + "by: none, until: \"2026-01-05T00:00:00Z\"}}\n"), "only a view of counts with by: day or by: week has this key"},
		"counts for two audiences, with a reason": {hidden(counted + "reason: To show how.}, w: {layer: reports, audience: officer, title: W}}\n"), "views.v.reason: only counts for everybody"},
		"beside features":                         {hidden(counted + "k: 3}, w: {layer: reports, audience: public, title: W, delay: 1h}}\n"), "views.v: everybody sees the view w of the layer reports, too"},
		"beside counts":                           {hidden(counted + "k: 3}, w: {layer: reports, audience: public, title: W, place: counts}}\n"), "views.w: everybody sees the view v of the layer reports, too"},
		"a set without where":                     {hidden(counted + "filters: {a: {title: A}}}}\n"), "where"},
		"too often":                               {hidden(counted + "by: none, every: 1h}}\n"), "1h is not from 24h to 366d"},
		"every by day":                            {hidden(counted + "every: 30d}}\n"), "only a view of counts with by: none has this key"},
		"weeks of none":                           {hidden(counted + "by: none, weeks: 3}}\n"), "only a view of counts with by: day or by: week has this key"},
		"fields":                                  {hidden(counted + "fields: [kind]}}\n"), "views.v.fields: a view with place: counts shows no features"},
		"delay":                                   {hidden(counted + "delay: 1h}}\n"), "views.v.delay: a view with place: counts shows no features"},
		"falling":                                 {hidden(counted + "resolutions: [8, 8]}}\n"), "resolutions rise: 8 stands behind 8"},
		"k of one":                                {hidden(counted + "k: 1}}\n"), "1 is not from 2 to 10000"},
		"a set all":                               {hidden(counted + "filters: {all: kind = 'x'}}}\n"), "all is the set of all features"},
		"no such field":                           {hidden(counted + "filters: {a: kinds = 'x'}}}\n"), "kinds"},
		"where, no field":                         {hidden(counted + "where: kinds = 'x'}}\n"), "kinds"},
	} {
		if _, err := Parse("c", []byte(c.config), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}
