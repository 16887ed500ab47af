// Package catalog serves what there is: the list of layers, each layer's schema and size, and single
// features as GeoJSON (RFC 7946). Everything comes from views, so a private field is not even known
// here (S10).
//
// # Routes
//
//	GET /layers                                 detail=brief tells counts and changes only
//	GET /layers/{name}
//	GET /layers/{name}/features/{id}
//	GET /layers/{name}/features?number=N        the feature that shows N as its id in tiles
//	GET /layers/{name}/features?near=LON,LAT&k=N
//	GET /layers/{name}/features?bbox=WEST,SOUTH,EAST,NORTH&limit=N&FIELD=VALUE,VALUE&datetime=START/END&filter=CQL2
//	GET /layers/{name}/histogram?bins=N&bbox=WEST,SOUTH,EAST,NORTH&from=TIME&to=TIME&filter=CQL2
//	GET /search?q=TEXT&layers=NAME,NAME&near=LON,LAT&limit=N&datetime=START/END&filter=CQL2
package catalog

import (
	"errors"
	"net/http"
	"time"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/view"
	"hutong/styles"
)

// Catalog answers for all layers. It may be used from any goroutine.
type Catalog struct {
	layers     *api.Layers
	filters    *api.Filters
	base       api.Base
	looks      looks
	cut        *telemetry.Counts // queries that ran out of time
	searchTime time.Duration
	windowTime time.Duration
}

// New returns the catalogue of ls, with the filters that fs reads.
func New(ls *api.Layers, fs *api.Filters, base api.Base, m *telemetry.Metrics) *Catalog {
	return &Catalog{
		layers: ls, filters: fs, base: base, looks: newLooks(m), searchTime: searchTime, windowTime: windowTime,
		cut: m.Counter("hutong_query_cut_total", "Queries that ended because they took too long.", "query"),
	}
}

// Routes returns the routes of the catalogue.
func (c *Catalog) Routes() []api.Route {
	return []api.Route{
		{Pattern: "/layers", Label: "layers", Handler: http.HandlerFunc(c.list)},
		{Pattern: "/search", Label: "search", Handler: http.HandlerFunc(c.search)},
		{Pattern: "/layers/{name}", Label: "layer", Handler: http.HandlerFunc(c.one)},
		{Pattern: "/layers/{name}/features", Label: "features", Handler: http.HandlerFunc(c.features)},
		{Pattern: "/layers/{name}/histogram", Label: "histogram", Handler: http.HandlerFunc(c.histogram)},
		{Pattern: "/layers/{name}/features/{id}", Label: "feature", Discreet: true, Handler: http.HandlerFunc(c.feature)},
	}
}

// description is a layer as JSON.
type description struct {
	Name        layers.Name         `json:"name"`
	Title       string              `json:"title"`
	TitleZH     string              `json:"title_zh,omitempty"`
	Role        styles.Role         `json:"role,omitempty"` // what of a map it is; data has none
	Draw        *draw               `json:"draw,omitempty"`
	Description string              `json:"description,omitempty"`
	Licence     string              `json:"licence,omitempty"`
	Attribution string              `json:"attribution,omitempty"`
	Count       int                 `json:"count"`
	Located     int                 `json:"located"`
	Extent      []float64           `json:"extent,omitempty"` // west, south, east, north in degrees
	Seq         layers.Seq          `json:"seq"`
	SummarySeq  layers.Seq          `json:"summary_seq"`       // the state that fields tell of, seldom much older than seq
	Changed     string              `json:"changed,omitempty"` // when something last changed here, RFC 3339
	Turned      string              `json:"turned,omitempty"`  // and when ages turned
	Freshness   *api.FreshnessState `json:"freshness,omitempty"`
	MinZoom     uint8               `json:"minzoom"`
	MaxZoom     uint8               `json:"maxzoom"`
	IDField     string              `json:"id_field,omitempty"`
	TimeField   string              `json:"time_field,omitempty"`
	Fields      []field             `json:"fields"`
	Analysis    *derive.Analysis    `json:"analysis,omitempty"` // how it was computed; layers that are not computed have none
	Tables      *api.TablesOffered  `json:"tables,omitempty"`   // which counts there are; only views of counts have it
	Links       []link              `json:"links"`
}

// link is a link to another resource (RFC 8288).
type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
	Type string `json:"type"`
}

// draw names the fields that say how a layer is shown, see [styles.Drawing].
type draw struct {
	Category string `json:"category,omitempty"`
	Status   string `json:"status,omitempty"`
	Number   string `json:"number,omitempty"`
	Label    string `json:"label,omitempty"`
	LabelZH  string `json:"label_zh,omitempty"`
	Class    string `json:"class,omitempty"`
}

func drawOf(d *styles.Drawing) *draw {
	out := draw{d.Category, d.Status, d.Number, d.Label, d.LabelZH, d.Class}
	if out == (draw{}) {
		return nil
	}
	return &out
}

func (c *Catalog) list(w http.ResponseWriter, r *http.Request) {
	brief, err := parseDetail(r.URL.RawQuery)
	switch {
	case err != nil:
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
	case brief:
		c.brief(w, r)
	default:
		c.full(w, r)
	}
}

// parseDetail reads how much of the layers is asked for. Its errors are whole sentences for the client.
func parseDetail(raw string) (brief bool, err error) {
	query, err := api.ParseQuery(raw)
	if err != nil {
		return false, err
	}
	if err := api.Accept(query, "detail"); err != nil || !query.Has("detail") {
		return false, err
	}
	detail, err := api.Single("detail", query["detail"])
	if err == nil && detail != "brief" {
		err = errors.New("detail is brief, or left out for all that there is to say")
	}
	return true, err
}

// full answers with all that there is to say of each layer.
func (c *Catalog) full(w http.ResponseWriter, r *http.Request) {
	out := struct {
		Layers []description `json:"layers"`
		Links  []link        `json:"links"`
	}{Layers: []description{}}
	seen, ok := c.layers.Visible(w, r)
	if !ok {
		return
	}
	base := c.base.URL(r)
	for _, l := range seen.Layers {
		out.Layers = append(out.Layers, c.describe(l, base))
	}
	out.Links = []link{
		{"self", base + "/layers", "application/json"},
		{"style", base + "/styles/default.json", "application/json"},
	}
	api.SendJSON(w, r, "application/json", out)
}

// brief answers with what moves when a layer changes. It reads no feature, so that every open page may
// ask often.
func (c *Catalog) brief(w http.ResponseWriter, r *http.Request) {
	type layer struct {
		Name    layers.Name `json:"name"`
		Count   int         `json:"count"`
		Located int         `json:"located"`
		Seq     layers.Seq  `json:"seq"`
		Changed string      `json:"changed,omitempty"`
		Turned  string      `json:"turned,omitempty"`
		Period  string      `json:"period,omitempty"` // the newest of a view of counts
	}
	out := struct {
		Layers []layer `json:"layers"`
	}{Layers: []layer{}}
	seen, ok := c.layers.Visible(w, r)
	if !ok {
		return
	}
	for _, l := range seen.Layers {
		v := l.View.Now()
		out.Layers = append(out.Layers, layer{l.Name(), v.Count(), v.Located(), v.Seq(), api.Instant(l.Fresh.Changed()), api.Instant(l.Fresh.LastTurn()), l.Tables.Newest()})
	}
	api.SendJSON(w, r, "application/json", out)
}

// newest says why what is told of a layer takes no parameters that choose.
const newest = "this is of the layer as it is, whole; /layers/{name}/features and /layers/{name}/histogram accept filter, filter-lang and datetime, and /tiles/{layers}/{z}/{x}/{y}.mvt accepts these or asof"

func (c *Catalog) one(w http.ResponseWriter, r *http.Request) {
	if l := c.layers.Find(w, r, r.PathValue("name")); l != nil && !api.RefuseChoice(w, r, newest) {
		api.SendJSON(w, r, "application/json", c.describe(l, c.base.URL(r)))
	}
}

// describe describes one state of a layer, its fields in the same or one shortly before.
func (c *Catalog) describe(l *api.Layer, base string) description {
	sums, seq := l.View.Summaries()
	v := l.View.Now() // not before
	schema := v.Schema()
	zooms := l.Tiles.Options()
	self := base + "/layers/" + string(l.Name())
	tiles := base + "/tiles/" + string(l.Name())
	var analysis *derive.Analysis
	if l.Analysis != nil {
		analysis = l.Analysis()
	}
	return description{
		Analysis: analysis, Tables: l.Tables.Offered(),
		Name: l.Name(), Title: l.Heading(), TitleZH: l.Drawing.TitleZH, Role: l.Drawing.Role, Draw: drawOf(&l.Drawing),
		SummarySeq: seq, Changed: api.Instant(l.Fresh.Changed()), Turned: api.Instant(l.Fresh.LastTurn()), Freshness: l.Fresh.State(), Description: l.Description, Licence: l.Licence, Attribution: l.Attribution,
		Count: v.Count(), Located: v.Located(), Extent: extent(v), Seq: v.Seq(),
		MinZoom: zooms.MinZoom, MaxZoom: zooms.MaxZoom, IDField: schema.IDField, TimeField: schema.TimeField,
		Fields: describeFields(schema, sums, &l.Drawing),
		Links: []link{
			{"self", self, "application/json"},
			{"collection", base + "/layers", "application/json"},
			{"tilejson", tiles + ".json", "application/json"},
			{"tiles", tiles + "/{z}/{x}/{y}.mvt", "application/vnd.mapbox-vector-tile"},
			{"features", self + "/features/{id}", "application/geo+json"},
			{"items", self + "/features?bbox={west},{south},{east},{north}", "application/geo+json"},
		},
	}
}

func extent(v *view.View) []float64 {
	b, ok := v.Extent()
	if !ok {
		return nil
	}
	return []float64{degrees(b.Min[0]), degrees(b.Min[1]), degrees(b.Max[0]), degrees(b.Max[1])}
}
