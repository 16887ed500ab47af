package synthetic

import (
	"context"
	"iter"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// The fields of all layers of the ground. Some have one more.
const (
	groundClass = iota
	groundName
	groundNameZH
	groundMore
)

// groundLayer is a layer of the ground and where its features come from.
type groundLayer struct {
	spec     LayerSpec
	features func(c *City) iter.Seq[named]
}

// groundLayers are the layers that people find their way by, the undermost first.
var groundLayers = []groundLayer{
	{groundSpec("land", "Land", "建成区", "land", "Built-up areas of an invented city.", 3), (*City).landFeatures},
	{fromZoom(groundSpec("parcels", "Parcels", "地块", "parcel", "Invented parcels by their use.", 5), 13), (*City).parcelFeatures},
	{groundSpec("parks", "Parks", "公园绿地", "park", "Parks, woods and mountain forests.", 3), (*City).parkFeatures},
	{groundSpec("water", "Water", "水系", "water", "Lakes, rivers and canals.", 5), (*City).waterFeatures},
	{
		groundSpec("roads", "Roads", "道路", "road", "Ring roads, expressways, avenues and streets.", 4),
		func(c *City) iter.Seq[named] { return roadFeatures("RD", c.streets.roads) },
	},
	{
		fromZoom(groundSpec("lanes", "Lanes", "胡同", "road", "Hutong and lanes.", 1), 12),
		func(c *City) iter.Seq[named] { return roadFeatures("LN", c.streets.lanes) },
	},
	{groundSpec("rails", "Rails", "轨道交通", "rail", "Metro lines and railways.", 2,
		layers.Field{Name: "ref", Kind: column.String, Priority: 10, MaxLength: 16}), (*City).railFeatures},
	{coverageSpec(groundSpec("districts", "Districts", "区", "boundary", "The sixteen districts.", 1)), (*City).districtFeatures},
	{groundSpec("places", "Places", "地名", "place", "The city, its districts, towns, neighbourhoods and villages.", 4,
		layers.Field{Name: "rank", Kind: column.Int, Priority: 20}), (*City).placeFeatures},
}

// groundSpec returns what a city says of a layer of its ground with a number of classes.
func groundSpec(name layers.Name, title, titleZH, role, description string, classes int, more ...layers.Field) LayerSpec {
	return LayerSpec{
		Title: title, TitleZH: titleZH, Role: role,
		Description: description,
		Attribution: attribution, Licence: licence,
		Distinct: map[string]int{"class": classes},
		Schema: &layers.Schema{
			Name: name,
			Fields: append([]layers.Field{
				groundClass:  {Name: "class", Kind: column.String, Keep: true, MaxLength: 16},
				groundName:   {Name: "name", Kind: column.String, Priority: 30, MaxLength: 64},
				groundNameZH: {Name: "name_zh", Kind: column.String, Priority: 30, MaxLength: 64},
			}, more...),
			IDField: "id", IDFromZoom: layers.DefaultDetailZoom,
		},
	}
}

// fromZoom returns a layer without tiles below a zoom.
func fromZoom(l LayerSpec, zoom uint8) LayerSpec {
	l.MinZoom = zoom
	return l
}

// coverageSpec returns a layer of polygons that share their borders.
func coverageSpec(l LayerSpec) LayerSpec {
	l.Schema.Coverage = true
	return l
}

// groundSource publishes the features of a layer of the ground.
type groundSource struct {
	city  *City
	layer *groundLayer
}

var _ ingest.Source = (*groundSource)(nil)

// Name returns "synthetic-" and the layer's name.
func (s *groundSource) Name() string { return "synthetic-" + string(s.Layer()) }

// Layer returns the layer's name.
func (s *groundSource) Layer() layers.Name { return s.layer.spec.Schema.Name }

// Run is that of [source].
func (s *groundSource) Run(ctx context.Context, to ingest.Publisher, report *ingest.Report) error {
	fields := len(s.layer.spec.Schema.Fields)
	changes := make([]layers.Change, 0, ingest.MaxBatch)
	values := make([]column.Value, ingest.MaxBatch*fields)
	publish := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(changes) == 0 {
			return nil
		}
		if err := to.Publish(ctx, layers.Batch{Layer: s.Layer(), Changes: changes}); err != nil {
			return err
		}
		report.Accept(len(changes))
		changes = changes[:0]
		clear(values)
		return nil
	}
	for n := range s.layer.features(s.city) {
		at := len(changes) * fields
		changes = append(changes, layers.Change{Op: layers.Upsert, Feature: n.feature(values[at : at+fields : at+fields])})
		if len(changes) == ingest.MaxBatch {
			if err := publish(); err != nil {
				return err
			}
		}
	}
	return publish()
}
