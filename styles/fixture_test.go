package styles

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

// schema returns a schema of fields: text fields, number fields with a '#', kept from zoom 0, or from
// zoom 14 with a '+', or with "15:" from that zoom on.
func schema(name layers.Name, fields ...string) *layers.Schema {
	s := &layers.Schema{Name: name}
	for _, f := range fields {
		field := layers.Field{Kind: column.String, Keep: true}
		if zoom, rest, ok := strings.Cut(f, ":"); ok {
			from, _ := strconv.Atoi(zoom)
			field.FromZoom, f = uint8(from), rest
		}
		for f[0] == '#' || f[0] == '+' {
			if f[0] == '#' {
				field.Kind = column.Float
			} else {
				field.Keep, field.FromZoom = false, 14
			}
			f = f[1:]
		}
		field.Name = f
		s.Fields = append(s.Fields, field)
	}
	return s
}

// made returns a layer with a drawing that is complete.
func made(l Layer, fields ...string) Layer {
	l.Schema, l.MaxZoom = schema(l.Name, fields...), 18
	l.Drawing = l.Drawing.Chosen(l.Schema)
	return l
}

// around is where most of the layers are.
var around = &orb.Bound{Min: orb.Point{115.8, 39.5}, Max: orb.Point{117.2, 40.5}}

func values(list ...string) Known { return Known{Values: list} }

// demo is a city with every role and kind of data.
func demo() Input {
	ground := func(name layers.Name, role Role, l Layer, fields ...string) Layer {
		l.Name, l.Drawing.Role = name, role
		return made(l, fields...)
	}
	area := Layer{Polygons: true}
	districts := ground("districts", Boundary, area, "name", "name_zh")
	districts.Schema.Coverage = true
	water := Layer{Lines: true, Polygons: true}
	roads := Layer{Lines: true, Known: map[string]Known{"class": values("Ring", "motorway", "avenue", "lane", "goat track")}}
	rails := Layer{Lines: true, Points: true}
	places := Layer{Points: true, Known: map[string]Known{"class": values("city", "district", "neighbourhood", "town")}}
	parcels := Layer{Polygons: true, Known: map[string]Known{"class": values("residential", "farm")}}
	return Input{
		Together: 16,
		Name:     "A city", BaseURL: "https://map.example.org/live/", Sprite: true, Glyphs: true,
		Fonts: []FontFile{
			{Path: "/assets/latin-1A2B.woff", Ranges: []string{"U+0-FF", "U+131"}},
			{Path: "/assets/sc-3C4D.woff", Ranges: []string{"U+4E00-9FFF"}},
		},
		Center: &orb.Point{116.397, 39.907}, Zoom: 10,
		Layers: []Layer{
			ground("land", Land, area), ground("parcels", Parcel, parcels, "class"),
			ground("parks", Park, area, "name", "+name_zh"), ground("water", Water, water, "name", "name_zh"),
			ground("buildings", Building, area), ground("roads", Road, roads, "class", "name", "name_zh"),
			ground("rails", Rail, rails, "name", "name_zh"), districts, ground("places", Place, places, "class", "name", "name_zh"),
			demoComplaints(), demoVendors(), demoSensors(), demoMarkets(),
		},
	}
}

func demoComplaints() Layer {
	return made(Layer{
		Name: "complaints", Title: "Complaints", Points: true, Count: 200_000, Extent: around,
		Drawing: Drawing{TitleZH: "投诉", Fields: map[string]FieldLook{"category": {Values: map[string]ValueLook{
			"noise": {Title: Words{"Noise", "噪音"}, Icon: "volume"}, "dust": {Colour: "#123456"},
		}}}},
		Known: map[string]Known{
			"category": {Values: []string{"water", "rubbish", "noise", "parking"}, More: true},
			"status":   values("open", "closed", "assigned"),
		},
	}, "category", "status", "+title", "+title_zh")
}

func demoVendors() Layer {
	return made(Layer{
		Name: "vendors", Points: true, Count: 4000, Extent: around,
		Drawing: Drawing{Label: "title"},
		Known: map[string]Known{
			"kind":   values("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q"),
			"status": values("valid"),
		},
	}, "kind", "status", "title")
}

func demoSensors() Layer {
	return made(Layer{
		Name: "sensors", Title: "Sensors “air”", Points: true, Count: 35, Extent: around,
		Drawing: Drawing{Status: "status", Fields: map[string]FieldLook{"pm25": {Unit: "µg/m³"}}},
		Known:   map[string]Known{"pm25": {Range: &[2]float64{3, 420}, Nulls: true}},
	}, "#pm25", "+title")
}

func demoMarkets() Layer {
	return made(Layer{Name: "markets", Points: true, Polygons: true, Count: 90, Extent: around, Known: map[string]Known{"status": values("open", "shut")}}, "status", "+title")
}

// shapes is a style with every kind, a layer of which nothing is known yet, and one beyond the palette;
// the server has neither images nor fonts.
func shapesOnly() Input {
	in := Input{BaseURL: "http://127.0.0.1:8080", Layers: []Layer{
		{Name: "wards", Title: "Wards", Polygons: true},
		{Name: "roads", Lines: true},
		{Name: "plans", Points: true, Polygons: true},
		{Name: "new"},
	}}
	for _, name := range []layers.Name{"a", "b", "c", "d"} {
		in.Layers = append(in.Layers, Layer{Name: name, Points: true})
	}
	in.Layers = append(in.Layers, Layer{Name: "parks", Lines: true, Polygons: true})
	return in
}

// numbers is layers that are coloured by numbers, with breaks of their own or from their range.
func numbers() Input {
	look := func(field, unit string) Drawing {
		return Drawing{Number: field, Fields: map[string]FieldLook{field: {Unit: unit}}}
	}
	bounds := func(field string, least, most float64) map[string]Known {
		return map[string]Known{field: {Range: &[2]float64{least, most}}}
	}
	areas := made(Layer{Name: "areas", Polygons: true, Drawing: look("rate", "%"), Known: bounds("rate", 0.5, 83)}, "#rate")
	areas.Schema.Coverage = true
	return Input{BaseURL: "http://127.0.0.1:8080", Theme: Dark, Glyphs: true, Sprite: true, Layers: []Layer{
		areas,
		made(Layer{Name: "noise", Points: true, Drawing: look("level", "dB(A)")}, "#level"),
		made(Layer{Name: "docks", Points: true, Drawing: look("bikes", "bikes"), Known: bounds("bikes", 0, 31)}, "#+bikes", "name"),
		made(Layer{Name: "flat", Points: true, Drawing: look("same", "m"), Known: bounds("same", 7, 7)}, "#same"),
		made(Layer{Name: "pipes", Lines: true, Drawing: look("bar", "bar"), Known: bounds("bar", -3, 9)}, "#bar"),
	}}
}

// late is layers of which tiles have what they are drawn by at the higher zooms only, or at none.
func late() Input {
	icons := map[string]FieldLook{"kind": {Values: map[string]ValueLook{"bar": {Icon: "bar"}, "bus": {Icon: "bus"}}}}
	known := map[string]Known{
		"kind": {Values: []string{"shop"}, Nulls: true}, "state": values("open", "closed"), "class": values("motorway", "lane"), "unit": values("dB"),
		"pm25": {Range: &[2]float64{3, 420}},
	}
	layer := func(name layers.Name, one Layer, fields ...string) Layer {
		one.Name, one.Known, one.Drawing.Fields = name, known, icons
		return made(one, fields...)
	}
	point := Layer{Points: true, Count: 20, Extent: around}
	below := layer("below", point, "14:kind", "14:state", "14:name", "14:#pm25")
	below.MaxZoom = 13
	ground := layer("ground", point, "1:kind", "1:name")
	ground.MaxZoom = 0
	return Input{BaseURL: "http://127.0.0.1:8080", Glyphs: true, Sprite: true, Layers: []Layer{
		layer("streets", Layer{Lines: true, Drawing: Drawing{Role: Road}}, "13:class", "13:name"),
		layer("symbols", point, "15:kind", "12:state"),
		layer("icons", point, "16:kind", "17:state"),
		layer("deep", point, "17:kind", "17:state"),
		layer("areas", Layer{Points: true, Lines: true, Polygons: true}, "15:kind"),
		layer("meters", Layer{Points: true, Drawing: Drawing{Number: "pm25"}}, "15:#pm25", "16:unit"),
		layer("gauges", Layer{Points: true, Drawing: Drawing{Number: "pm25"}}, "#pm25", "unit"),
		below, ground,
	}}
}

// basemap is an archive of the schema that is known, under one layer.
func basemap() Input {
	names := []string{"is_tunnel", "kind", "kind_detail", "min_zoom", "name", "name:en", "name:zh-Hans", "sort_rank"}
	a := Archive{Name: "sf", Title: "San Francisco"}
	for _, name := range []string{"boundaries", "buildings", "earth", "landcover", "landuse", "places", "pois", "roads", "water"} {
		a.Layers = append(a.Layers, ArchiveLayer{Name: name, Fields: names})
	}
	return Input{
		BaseURL: "http://127.0.0.1:8080", Lang: ZH, Glyphs: true, Sprite: true, Archives: []Archive{
			a, {Name: "other", Layers: []ArchiveLayer{{Name: "roads", Fields: []string{"highway"}}}},
		},
		Layers: []Layer{made(Layer{Name: "wifi", Points: true, Count: 500, Known: map[string]Known{"type": values("free")}}, "type", "title")},
	}
}

// goldens are the inputs whose styles are compared, by the name of the golden.
func goldens() map[string]Input {
	all := map[string]Input{
		"empty": {BaseURL: "http://127.0.0.1:8080"}, "cells": cells(), "shapes": shapesOnly(), "numbers": numbers(), "late": late(), "basemap": basemap(),
	}
	for _, v := range Variants()[1:] {
		in := demo()
		in.Theme, in.Lang = v.Theme, v.Lang
		all[v.Name] = in
	}
	night := cells()
	night.Theme, night.Lang = Dark, ZH
	all["cells-dark-zh"] = night
	bare := demo()
	bare.Sprite = false
	all["no-sprite"] = bare
	bare.Glyphs, bare.Fonts, bare.Only = false, nil, []layers.Name{"roads", "places", "sensors", "markets"}
	all["bare"] = bare
	some := demo()
	some.Only = []layers.Name{"sensors", "roads"}
	all["some"] = some
	return all
}

// contents says what the tiles of in hold.
func contents(in *Input) map[string]testkit.Contents {
	all := map[string]testkit.Contents{}
	for i := range in.Layers {
		l := &in.Layers[i]
		if !in.draws(l.Name) {
			continue
		}
		one := testkit.Contents{Fields: map[string]float64{}, Values: map[string][]string{}, Everywhere: l.Drawing.Role == Data, Named: l.Drawing.Role == Place}
		for kind, is := range map[string]bool{"Point": l.Points, "LineString": l.Lines, "Polygon": l.Polygons} {
			if is || !l.Points && !l.Lines && !l.Polygons {
				one.Kinds = append(one.Kinds, kind)
			}
		}
		if l.Schema != nil {
			for _, f := range l.Schema.Fields {
				if f.FromZoom > l.MaxZoom {
					continue
				}
				one.Fields[f.Name] = float64(f.FromZoom)
				if list := l.values(f.Name); len(list) > 0 {
					one.Values[f.Name] = list
				}
			}
		}
		all[string(l.Name)+"/"+string(l.Name)] = withCells(l, one)
	}
	return all
}

func make1(t *testing.T, in Input) []byte {
	t.Helper()
	data, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// document is what the tests read of a style.
type document struct {
	Sprite, Glyphs any
	FontFaces      map[string][]struct {
		URL    string
		Ranges []string `json:"unicode-range"`
	} `json:"font-faces"`
	Metadata struct {
		Theme, Lang string
		Layers      []described
	}
	Sources map[string]source
	Layers  []struct {
		ID, Type, Source string
		SourceLayer      string `json:"source-layer"`
		MinZoom, MaxZoom float64
		Filter           []any
		Layout, Paint    map[string]any
		Metadata         map[string]string
	}
}

func parse(t *testing.T, in Input) document {
	t.Helper()
	var d document
	raw := make1(t, in)
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	var meta struct{ Metadata map[string]json.RawMessage }
	if err := json.Unmarshal(raw, &meta); err != nil {
		t.Fatal(err)
	}
	for key, to := range map[string]any{ThemeKey: &d.Metadata.Theme, LangKey: &d.Metadata.Lang, LayersKey: &d.Metadata.Layers} {
		if err := json.Unmarshal(meta.Metadata[key], to); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	return d
}
