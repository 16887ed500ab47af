package app

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/erasure"
	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
)

// snappedView is a view of the layer of [eraseCity].
func snappedView() View {
	return View{
		Layer: "reports", Title: "Coarse", Licence: "CC0-1.0", Tiles: tiles.Defaults(),
		Policy: view.Policy{Name: "coarse", Snap: new(hexgrid.Resolution(7)), KeyedIDs: true},
	}
}

// TestViewsOutliveTheServer stops a server with a data folder and starts it again: the views show the same, from the
// checkpoint and from the log behind it, and the folder's secret is the same.
func TestViewsOutliveTheServer(t *testing.T) {
	t.Parallel()
	load, key, data := eraseCity(t)
	withView := func() *City {
		city := load()
		city.Views = []View{snappedView()}
		return city
	}
	push := func(a *App, body string) {
		t.Helper()
		if w := pushTo(a.Handler(), key, "/ingest/hotline", body); w.Code != http.StatusOK {
			t.Fatalf("push: got %d, %s", w.Code, w.Body)
		}
	}
	a, _, stop := served(t, withView())
	push(a, `[{"no": "1", "x": 116.4, "y": 39.9, "state": "new"}, {"no": "2", "x": 116.41, "y": 39.91, "state": "new"}]`)
	if err := a.durable.request(t.Context(), a.durable.checkpoint); err != nil {
		t.Fatal(err)
	}
	push(a, `[{"no": "2", "x": 116.5, "y": 39.9, "state": "old"}, {"no": "3", "x": 116.41, "y": 39.91, "state": "new"}]`)
	want := shownBy(viewOf(t, a.store, "coarse").view.Now())
	if len(want) != 3 {
		t.Fatalf("got %v", want)
	}
	secretWas, err := os.ReadFile(filepath.Join(data, secretName))
	if err != nil {
		t.Fatal(err)
	}
	stop()
	manifests, err := filepath.Glob(filepath.Join(data, "checkpoints", "files", "*coarse*"))
	if err != nil || len(manifests) > 0 {
		t.Errorf("the view is in checkpoints: %v, %v", manifests, err)
	}

	a, _, stop = served(t, withView())
	if diff := gocmp.Diff(want, shownBy(viewOf(t, a.store, "coarse").view.Now())); diff != "" {
		t.Errorf("after another start (-want +got):\n%s", diff)
	}
	epoch := a.epoch()
	stop()
	if again, err := os.ReadFile(filepath.Join(data, secretName)); err != nil || string(again) != string(secretWas) {
		t.Errorf("the secret is another one: %v", err)
	}

	// Behind a restore the folder has none, and whoever starts it must know.
	if err := os.Remove(filepath.Join(data, secretName)); err != nil {
		t.Fatal(err)
	}
	_, log, stop := served(t, withView())
	stop()
	if !strings.Contains(log.String(), "a secret was made") {
		t.Errorf("nothing tells that the secret is another one: %s", log)
	}
	if err := os.WriteFile(filepath.Join(data, secretName), secretWas, 0o600); err != nil {
		t.Fatal(err)
	}
	_, log, stop = served(t, withView())
	stop()
	if strings.Contains(log.String(), "a secret was made") {
		t.Errorf("the secret is there, and the log says %s", log)
	}

	city := withView() // who knows tiles of another policy may not go on with them
	city.Views[0].Policy.KeyedIDs = false
	a, _, _ = served(t, city)
	if a.epoch() == epoch {
		t.Error("the view shows something else, and the history has the same name")
	}
}

// TestHistoryTellsWhatMakesTiles starts a city again and again, each time with something else of what its tiles are made by: who
// knows tiles of one start may not go on with them behind another, since no sequence tells that they differ.
func TestHistoryTellsWhatMakesTiles(t *testing.T) {
	t.Parallel()
	load, _, data := eraseCity(t)
	histories := map[string]string{}
	for _, step := range []struct {
		name   string
		change func(*City)
	}{
		{"as it is", func(*City) {}},
		{"an overview", func(c *City) { c.Layers[0].Overview = Overview{10, styles.Hexes} }},
		{"one of clusters", func(c *City) { c.Layers[0].Overview = Overview{10, styles.Clusters} }},
		{"coarser cells", func(c *City) { c.Layers[0].Cells = &derive.Spec{Min: 4, Max: 8} }},
		{"a middle elsewhere", func(c *City) { c.Center = &orb.Point{116.4, 59.9} }},
		{"hexagons", func(c *City) { c.Derived = []Derived{{Name: "cells", Of: "reports", As: styles.Hexes}} }},
		{"clusters", func(c *City) { c.Derived = []Derived{{Name: "cells", Of: "reports", As: styles.Clusters}} }},
		{"a view by a secret", func(c *City) { c.Views = []View{snappedView()} }},
		{"by another", func(c *City) {
			c.Views = []View{snappedView()}
			if err := os.WriteFile(filepath.Join(data, secretName), bytes.Repeat([]byte("other"), 10), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		var last string
		for range 2 {
			city := load()
			city.Center, city.Layers[0].Cells = &orb.Point{116.4, 39.9}, &derive.Spec{Min: 4, Max: 9}
			step.change(city)
			a, _, stop := served(t, city)
			epoch := a.epoch()
			stop()
			if last != "" && epoch != last {
				t.Errorf("%s, started again: the history is %q, and was %q", step.name, epoch, last)
			}
			last = epoch
		}
		if other, same := histories[last]; last == "" || same {
			t.Errorf("%s: the history is %q, as of %s", step.name, last, other)
		}
		histories[last] = step.name
	}
}

// TestEraseReachesViews erases a feature, and looks whether an erasure sees what a view still has.
func TestEraseReachesViews(t *testing.T) {
	t.Parallel()
	load, key, _ := eraseCity(t)
	city := load()
	city.Views = []View{snappedView()}
	a, _, _ := served(t, city)
	for _, id := range []string{"7", "8"} {
		if w := pushTo(a.Handler(), key, "/ingest/hotline", `[{"no": "`+id+`", "x": 116.4, "y": 39.9, "state": "new"}]`); w.Code != http.StatusOK {
			t.Fatalf("push: got %d, %s", w.Code, w.Body)
		}
	}
	v := viewOf(t, a.store, "coarse")
	shown, _ := v.store().Snapshot().Find(v.redactor.ID("7"))
	if shown.Block == nil {
		t.Fatal("the view does not show the feature")
	}
	feature := shown.Feature()
	report, err := a.Erase(t.Context(), "reports", "7")
	if err != nil || report.Proof.Found.Count != 0 {
		t.Fatalf("got %+v, %v", report, err)
	}
	if _, there := v.store().Snapshot().Find(v.redactor.ID("7")); there || v.store().Snapshot().Count() != 1 {
		t.Error("the view shows the erased feature, or not the other one")
	}
	// A view that has it all the same, which takes a defect, is found.
	if _, err := v.store().Apply(layers.Batch{Layer: "coarse", Changes: []layers.Change{{Feature: feature}}}); err != nil {
		t.Fatal(err)
	}
	e := &eraser{app: a, layer: a.store.layers["reports"], id: "7", pattern: erasure.NewPattern("7")}
	e.report.Layer = "reports"
	proof, _, err := e.prove(t.Context())
	if err != nil || !strings.Contains(strings.Join(proof.Found.Places, "; "), "the view coarse, state") {
		t.Errorf("got %+v, %v", proof.Found, err)
	}
}
