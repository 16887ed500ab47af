package app

import (
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
