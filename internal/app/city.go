package app

import (
	"net/netip"
	"time"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/layers"
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
	// HotSpots are layers that are computed from others, listed and drawn behind these.
	HotSpots []HotSpots
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
	// Keys are those of who may push, import and erase.
	Keys []Key
	// Feeds are the sources that can be read again when their files change; nil when there are none.
	Feeds []Feed
	// Progress tells how far the sources have read their files; nil when they have none.
	Progress *Progress
}

// Layer describes one layer of a city.
type Layer struct {
	// Schema is valid.
	Schema *layers.Schema
	// Title, Description, Licence and Attribution are plain text; "" where there is none.
	Title, Description, Licence, Attribution string
	// TTL says when its features age; its zero value is never.
	TTL TTL
	// Drawing says how it is shown; its zero value leaves that to the schema.
	Drawing styles.Drawing
	// Tiles says how it is cut into tiles.
	Tiles tiles.Options
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
