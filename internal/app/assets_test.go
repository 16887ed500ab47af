package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/styles"
	"hutong/styles/sprite"
	"hutong/tiles"
	"hutong/web"
)

// drawingWith is a drawing whose field "status" has these icons by value.
func drawingWith(icons map[string]string) styles.Drawing {
	values := map[string]styles.ValueLook{}
	for value, icon := range icons {
		values[value] = styles.ValueLook{Icon: icon}
	}
	return styles.Drawing{Fields: map[string]styles.FieldLook{"status": {Values: values}}}
}

// TestDrawnWith: icons that there are not are left out, and nothing else is.
func TestDrawnWith(t *testing.T) {
	t.Parallel()
	d := drawingWith(map[string]string{"open": "bus", "shut": "moon", "new": ""})
	d.Fields["status"].Values["shut"] = styles.ValueLook{Icon: "moon", Colour: "#123456", Title: styles.Words{EN: "Shut"}}
	for _, tt := range []struct {
		name  string
		icons map[string]string
		bus   string
	}{
		{"some", map[string]string{"bus": ""}, "bus"},
		{"none", nil, ""},
	} {
		want := drawingWith(map[string]string{"open": tt.bus, "new": ""})
		want.Fields["status"].Values["shut"] = styles.ValueLook{Colour: "#123456", Title: styles.Words{EN: "Shut"}}
		if diff := cmp.Diff(want, drawnWith(d, sprite.New(tt.icons))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if got := d.Fields["status"].Values["shut"].Icon; got != "moon" {
		t.Errorf("got %q, want what was given as it was", got)
	}
}

func TestUnknownIcons(t *testing.T) {
	t.Parallel()
	set := sprite.New(map[string]string{"bus": "", "bicycle": "", "temaki-bench": ""})
	tests := []struct{ icon, want string }{
		{"", ""},
		{"bus", ""},
		{"temaki-bench", ""},
		{"shape-star", ""},
		{"bycicle", `there is no icon "bycicle"; did you mean "bicycle"?`},
		{"Bus", `there is no icon "Bus"; did you mean "bus"?`},
		{"bench", `there is no icon "bench"; did you mean "temaki-bench"?`},
		{"aeroplane", `there is no icon "aeroplane", neither of Maki nor, as "temaki-NAME", of Temaki`},
	}
	for _, tt := range tests {
		d := drawingWith(map[string]string{"open": tt.icon})
		var got string
		for _, u := range unknownIcons(&d, set) {
			if got += u.problem(); u.field != "status" || u.value != "open" {
				t.Errorf("%q: got the problem at %s %s", tt.icon, u.field, u.value)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.icon, diff)
		}
		if got := unknownIcons(&d, sprite.New(nil)); len(got) != 0 {
			t.Errorf("%q: without icons got %v, want no opinion", tt.icon, got)
		}
	}
}

// iconCity has one layer with these icons.
func iconCity(icons map[string]string) *City {
	schema := &layers.Schema{Name: "complaints", Fields: []layers.Field{{Name: "status", Kind: column.String}}}
	return &City{Title: "A city", Layers: []Layer{{Schema: schema, Tiles: tiles.Defaults(), Drawing: drawingWith(icons)}}}
}

// TestIconsAtStart: a city that names icons that there are not does not start, and says all of them.
func TestIconsAtStart(t *testing.T) {
	t.Parallel()
	if !web.Built() {
		testkit.Missing(t, "web/dist holds no bundle: run npm ci && npm run build in web/")
	}
	_, err := NewStore(iconCity(map[string]string{"open": "buss", "shut": "bus", "new": "temaki-benhc"}), telemetry.NewMetrics())
	for _, want := range []string{
		`app: layer complaints: drawing: look of status "new": there is no icon "temaki-benhc"; did you mean "temaki-bench"?`,
		`look of status "open": there is no icon "buss"; did you mean "bus"?`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// TestImages: every image that a style or its legend names is in the sprite, all shapes among them.
func TestImages(t *testing.T) {
	t.Parallel()
	city := iconCity(map[string]string{"open": "bus", "shut": "temaki-bench"})
	for i := range 10 { // each has a shape of its own
		schema := &layers.Schema{Name: layers.Name(fmt.Sprintf("layer%d", i))}
		city.Layers = append(city.Layers, Layer{Schema: schema, Tiles: tiles.Defaults()})
	}
	city.Layers[0].Schema.Fields[0].Keep = true // so that it is coloured by it
	app := loaded(t, city)
	w := httptest.NewRecorder()
	app.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sprites/default.json", nil))
	var there map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &there); err != nil {
		t.Fatal(err)
	}
	shapes, icons := map[string]bool{}, map[string]bool{}
	for _, v := range styles.Variants() {
		var style struct {
			Metadata struct {
				Layers []struct {
					Legend []struct{ Shape, Icon string }
				} `json:"hutong:layers"`
			}
			Layers []struct{ Layout map[string]any }
		}
		if err := json.Unmarshal(styleOf(t, app, v.Name), &style); err != nil {
			t.Fatal(err)
		}
		var named []string
		for _, l := range style.Metadata.Layers {
			for _, e := range l.Legend {
				named = append(named, "shape-"+e.Shape, e.Icon)
				shapes[e.Shape], icons[e.Icon] = true, true
			}
		}
		for _, l := range style.Layers {
			named = append(named, imagesIn(l.Layout["icon-image"])...)
		}
		for _, name := range named {
			if _, ok := there[name]; !ok && name != "" {
				t.Errorf("%s: the sprite has no image %q", v.Name, name)
			}
		}
	}
	if len(shapes) != 10 {
		t.Errorf("got the shapes %v, want all ten", shapes)
	}
	if web.Built() != icons["temaki-bench"] {
		t.Errorf("got the icons %v; the page is built: %v", icons, web.Built())
	}
}

// imagesIn returns the images that come out of an expression: a text, a match of a field, or a step over
// the zoom.
func imagesIn(e any) []string {
	list, ok := e.([]any)
	if !ok {
		name, _ := e.(string)
		return []string{name}
	}
	var names []string
	for i := 2; i < len(list); i++ { // labels and stops are at even places of a match, at odd ones of a step
		if last := i == len(list)-1; last || (i%2 == 0) == (list[0] == "step") {
			names = append(names, imagesIn(list[i])...)
		}
	}
	return names
}

// TestAssets: what styles draw with comes from this server.
func TestAssets(t *testing.T) {
	t.Parallel()
	app, err := New(iconCity(nil), Options{Log: quiet, Metrics: telemetry.NewMetrics()})
	if err != nil {
		t.Fatal(err)
	}
	app.server.Ready()
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		app.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	for _, path := range []string{"/sprites/default.json", "/sprites/default@2x.png"} {
		if w := get(path); w.Code != http.StatusOK {
			t.Errorf("%s: got %d, want 200", path, w.Code)
		}
	}
	if !web.Built() {
		testkit.Missing(t, "web/dist holds no bundle: run npm ci && npm run build in web/")
	}
	for path, least := range map[string]int{"0-255": 50_000, "19968-20223": 100_000, "65280-65535": 10_000, "57088-57343": 20} {
		w := get("/fonts/Noto%20Sans%20Regular/" + path + ".pbf")
		if w.Code != http.StatusOK || w.Body.Len() < least {
			t.Errorf("%s: got %d with %d bytes, want 200 with %d", path, w.Code, w.Body.Len(), least)
		}
	}
}
