package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// pinDoors are the doors of the snapshots of TestPrivacyOfPins, with the layers that each shows.
var pinDoors = map[string][]string{
	"/snapshots/both/tiles/reports/0/0/0.mvt":       {"reports"},
	"/snapshots/both/tiles/reports/0/0/0.pbf":       {"reports"},
	"/snapshots/both/tiles/other/0/0/0.mvt":         {"other"},
	"/snapshots/both/tiles/other,reports/0/0/0.mvt": {"other", "reports"},
	"/snapshots/both/tiles/reports.json":            {"reports"},
	"/snapshots/both/tiles/other.json":              {"other"},
	"/snapshots/both/tiles/reports,other.json":      {"other", "reports"},
	"/snapshots/one/tiles/reports/0/0/0.mvt":        {"reports"},
	"/snapshots/one/tiles/reports.json":             {"reports"},
}

// again asks again for what somebody has got.
func (c *pastCity) again(method, path, tag string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, http.NoBody)
	r.Header.Set("If-None-Match", tag)
	w := httptest.NewRecorder()
	c.app.Handler().ServeHTTP(w, r)
	return w
}

// TestPrivacyOfPins: what a snapshot has that the config hides now, a field, a layer, or features that only a view shows,
// leaves by none of its doors, also not as "it is what you have"; the other layers stay as they are, and so does what the
// config has only lost; and what the config shows again is as it was.
func TestPrivacyOfPins(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	kept := c.text
	c.start()
	c.checkpoint()
	c.push("hotline", `[{"no": "1", "x": 116.4, "y": 39.9, "state": "seen-then", "at": "2026-01-01T00:00:00Z"}]`)
	c.push("desk", `[{"no": "d", "x": 116.3, "y": 39.8, "state": "told-then"}]`)
	c.want(http.MethodPut, "/admin/snapshots/both", http.StatusCreated, "")
	c.want(http.MethodPut, "/admin/snapshots/one?layers=reports", http.StatusCreated, "")
	then := map[string]*httptest.ResponseRecorder{}
	for path := range pinDoors {
		if then[path] = c.do(http.MethodGet, path); then[path].Code != http.StatusOK || then[path].Header().Get("ETag") == "" {
			t.Fatalf("%s: got %d, %v", path, then[path].Code, then[path].Header())
		}
	}
	both, one := c.want(http.MethodGet, "/snapshots/both", http.StatusOK, ""), c.want(http.MethodGet, "/snapshots/one", http.StatusOK, "")

	private := strings.NewReplacer("state: {type: string, keep: true}", "state: {type: string, private: true}")
	notPublic := strings.NewReplacer("other: {title: Other,", "other: {title: Other, public: false,")
	noName := strings.NewReplacer("other: {title", "others: {title", "{layer: other,", "{layer: others,")
	views := func(line string) *strings.Replacer {
		return strings.NewReplacer("other: {title: Other, licence: CC0-1.0, fields: {", "others: {title: Others, licence: CC0-1.0, h3: {}, fields: {kind: {type: string}, ", "{layer: other,", "{layer: others,", "keys:\n", line+"\nkeys:\n")
	}
	for _, config := range []struct {
		name   string
		change *strings.Replacer
		hidden []string // layers
		logged []string
	}{
		{"as it was", strings.NewReplacer(), nil, nil},
		{"a private field", private, []string{"reports"}, []string{`"snapshot":"both","layer":"reports","fields":["state"]`, `"snapshot":"one","layer":"reports","fields":["state"]`}},
		{"a layer that is not public", notPublic, []string{"other"}, []string{`"snapshot":"both","layer":"other","fields":null`}},
		{"all of it", strings.NewReplacer("state: {type: string, keep: true}", "state: {type: string, private: true}", "other: {title: Other,", "other: {title: Other, public: false,"), []string{"other", "reports"}, nil},
		{"shown again", strings.NewReplacer(), nil, nil},
		{"a time that is kept and not shown", strings.NewReplacer("at: {type: time}", "at: {type: time, private: true}"), []string{"reports"}, nil},
		{"lost", noName, nil, nil},
		{"a view for others", views("views: {other: {layer: others, audience: partner, title: Other}}"), []string{"other"}, nil},
		{"a view with a filter", views(`views: {other: {layer: others, audience: public, title: Other, where: "state = 'x'"}}`), []string{"other"}, nil},
		{"a view of cells' centres", views("views: {other: {layer: others, audience: public, title: Other, place: {snap: 8}, ids: keyed}}"), []string{"other"}, nil},
		{"a view that is late", views("views: {other: {layer: others, audience: public, title: Other, delay: 1h}}"), []string{"other"}, nil},
		{"a view without a field", views("views: {other: {layer: others, audience: public, title: Other, fields: [kind]}}"), []string{"other"}, nil},
		{"counts", strings.NewReplacer("city: A city\n", "city: A city\ntime_zone: Asia/Shanghai\n", "reports: {title: Reports,", "cases: {title: Cases, public: false,",
			"layer: reports\n", "layer: cases\n", "keys:\n", "views: {reports: {layer: cases, audience: public, title: Reports, place: counts, k: 5, by: day, weeks: 1}}\nkeys:\n"), []string{"reports"}, nil},
		{"a view of all", views("views: {other: {layer: others, audience: public, title: Other}}"), nil, nil},
		{"cells of another layer", views("center: [116.4, 39.9]\nderived: {other: {of: others, as: hexes, title: Other}}"), nil, nil},
	} {
		c.stop()
		c.text = config.change.Replace(kept)
		if c.text == kept && config.hidden != nil {
			t.Fatalf("%s: the config is as it was", config.name)
		}
		c.start()
		for path, names := range pinDoors {
			hidden := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(config.hidden, name) })
			was := then[path]
			if len(hidden) == 0 {
				if w := c.do(http.MethodGet, path); w.Code != http.StatusOK || w.Body.String() != was.Body.String() {
					t.Errorf("%s: %s: got %d, %.300q, want what it was", config.name, path, w.Code, w.Body)
				}
				if w := c.again(http.MethodGet, path, was.Header().Get("ETag")); w.Code != http.StatusNotModified {
					t.Errorf("%s: %s: got %d, want that it is what it was", config.name, path, w.Code)
				}
				continue
			}
			for _, tag := range []string{"", was.Header().Get("ETag"), "*"} {
				w := c.again(http.MethodGet, path, tag)
				var p struct {
					Code, Snapshot, Detail string
					Layers                 []string
				}
				err := json.Unmarshal(w.Body.Bytes(), &p)
				if err != nil || w.Code != http.StatusGone || p.Code != "snapshot_hidden" || !slices.Equal(p.Layers, hidden) || !strings.Contains(path, p.Snapshot) ||
					w.Header().Get("ETag") != "" || w.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("%s: %s with %s: got %d, %v, %s", config.name, path, tag, w.Code, w.Header(), w.Body)
				}
				if strings.Contains(p.Detail, "state") || strings.Contains(p.Detail, "then") {
					t.Errorf("%s: %s tells %q", config.name, path, p.Detail)
				}
				if w := c.again(http.MethodHead, path, tag); w.Code != http.StatusGone || w.Body.Len() != 0 {
					t.Errorf("%s: HEAD %s with %s: got %d", config.name, path, tag, w.Code)
				}
			}
		}
		c.wantDescribed(config.name, "both", both, config.hidden)
		c.wantDescribed(config.name, "one", one, slices.DeleteFunc(slices.Clone(config.hidden), func(name string) bool { return name != "reports" }))
		log := c.log.String()
		if got := strings.Contains(log, "hidden now"); got != (config.hidden != nil) {
			t.Errorf("%s: the log says of it: %v: %s", config.name, got, log)
		}
		for _, want := range config.logged {
			if !strings.Contains(log, want) {
				t.Errorf("%s: the log does not say %s: %s", config.name, want, log)
			}
		}
	}
}

// wantDescribed checks what is told of a snapshot, which was told more when nothing of it was hidden.
func (c *pastCity) wantDescribed(config, name, then string, hidden []string) {
	c.t.Helper()
	got := c.want(http.MethodGet, "/snapshots/"+name, http.StatusOK, "")
	list := c.want(http.MethodGet, "/snapshots", http.StatusOK, "")
	if !strings.Contains(list, got[:strings.LastIndexByte(got, '}')]) {
		c.t.Errorf("%s: %s is in the list as another one: %s, %s", config, name, got, list)
	}
	var was, is struct {
		State, Cite string
		Sequence    int
		Layers      []map[string]any
	}
	if err := json.Unmarshal([]byte(then), &was); err != nil {
		c.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(got), &is); err != nil {
		c.t.Fatal(err)
	}
	if len(hidden) == 0 {
		if got != then {
			c.t.Errorf("%s: %s: got %s, want %s", config, name, got, then)
		}
		return
	}
	if is.State != "hidden" || is.Sequence != was.Sequence {
		c.t.Errorf("%s: got %s", config, got)
	}
	for i, l := range was.Layers {
		title, _ := l["title"].(string)
		if at, _ := l["name"].(string); slices.Contains(hidden, at) {
			was.Layers[i] = map[string]any{"name": at, "hidden": true}
			if strings.Contains(is.Cite, title) {
				c.t.Errorf("%s: cited with its title: %s", config, is.Cite)
			}
		} else if !strings.Contains(is.Cite, title) {
			c.t.Errorf("%s: cited without its title: %s", config, is.Cite)
		}
	}
	if diff := gocmp.Diff(was.Layers, is.Layers); diff != "" {
		c.t.Errorf("%s: %s (-want +got):\n%s", config, name, diff)
	}
}
