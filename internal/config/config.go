// Package config reads the one YAML file that describes a city: its layers and the sources that
// feed them (design §8). A config is read strictly: every problem is reported at once with its
// line, column and place in the tree, what would be accepted, and for a key that does not exist
// the nearest one that does. What readers of YAML disagree about (010, yes, an unquoted 1.10) is
// refused instead of guessed.
//
// [Schema] is the JSON Schema that the walker checks the file against; checks that reach across
// the tree, such as that a source's layer exists, are in code.
//
// Nothing else in Hutong reads the environment. What counts is, in this order: a flag (the caller
// overwrites the field), the environment, the file, the default. A Config belongs to its caller;
// reading one has no effects but on the files it reads.
package config

import (
	"net/netip"
	"time"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/internal/auth"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
	"hutong/tiles/archive"
)

// DefaultListen is the address that a server listens on unless told otherwise.
const DefaultListen = "127.0.0.1:8080"

// DefaultData stands for ${HUTONG_DATA} where the environment has none: a path from the working
// directory.
const DefaultData = "../shared/data"

// Config is a city.
type Config struct {
	// City is the title of the instance.
	City string
	// CityZH is that title in Chinese; "" if it has none.
	CityZH string
	// TimeZone is the zone in which people there read times; nil leaves it to the reader's own.
	TimeZone *time.Location
	// Listen is the host:port to listen on; port 0 takes a free one.
	Listen string
	// PublicURL is the absolute http or https URL under which clients reach the server, without a
	// slash at its end; "" when the file does not say.
	PublicURL string
	// TrustedProxies are the proxies whose Forwarded and X-Forwarded headers count.
	TrustedProxies []netip.Prefix
	// TLS is the certificate to serve HTTPS with; nil when the file does not say.
	TLS *TLS
	// CacheBytes is about how many bytes of finished tiles are kept; 0 when the file does not say.
	CacheBytes int64
	// MQTT is where sensors publish; nil opens no port.
	MQTT *MQTT
	// NATS is where NATS clients publish; nil opens no port.
	NATS *NATSListener
	// Journal is where accepted changes are kept; nil keeps them in memory only.
	Journal *Journal
	// Center is lon/lat in degrees where the map opens; nil when the file does not say.
	Center *orb.Point
	// Zoom is the zoom at which the map opens; nil when the file does not say.
	Zoom *float64
	// Layers are in the order of the file, at least one.
	Layers []Layer
	// Views are in the order of the file. No name is also that of a layer.
	Views []View
	// Counts are the views that show how many features there are in place of features, in the order of the file.
	Counts []CountView
	// SecretFile is the path of the file with the secret by which views hide places and ids; "" when the file does not
	// say.
	SecretFile string
	// Derived are the layers that are computed from others, in the order of the file.
	Derived []Derived
	// Archives are in the order of the file.
	Archives []Archive
	// Sources are in the order of the file.
	Sources []Source
	// Keys are in the order of the file.
	Keys []Key
	// Tokens says what signs tokens; nil is a server without any.
	Tokens *Tokens

	file   string
	places map[string]mark
}

// Archive describes one PMTiles archive.
type Archive struct {
	// Name is the archive's name.
	Name string
	// Location is where it lies, with variables of the environment put in.
	Location archive.Location
	// Title is what people call it.
	Title string
	// Description and Attribution are "" where the archive's own count.
	Description, Attribution string
	// Licence is the licence of the data.
	Licence string
}

// TLS is a pair of PEM files. They are read when the server starts.
type TLS struct{ Cert, Key string }

// Layer describes one layer.
type Layer struct {
	// Schema is valid.
	Schema *layers.Schema
	// Title is what people call the layer.
	Title string
	// Description is "" when there is none.
	Description string
	// Attribution is the plain text that maps show; "" when there is none.
	Attribution string
	// Licence is the licence of the data.
	Licence string
	// TTL says when features age; its zero value is never.
	TTL TTL
	// Age is the field that tells how old features are; its zero value is none.
	Age view.AgeSpec
	// Drawing says how the layer is shown; it names public fields of Schema only.
	Drawing styles.Drawing
	// Tiles says how the layer is cut into tiles: valid for Schema, zooms at most 20.
	Tiles tiles.Options
	// Cells says what is counted by H3 cell; nil is nothing.
	Cells *Cells
	// Overview says what tiles of low zooms show; nil is the features. It needs Cells.
	Overview *Overview
	// People says that its features are people, or tell where one is.
	People bool
	// Hidden says that there is no public view of it but those of Views.
	Hidden bool
	// Reason says why people may be seen in it by everybody, each as it happens, or private fields; "" when nobody says.
	Reason string
}

// View describes what one audience sees of a layer.
type View struct {
	// Layer is the name of one of the config's layers.
	Layer layers.Name
	// Audience is who may open it.
	Audience view.Audience
	// Policy says what it shows; its name, fields that the layer has, and no secret, nor what Where says.
	Policy view.Policy
	// Where is the canonical text of a filter for the layer's schema, of the features that it shows; "" shows all.
	Where string
	// Delay is how long a change is not shown after it was accepted; 0 shows it at once.
	Delay time.Duration
	// Age is the layer's, where the view shows the time; its zero value is none.
	Age view.AgeSpec
	// Title is what people call it.
	Title string
	// Description, Attribution and Licence are the layer's where the file does not say.
	Description, Attribution, Licence string
	// Drawing says how it is shown; it names fields that it shows only.
	Drawing styles.Drawing
	// Tiles says how it is cut into tiles: valid for what it shows.
	Tiles tiles.Options
	// Reason says why people may be seen in it by everybody, each as it happens, or private fields; "" when nobody says.
	Reason string
}

// Source describes one feed.
type Source struct {
	// Name is the source's name.
	Name string
	// Layer is the name of one of the config's layers.
	Layer layers.Name
	// Push says how the source takes what is sent to it; nil when it reads files.
	Push *Push
	// Files are paths or patterns as [path/filepath.Match] knows them, with variables of the
	// environment put in; at least one unless there is Push. Relative ones start at the working directory.
	Files []string
	// Format is what the files are.
	Format Format
	// CSV is how to read them when Format is [CSV].
	CSV CSVOptions
	// Table names the table of a GeoPackage; "" takes the only one with features.
	Table string
	// Mapping makes changes of records, bounds included; it is valid for the layer's schema, which
	// it shares with the Layer.
	Mapping *ingest.Mapping
}

// Push says how a source takes what is sent to it; the rest stands in the Mapping.
type Push struct {
	// Formats are those that it takes; none means all.
	Formats []push.Format
	// Records leads to the records in a JSON body; "" when it needs none.
	Records string
	// Delimiter separates the columns of CSV: ',', ';', '|' or a tab.
	Delimiter byte
	// Limits are those that the file says; 0 where it does not.
	Limits push.Limits
	// Topics are the filters of the MQTT topics whose messages come in too.
	Topics []string
	// Subjects are those of NATS, wildcards included, whose messages come in too.
	Subjects []string
}

// Key is a key of somebody who may push, import or erase, or see what is not public.
type Key struct {
	// Name is the key's name.
	Name string
	// Hash is that of the key, unless HashFile is the path of a file that has it.
	Hash     auth.Hash
	HashFile string
	// Scopes name sources that are pushed to, layers and views of the config, and audiences; at least one.
	Scopes []auth.Scope
}

// Tokens are the files with the secrets that sign tokens, with variables of the environment put in. They are read
// when the server starts.
type Tokens struct {
	SecretFile string
	// PreviousFile has the secret before; "" is none.
	PreviousFile string
}

// Format is what a file is.
type Format string

// The formats, as a config spells them; the first three plain or compressed with gzip or Zstandard.
const (
	CSV      Format = "csv"      // comma-separated values (RFC 4180) with a header
	GeoJSON  Format = "geojson"  // one GeoJSON FeatureCollection (RFC 7946)
	GeoJSONL Format = "geojsonl" // one GeoJSON Feature a line

	Shapefile  Format = "shapefile"  // .shp with its .dbf beside it, or a .zip of both
	GeoPackage Format = "gpkg"       // one table of a GeoPackage
	GeoParquet Format = "geoparquet" // Parquet with geometry
)

// CSVOptions says how a CSV file is read.
type CSVOptions struct {
	// PlaceColumns are the columns with the position, one of the ways; there is no problem with them.
	ingest.PlaceColumns
	// Delimiter separates the columns: ',', ';', '|' or a tab.
	Delimiter byte
	// Lookup is a table whose columns are added to each row; all "" when there is none.
	Lookup Lookup
}

// Lookup is a small table that rows are looked up in.
type Lookup struct {
	// File is the path of a CSV file, with variables of the environment put in.
	File string
	// Key is the column of the table, On that of the rows, whose values are compared.
	Key, On string
}
