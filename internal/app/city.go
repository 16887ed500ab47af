package app

import (
	"net/netip"
	"time"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
	"hutong/tiles/archive"
)

// City is what an [App] serves: a config or a synthetic city, in terms of neither.
type City struct {
	// Title is the city's name for people.
	Title string
	// TitleZH is that name in Chinese; "" if it has none.
	TitleZH string
	// TimeZone is the zone in which the city's people read times; nil leaves it to the reader's own.
	TimeZone *time.Location
	// PublicURL is the absolute URL under which clients reach the server; "" derives it from each
	// request.
	PublicURL string
	// TrustedProxies are the proxies whose word on the URL counts, see [api.Base].
	TrustedProxies []netip.Prefix
	// TLS is the certificate to serve HTTPS with; nil is plain HTTP.
	TLS *TLSFiles
	// CacheBytes is about how many bytes of finished tiles are kept; 0 is the default of
	// [cache.Options].
	CacheBytes int64
	// Center is lon/lat in degrees where the map opens; nil opens it on all that there is.
	Center *orb.Point
	// Zoom is the zoom at which the map opens; it counts only with a Center.
	Zoom float64
	// Layers are in the order in which they are listed and drawn.
	Layers []Layer
	// Derived are listed and drawn after the layers, in this order.
	Derived []Derived
	// Views show layers in other ways, or to others. They are listed and drawn behind the layers.
	Views []View
	// SecretFile has the secret by which views hide places and ids; "" takes the one in the folder of Data.
	SecretFile string
	// HotSpots are layers that are computed from others, listed and drawn behind these.
	HotSpots []HotSpots
	// Counts are views that show how many features there are in place of features, behind those.
	Counts []CountView
	// Archives are served beside the layers, in this order.
	Archives []Archive
	// Sources feed the layers. Those of one layer run one after the other, in this order.
	Sources []ingest.Source
	// Live are sources that go on feeding the layers, once all of Sources were read, until the server
	// stops. They run side by side; one whose Run returned an error is run again, and goes on where it was.
	Live []ingest.Source
	// Data is where what is accepted is kept; nil keeps it in memory only.
	Data *Data
	// MQTT is where sensors publish to sources of Push; nil opens no port.
	MQTT *MQTT
	// Topics are the filters of topics of sources of Push, by their names.
	Topics map[string][]string
	// NATS is where NATS clients publish to sources of Push; nil opens no port.
	NATS *NATS
	// Subjects are the filters of subjects of sources of Push, by their names.
	Subjects map[string][]string
	// Push are sources that take what is sent to them; who takes their changes and letters, their budget and
	// their meters are put in when an [App] is made.
	Push []push.Options
	// Keys are those of who may push, import and erase, and see what is not public.
	Keys []Key
	// Tokens are the files with the secrets that sign tokens; nil is a server without any.
	Tokens *TokenFiles
	// Feeds are the sources that can be read again when their files change; nil when there are none.
	Feeds []Feed
	// Progress tells how far the sources have read their files; nil when they have none.
	Progress *Progress
}

// rights returns the licence and the attribution of a layer, which hold for what is computed from it.
func (c *City) rights(name layers.Name) (licence, attribution string) {
	for i := range c.Layers {
		if l := &c.Layers[i]; l.Schema.Name == name {
			return l.Licence, l.Attribution
		}
	}
	return "", ""
}

// Layer describes one layer of a city.
type Layer struct {
	// Schema is valid.
	Schema *layers.Schema
	// Title, Description, Licence and Attribution are plain text; "" where there is none.
	Title, Description, Licence, Attribution string
	// TTL says when its features age; its zero value is never.
	TTL TTL
	// Age is the field that tells how old its features are; its zero value is none.
	Age view.AgeSpec
	// Drawing says how it is shown; its zero value leaves that to the schema.
	Drawing styles.Drawing
	// Tiles says how it is cut into tiles.
	Tiles tiles.Options
	// Hidden says that nobody sees it but through views.
	Hidden bool
	// Cells says what is counted by H3 cell; nil is nothing.
	Cells *derive.Spec
	// Overview says what tiles of low zooms show; its zero value is the features. It needs Cells.
	Overview Overview
}

// View describes what one audience sees of a layer.
type View struct {
	// Layer is the layer's name.
	Layer layers.Name
	// Audience is who may open it.
	Audience view.Audience
	// Policy says what it shows. Its Secret is put in when that is known.
	Policy view.Policy
	// Where names what the policy selects, for the name of a history; "" when that is everything.
	Where string
	// Delay is how long a change is not shown after it was accepted; 0 shows it at once.
	Delay time.Duration
	// Age is the field that tells how old what it shows is; its zero value is none.
	Age view.AgeSpec
	// Title, Description, Licence and Attribution are plain text; "" where there is none.
	Title, Description, Licence, Attribution string
	// Drawing says how it is shown; its zero value leaves that to the schema.
	Drawing styles.Drawing
	// Tiles says how it is cut into tiles.
	Tiles tiles.Options
}

// Overview says below which zoom tiles show cells in place of features, and as what; 0 is at none.
type Overview struct {
	Below uint8
	As    styles.CellKind
}

// Derived describes a layer that is computed from another.
type Derived struct {
	// Name is the layer's name; no other has it.
	Name layers.Name
	// Of is the layer that it is computed from, which has Cells.
	Of layers.Name
	// As is what it shows.
	As styles.CellKind
	// Title, TitleZH and Description are plain text; "" where there is none.
	Title, TitleZH, Description string
	// Shown says that maps show it before anybody asks for it.
	Shown bool
}

// TTL says when features are shown as out of date and when they are deleted, by their event time; 0 is
// never. Field is the field of the schema that says fresh or stale, "" without Stale.
type TTL struct {
	Stale, Expired time.Duration
	Field          string
}

// Archive describes one PMTiles archive.
type Archive struct {
	// Name stands in paths.
	Name string
	// Location is where it lies.
	Location archive.Location
	// Title, Description, Licence and Attribution are plain text; "" where there is none.
	Title, Description, Licence, Attribution string
}
