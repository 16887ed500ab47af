package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/ingest"
	"hutong/ingest/mqtt"
	"hutong/ingest/push"
	"hutong/internal/auth"
	"hutong/layers/column"
)

// aHash is the hash of no key.
const aHash = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// pushed returns a config of one layer, with a time field, and its sources.
func pushed(sources string) string {
	return `
city: A
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    time: reported
    fields: {title: {type: string}, reported: {type: time}, changed: {type: time}, rev: {type: int}}
sources:
` + sources
}

// TestPublished: a source takes topics and subjects beside what is posted.
func TestPublished(t *testing.T) {
	t.Parallel()
	c, err := Parse("f", []byte("nats: {listen: 'a:1'}\nmqtt: {listen: 'a:2'}\n"+pushed(`
  hotline: {layer: reports, push: {topics: [a/+/b, "c/#"], subjects: [a.*.b, c.>]}, id: "{id}", fields: {title: t}}
`)), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := &Push{Topics: []string{"a/+/b", "c/#"}, Subjects: []string{"a.*.b", "c.>"}, Delimiter: ','}
	if diff := cmp.Diff(want, c.Sources[0].Push); diff != "" {
		t.Error(diff)
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	c, err := Parse("f", []byte(pushed(`
  hotline:
    layer: reports
    push:
      formats: [json, csv]
      records: data.items
      position: {point: {property: pos, order: lonlat}}
      delimiter: ";"
      limits: {body: 2048, records: 5, requests: 6, rate: 7}
    delete: {from: op, values: [delete, D]}
    max_future: 1.5d
    id: "{id}"
    fields: {title: t}
  forms:
    layer: reports
    push: {}
    delete: {expression: 'r.state == "gone"'}
    id: "{id}"
    fields: {title: t}
keys:
  gateway: {hash: "`+aHash+`", scopes: ["ingest:hotline", "refused:*", "erase:reports"]}
  other: {hash_env: KEY, scopes: ["erase:*"]}
  third: {hash_file: "${DIR}/key", scopes: ["ingest:forms"]}
`)), environment("KEY", " "+strings.Replace(aHash, "00", "11", 1)+"\n", "DIR", "/run"))
	if err != nil {
		t.Fatal(err)
	}
	hotline, forms := c.Sources[0], c.Sources[1]
	want := &Push{
		Formats: []push.Format{push.JSON, push.CSV}, Records: "data.items", Delimiter: ';',
		Limits: push.Limits{Body: 2048, Records: 5, Requests: 6, Rate: 7},
	}
	if diff := cmp.Diff(want, hotline.Push); diff != "" {
		t.Error(diff)
	}
	m := hotline.Mapping
	if m.Place.Point != "pos" || m.Place.Order != ingest.LonLat || m.MaxFuture != 36*time.Hour ||
		!cmp.Equal(m.Delete, ingest.DeleteRule{From: "op", Values: []string{"delete", "D"}}) {
		t.Errorf("got %+v", m)
	}
	if forms.Mapping.MaxFuture != DefaultMaxFuture || forms.Mapping.Delete.Expression == "" || forms.Push.Delimiter != ',' {
		t.Errorf("got %+v", forms.Mapping)
	}
	hash, err := auth.ParseHash(aHash)
	if err != nil {
		t.Fatal(err)
	}
	other := hash
	other[0] = 0x11
	keys := []Key{
		{Name: "gateway", Hash: hash, Scopes: []auth.Scope{{Action: auth.Ingest, Name: "hotline"}, {Action: auth.Refused, Name: "*"}, {Action: auth.Erase, Name: "reports"}}},
		{Name: "other", Hash: other, Scopes: []auth.Scope{{Action: auth.Erase, Name: "*"}}},
		{Name: "third", HashFile: "/run/key", Scopes: []auth.Scope{{Action: auth.Ingest, Name: "forms"}}},
	}
	if diff := cmp.Diff(keys, c.Keys); diff != "" {
		t.Error(diff)
	}
}

// TestOrder: what decides between changes of one id, by what the sources of a layer say.
func TestOrder(t *testing.T) {
	t.Parallel()
	source := func(name, more string) string {
		return "  " + name + ": {layer: reports, id: '{id}', " + more + "}\n"
	}
	const both = "fields: {reported: {from: r, layouts: [unix]}, changed: {from: c, layouts: [unix_ms]}, rev: v}"
	const hidden = "$observed"
	for _, c := range []struct {
		name, sources     string
		observed, version string
		from              string // of the hidden fields, by source
	}{
		{"a file", source("a", "files: [x.geojson], fields: {reported: r}"), "", "", ""},
		{"pushed to", source("a", "push: {}, fields: {reported: r}"), "reported", "", ""},
		{"pushed to and a file", source("a", "push: {}, fields: {reported: r}") + source("b", "files: [x.geojson], fields: {reported: q}"), "reported", "", ""},
		{"another field", source("a", "push: {}, observed: c, version: v, "+both), "changed", "rev", ""},
		{"a file with another field", source("a", "files: [x.geojson], observed: c, "+both), "changed", "", ""},
		{"another field of both", source("a", "push: {}, observed: c, "+both) + source("b", "push: {}, observed: d, fields: {changed: d}"), "changed", "", ""},
		{"a field of one only", source("a", "push: {}, observed: c, "+both) + source("b", "push: {}, fields: {reported: q}"), hidden, "", "c unix_ms,q"},
		{"no field", source("a", "push: {}, observed: x, version: y, "+both), hidden, "$version", "x|y"},
		{"its own layouts", source("a", "push: {}, observed: {from: c, layouts: [unix]}, "+both), hidden, "", "c unix"},
		{"receipt", source("a", "push: {}, observed: received, "+both), hidden, "", "received"},
		{"a property called so", source("a", "push: {}, observed: {from: received}, "+both), hidden, "", "received_"},
		{"a version of one only", source("a", "push: {}, version: v, "+both) + source("b", "push: {}, fields: {reported: q}"), "reported", "$version", "v,"},
		{"a version of another type", source("a", "push: {}, version: {from: v, type: string}, "+both), "reported", "$version", "v"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			parsed, err := Parse("f", []byte(pushed(c.sources)), nil)
			if err != nil {
				t.Fatal(err)
			}
			s := parsed.Layers[0].Schema
			if s.Observed != c.observed || s.Version != c.version {
				t.Errorf("got observed %q, version %q; want %q, %q", s.Observed, s.Version, c.observed, c.version)
			}
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
			var bySource []string
			for i := range parsed.Sources {
				var list []string
				for j, f := range parsed.Sources[i].Mapping.Fields[4:] {
					if !s.Fields[4+j].Private {
						t.Errorf("the field %s is not private", s.Fields[4+j].Name)
					}
					switch text := strings.Join(append([]string{f.From}, f.Layouts...), " "); {
					case f.Received:
						list = append(list, "received")
					case text == "received":
						list = append(list, "received_")
					default:
						list = append(list, text)
					}
				}
				bySource = append(bySource, strings.Join(list, "|"))
			}
			if got := strings.Join(bySource, ","); got != c.from && strings.Trim(got, ",") != c.from {
				t.Errorf("got hidden fields from %q, want %q", got, c.from)
			}
		})
	}
	parsed, err := Parse("f", []byte(pushed(source("a", "push: {}, observed: x, version: {from: v, type: string}, "+both))), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s := parsed.Layers[0].Schema; s.Fields[5].Kind != column.String {
		t.Errorf("got versions of type %s, want string", s.Fields[5].Kind)
	}
}

func TestPushIsRefused(t *testing.T) {
	t.Parallel()
	const head = "  a: {layer: reports, id: '{id}', fields: {}, "
	key := func(k string) string { return head + "push: {}}\nkeys: {k: {" + k + "}}\n" }
	const secret = "hk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
	for _, c := range []struct{ name, sources, want string }{
		{"neither", head + "}", "sources.a: needs files: what it reads, or push: {}: it takes what is sent to it"},
		{"both", head + "files: [x.geojson], push: {}}", "sources.a: has both files and push: make a source of each"},
		{"csv", head + "push: {}, csv: {lon: a, lat: b}}", "sources.a.csv: only for a source with files; with push it is position and delimiter there"},
		{"format", head + "push: {}, format: csv}", "sources.a.format: only for a source with files"},
		{"a file that deletes", head + "files: [x.geojson], delete: {from: a, values: [b]}}", "sources.a.delete: only for a source with push"},
		{"a file of the future", head + "files: [x.geojson], max_future: 1h}", "sources.a.max_future: only for a source with push"},
		{"a received file", head + "files: [x.geojson], observed: received}", `sources.a.observed: a file is not received: "received" is for a source with push; for a property of this name write {from: received}`},
		{"no format", head + "push: {formats: [xml]}}", `sources.a.push.formats[0]: "xml" is not one of "json", "geojson", "ndjson", "csv"`},
		{"a format twice", head + "push: {formats: [csv, csv]}}", `sources.a.push.formats[1]: "csv" stands twice`},
		{"a key of push", head + "push: {limit: {}}}", `sources.a.push.limit: unknown key "limit"; did you mean "limits"?; the keys are delimiter, formats, limits, position, records, subjects, topics`},
		{"a limit", head + "push: {limits: {records: 0}}}", "sources.a.push.limits.records: 0 is not from 1 to 1000000"},
		{"a path", head + "push: {records: 'a.#'}}", `sources.a.push.records: "a.#" has a #: want the names of members with dots between them, such as data.items`},
		{"half a place", head + "push: {position: {lon: x}}}", "sources.a.push.position: lon and lat are both needed: a column for longitude and one for latitude"},
		{"one place twice", head + "push: {position: {lon: x, lat: x}}}", `sources.a.push.position.lat: lon and lat are the same property "x"`},
		{"two places", head + "push: {position: {wkt: x, geometry: y}}}", "sources.a.push.position: the place of a record comes from lon and lat, or from point, wkt or geometry, not from several"},
		{"no place", head + "push: {position: {}}}", "sources.a.push.position: needs the properties that say where a record is: lon and lat, point, wkt or geometry"},
		{"a geometry in a row", head + "push: {formats: [csv], position: {geometry: g}}}", "sources.a.push.formats[0]: a row of CSV has no property with a geometry: leave csv out, or say wkt instead of geometry"},
		{"half a delete", head + "push: {}, delete: {from: a}}", "sources.a.delete: from and values are both needed: a property and those of its values that delete"},
		{"an empty delete", head + "push: {}, delete: {}}", "sources.a.delete: needs from and values: a property and those of its values that delete, or expression: what is true for a record that deletes"},
		{"a delete twice", head + "push: {}, delete: {from: a, values: [b], expression: 'true'}}", "sources.a.delete: from and expression are both there: a property says which records delete, or an expression"},
		{"no yes or no", head + "push: {}, delete: {expression: 'r.a + 1'}}", "sources.a.delete.expression: the expression, at character 5: found no matching overload for '_+_' applied to '(string, int)'"},
		{"no length of time", head + "push: {}, max_future: 10 min}", `sources.a.max_future: "10 min" is no duration: write a number and its unit, such as 500ms, 30s, 10m, 24h or 30d`},
		{"a time before", head + "push: {}, max_future: -10m}", `sources.a.max_future: -10m is not from 0s to 36600d`},
		{"days behind hours", head + "push: {}, max_future: 1h2d}", `sources.a.max_future: "1h2d" is no duration: write a number and its unit, such as 500ms, 30s, 10m, 24h or 30d`},
		{"a version without a time", "  a: {layer: reports, id: '{id}', fields: {}, files: [x.geojson], version: v}", "sources.a.version: a version decides between changes of the same time: say observed, too, or give the layer a time"},
		{"versions of two types", "  a: {layer: reports, id: '{id}', fields: {}, push: {}, version: v}\n  b: {layer: reports, id: '{id}', fields: {}, push: {}, version: {from: w, type: string}}", "sources.b.version: is of type string, and another source of the layer reports has versions of type int: they cannot be compared"},
		{"a layout", head + "push: {}, observed: {from: a, layouts: ['15:04']}}", `sources.a.observed.layouts[0]: "15:04" does not tell the year: write how Go's reference time looks, such as "2006-01-02 15:04:05", or unix or unix_ms`},
		{"no hash", key("scopes: ['ingest:a']"), "keys.k: needs one of hash, hash_file and hash_env: where the hash of the key is"},
		{"two hashes", key("hash: a, hash_env: b, scopes: ['ingest:a']"), "keys.k: needs one of hash, hash_file and hash_env: where the hash of the key is"},
		{"a key as hash", key("hash: " + secret + ", scopes: ['ingest:a']"), "keys.k.hash: this is a key and not its hash: take it out of here, and give what hutong key hash makes of it"},
		{"no variable", key("hash_env: NONE, scopes: ['ingest:a']"), `keys.k.hash_env: the variable "NONE" is not set in the environment`},
		{"no scopes", key("hash: '" + aHash + "'"), `keys.k: the key "scopes" is missing`},
		{"no scope", key("hash: '" + aHash + "', scopes: [ingest]"), `keys.k.scopes[0]: "ingest" is no scope: want ACTION:NAME, such as ingest:hotline, or ingest:* for all`},
		{"no action", key("hash: '" + aHash + "', scopes: ['injest:a']"), `keys.k.scopes[0]: "injest" is no action: the actions are ingest, refused, erase, backup, pin, metrics, view, audience; did you mean "ingest"?`},
		{"no source", key("hash: '" + aHash + "', scopes: ['ingest:b']"), `keys.k.scopes[0]: there is no source with push "b"; there are "a"`},
		{"no layer", key("hash: '" + aHash + "', scopes: ['erase:report']"), `keys.k.scopes[0]: there is no layer "report"; did you mean "reports"?; there are "reports"`},
		{"one key twice", head + "push: {}}\nkeys: {k: {hash: '" + aHash + "', scopes: ['ingest:a']}, l: {hash: '" + aHash + "', scopes: ['ingest:a']}}\n", "keys.l.hash: is the same key as that of k: each holder gets a key of its own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("f", []byte(pushed(c.sources)), nil)
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want problems", err)
			}
			if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Path+": "+p.Message == c.want && p.Line > 0 }) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%v shows a key", err)
			}
		})
	}
}

// TestHiddenNamesAreNotTaken: no field of a config, and no id's property, can be called as a hidden field is.
func TestHiddenNamesAreNotTaken(t *testing.T) {
	t.Parallel()
	for _, name := range []string{ingest.ObservedField, ingest.VersionField} {
		for _, layer := range []string{"fields: {'" + name + "': {type: time}}", "fields: {}, id: {name: '" + name + "'}"} {
			_, err := Parse("f", []byte("city: A\nlayers: {a: {title: A, licence: B, "+layer+"}}\n"), nil)
			if err == nil || !strings.Contains(err.Error(), "is not accepted") {
				t.Errorf("%s: got %v, want a refusal", layer, err)
			}
		}
	}
}

// TestPushLimits holds the schema's limits against those of the package that they bound.
func TestPushLimits(t *testing.T) {
	t.Parallel()
	top, err := root()
	if err != nil {
		t.Fatal(err)
	}
	source := top.Properties["sources"].AdditionalProperties
	limits := source.Properties["push"].Properties["limits"].Properties
	for name, want := range map[string][2]int{
		"body": {push.DefaultBody, push.MaxBody}, "records": {push.DefaultRecords, push.MaxRecords},
		"requests": {push.DefaultRequests, push.MaxRequests}, "rate": {push.DefaultRate, push.MaxRate},
	} {
		r := limits[name]
		if r.Default != float64(want[0]) || *r.Maximum != float64(want[1]) {
			t.Errorf("%s: got %v and %v, want %v", name, r.Default, *r.Maximum, want)
		}
		if err := (push.Limits{Body: int(*limits["body"].Minimum), Records: 1, Requests: 1, Rate: 1}).Validate(); err != nil {
			t.Error(err)
		}
	}
	if got := source.Properties["max_future"].Default; got != "10m" || DefaultMaxFuture != 10*time.Minute {
		t.Errorf("max_future: got %v and %v", got, DefaultMaxFuture)
	}
	if got, want := top.Properties["keys"].MaxProperties, auth.MaxKeys; got != want {
		t.Errorf("keys: got %d, want %d", got, want)
	}
	if got, want := source.Properties["delete"].Properties["values"].MaxItems, ingest.MaxDeleteValues; got != want {
		t.Errorf("values of delete: got %d, want %d", got, want)
	}
}

// TestPacketsAreThoseOfTheListener: what the config takes as the longest packet the listener takes, too.
func TestPacketsAreThoseOfTheListener(t *testing.T) {
	t.Parallel()
	for packet, want := range map[int]string{
		131_078: "mqtt.packet: 131078 is not from 131079 to 16777216", 131_079: "", 16 << 20: "", 16<<20 + 1: "mqtt.packet: 16777217 is not from 131079 to 16777216",
	} {
		_, err := Parse("city.yaml", []byte(least+fmt.Sprintf("mqtt: {listen: ':1883', packet: %d}\n", packet)), environment())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("packet %d: got %v, want %q", packet, err, want)
		}
		if err := (mqtt.Options{Listen: ":1883", MaxPacket: packet}).Validate(); (err == nil) != (want == "") && packet <= 16<<20 {
			t.Errorf("packet %d: the listener says %v, want what the config says", packet, err)
		}
	}
}
