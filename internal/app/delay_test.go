package app

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/config"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles"
)

// clocked is a city with a view that is a minute late, and a clock.
type clocked struct {
	*Store
	v    *liveView
	time time.Time
	told []layers.Delta
}

func newClocked(t *testing.T) *clocked {
	t.Helper()
	city := newCity()
	city.Views = []View{{
		Layer: "complaints", Title: "Late", Licence: "CC0-1.0", Tiles: tiles.Defaults(), Delay: time.Minute,
		Policy: view.Policy{Name: "late", Where: openOnly{}},
	}}
	a, _ := newTestApp(t, city, nil)
	c := &clocked{Store: a.store, time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	c.now = func() time.Time { return c.time }
	c.tell = func(d layers.Delta) {
		if d.Layer == "late" {
			c.told = append(c.told, d)
		}
	}
	if err := a.loadLayers(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	c.v = viewOf(t, c.Store, "late")
	return c
}

// pass lets time pass, a tick at a time.
func (c *clocked) pass(t *testing.T, d time.Duration) {
	t.Helper()
	for ; d > 0; d -= lateTick {
		c.time = c.time.Add(min(d, lateTick))
		if err := c.stepLate(t.Context(), c.v); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *clocked) publish(t *testing.T, changes ...layers.Change) {
	t.Helper()
	if err := publish(t.Context(), c.Store, layers.Batch{Layer: "complaints", Changes: changes, Salt: layers.Salt{1}}); err != nil {
		t.Fatal(err)
	}
}

// shows returns what the view shows.
func (c *clocked) shows() map[layers.FeatureID]string { return shownBy(c.v.view.Now()) }

// erasureOf is the erasure of a feature.
func erasureOf(id layers.FeatureID) layers.Change {
	return layers.Change{Op: layers.Erase, Feature: layers.Feature{ID: id}}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	c := newClocked(t)
	want := func(what string, ids ...layers.FeatureID) {
		t.Helper()
		got := c.shows()
		for _, id := range ids {
			if _, there := got[id]; !there {
				t.Errorf("%s: %s is not shown, only %v", what, id, got)
			}
		}
		if len(got) != len(ids) {
			t.Errorf("%s: got %v, want %v", what, got, ids)
		}
	}
	want("at the start")
	c.pass(t, 30*time.Second)
	c.publish(t, point("2", 116.3, 39.9))
	c.pass(t, 29*time.Second)
	want("before the delay")
	c.pass(t, time.Second)
	want("a minute after the start", "1", "b")
	if len(c.told) != 1 || !c.told[0].Everywhere {
		t.Errorf("told is %+v, want everything", c.told)
	}
	c.pass(t, 30*time.Second)
	want("a minute after the change", "1", "b")
	c.pass(t, 2*time.Second)
	want("and a bucket", "1", "2", "b")
	if len(c.told) != 2 || c.told[1].Inserted != 1 || len(c.told[1].Places) != 1 {
		t.Errorf("told is %+v, want one feature more", c.told)
	}

	// What is erased goes from what is shown, waits and is made aside.
	c.publish(t, point("3", 116.3, 39.9), point("4", 116.3, 39.9))
	c.publish(t, erasureOf("1"), erasureOf("3"))
	want("erased", "2", "b")
	if d := c.told[len(c.told)-1]; d.Deleted != 1 || d.Everywhere {
		t.Errorf("told is %+v, want one deleted", d)
	}
	c.publish(t, point("5", 116.3, 39.9))
	c.pass(t, 62*time.Second)
	want("what waited beside it", "2", "4", "5", "b")

	// Too much waits: the state takes its place a minute later, without what is erased meanwhile.
	c.v.late.most = 2
	c.publish(t, point("6", 116.3, 39.9), point("7", 116.3, 39.9), point("8", 116.3, 39.9))
	if !c.v.late.taking() || c.v.late.waiting != 0 {
		t.Fatalf("too much waits, and it is %+v", c.v.late)
	}
	c.publish(t, erasureOf("6"))
	c.pass(t, time.Second) // it is made
	c.publish(t, erasureOf("7"))
	c.pass(t, 10*time.Second)
	c.publish(t, point("9", 116.3, 39.9))
	c.pass(t, 48*time.Second)
	want("before it is due", "2", "4", "5", "b")
	c.pass(t, time.Second)
	want("taken", "2", "4", "5", "8", "b")
	c.pass(t, 12*time.Second)
	want("what came behind it", "2", "4", "5", "8", "9", "b")
	last := layers.Seq(0)
	for _, d := range c.told {
		if d.Seq <= last {
			t.Errorf("state %d is told behind %d", d.Seq, last)
		}
		last = d.Seq
	}
}

// moment is what a view without a delay would have shown from a time on.
type moment struct {
	at    time.Time
	shown map[layers.FeatureID]string
}

// TestDelayIsThePast changes a layer at random: what the view shows is at every moment what it would have shown without
// a delay at one moment before the delay, and with room for what waits not much before that.
// TestDelayOfWhatComesBack: what is erased and reported again in one commit leaves a view with a delay at once, and is there
// again when it is as old as the delay, also where it is what it was.
func TestDelayOfWhatComesBack(t *testing.T) {
	t.Parallel()
	c := newClocked(t)
	c.publish(t, point("2", 116.3, 39.9))
	c.pass(t, 3*time.Minute)
	if _, there := c.shows()["2"]; !there {
		t.Fatalf("%v: want 2 to be shown", c.shows())
	}
	c.publish(t, erasureOf("2"), point("2", 116.3, 39.9))
	if _, there := c.shows()["2"]; there {
		t.Errorf("%v: 2 is shown, which was erased", c.shows())
	}
	if _, there := c.v.of.Snapshot().Find("2"); !there {
		t.Fatal("the layer has no 2, want what was reported again")
	}
	c.pass(t, 50*time.Second)
	if _, there := c.shows()["2"]; there {
		t.Errorf("%v: 2 is shown before the delay", c.shows())
	}
	c.pass(t, 20*time.Second)
	if _, there := c.shows()["2"]; !there {
		t.Errorf("%v: 2 is not shown, a minute after it came back", c.shows())
	}
}

func TestDelayIsThePast(t *testing.T) {
	t.Parallel()
	for i, seed := range testkit.Seeds(t, &viewRuns, 4) {
		most := maxLate
		if i%2 == 1 {
			most = 10
		}
		t.Run(fmt.Sprintf("%d of %d", seed, most), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 2))
			c := newClocked(t)
			c.v.late.most = most
			past := []moment{{at: time.Time{}, shown: map[layers.FeatureID]string{}}}
			note := func() {
				fresh, err := layers.New(c.v.view.Schema(), layers.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.v.fill(t.Context(), fresh, c.layers["complaints"].Snapshot()); err != nil {
					t.Fatal(err)
				}
				past = append(past, moment{c.time, shownBy(view.Of(fresh.Schema(), func() layers.Reader { return fresh.Snapshot() }).Now())})
			}
			note()
			changes, stale := 0, 0
			for range 600 {
				if r.IntN(3) == 0 {
					id := layers.FeatureID(strconv.Itoa(r.IntN(20)))
					p := point(id, 116+r.Float64(), 39+r.Float64())
					p.Feature.Values[0] = column.StringOf([]string{"open", "open", "closed"}[r.IntN(3)])
					switch r.IntN(12) {
					case 0:
						p.Op = layers.Delete
					case 1:
						p = erasureOf(id)
						for i := range past {
							past[i].shown = maps.Clone(past[i].shown)
							delete(past[i].shown, id)
						}
					case 2:
						p.Feature.Geometry = orb.LineString{{116, 39}, {117, 39 + r.Float64()}}
					}
					c.publish(t, p)
					note()
					changes++
				}
				c.pass(t, lateTick)
				got := c.shows()
				before := c.time.Add(-time.Minute)
				found := -1
				for i := range past {
					if !past[i].at.After(before) && maps.Equal(past[i].shown, got) {
						found = i
					}
				}
				if found < 0 {
					t.Fatalf("what is shown is early, or never was: %v", got)
				}
				lateness := time.Duration(0)
				if found+1 < len(past) {
					lateness = before.Sub(past[found+1].at) // the next state should be there
				}
				bound := c.v.late.width() + lateTick
				if most < maxLate {
					bound += 2 * time.Minute
				}
				if lateness > bound {
					t.Fatalf("what is shown is %v late, beyond the delay", lateness)
				}
				if lateness > c.v.late.width()+lateTick {
					stale++
				}
			}
			if changes < 100 || most < maxLate && stale == 0 {
				t.Errorf("%d changes, %d times it was taken as a whole: nothing was tried", changes, stale)
			}
			c.pass(t, 4*time.Minute)
			if diff := gocmp.Diff(past[len(past)-1].shown, c.shows()); diff != "" {
				t.Errorf("in the end (-want +got):\n%s", diff)
			}
			if l := c.v.late; l.waiting != 0 || l.bytes != 0 || len(l.buckets) != 0 || l.taking() {
				t.Errorf("something still waits: %+v", l)
			}
		})
	}
}

// TestViewOfConfig serves a view that a config describes.
func TestViewOfConfig(t *testing.T) {
	t.Parallel()
	c, err := config.Parse("city.yaml", []byte(`city: A
layers:
  complaints:
    title: Complaints
    licence: CC0-1.0
    fields: {status: {type: string}, phone: {type: string, private: true}}
views:
  mine: {layer: complaints, audience: officer, title: Mine, where: "phone LIKE 's3%'", fields: [status]}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(city.Views[0].what(), "phone") {
		t.Errorf("%s does not name the filter", city.Views[0].what())
	}
	other := point("2", 116.3, 39.9)
	other.Feature.Values[1] = column.StringOf("another")
	city.Sources = newCity(&fakeSource{name: "hotline", layer: "complaints", changes: []layers.Change{point("1", 116.3, 39.9), other}}).Sources
	s, _ := storeOf(t, city)
	got := shownBy(s.public.Named("mine").View.Now())
	if len(got) != 1 || !strings.Contains(got["1"], "open") || strings.Contains(got["1"], secret) {
		t.Errorf("got %v", got)
	}
}
