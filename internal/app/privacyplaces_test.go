package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/internal/auth"
	"hutong/internal/config"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
)

// What places and ids that are shown in place of others tell: of the privacy suite.

// hidingConfig is a city that hides in every way that a view knows. What is hidden stands first in its layers, so that no
// field has the same position in a layer and in what is shown of it; %[1]s is the file of the secret, %[2]s that of the
// tokens', and %[3]s and %[4]s are the hashes of an officer's and a partner's key, %[5]s are the
// fields of a layer.
const hidingConfig = `city: A city
secret_file: "%[1]s"
tokens: {secret_file: "%[2]s"}
keys:
  officer: {hash: "%[3]s", scopes: ["audience:officer"]}
  partner: {hash: "%[4]s", scopes: ["view:yard"]}
layers:
  walks:
    title: Walks
    licence: CC0-1.0
    public: false
    time: at
    fields: %[5]s
  shops: {title: Shops, licence: CC0-1.0, time: at, h3: {numbers: [floor]}, fields: %[5]s}
views:
  near: {layer: walks, audience: public, title: Near, place: {snap: 8}}
  beside: {layer: walks, audience: public, title: Beside, fields: [state], place: {snap: 8}}
  keyed: {layer: walks, audience: public, title: Keyed, ids: keyed}
  masked: {layer: walks, audience: public, title: Masked, fields: [floor], where: "state = 'open'", place: {snap: 8}, ids: keyed}
  open: {layer: walks, audience: public, title: Open, where: "state = 'open'"}
  states: {layer: walks, audience: public, title: States, fields: [state]}
  late: {layer: walks, audience: public, title: Late, delay: 64m}
  staff: {layer: shops, audience: officer, title: Staff, fields: [state, phone]}
  few: {layer: shops, audience: public, title: Few, fields: [state]}
  yard: {layer: shops, audience: partner, title: Yard, fields: [state, card]}
`

const hidingFields = "{phone: {type: string, private: true}, card: {type: int, private: true}, called: {type: time, private: true}, " +
	"state: {type: string}, floor: {type: int}, at: {type: time}}"

// hiding is that city, and the keys of those for whom some of it is.
type hiding struct {
	private
	officer, partner auth.Secret
	signer           *auth.Signer
}

// aSecret is one by which places and ids are hidden.
func aSecret(by string) string { return strings.Repeat(by, view.MinSecret) }

// newHiding returns the city by a secret, with what sources have.
func newHiding(t *testing.T, secret string, sources ...ingest.Source) *hiding {
	t.Helper()
	p := &hiding{officer: auth.NewSecret(), partner: auth.NewSecret()}
	signing := strings.Repeat("nobody-can-guess-it-", 2)
	text := fmt.Appendf(nil, hidingConfig, file(t, "secret", secret), file(t, "signing", signing), p.officer.Hash(), p.partner.Hash(), hidingFields)
	c, err := config.Parse("hiding.yaml", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	city.Sources = sources
	if p.signer, err = auth.NewSigner([]byte(signing), nil); err != nil {
		t.Fatal(err)
	}
	p.App, _ = newTestApp(t, city, nil)
	p.now = time.Date(2026, 8, 18, 9, 30, 0, 0, time.UTC)
	p.store.now = func() time.Time { return p.now }
	if err := p.loadLayers(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	p.hub.Start("")
	p.server.Ready()
	tell := p.store.tell
	p.store.tell = func(d layers.Delta) {
		p.told = append(p.told, d)
		tell(d)
	}
	return p
}

// hiddenTime is in every private time, of which no public one has it.
const hiddenTime = "09:11:22.333"

// hiddenCard is in every private number.
const hiddenCard = 7_770_000

// walk is one by somebody with a private number, in a state.
func walk(id string, lon, lat float64, state string) layers.Change {
	called, err := time.Parse(time.RFC3339, "2026-08-01T"+hiddenTime+"Z")
	if err != nil {
		panic(err)
	}
	return layers.Change{Feature: layers.Feature{
		ID: layers.FeatureID(id), Geometry: orb.Point{lon, lat}, Values: []column.Value{
			column.StringOf(secret), column.IntOf(hiddenCard + int64(len(id))), column.TimeOf(called),
			column.StringOf(state), column.IntOf(3), column.TimeOf(time.Date(2026, 8, 17, 12, 0, 0, 0, time.UTC)),
		},
	}}
}

// change publishes changes of a layer.
func (p *hiding) change(t *testing.T, layer layers.Name, changes ...layers.Change) {
	t.Helper()
	if err := publish(t.Context(), p.store, layers.Batch{Layer: layer, Changes: changes, Salt: layers.Salt{1}}); err != nil {
		t.Fatal(err)
	}
}

// shownFeature is a feature as a door shows it.
type shownFeature struct {
	ID       string `json:"id"`
	Geometry struct {
		Type        string    `json:"type"`
		Coordinates []float64 `json:"coordinates"`
	} `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

// lists returns what a view shows, at most a thousand.
func (p *private) lists(t *testing.T, name string) map[string]shownFeature {
	t.Helper()
	var list struct {
		Features []shownFeature `json:"features"`
	}
	p.json(t, "/layers/"+name+"/features?bbox=115,39,118,41&limit=1000", &list)
	out := map[string]shownFeature{}
	for _, f := range list.Features {
		out[f.ID] = f
	}
	return out
}

// cells returns the cells of a resolution in whose middles a view shows its features.
func (p *private) cells(t *testing.T, name string, r hexgrid.Resolution) map[string]hexgrid.Cell {
	t.Helper()
	out := map[string]hexgrid.Cell{}
	for id, f := range p.lists(t, name) {
		if f.Geometry.Type != "Point" {
			t.Fatalf("%s shows %s as a %s", name, id, f.Geometry.Type)
		}
		cell, err := hexgrid.At(f.Geometry.Coordinates[0], f.Geometry.Coordinates[1], r)
		if err != nil {
			t.Fatal(err)
		}
		out[id] = cell
	}
	return out
}

// around returns the cells of which one is shown for a place.
func around(t *testing.T, lon, lat float64, r hexgrid.Resolution) []hexgrid.Cell {
	t.Helper()
	own, err := hexgrid.At(lon, lat, r)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := own.Disk(1)
	if err != nil || len(cells) != 7 {
		t.Fatalf("got %v, %v", cells, err)
	}
	return cells
}

// walkers are as many as there are of one place: 100 for each of its seven cells.
const walkers = 700

// byChance reports whether so many of walkers may agree in what is one of seven by chance: 100, of which the deviation is
// 9.3.
func byChance(n int) bool { return n >= 60 && n <= 140 }

// walksAt are walkers at one place.
func walksAt(lon, lat float64) []layers.Change {
	list := make([]layers.Change, walkers)
	for i := range list {
		list[i] = walk(fmt.Sprint("w", i), lon, lat, "open")
	}
	return list
}

// TestPrivacyOfDraws looks at many who are in one place, and at the same ones in another: which of seven cells each is shown
// in tells nothing of where it is, of where others are, nor of where it is shown elsewhere.
func TestPrivacyOfDraws(t *testing.T) {
	t.Parallel()
	p := newHiding(t, aSecret("x"))
	const lon, lat = 116.35, 39.95
	p.change(t, "walks", walksAt(lon, lat)...)
	first, firstCells := p.cells(t, "near", 8), around(t, lon, lat, 8)
	counts := map[hexgrid.Cell]int{}
	for _, c := range first {
		counts[c]++
	}
	for _, c := range firstCells {
		if !byChance(counts[c]) {
			t.Errorf("of %d in one place %v are shown in its seven cells %v: want each of them about as often", walkers, counts, firstCells)
			break
		}
	}
	if len(counts) != 7 {
		t.Errorf("%d in one place are shown in %d cells", walkers, len(counts))
	}
	if beside := p.cells(t, "beside", 8); !maps.Equal(first, beside) {
		t.Error("two views with cells of one size show features in other places: who sees both knows of fewer cells")
	}

	// Another state, and a step aside: what is drawn anew at each look averages out.
	moved := walksAt(lon+1e-5, lat+1e-5)
	for i := range moved {
		moved[i].Feature.Values[3] = column.StringOf("sent")
	}
	p.change(t, "walks", moved...)
	if again := p.cells(t, "near", 8); !maps.Equal(first, again) {
		t.Error("features that stay in their cell are shown elsewhere")
	}

	// Another cell: which of the seven it was tells nothing of which it is.
	const lon2, lat2 = 116.45, 39.85
	p.change(t, "walks", walksAt(lon2, lat2)...)
	second, secondCells := p.cells(t, "near", 8), around(t, lon2, lat2, 8)
	same := 0
	for id, c := range first {
		if slices.Index(firstCells, c) == slices.Index(secondCells, second[id]) {
			same++
		}
	}
	if !byChance(same) {
		t.Errorf("%d of %d are shown in the same one of seven cells in two places, want about a seventh", same, walkers)
	}

	// A line that is snapped is a point, near the middle of its box.
	line, area := walk("line", lon, lat, "open"), walk("area", lon, lat, "open")
	line.Feature.Geometry = orb.LineString{{lon - 0.03, lat - 0.02}, {lon + 0.03, lat + 0.02}}
	area.Feature.Geometry = orb.Polygon{{{lon - 0.03, lat - 0.02}, {lon + 0.03, lat - 0.02}, {lon + 0.03, lat + 0.02}, {lon - 0.03, lat - 0.02}}}
	p.change(t, "walks", line, area)
	shown := p.cells(t, "near", 8)
	for _, id := range []string{"line", "area"} {
		if c, ok := shown[id]; !ok || !slices.Contains(firstCells, c) {
			t.Errorf("the %s is shown in the cell %v, %v", id, c, ok)
		}
	}
}

// TestPrivacyOfPlacesTold lets one feature come, move, change and go: clients of views that show it elsewhere hear of where
// it is shown, before and behind the change, and of no other place.
func TestPrivacyOfPlacesTold(t *testing.T) {
	t.Parallel()
	p := newHiding(t, aSecret("x"))
	line := walk("w", 116.45, 39.85, "open")
	line.Feature.Geometry = orb.LineString{{116.4, 39.8}, {116.5, 39.9}}
	places := func(name string) (out []orb.Point) {
		for _, f := range p.lists(t, name) {
			out = append(out, orb.Point{f.Geometry.Coordinates[0], f.Geometry.Coordinates[1]})
		}
		return out
	}
	heard := map[layers.Name]int{}
	for _, step := range []struct {
		name   string
		change layers.Change
	}{
		{"it comes", walk("w", 116.35, 39.95, "open")},
		{"moves", walk("w", 116.45, 39.85, "open")},
		{"becomes a line", line},
		{"changes", walk("w", 116.45, 39.85, "sent")},
		{"goes", layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: "w"}}},
	} {
		shown := map[layers.Name][]orb.Point{}
		for _, name := range []layers.Name{"near", "beside", "masked"} {
			shown[name] = places(string(name))
		}
		p.told = nil
		p.change(t, "walks", step.change)
		for _, d := range p.told {
			before, hides := shown[d.Layer]
			if !hides {
				continue
			}
			if d.Everywhere || len(d.Boxes)+len(d.PrivatePlaces)+len(d.PrivateBoxes) > 0 {
				t.Errorf("%s: clients of %s hear %+v", step.name, d.Layer, d)
			}
			for _, at := range d.Places {
				heard[d.Layer]++
				lon, lat := at.LonLat()
				if !slices.ContainsFunc(append(before, places(string(d.Layer))...), func(shown orb.Point) bool {
					return max(lon-shown[0], shown[0]-lon, lat-shown[1], shown[1]-lat) < 1e-6
				}) {
					t.Errorf("%s: clients of %s hear of %v, %v, where nothing is shown", step.name, d.Layer, lon, lat)
				}
			}
		}
	}
	for name, least := range map[layers.Name]int{"near": 5, "beside": 5, "masked": 4} {
		if heard[name] < least {
			t.Errorf("clients of %s heard of %d places, want %d at least", name, heard[name], least)
		}
	}
}

// tryMac is what somebody computes who knows all but the secret: the mac of a feature's id and place.
func tryMac(key []byte, purpose, of, id string, cell hexgrid.Cell) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(h, "%s\x00%s\x00%016x%s", purpose, of, uint64(cell), id) // a hash takes everything
	return h.Sum(nil)
}

// guessID is the id that a view then shows.
func guessID(key []byte, of, id string) string {
	return hex.EncodeToString(tryMac(key, "id", of, id, 0)[:16])
}

// weakKeys are secrets that anybody would try.
var weakKeys = map[string][]byte{
	"none": nil, "zero": make([]byte, view.MinSecret), "the purpose": []byte("place"), "the layer": []byte("walks"), "the city": []byte("A city"),
}

// TestPrivacyOfGuesses computes ids and places as the server does, but for the secret: only who has it hits. By another secret
// everything is shown as something else.
func TestPrivacyOfGuesses(t *testing.T) {
	t.Parallel()
	const lon, lat = 116.35, 39.95
	key := aSecret("x")
	p, other := newHiding(t, key), newHiding(t, aSecret("y"))
	p.change(t, "walks", walksAt(lon, lat)...)
	other.change(t, "walks", walksAt(lon, lat)...)
	cells := around(t, lon, lat, 8)
	own, err := hexgrid.At(lon, lat, 8)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]map[string]shownFeature{"keyed": p.lists(t, "keyed"), "masked": p.lists(t, "masked")}
	places := p.cells(t, "near", 8)
	hits := func(key []byte) (known, near int) {
		for i := range walkers {
			id := fmt.Sprint("w", i)
			for name, list := range ids {
				if _, hit := list[guessID(key, name, id)]; hit {
					known++
				}
			}
			if cells[binary.BigEndian.Uint64(tryMac(key, "place", "walks", id, own))%7] == places[id] {
				near++
			}
		}
		return known, near
	}
	if known, near := hits([]byte(key)); known != 2*walkers || near != walkers {
		t.Fatalf("who has the secret finds %d ids of %d and %d places of %d: the attack is not one", known, 2*walkers, near, walkers)
	}
	for name, key := range weakKeys {
		if known, near := hits(key); known > 0 || !byChance(near) {
			t.Errorf("who tries %s as the secret finds %d ids and %d places of %d", name, known, near, walkers)
		}
	}
	for id := range ids["keyed"] {
		if _, both := ids["masked"][id]; both {
			t.Fatalf("two views show one feature as %s: who sees both puts together what each of them hides", id)
		}
	}

	// Another server.
	for _, name := range []string{"keyed", "masked"} {
		for id := range other.lists(t, name) {
			if _, both := ids[name][id]; both {
				t.Fatalf("servers with different secrets both show %s", id)
			}
		}
	}
	same := 0
	for id, cell := range other.cells(t, "near", 8) {
		if places[id] == cell {
			same++
		}
	}
	if !byChance(same) {
		t.Errorf("servers with different secrets show %d places of %d alike, want about a seventh", same, walkers)
	}
}

// TestPrivacyOfTheFoldersSecret: the secret that a data folder gets is one that nobody guesses.
func TestPrivacyOfTheFoldersSecret(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	c.text += "views: {keyed: {layer: reports, audience: public, title: Keyed, ids: keyed}}\n"
	c.start()
	c.push("hotline", `[{"no":"w1","x":116.4,"y":39.9,"state":"open","at":"2026-08-01T10:00:00Z","phone":"1"}]`)
	list := (&private{App: c.app}).lists(t, "keyed")
	if len(list) != 1 {
		t.Fatalf("got %v, want one", list)
	}
	for name, key := range weakKeys {
		if _, hit := list[guessID(key, "keyed", "w1")]; hit {
			t.Errorf("who tries %s as the secret finds the id", name)
		}
	}
	if w := testkit.Ask(c.app.Handler(), http.MethodGet, "/layers/keyed/features/w1"); w.Code != http.StatusNotFound {
		t.Errorf("the view knows the id: %d %s", w.Code, w.Body)
	}
}
