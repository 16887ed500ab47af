package styles

import "slices"

// Archive is an archive of vector tiles that may be drawn as ground.
type Archive struct {
	// Name is the archive's name; its TileJSON is expected at BaseURL/archives/NAME.json. Its source and
	// its style layers have names that no layer has.
	Name string
	// Title is its name for people; "" means Name.
	Title string
	// Layers are the layers inside its tiles, as its metadata says.
	Layers []ArchiveLayer
}

// ArchiveLayer is a layer inside the tiles of an archive.
type ArchiveLayer struct {
	Name string
	// Fields are the names of its fields, in any order.
	Fields []string
}

// source is the name of the archive's source.
func (a *Archive) source() string { return "archive:" + a.Name }

// layer returns the layer of a name that has all of some fields, or nil.
func (a *Archive) layer(name string, fields ...string) *ArchiveLayer {
	for i := range a.Layers {
		l := &a.Layers[i]
		if l.Name != name {
			continue
		}
		for _, f := range fields {
			if !slices.Contains(l.Fields, f) {
				return nil
			}
		}
		return l
	}
	return nil
}

// known reports whether the archive is of the schema of Protomaps' base maps, version 4
// (docs.protomaps.com/basemaps/layers), or enough of it.
func (a *Archive) known() bool { return a.layer("roads", "kind", "kind_detail") != nil }

// hasPlaces reports whether names of places come from the archive.
func (a *Archive) hasPlaces() bool {
	return a.known() && a.layer("places", "kind", "kind_detail", "name") != nil
}

// Kinds of the schema, by how they are drawn here. Points of interest are not drawn: those of a city
// are its data.
var (
	parkKinds = []string{
		"allotments", "cemetery", "dog_park", "forest", "garden", "golf_course", "grass", "grassland", "meadow", "national_park",
		"nature_reserve", "park", "pitch", "playground", "protected_area", "recreation_ground", "scrub", "village_green", "wetland",
		"wood", "zoo",
	}
	coverKinds  = []string{"forest", "grassland", "scrub"}
	sandKinds   = []string{"bare_rock", "beach", "sand"}
	openWater   = []string{"basin", "dock", "lake", "ocean", "other", "river", "water"}
	streamKinds = []string{"canal", "river", "stream"}
	railDetails = []string{"funicular", "light_rail", "monorail", "narrow_gauge", "rail", "subway", "tram"}
	borderKinds = []string{"country", "county", "macroregion", "region"}
	namedWater  = []string{"bay", "fjord", "lake", "sea", "strait", "water"}
	landKinds   = map[string][]string{
		"commercial": {"commercial", "retail"},
		"industrial": {"aerodrome", "airfield", "industrial", "military", "naval_base", "pier", "railway"},
		"civic":      {"college", "hospital", "kindergarten", "school", "university"},
		"farm":       {"farmland"},
	}
	roadDetails = map[string][]string{
		"motorway": {"motorway"},
		"ring":     {"trunk"},
		"avenue":   {"primary"},
		"street":   {"motorway_link", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link", "trunk_link"},
		"lane":     {"alley", "living_street", "residential", "service", "unclassified"},
		"path":     {"cycleway", "footway", "path", "pedestrian", "steps", "track"},
	}
	placeDetails = map[string][]string{
		"city":          {"city"},
		"district":      {"borough", "quarter", "suburb"},
		"town":          {"hamlet", "town", "village"},
		"neighbourhood": {"neighbourhood"},
	}
)

// archive draws an archive as ground, with the colours of the roles. It reports whether it drew it.
func (p *painter) archive(a *Archive) bool {
	if !a.known() {
		return false
	}
	title := a.Title
	if title == "" {
		title = a.Name
	}
	d := archiveDrawing{p, a, map[string]string{TitleKey: title, ArchiveKey: a.Name}}
	d.areas()
	d.lines()
	if p.texts {
		d.names()
	}
	return true
}

// archiveDrawing draws one archive.
type archiveDrawing struct {
	*painter
	a        *Archive
	metadata map[string]string
}

// from returns where features of some kinds come from in a layer of the archive; with no kinds all of
// them. ok is false when the archive has no such layer. part tells the style layers of one layer apart.
func (d *archiveDrawing) from(layer, part, field string, kinds []string) (f *from, ok bool) {
	if d.a.layer(layer) == nil || field != "" && d.a.layer(layer, field) == nil {
		return nil, false
	}
	f = &from{id: d.a.source() + ":" + layer + part, source: d.a.source(), sourceLayer: layer, metadata: d.metadata}
	if kinds != nil {
		f.filter = oneOf(get(field), kinds)
	}
	return f, true
}

// areas draws what is made of polygons.
func (d *archiveDrawing) areas() {
	t := d.theme
	area := func(b band, layer, part string, kinds []string, colour any, opacity any) {
		if f, ok := d.from(layer, part, "kind", kinds); ok {
			paint := map[string]any{"fill-color": colour}
			if opacity != nil {
				paint["fill-opacity"] = opacity
			}
			d.add(b, f.part(":fill", "fill", polygonTypes, paint))
		}
	}
	area(bandLand, "earth", "", nil, t.ground, nil)
	area(bandLand, "landcover", ":green", coverKinds, t.park, byZoom(4, 0.6, 7, 0.3))
	area(bandLand, "landuse", ":sand", sandKinds, t.sand, nil)
	var arms []arm
	var kinds []string
	for _, class := range parcelClasses {
		if list := landKinds[class]; list != nil {
			arms = append(arms, arm{list, t.parcels[class]})
			kinds = append(kinds, list...)
		}
	}
	area(bandParcel, "landuse", ":parcels", kinds, match(get("kind"), arms, t.land), byZoom(10, 0, 12, 1))
	area(bandPark, "landuse", ":parks", parkKinds, t.park, byZoom(6, 0.5, 12, 0.85))
	area(bandWater, "water", "", openWater, t.water, nil)
	if f, ok := d.from("buildings", "", "kind", []string{"building", "building_part"}); ok {
		d.blocks(f)
	}
}

// lines draws what is made of lines.
func (d *archiveDrawing) lines() {
	if f, ok := d.from("water", "", "kind", streamKinds); ok {
		d.streams(f)
	}
	var streets []string
	for _, class := range roadClasses {
		streets = append(streets, roadDetails[class]...)
	}
	if f, ok := d.from("roads", "", "kind_detail", streets); ok {
		d.roads(f, d.classes(roadClasses, middleRoad, roadDetails))
	}
	if f, ok := d.from("roads", ":rails", "kind_detail", railDetails); ok {
		if d.a.layer("roads", "is_tunnel") != nil { // nobody finds their way by what is under streets
			f.filter = both(f.filter, []any{"!", []any{"has", "is_tunnel"}})
		}
		d.tracks(f)
	}
	if f, ok := d.from("boundaries", "", "kind", borderKinds); ok {
		d.border(f, ":line", lineTypes, borderOf(0))
	}
}

// names writes the names of water, streets and places.
func (d *archiveDrawing) names() {
	if f, ok := d.from("water", "", "kind", namedWater); ok {
		if name, ok := d.name("water"); ok {
			text := d.text(f, ":label", pointTypes, name, 9, d.theme.waterName)
			text.Layout["text-letter-spacing"] = 0.12
			text.Layout["text-size"] = byZoom(9, 11, 15, 14)
			d.add(bandName, text)
		}
	}
	if f, ok := d.from("roads", "", "kind", []string{"highway", "major_road", "minor_road", "path"}); ok {
		if name, ok := d.name("roads"); ok {
			d.streetNames(f, d.classes(roadClasses, middleRoad, roadDetails), name, 0)
		}
	}
	var places []string
	for _, class := range placeClasses {
		places = append(places, placeDetails[class]...)
	}
	if f, ok := d.from("places", "", "kind_detail", places); ok {
		if name, ok := d.name("places"); ok {
			f.id += ":label"
			d.placeNames(f, d.classes(placeClasses, middlePlace, placeDetails), name, 0)
		}
	}
}

// classes are the classes of what kind_detail says.
func (d *archiveDrawing) classes(names []string, middle string, values map[string][]string) *classes {
	return &classes{input: get("kind_detail"), names: names, values: values, middle: middle}
}

// name is the expression of the names in a layer of the archive.
func (d *archiveDrawing) name(layer string) (expr any, ok bool) {
	l := d.a.layer(layer)
	has := func(name string) (uint8, bool) { return 0, slices.Contains(l.Fields, name) }
	en, zh := []string{"name:en", "name"}, []string{"name:zh-Hans", "name:zh", "name:zh-Hant"}
	if d.lang == ZH {
		en = []string{"name", "name:en"} // a place without a Chinese name has that of its own language
	}
	names := namesOf(d.lang, has, en, zh)
	if names == nil {
		return nil, false
	}
	return names.expr(), true
}
