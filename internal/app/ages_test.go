package app

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles"
)

// TestAgesTurn: clients hear at the start of each bucket that all of a layer and of its views with ages changed, and of
// nothing between; the views show new classes by then.
func TestAgesTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		age := view.AgeSpec{Field: "age_class", Classes: []view.AgeClass{{Name: "1h", Below: time.Hour}, {Name: "1d", Below: 24 * time.Hour}}}
		city := &City{
			Layers: []Layer{{
				Schema: &layers.Schema{Name: "reports", TimeField: "at", Fields: []layers.Field{{Name: "at", Kind: column.Time}}},
				Title:  "Reports", Licence: "CC0-1.0", Tiles: tiles.Defaults(), Age: age,
			}},
			Views: []View{{Layer: "reports", Policy: view.Policy{Name: "late"}, Delay: time.Second, Age: age, Tiles: tiles.Defaults()}},
		}
		s, err := NewStore(city, telemetry.NewMetrics())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now() // midnight, the start of a bucket
		if err := publish(t.Context(), s, layers.Batch{Layer: "reports", Changes: []layers.Change{{Feature: layers.Feature{
			ID: "1", Geometry: orb.Point{116, 39}, Values: []column.Value{column.TimeOf(start.Add(-52 * time.Minute))},
		}}}}); err != nil {
			t.Fatal(err)
		}
		changed := map[layers.Name]time.Time{}
		for _, name := range []layers.Name{"reports", "late"} {
			changed[name] = s.public.Named(name).Fresh.Changed()
		}
		var told []string
		s.tell = func(d layers.Delta) {
			f, _ := s.public.Named("reports").View.Now().Feature("1")
			told = append(told, fmt.Sprintf("%s %s all=%t %s", time.Since(start), d.Layer, d.Everywhere, f.Values[1].Text()))
			if fresh := s.public.Named(d.Layer).Fresh; !fresh.Shown().Equal(time.Now()) || !fresh.Changed().Equal(changed[d.Layer]) {
				t.Errorf("%s: what it shows changed at %s, its features at %s, want %s and %s", d.Layer, fresh.Shown(), fresh.Changed(), time.Now(), changed[d.Layer])
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.turnAges(ctx); close(done) }()
		time.Sleep(11 * time.Minute)
		cancel()
		<-done
		want := []string{
			"0s reports all=true 1h", "0s late all=true 1h", "5m0s reports all=true 1h", "5m0s late all=true 1h",
			"10m0s reports all=true 1d", "10m0s late all=true 1d",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		l := s.public.Named("reports")
		look := l.Drawing.Fields["age_class"]
		if diff := cmp.Diff([]string{"1h", "1d", "older"}, look.Order); diff != "" || look.Values["1h"].Title.ZH != "一小时内" || look.Values["1d"].Title.EN != "Last day" {
			t.Errorf("drawn by %+v", look)
		}
		if got := l.Tiles.Options().Distinct["age_class"]; got != 3 || s.layers["reports"].past.Options().Distinct != nil {
			t.Errorf("%d classes in a tile", got)
		}
		if n := len(s.views[0].store().Schema().Fields); n != 1 {
			t.Errorf("the store of the view has %d fields", n)
		}
	})
}
