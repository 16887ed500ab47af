package config

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	"hutong/ingest"
	"hutong/layers/world"
)

// TestRefused reads files that hold one fault each, most of which end the reading.
func TestRefused(t *testing.T) {
	t.Parallel()
	deep := func(open, shut string, n int) string { return strings.Repeat(open, n) + strings.Repeat(shut, n) }
	for _, test := range []struct {
		name, file string
		want       string // one of the problems, without the file's name
	}{
		{"empty", "", "1:1: the file is empty; a config is a mapping that starts with a key such as city:"},
		{"comments only", "# nothing\n\n", "1:1: the file is empty; a config is a mapping that starts with a key such as city:"},
		{"document marks only", "---\n...\n", "1:1: the file is empty; a config is a mapping that starts with a key such as city:"},
		{"list", "- a\n", "1:1: a config is a mapping of keys to values, not a list"},
		{"text", "city\n", `1:1: a config is a mapping of keys to values, not the text "city"`},
		{"number", "7\n", "1:1: a config is a mapping of keys to values, not the whole number 7"},
		{"no space after colon", "city:DC\n", `1:1: a config is a mapping of keys to values, not the text "city:DC"`},
		{"second document", least + "---\n" + least, "3:1: a second document starts here; a config is one document"},
		{"second document after an end", least + "...\n" + least, "4:1: a second document starts here; a config is one document"},
		{"second, empty document", least + "---\n", "3:1: a second document starts here; a config is one document"},
		{"latin-1", "city: M\xfcnchen\n", "1:8: byte 0xfc is not UTF-8; save the file as UTF-8"},
		{"UTF-16", "\xff\xfec\x00i\x00", "1:1: byte 0xff is not UTF-8; save the file as UTF-8"},
		{"zero byte", "city: 北京\x00\n", "1:9: character U+0000 may not stand in a config"},
		{"escaped zero", least[8:] + `city: "a\0"`, "2:7: city: character U+0000 may not stand in a text"},
		{"tab", "city: A\nlayers:\n\ta: 1\n", "3:1: a tab in the indentation; indent with spaces"},
		{"tab after spaces", "city: A\nlayers:\n  \ta: 1\n", "3:3: a tab in the indentation; indent with spaces"},
		{"too large", least + strings.Repeat("#", MaxBytes), "1:1: the file has more than 4194304 bytes"},
		{"too many keys", "city:\n" + strings.Repeat("- a\n", maxTokens), "50001:1: the file has more than 100000 keys, values and signs"},
		{"deep list", "city: " + deep("[", "]", 33) + "\n", "1:39: city" + strings.Repeat("[0]", 32) + ": nested deeper than 32"},
		{"very deep list", deep("[", "", 50_000), "1:97: nested deeper than 32"},
		{"very deep mapping", deep("{a: ", "", 25_000), "1:385: nested deeper than 32"},
		{"very deep entries", deep("- ", "", 50_000), "1:193: nested deeper than 32"},
		{"very deep marks", deep("? ", "", 50_000), "1:1: a key marked with ? is not accepted: write key: value"},
		{"very deep tags", deep("!a ", "", 50_000), "1:1: a tag (!) is not accepted; for a text that starts with !, quote it"},
		{"very deep anchors", deep("&a ", "", 50_000), "1:1: an anchor (&) is not accepted: write the value where it is needed"},
		{"tag", "city: !!str A\n", "1:7: a tag (!) is not accepted; for a text that starts with !, quote it"},
		{"anchored key", "&a city: A\n", "1:1: an anchor (&) is not accepted: write the value where it is needed"},
		{"directive", "%YAML 1.2\n---\n" + least, "1:1: a directive (%) is not accepted"},
		{"marked key", "? city\n: A\n", "1:1: a key marked with ? is not accepted: write key: value"},
		{"list as key", "[a]: 1\n", "1:4: not YAML: found an invalid key for this map"},
		{"open bracket", "city: A\nlayers: [\n", "2:9: not YAML: sequence end token ']' not found"},
		{"lone bracket", "city: A\nlayers:\n}\n", "3:1: layers: a text may not start with } in YAML; a mapping is wanted"},
		{"lone bracket as text", least[8:] + "city: }", `2:7: city: a text may not start with } in YAML; for the text, quote it: "}"`},
		{"closed too often", "city: A\nlayers: [[1]]]\n", "2:14: not YAML: a ] without its opening bracket; for the text, quote it"},
		{"open quote", "city: A\nzoom: \"1\n", "2:7: not YAML: could not find end character of double-quoted text"},
		{"wrong indentation", "layers:\n  a: {}\n b: {}\n", "3:2: not YAML: value is not allowed in this context"},
		{"two values", "city: a: b\n", "1:7: not YAML: mapping value is not allowed in this context"},
		{"duplicate key", "city: A\nzoom: 1\nzoom: 2\n", `3:1: zoom: key "zoom" stands twice, first in line 2`},
		{"missing key", "city: A\n", `1:1: the key "layers" is missing`},
		{"number as key", "1: A\n", `1:1: 1: the key is a number in YAML, where a text is wanted: quote it: "1"`},
		{"no layers", "city: A\nlayers: {}\n", "2:9: layers: at least 1 key is wanted"},
		{"empty layers", "city: A\nlayers:\n", "2:9: layers: is empty; a mapping is wanted"},
		{"infinite zoom", least + "zoom: -.inf", `3:7: zoom: "-.inf" is not a finite number; a number is wanted`},
		{"no number", least + "zoom: .nan", `3:7: zoom: ".nan" is not a finite number; a number is wanted`},
		{"huge zoom", least + "zoom: 1e999", `3:7: zoom: "1e999" is too large for a number; a number is wanted`},
		{"quoted zoom", least + "zoom: '3'", `3:7: zoom: a number is wanted, not the text "3"`},
		{"octal zoom", least + "zoom: 0o17", `3:7: zoom: "0o17" is unclear, because readers of YAML take it for different numbers: write 15; a number is wanted`},
		{"zoom with zeros", least + "zoom: 09.5", `3:7: zoom: "09.5" is unclear: write the number with digits only and without zeros in front; a number is wanted`},
		{"date as text", least[8:] + "city: 2016-08-03", `2:7: city: "2016-08-03" is a date in YAML; for the text, quote it: "2016-08-03"`},
		{"time as text", least[8:] + "city: 12:30:45", `2:7: city: "12:30:45" is unclear, because some readers of YAML take it for a number to the base 60; for the text, quote it: "12:30:45"`},
		{"version as text", least[8:] + "city: 1.10", `2:7: city: is a number in YAML, where a text is wanted: quote it: "1.10"`},
		{"bool as text", least[8:] + "city: true", `2:7: city: is a bool in YAML, where a text is wanted: quote it: "true"`},
		{"long text", least[8:] + "city: " + strings.Repeat("北", 201), `2:7: city: "` + strings.Repeat("北", 60) + `…" has 201 characters, more than 200`},
		{"empty text", least[8:] + "city: ''", `2:7: city: is an empty text: the title of the instance`},
		{"name as proxy", least + "trusted_proxies: [10.0.0.1, nginx]", `3:29: trusted_proxies[1]: "nginx" is neither an address nor a range of addresses, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8`},
		{"IPv4 in an IPv6 range", least + `trusted_proxies: ["::ffff:10.0.0.0/104"]`, `3:19: trusted_proxies[0]: "::ffff:10.0.0.0/104" is neither an address nor a range of addresses, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8`},
		{"certificate without key", least + "tls: {cert: a.pem}", `3:1: tls: the key "key" is missing`},
		{"too small a cache", least + "cache: {bytes: 1000}", "3:16: cache.bytes: 1000 is not from 1048576 to 1099511627776"},
		{"nowhere to publish", least + "sources: {s: {layer: a, push: {topics: [a/+]}, id: '{A}', fields: {}}}", `3:32: sources.s.push.topics: nothing is published: mqtt: {listen: …} is missing at the top of the config`},
		{"a wildcard inside a level", least + "mqtt: {listen: 'a:1'}\nsources: {s: {layer: a, push: {topics: [a/b+]}, id: '{A}', fields: {}}}", `4:41: sources.s.push.topics[0]: topic filter "a/b+": level 2 is "b+": "+" and "#" stand alone in their level`},
		{"no port for sensors", least + "mqtt: {listen: a}", `3:16: mqtt.listen: "a" is not host:port, such as 127.0.0.1:8080`},
		{"nowhere to publish by NATS", least + "sources: {s: {layer: a, push: {subjects: [a.*]}, id: '{A}', fields: {}}}", `3:32: sources.s.push.subjects: nothing is published: nats: {listen: …} is missing at the top of the config`},
		{"a wildcard inside a token", least + "nats: {listen: 'a:1'}\nsources: {s: {layer: a, push: {subjects: [a.b>]}, id: '{A}', fields: {}}}", `4:43: sources.s.push.subjects[0]: subject "a.b>": token 2 is "b>": "*" and ">" stand alone between dots`},
		{"a subject of NATS itself", least + "nats: {listen: 'a:1'}\nsources: {s: {layer: a, push: {subjects: [$JS.API.>]}, id: '{A}', fields: {}}}", `4:43: sources.s.push.subjects[0]: subject "$JS.API.>": it begins with "$": such subjects are those of NATS itself`},
		{"no port for NATS", least + "nats: {listen: a}", `3:16: nats.listen: "a" is not host:port, such as 127.0.0.1:8080`},
		{"no room for a dead letter", least + "nats: {listen: 'a:1', payload: 1024}", `3:32: nats.payload: 1024 is not from 65536 to 8388608`},
		{"no duration", least + "journal: {folder: a, retention: 3}", `3:33: journal.retention: is a number in YAML, where a text is wanted: quote it: "3"`},
		{"no unit", least + "journal: {folder: a, retention: '3'}", `3:33: journal.retention: "3" is no duration: write a number and its unit, such as 500ms, 30s, 10m, 24h or 30d`},
		{"too long", least + "journal: {folder: a, sync: 1h}", `3:28: journal.sync: 1h is not from 10ms to 2m`},
		{"days beyond all durations", least + "journal: {folder: a, retention: 2000000d}", `3:33: journal.retention: 2000000d is not from 0s to 3660d`},
		{"checkpoints too often", least + "journal: {folder: a, checkpoint: {every: 1s}}", `3:42: journal.checkpoint.every: 1s is not from 10s to 24h`},
		{"no folder", least + "journal: {sync: always}", `3:1: journal: the key "folder" is missing`},
		{"an unset variable", least + "journal: {folder: '${NOWHERE}/a'}", `3:19: journal.folder: the variable NOWHERE is not set in the environment`},
		{"an age without a time", aged("", "{expired: 1h}"), `8:5: layers.b.ttl: features without a time have no age: the layer needs time: the field that says when`},
		{"no age", aged("time: at", "{field: x}"), `8:10: layers.b.ttl: needs stale: or expired: the age from which on a feature is shown as out of date, or is gone`},
		{"stale last", aged("time: at", "{stale: 2d, expired: 1d}"), `8:18: layers.b.ttl.stale: features are stale before they expire: at less than 24h`},
		{"an age below a second", aged("time: at", "{expired: 10ms}"), `8:20: layers.b.ttl.expired: 10ms is not from 1s to 36600d`},
		{"a field of the class that is there", aged("time: at", "{stale: 1h, field: at}"), `8:29: layers.b.ttl.field: "at" is already a field of the layer: name another with ttl: {field: …}`},
		{"classes without a time", classed("", "{classes: [1h]}"), `8:5: layers.b.age: features without a time have no age: the layer needs time: the field that says when`},
		{"classes of a private time", classed("time: seen", "{classes: [1h]}"), `8:5: layers.b.age: the time "seen" is private, and ages would tell it: leave out age or private`},
		{"no classes", classed("time: at", "{field: x}"), `8:5: layers.b.age: the key "classes" is missing`},
		{"a class before the one before it", classed("time: at", "{classes: [2d, 1d]}"), `8:25: layers.b.age.classes[1]: classes stand from the youngest to the oldest: this one needs more than 2d`},
		{"a class twice", classed("time: at", "{classes: [24h, 1d]}"), `8:26: layers.b.age.classes[1]: classes stand from the youngest to the oldest: this one needs more than 24h`},
		{"a class of seconds", classed("time: at", "{classes: [30s, 1d]}"), `8:21: layers.b.age.classes[0]: 30s is not from 1m to 36600d`},
		{"a class that is none", classed("time: at", "{classes: [new]}"), `8:21: layers.b.age.classes[0]: "new" is no duration: write a number and its unit, such as 500ms, 30s, 10m, 24h or 30d`},
		{"a field of ages that is there", classed("time: at", "{classes: [1h], field: at}"), `8:33: layers.b.age.field: "at" is already a field of the layer: name another with age: {field: …}`},
		{"drawn by ages that there are not", classed("time: at", "{classes: [1h], field: x}") + "    draw: {category: age_class}\n", `9:22: layers.b.draw.category: the layer has no field "age_class"; its public fields of type string are none`},
		{"a field without a class", aged("time: at", "{expired: 1h, field: x}"), `8:31: layers.b.ttl.field: only a layer with stale: has this field`},
		{"resolutions the wrong way", counted("{resolutions: [9, 5]}", ""), `7:23: layers.b.h3.resolutions: the coarsest resolution 9 is finer than the finest 5`},
		{"a count of no field", counted("{count_by: {knid: [a]}}", ""), `7:21: layers.b.h3.count_by.knid: the layer has no field "knid"; did you mean "kind"?; its public fields of type string are "kind"`},
		{"a count of a private field", counted("{count_by: {phone: [a]}}", ""), `7:21: layers.b.h3.count_by.phone: the field "phone" is private, so nothing that is shown may depend on it; public fields of type string are "kind"`},
		{"one resolution, the coarsest there is", counted("{resolutions: [0, 0]}", ""), `7:27: layers.b.h3.resolutions[1]: 0 is not from 1 to 13`},
		{"values that make one name", counted("{count_by: {kind: [A, a]}}", ""), `7:9: layers.b.h3: the names of fields and values make names of cells: layers: schema "b": field "kind_a" stands twice`},
		{"a value that is the rest", counted("{count_by: {kind: [other]}}", ""), `7:9: layers.b.h3: the names of fields and values make names of cells: layers: schema "b": field "kind_other" stands twice`},
		{"a value twice", counted("{count_by: {kind: [a, a]}}", ""), `7:31: layers.b.h3.count_by.kind[1]: "a" stands twice`},
		{"a sum of a text", counted("{numbers: [kind]}", ""), `7:20: layers.b.h3.numbers[0]: the field "kind" is of type string, not int or float; public fields of that type are none`},
		{"an overview above the tiles", counted("{}", "overview: 4"), `8:15: layers.b.overview: the layer has tiles from zoom 4 to 10, of which the first at least is of cells and the last of features`},
		{"an overview of all tiles", counted("{}", "overview: {below: 11}"), `8:23: layers.b.overview.below: the layer has tiles from zoom 4 to 10, of which the first at least is of cells and the last of features`},
		{"an overview of nothing", least[:len(least)-3] + ", overview: 5}}\n", `2:58: layers.a.overview: an overview is made of what is counted by cell: the layer needs h3:, such as h3: {}`},
		{"an overview of nowhere", counted("{}", "overview: 6"), `8:15: layers.b.overview: how large cells are on the map goes by the latitude, so the file needs center: [lon, lat], the middle of the city`},
		{"hexes of nowhere", counted("{}", "") + "derived: {c: {of: b, as: hexes, title: C}}", `10:26: derived.c.as: how large cells are on the map goes by the latitude, so the file needs center: [lon, lat], the middle of the city`},
		{"derived of no layer", counted("{}", "") + "derived: {c: {of: d, as: hexes, title: C}}", `10:19: derived.c.of: there is no layer "d"; the layers are "b"`},
		{"derived of what is not counted", least + "derived: {c: {of: a, as: hexes, title: C}}", `3:19: derived.c.of: the layer "a" is not counted by cell: it needs h3:, such as h3: {}`},
		{"derived with a name that is taken", counted("{}", "") + "derived: {b: {of: b, as: hexes, title: C}}", `10:11: derived.b: "b" is the name of a layer: a derived layer needs one of its own`},
		{"derived as what there is not", counted("{}", "") + "derived: {c: {of: b, as: hexagons, title: C}}", `10:26: derived.c.as: "hexagons" is not one of "hexes", "clusters", "hotspots"`},
		{"hot spots that are hexes", counted("{}", "") + "derived: {c: {of: b, as: hexes, title: C, rings: 2}}", `10:43: derived.c.rings: only a layer with as: hotspots has this key`},
		{"hot spots too fine", hot("resolution: 12"), `10:58: derived.c.resolution: the layer is counted up to resolution 9: at most that, or a finer one in its h3: {resolutions: …}`},
		{"hot spots of a private field", hot(`filter: "phone = 'x'"`), `10:54: derived.c.filter: line 1, column 1: there is no property "phone": there are kind, geometry`},
		{"hot spots in no layer", hot("area: bb"), `10:52: derived.c.area: there is no layer "bb"; did you mean "b"?; the layers are "b"`},
		{"hot spots of a window alone", hot("window: 28d"), `10:54: derived.c.window: needs both window: how much time is counted, and step: in which steps it moves on`},
		{"hot spots that emerge from nothing", hot("emerging: true"), `10:56: derived.c.emerging: needs both window: how much time is counted, and step: in which steps it moves on`},
		{"hot spots in half steps", hot("window: 36h, step: 1d"), `10:54: derived.c.window: 36h is not 1 to 64 steps of 1d`},
		{"hot spots in too many steps", hot("window: 65d, step: 1d"), `10:54: derived.c.window: 65d is not 1 to 64 steps of 1d`},
		{"hot spots in short steps", hot("window: 1h, step: 1s"), `10:64: derived.c.step: 1s is not from 1m to 366d`},
		{"hot spots without time", hot("window: 2d, step: 1d"), `10:54: derived.c.window: the layer has no time: it needs time: the field that says when`},
		{"hot spots that emerge in a day", hot("window: 1d, step: 1d, emerging: true"), `10:78: derived.c.emerging: 1 steps show no trend: want 10 at least`},
		{"hot spots until whenever", hotInTime("until: tomorrow"), `10:75: derived.c.until: "tomorrow" is no time: write one such as "2016-09-01T00:00:00Z"`},
		{"hot spots by a private time", strings.Replace(hotInTime("moran: true"), "phone: {type: time}", "phone: {type: time, private: true}", 1), `10:54: derived.c.window: the field "phone" is private, so nothing that is shown may depend on it`},
		{"a rate of no layer", hot("rate: {of: a}"), `10:57: derived.c.rate.of: there is no layer "a"; the layers are "b"`},
		{"a rate of what nobody sees", beside("rate: {of: h}", "h3: {}"), `11:57: derived.c.rate.of: the layer "h" is public: false, and everybody would see by it what is divided`},
		{"an area that nobody sees", beside("area: h", "tiny: keep"), `11:52: derived.c.area: the layer "h" is public: false, and everybody would see where its polygons are`},
		{"a rate of no sum", hot("rate: {of: b, number: votes}"), `10:68: derived.c.rate.number: the layer "b" has no sums of "votes"; in its h3: {numbers: …} are none`},
		{"a rate that may be anything", hot("level: 1"), `10:53: derived.c.level: 1 is no false discovery rate: it is more than 0 and less than 1, such as 0.05`},
		{"hot spots at every moment", hot("every: 100ms"), `10:53: derived.c.every: 100ms is not from 1s to 24h`},
		{"file as public URL", least + "public_url: file:///a", `3:13: public_url: "file:///a" is not an absolute http or https URL without query and user, such as https://map.example`},
		{"password in public URL", least + "public_url: https://u:p@a", `3:13: public_url: "https://u:p@a" is not an absolute http or https URL without query and user, such as https://map.example`},
		{"no columns of a place", table("{}"), `3:52: sources.s.csv: needs the columns that say where a row is: lon and lat, point, or wkt`},
		{"half a place", table("{lon: X}"), `3:52: sources.s.csv: lon and lat are both needed: a column for longitude and one for latitude`},
		{"a place twice", table("{lon: X, lat: Y, wkt: Z}"), `3:52: sources.s.csv: the place of a row comes from lon and lat, or from point, or from wkt, not from several`},
		{"a point without an order", table("{point: {column: P}}"), `3:58: sources.s.csv.point: the key "order" is missing`},
		{"a point in no order", table("{point: {column: P, order: yx}}"), `3:84: sources.s.csv.point.order: "yx" is not one of "latlon", "lonlat"`},
		{"an expression of the wrong type", computed("expression: 'r.a + 1'"), `3:81: sources.s.fields.n.expression: the expression, at character 5: found no matching overload for '_+_' applied to '(string, int)'`},
		{"an expression and a property", computed("from: a, expression: 'int(r.a)'"), `3:65: sources.s.fields.n: a field comes from a property, or an expression, or is a constant, not from several: from, expression, value`},
		{"no datum", least + "sources: {s: {layer: a, files: [x.geojson], datum: GCJ-02, id: '{A}', fields: {}}}", `3:52: sources.s.datum: "GCJ-02" is not one of "wgs84", "gcj02", "bd09"; did you mean "gcj02"?`},
		{"port beyond", least + "listen: a:70000", `3:9: listen: "a:70000" is not host:port, such as 127.0.0.1:8080`},
	} {
		_, err := Parse("f", []byte(test.file), nil)
		var problems Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s: got %v, want problems", test.name, err)
			continue
		}
		if !slices.ContainsFunc(problems, func(p Problem) bool { return p.String() == "f:"+test.want }) {
			t.Errorf("%s: got %v\nwant %s", test.name, err, test.want)
		}
	}
}

// aged returns a config with a layer whose features age.
func aged(time, ttl string) string {
	return "city: A\nlayers:\n  b:\n    title: B\n    licence: CC0-1.0\n    fields: {at: {type: time}}\n    " +
		time + "\n    ttl: " + ttl + "\n"
}

// classed returns a config with a layer that shows ages.
func classed(time, age string) string {
	return "city: A\nlayers:\n  b:\n    title: B\n    licence: CC0-1.0\n    fields: {at: {type: time}, seen: {type: time, private: true}}\n    " +
		time + "\n    age: " + age + "\n"
}

// counted returns a config with a layer that is counted by cell.
func counted(h3, more string) string {
	return "city: A\nlayers:\n  b:\n    title: B\n    licence: CC0-1.0\n    fields: {kind: {type: string}, phone: {type: string, private: true}}\n    h3: " +
		h3 + "\n    " + cmp.Or(more, "tiny: merge") + "\n    zooms: [4, 10]\n"
}

// table returns a config with a source of a table.
func table(csv string) string {
	return least + "sources: {s: {layer: a, files: [x.csv], id: '{A}', csv: " + csv + ", fields: {}}}"
}

// TestPlaceColumns reads the ways in which a source says where its records are.
func TestPlaceColumns(t *testing.T) {
	t.Parallel()
	for csv, want := range map[string]ingest.PlaceColumns{
		"{lon: X, lat: Y}": {Lon: "X", Lat: "Y"},
		"{point: {column: 'Location (Lat, Long)', order: latlon}}": {Point: "Location (Lat, Long)", Order: ingest.LatLon},
		"{point: {column: P, order: lonlat}}":                      {Point: "P", Order: ingest.LonLat},
		"{wkt: the_geom}":                                          {WKT: "the_geom"},
	} {
		c, err := Parse("f", []byte(table(csv)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Sources[0].CSV.PlaceColumns; got != want {
			t.Errorf("%s: got %+v", csv, got)
		}
	}
	for coordinates, want := range map[string]bool{"": false, "coordinates: strict, ": false, "coordinates: lenient, ": true} {
		c, err := Parse("f", []byte(least+"sources: {s: {layer: a, files: [x.geojson], "+coordinates+"id: '{A}', fields: {}}}"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Sources[0].Mapping.LenientCoordinates; got != want {
			t.Errorf("%q: got %v", coordinates, got)
		}
	}
}

// computed returns a config with a field of type int.
func computed(field string) string {
	return "city: A\nlayers: {a: {title: A, licence: B, fields: {n: {type: int}}}}\n" +
		"sources: {s: {layer: a, files: [x.geojson], id: '{A}', fields: {n: {" + field + "}}}}"
}

func TestExpression(t *testing.T) {
	t.Parallel()
	c, err := Parse("f", []byte(computed("expression: 'int(r.a) + 1', values: {'3': '4'}")), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := c.Sources[0].Mapping.Fields[0]
	if f.Expression != "int(r.a) + 1" || f.From != "" || f.Values["3"] != "4" {
		t.Errorf("got %+v", f)
	}
}

func TestDatum(t *testing.T) {
	t.Parallel()
	for datum, want := range map[string]world.Datum{"": world.WGS84, "datum: wgs84, ": world.WGS84, "datum: gcj02, ": world.GCJ02, "datum: bd09, ": world.BD09} {
		c, err := Parse("f", []byte(least+"sources: {s: {layer: a, files: [x.geojson], "+datum+"id: '{A}', fields: {}}}"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Sources[0].Mapping.Datum; got != want {
			t.Errorf("%q: got %v", datum, got)
		}
	}
}

// TestAccepted reads what looks odd but is clear.
func TestAccepted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, file, city string }{
		{"byte order mark", "\xef\xbb\xbf" + least, "A"},
		{"Windows line ends", strings.ReplaceAll(least, "\n", "\r\n"), "A"},
		{"document marks", "---\n" + least + "...\n# the end\n", "A"},
		{"single quotes", least[8:] + "city: '2016'", "2016"},
		{"double quotes", least[8:] + `city: "\u5317京"`, "北京"},
		{"folded", least[8:] + "city: >-\n  A\n  B\n", "A B"},
		{"literal", least[8:] + "city: |-\n  1\n", "1"},
		{"two lines", least[8:] + "city: A\n  B\n", "A B"},
		{"colon in a text", least[8:] + "city: a:b", "a:b"},
		{"number and more", least[8:] + "city: 42nd", "42nd"},
		{"comment", least[8:] + "city: A # B\n", "A"},
		{"tab after a value", least[8:] + "city: A\t# B\n", "A"},
	} {
		got, err := Parse("f", []byte(test.file), nil)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		} else if got.City != test.city {
			t.Errorf("%s: got %q, want %q", test.name, got.City, test.city)
		}
	}
}

// TestManyProblems has more faults than are listed.
func TestManyProblems(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for range MaxProblems + 5 {
		b.WriteString("a: 1\n")
	}
	_, err := Parse("f", []byte(b.String()), nil)
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != MaxProblems+1 {
		t.Fatalf("got %d problems, want %d", len(problems), MaxProblems+1)
	}
	if got, want := problems[MaxProblems].Message, "there are more than 500 problems; the rest is left out"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// hot returns a config with hot spots of a layer that is counted by cell.
func hot(keys string) string {
	return counted("{resolutions: [4, 9]}", "") + "derived: {c: {of: b, as: hotspots, title: C, " + keys + "}}"
}

// beside is hot, with a layer h that is not public.
func beside(keys, hidden string) string {
	return strings.Replace(hot(keys), "layers:\n", "layers:\n  h: {title: H, licence: CC0-1.0, public: false, fields: {}, "+hidden+"}\n", 1)
}

// hotInTime is hot of a layer with a time.
func hotInTime(keys string) string {
	c := strings.Replace(hot("window: 1d, step: 1d, "+keys), "phone: {type: string, private: true}", "phone: {type: time}", 1)
	return strings.Replace(c, "tiny: merge", "time: phone", 1)
}
