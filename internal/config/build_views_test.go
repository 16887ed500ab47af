package config

import (
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"hutong/layers/view"
)

// viewed is a config with a layer of reports, and one of vendors, to which more is added.
func viewed(layer, rest string) string {
	return `city: A
journal: {folder: data}
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    description: What people report.
    time: at
    zooms: [2, 16]
    draw: {category: kind, label: kind}
    fields:
      kind: {type: string, keep: true, distinct: 9, title: Kind}
      phone: {type: string, private: true}
      at: {type: time}
` + layer + rest
}

func TestViews(t *testing.T) {
	t.Parallel()
	c, err := Parse("city.yaml", []byte(viewed("", `secret_file: ${DIR}/secret
views:
  officer: {layer: reports, audience: officer, title: For officers, title_zh: 官, fields: [phone, kind]}
  coarse:
    layer: reports
    audience: public
    title: Coarse
    description: About where.
    licence: ODbL-1.0
    zooms: [4, 10]
    fields: [at]
    place: {snap: 9}
    ids: keyed
    delay: 1h
    where: phone IS NOT NULL  and kind<>'x'
  plain: {layer: reports, audience: partner_2, title: Plain, place: exact, ids: exact}
`)), func(name string) (string, bool) { return "/etc/" + strings.ToLower(name), name == "DIR" })
	if err != nil {
		t.Fatal(err)
	}
	if c.SecretFile != "/etc/dir/secret" {
		t.Errorf("got secret file %q", c.SecretFile)
	}
	if len(c.Views) != 3 {
		t.Fatalf("got %d views", len(c.Views))
	}
	officer, coarse, plain := &c.Views[0], &c.Views[1], &c.Views[2]
	if diff := gocmp.Diff(view.Policy{Name: "officer", Fields: []string{"phone", "kind"}}, officer.Policy); diff != "" {
		t.Errorf("officer (-want +got):\n%s", diff)
	}
	if officer.Audience != "officer" || officer.Layer != "reports" || officer.Title != "For officers" || officer.Description != "What people report." ||
		officer.Licence != "CC0-1.0" || officer.Drawing.TitleZH != "官" || officer.Drawing.Category != "kind" || officer.Tiles.Distinct["kind"] != 9 ||
		officer.Tiles.MinZoom != 2 || officer.Drawing.Fields["kind"].Title.EN != "Kind" {
		t.Errorf("got officer %+v", officer)
	}
	if p := coarse.Policy; p.Snap == nil || *p.Snap != 9 || !p.KeyedIDs || !p.NeedsSecret() || p.Plain() {
		t.Errorf("got coarse %+v", p)
	}
	if coarse.Delay != time.Hour || !strings.Contains(coarse.Where, "phone") || !strings.Contains(coarse.Where, "kind") {
		t.Errorf("got coarse %v late, where %s", coarse.Delay, coarse.Where)
	}
	if coarse.Description != "About where." || coarse.Licence != "ODbL-1.0" || coarse.Tiles.MinZoom != 4 || coarse.Tiles.MaxZoom != 10 ||
		len(coarse.Tiles.Distinct) != 0 || coarse.Drawing.Category != "" || len(coarse.Drawing.Fields) != 0 {
		t.Errorf("got coarse %+v", coarse)
	}
	if diff := gocmp.Diff(view.Policy{Name: "plain"}, plain.Policy); diff != "" || plain.Audience != "partner_2" {
		t.Errorf("plain, for %s (-want +got):\n%s", plain.Audience, diff)
	}
	if l := &c.Layers[0]; l.Drawing.Category != "kind" || l.Tiles.Distinct["kind"] != 9 || l.Hidden || l.People {
		t.Errorf("the layer of the views is now %+v", l)
	}
}

// TestPeople reads what may be said of a layer of people.
func TestPeople(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, layer, rest string
		want              string // what is wrong; "" when nothing is
	}{
		{"nobody is told", "    people: true\n", "", "15:5: layers.reports.people: everybody would see each of these people"},
		{"everybody on purpose, but why", "    people: true\n    public: true\n", "", "15:5: layers.reports.people: everybody would see"},
		{"with a reason", "    people: true\n    public: {reason: They are statues.}\n", "", ""},
		{"an empty reason", "    people: true\n    public: {reason: ''}\n", "", "16:22: layers.reports.public.reason: is an empty text"},
		{"hidden", "    people: true\n    public: false\n", "", ""},
		{"no people", "    people: false\n", "", ""},
		{"hidden, and an exact view", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All}}\n", "17:9: views.all: the features of the layer reports are people"},
		{"fewer fields are still people", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All, fields: [at], ids: keyed}}\n", "17:9: views.all: the features of the layer reports are people"},
		{"an exact view with a reason", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All, reason: Statues.}}\n", ""},
		{"a snapped view", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All, place: {snap: 8}, ids: keyed}}\n", "17:9: views.all: the features of the layer reports are people"},
		{"a private field, late", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All, delay: 1h, fields: [at, phone]}}\n", "17:85: views.all.fields[1]: \"phone\" is private, and everybody would see it"},
		{"a private field for officers", "", "views: {all: {layer: reports, audience: officer, title: All, fields: [at, phone]}}\n", ""},
		{"a private field with a reason", "", "views: {all: {layer: reports, audience: public, title: All, fields: [at, phone], reason: They are on the doors.}}\n", ""},
		{"a reason that is blank", "    people: true\n    public: {reason: ' '}\n", "", "16:22: layers.reports.public.reason: \" \" says nothing: say why in words"},
		{"a reason without words", "    people: true\n    public: {reason: '. n/a 1 …'}\n", "", "16:22: layers.reports.public.reason: \". n/a 1 …\" says nothing"},
		{"a reason in Chinese", "    people: true\n    public: {reason: 塑像}\n", "", ""},
		{"a view with a reason that is blank", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All, reason: ' '}}\n", "17:69: views.all.reason: \" \" says nothing"},
		{"a view of small cells", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All, place: {snap: 10}}}\n", "17:9: views.all: the features of the layer reports are people"},
		{"a view a moment late", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All, delay: 14m}}\n", "17:9: views.all: the features of the layer reports are people"},
		{"small cells, but late", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All, place: {snap: 11}, delay: 15m}}\n", ""},
		{"a late view", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All, delay: 30m}}\n", ""},
		{"a view of some of them", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: public, title: All, where: kind = 'x'}}\n", "17:9: views.all: the features of the layer reports are people"},
		{"a view for others", "    people: true\n    public: false\n", "views: {all: {layer: reports, audience: officer, title: All}}\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("c", []byte(viewed(test.layer, test.rest)), nil)
			if test.want == "" {
				if err != nil {
					t.Errorf("got %v, want no problem", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), "c:"+test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if strings.Contains(test.want, "people") && (!strings.Contains(err.Error(), "place: counts") || !strings.Contains(err.Error(), "reason: …")) {
				t.Errorf("%v does not say how it would be accepted", err)
			}
		})
	}
}

func TestViewsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, rest, want string }{
		{"a layer's name", "views: {reports: {layer: reports, audience: public, title: T}}\n", `15:9: views.reports: is also the name of a layer`},
		{"a derived layer's name", "derived: {v: {of: reports, as: hexes, title: T}}\nviews: {v: {layer: reports, audience: public, title: T}}\n", `16:9: views.v: is also the name of a layer`},
		{"derived of what is hidden", "    public: false\n    h3: {}\nderived: {v: {of: reports, as: hexes, title: T}}\n", `17:19: derived.v.of: the layer "reports" is public: false`},
		{"no such layer", "views: {v: {layer: report, audience: public, title: T}}\n", `15:20: views.v.layer: there is no layer "report"; did you mean "reports"?; there are "reports"`},
		{"no such field", "views: {v: {layer: reports, audience: public, title: T, fields: [fone]}}\n", `15:66: views.v.fields[0]: the layer has no field "fone"; did you mean "phone"?; its fields are "kind", "phone", "at"`},
		{"a field twice", "views: {v: {layer: reports, audience: public, title: T, fields: [at, at]}}\n", `15:70: views.v.fields[1]: "at" stands twice`},
		{"no fields", "views: {v: {layer: reports, audience: public, title: T, fields: []}}\n", `15:65: views.v.fields: at least 1 value is wanted, not 0`},
		{"no audience", "views: {v: {layer: reports, title: T}}\n", `15:9: views.v: the key "audience" is missing`},
		{"a bad audience", "views: {v: {layer: reports, audience: Public, title: T}}\n", `15:39: views.v.audience: "Public" is not accepted`},
		{"no such field in a filter", "views: {v: {layer: reports, audience: public, title: T, where: fone = 1}}\n", `15:64: views.v.where: `},
		{"no delay", "views: {v: {layer: reports, audience: public, title: T, delay: soon}}\n", `15:64: views.v.delay: "soon" is no duration`},
		{"a long delay", "views: {v: {layer: reports, audience: public, title: T, delay: 32d}}\n", `15:64: views.v.delay: 32d is not from 1s to 31d`},
		{"no such place", "views: {v: {layer: reports, audience: public, title: T, place: near}}\n", `15:64: views.v.place: "near" is not one of "exact", "counts"`},
		{"a key of counts", "views: {v: {layer: reports, audience: public, title: T, k: 5}}\n", `15:57: views.v.k: only a view with place: counts has this key`},
		{"no place", "views: {v: {layer: reports, audience: public, title: T, place: {}}}\n", `15:57: views.v.place: the key "snap" is missing`},
		{"too fine", "views: {v: {layer: reports, audience: public, title: T, place: {snap: 12}}}\n", `15:71: views.v.place.snap: 12 is not from 0 to 11`},
		{"ids", "views: {v: {layer: reports, audience: public, title: T, ids: hashed}}\n", `15:62: views.v.ids: "hashed" is not one of "exact", "keyed"`},
		{"unknown key", "views: {v: {layer: reports, audience: public, title: T, filter: x}}\n", `15:57: views.v.filter: unknown key "filter"`},
		{"zooms", "views: {v: {layer: reports, audience: public, title: T, zooms: [9, 3]}}\n", `15:64: views.v.zooms: the lowest zoom 9 is above the highest 3`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("c", []byte(viewed("", test.rest)), nil)
			if err == nil || !strings.Contains(err.Error(), "c:"+test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// TestViewsNeedSecret reads configs of views that hide something by a secret.
func TestViewsNeedSecret(t *testing.T) {
	t.Parallel()
	const snapped = "views: {v: {layer: reports, audience: public, title: T, place: {snap: 9}}}\n"
	const keyed = "views: {v: {layer: reports, audience: public, title: T, ids: keyed}}\n"
	const journal = "journal: {folder: data}\n"
	for _, test := range []struct{ name, file, want string }{
		{"none for places", strings.Replace(viewed("", snapped), journal, "", 1), "14:57: views.v.place: needs a secret that outlives the server"},
		{"none for ids", strings.Replace(viewed("", keyed), journal, "", 1), "14:57: views.v.ids: needs a secret that outlives the server"},
		{"a file", strings.Replace(viewed("secret_file: s\n", snapped), journal, "", 1), ""},
		{"a data folder", viewed("", snapped), ""},
		{"a cluster", strings.Replace(viewed("", snapped), journal, "journal: {folder: data, nats: {urls: ['nats://10.0.0.5:4222']}}\n", 1), "15:57: views.v.place: needs a secret that all nodes of the cluster share"},
		{"a cluster with a file", strings.Replace(viewed("secret_file: s\n", keyed), journal, "journal: {folder: data, nats: {urls: ['nats://10.0.0.5:4222']}}\n", 1), ""},
		{"not needed", strings.Replace(viewed("", "views: {v: {layer: reports, audience: public, title: T}}\n"), journal, "", 1), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("c", []byte(test.file), nil)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), "c:"+test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
