package app

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
	"hutong/tiles"
)

// openOnly selects the features of complaints that are open.
type openOnly struct{}

var isOpen = column.Where(0, column.Equal, column.StringOf("open"))

func (openOnly) Skips(b *layers.Block) bool { return isOpen.Skips(b.Columns()) }

func (openOnly) Filter(b *layers.Block, rows column.Bits) { isOpen.Filter(b.Columns(), rows) }

// viewCity is newCity with views of complaints, by a secret of its own.
func viewCity(t *testing.T) *City {
	t.Helper()
	city := newCity()
	for _, v := range []View{
		{Audience: "officer", Policy: view.Policy{Name: "officer", Fields: []string{"phone", "status"}}},
		{Audience: view.Everybody, Policy: view.Policy{Name: "bare", Fields: []string{"status"}, Where: openOnly{}}},
		{Audience: view.Everybody, Policy: view.Policy{Name: "coarse", Snap: new(hexgrid.Resolution(9)), KeyedIDs: true}},
	} {
		v.Layer, v.Title, v.Licence, v.Tiles = "complaints", "View "+string(v.Policy.Name), "CC0-1.0", tiles.Defaults()
		city.Views = append(city.Views, v)
	}
	city.SecretFile = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(city.SecretFile, []byte(strings.Repeat("x", view.MinSecret)), 0o600); err != nil {
		t.Fatal(err)
	}
	return city
}

// storeOf returns the filled store of a city, and what it tells.
func storeOf(t *testing.T, city *City) (s *Store, told *[]layers.Delta) {
	t.Helper()
	a, _ := newTestApp(t, city, nil)
	s, told = a.store, &[]layers.Delta{}
	if err := a.loadLayers(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s.tell = func(d layers.Delta) { *told = append(*told, d) }
	return s, told
}

// viewOf returns a view by its name.
func viewOf(t *testing.T, s *Store, name layers.Name) *liveView {
	t.Helper()
	i := slices.IndexFunc(s.views, func(v *liveView) bool { return v.view.Name() == name })
	if i < 0 {
		t.Fatalf("there is no view %s", name)
	}
	return s.views[i]
}

// shownBy returns all features of a view as text.
func shownBy(v *view.View) map[layers.FeatureID]string {
	all := map[layers.FeatureID]string{}
	v.Scan(nil, func(f layers.Feature) bool {
		all[f.ID] = fmt.Sprint(f.Geometry, f.Values)
		return true
	})
	return all
}

// TestViewsAreServed asks what is in views, as served.
func TestViewsAreServed(t *testing.T) {
	t.Parallel()
	city := viewCity(t)
	city.Layers[1].Hidden = true
	s, _ := storeOf(t, city)
	var names []string
	for _, l := range s.public.All() {
		names = append(names, string(l.Name())+" "+string(l.Audience))
	}
	if want := []string{"complaints ", "officer officer", "bare public", "coarse public"}; !slices.Equal(names, want) {
		t.Errorf("served are %q, want %q", names, want)
	}
	officer := s.public.Named("officer").View.Now()
	if f, ok := officer.Feature("1"); !ok || f.Values[1] != column.StringOf(secret) {
		t.Errorf("an officer sees %v, %v, want the phone", f, ok)
	}
	if bare := shownBy(s.public.Named("bare").View.Now()); len(bare) != 2 || strings.Contains(fmt.Sprint(bare), secret) {
		t.Errorf("everybody sees %v", bare)
	}
	for id, text := range shownBy(s.public.Named("coarse").View.Now()) {
		if len(id) != 32 || strings.Contains(text, "116.3 39.9") || strings.Contains(text, "116.4 39.95") {
			t.Errorf("everybody sees %s: %s", id, text)
		}
	}
}

// TestViewsFollow changes a layer and looks at what its views show and are told.
func TestViewsFollow(t *testing.T) {
	t.Parallel()
	s, told := storeOf(t, viewCity(t))
	change := func(c ...layers.Change) map[layers.Name]layers.Delta {
		t.Helper()
		*told = nil
		if err := publish(t.Context(), s, layers.Batch{Layer: "complaints", Changes: c}); err != nil {
			t.Fatal(err)
		}
		byName := map[layers.Name]layers.Delta{}
		for _, d := range *told {
			byName[d.Layer] = d
		}
		return byName
	}
	of := func(id layers.FeatureID, status, phone string, lon float64) layers.Change {
		c := point(id, lon, 39.9)
		c.Feature.Values = []column.Value{column.StringOf(status), column.StringOf(phone)}
		return c
	}
	wantTold := func(what string, got map[layers.Name]layers.Delta, names ...layers.Name) {
		t.Helper()
		for _, name := range []layers.Name{"complaints", "officer", "bare", "coarse"} {
			d, ok := got[name]
			if changed := ok && d.Inserted+d.Updated+d.Deleted+len(d.Places)+len(d.Boxes) > 0; changed != slices.Contains(names, name) {
				t.Errorf("%s: %s is told %+v", what, name, d)
			}
			if len(d.PrivatePlaces)+len(d.PrivateBoxes) > 0 {
				t.Errorf("%s: %s is told of private changes: %+v", what, name, d)
			}
		}
	}
	bare, coarse := viewOf(t, s, "bare"), viewOf(t, s, "coarse")

	before := coarse.store().Snapshot()
	was := bare.store().Snapshot().Seq()
	wantTold("a private field", change(of("1", "open", "110", 116.3)), "officer")
	if coarse.store().Snapshot() != before || bare.store().Snapshot().Seq() != was {
		t.Error("a private field changed, and views that do not show it have a new state")
	}
	wantTold("closed", change(of("1", "closed", "110", 116.3)), "complaints", "officer", "bare", "coarse")
	if got := shownBy(bare.view.Now()); len(got) != 1 {
		t.Errorf("a closed one is shown: %v", got)
	}
	wantTold("hidden and moved", change(of("1", "closed", "110", 116.5)), "complaints", "officer", "coarse")
	d := change(of("1", "closed", "110", 116.50001))
	wantTold("moved a metre", d, "complaints", "officer")
	wantTold("a new one that is closed", change(of("2", "closed", "1", 116.3)), "complaints", "officer", "coarse")
	wantTold("the same again", change(of("2", "closed", "1", 116.3)))
	d = change(of("2", "open", "1", 116.3), of("3", "open", "1", 116.3))
	wantTold("opened, and one more", d, "complaints", "officer", "bare", "coarse")
	if n := d["bare"].Inserted; n != 2 {
		t.Errorf("got %d inserted, want 2", n)
	}
	if got, want := bare.store().Snapshot().Seq(), s.layers["complaints"].Snapshot().Seq(); got != want {
		t.Errorf("the view is at state %d, the layer at %d", got, want)
	}
	wantTold("deleted", change(layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: "3"}}), "complaints", "officer", "bare", "coarse")
	if before.Count() != 2 {
		t.Error("an old state changed")
	}
}

var viewRuns atomic.Uint64

// TestViewsAreTheLayerRedacted publishes at random, and holds each view against all of the layer redacted from scratch
// (S8).
func TestViewsAreTheLayerRedacted(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &viewRuns, 2) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, told := storeOf(t, viewCity(t))
		for range 60 {
			var batch layers.Batch
			batch.Layer = "complaints"
			for range 1 + r.IntN(8) {
				c := point(layers.FeatureID(strconv.Itoa(r.IntN(30))), 116+r.Float64(), 39+r.Float64())
				c.Feature.Values = []column.Value{column.StringOf([]string{"open", "closed"}[r.IntN(2)]), column.StringOf(strconv.Itoa(r.IntN(2)))}
				switch r.IntN(8) {
				case 0:
					c.Op = layers.Delete
				case 1:
					c.Feature.Geometry = nil
				case 2:
					c.Feature.Geometry = orb.LineString{{116, 39}, {116 + r.Float64(), 39 + r.Float64()}}
				}
				batch.Changes = append(batch.Changes, c)
			}
			if r.IntN(10) == 0 {
				batch.Changes = append(batch.Changes, layers.Change{Op: layers.Erase, Feature: layers.Feature{ID: batch.Changes[0].Feature.ID}})
				batch.Salt = layers.Salt{1}
			}
			if err := publish(t.Context(), s, batch); err != nil {
				t.Fatal(err)
			}
			for _, v := range s.views {
				if v.store() == nil {
					continue
				}
				fresh, err := layers.New(v.store().Schema(), layers.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := v.fill(t.Context(), fresh, s.layers["complaints"].Snapshot()); err != nil {
					t.Fatal(err)
				}
				want := shownBy(view.Of(fresh.Schema(), func() layers.Reader { return fresh.Snapshot() }).Now())
				if diff := gocmp.Diff(want, shownBy(v.view.Now())); diff != "" {
					t.Fatalf("seed %d: view %s is not its layer redacted (-want +got):\n%s", seed, v.view.Name(), diff)
				}
			}
		}
		seqs := map[layers.Name]layers.Seq{}
		for _, d := range *told {
			if d.Seq < seqs[d.Layer] {
				t.Fatalf("seed %d: state %d of %s is told behind %d", seed, d.Seq, d.Layer, seqs[d.Layer])
			}
			seqs[d.Layer] = d.Seq
		}
	}
}

// TestPrivacyOfViews asks every door of views for what they hide: exact places, a hidden field, rows left out, and
// ids of the source (S10).
func TestPrivacyOfViews(t *testing.T) {
	t.Parallel()
	city := viewCity(t)
	a, _ := newTestApp(t, city, nil)
	if err := a.loadLayers(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	a.hub.Start("")
	a.server.Ready()
	hidden := point("SOURCE-ID-7", 116.345678, 39.912345)
	hidden.Feature.Values[0] = column.StringOf("classified")
	if err := publish(t.Context(), a.store, layers.Batch{Layer: "complaints", Changes: []layers.Change{hidden}}); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, name := range []string{"bare", "coarse"} {
		words := []string{secret, "phone"}
		if name == "bare" {
			words = append(words, "classified", "SOURCE-ID-7", "116.34567", "39.91234")
		} else {
			words = append(words, "SOURCE-ID-7", "116.34567", "39.91234", "116.3,", "39.9,", `"b"`)
		}
		paths := []string{
			"/layers/" + name, "/layers/" + name + "/features/1", "/layers/" + name + "/features/SOURCE-ID-7", "/layers/" + name + "/features/b",
			"/layers/" + name + "/features?near=116.345678,39.912345&k=5", "/layers/" + name + "/features?bbox=116,39,117,40", "/layers/" + name + "/features?bbox=116,39,117,40&status=classified",
			"/layers/" + name + "/features?bbox=116,39,117,40&phone=x", "/search?layers=" + name + "&q=SOURCE", "/search?layers=" + name + "&q=classified", "/search?layers=" + name + "&q=" + secret,
			"/tiles/" + name + ".json", "/tiles/" + name + "/metadata.json",
			"/tiles/" + name + "/0/0/0.mvt", "/tiles/" + name + "/8/210/96.mvt", "/tiles/" + name + "/14/13486/6206.mvt", "/tiles/" + name + "/14/13487/6206.mvt", "/tiles/" + name + "/14/13484/6207.mvt",
		}
		for _, path := range paths {
			w := testkit.Ask(a.Handler(), "GET", path)
			if w.Code < 300 {
				asked++
			}
			for _, word := range words {
				if strings.Contains(path, word) {
					continue // an answer may repeat what it was asked
				}
				if strings.Contains(w.Body.String(), word) || strings.Contains(fmt.Sprint(w.Header()), word) {
					t.Errorf("%s: GET %s tells %q: %s", name, path, word, w.Body)
				}
			}
		}
	}
	if asked < 10 {
		t.Errorf("only %d requests were answered", asked)
	}
	// One whose status nobody may see looks the same as one that does not exist.
	known, unknown := testkit.Ask(a.Handler(), "GET", "/layers/bare/features/SOURCE-ID-7"), testkit.Ask(a.Handler(), "GET", "/layers/bare/features/SOURCE-ID-8")
	if strings.ReplaceAll(known.Body.String(), "ID-7", "ID-8") != unknown.Body.String() || known.Code != unknown.Code {
		t.Errorf("a feature that is left out is answered by %s, one that is not there by %s", known.Body, unknown.Body)
	}
	// A change of such a one is a change of nothing.
	look := func() (all []string) {
		for _, path := range []string{"/tiles/bare/8/210/96.mvt", "/layers/bare"} {
			w := testkit.Ask(a.Handler(), "GET", path)
			all = append(all, w.Header().Get("ETag"), w.Header().Get(api.HeaderFreshness), w.Body.String())
		}
		return all
	}
	before := look()
	hidden.Feature.Values[0] = column.StringOf("still classified")
	if err := publish(t.Context(), a.store, layers.Batch{Layer: "complaints", Changes: []layers.Change{hidden}}); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(before, look()); diff != "" {
		t.Errorf("a feature that is left out changed what is answered (-before +after):\n%s", diff)
	}
}

// TestSecret reads and makes secrets.
func TestSecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, made, err := keptSecret(dir)
	if err != nil || !made || len(first) < view.MinSecret {
		t.Fatalf("got %d bytes, %v", len(first), err)
	}
	again, made, err := keptSecret(dir)
	if err != nil || made || !slices.Equal(again, first) {
		t.Errorf("the second time there is another one: %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, secretName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	for _, test := range []struct {
		name string
		mode os.FileMode
		size int
		want string
	}{
		{"short", 0o600, view.MinSecret - 1, "has 31 bytes: want at least 32"},
		{"long", 0o600, maxSecret + 1, "has 4097 bytes"},
		{"open", 0o640, view.MinSecret, "others than its owner may open"},
		{"good", 0o400, view.MinSecret, ""},
	} {
		path := filepath.Join(dir, test.name)
		if err := os.WriteFile(path, make([]byte, test.size), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, test.mode); err != nil {
			t.Fatal(err)
		}
		_, err := readSecret(path)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	if _, err := readSecret(filepath.Join(dir, "none")); err == nil {
		t.Error("a file that is not there was read")
	}
	if _, err := readSecret(dir); err == nil {
		t.Error("a folder was read")
	}
	if err := os.WriteFile(filepath.Join(dir, secretName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := keptSecret(dir); err == nil {
		t.Error("an empty secret was replaced by another, which moves every place anew")
	}
}

// TestNoSecret makes an app that has nowhere to keep one.
func TestNoSecret(t *testing.T) {
	t.Parallel()
	city := viewCity(t)
	city.SecretFile = ""
	_, err := New(city, Options{Metrics: telemetry.NewMetrics()})
	if err == nil || !strings.Contains(err.Error(), "needs a secret that outlives the server") {
		t.Errorf("got %v", err)
	}
}

// TestViewMetrics looks for the views among the layers.
func TestViewMetrics(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics()
	a, _ := newTestApp(t, viewCity(t), func(o *Options) { o.Metrics = m })
	if err := a.loadLayers(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	text := testkit.Ask(m.Handler(), "GET", "/metrics").Body.String()
	for _, want := range []string{
		`hutong_layer_features{layer="complaints"} 2`, `hutong_layer_features{layer="officer"} 2`, `hutong_layer_features{layer="coarse"} 2`,
		`hutong_layer_store_bytes{layer="coarse"}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, `hutong_layer_store_bytes{layer="officer"}`) {
		t.Error("a view without a store has bytes of its own")
	}
}
