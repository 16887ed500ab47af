package app

import (
	"fmt"
	"slices"
	"sync/atomic"

	"hutong/ingest"
	"hutong/ingest/files"
	"hutong/internal/config"
	"hutong/journal"
	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/filter"
	"hutong/styles"
	"hutong/tiles/past"
)

// FromConfig returns the city that a config describes. It opens no file; the error names the source
// whose description is wrong.
func FromConfig(c *config.Config) (*City, error) {
	city := &City{
		Title: c.City, TitleZH: c.CityZH, TimeZone: c.TimeZone, Center: c.Center,
		PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies, CacheBytes: c.CacheBytes,
	}
	if c.TLS != nil {
		city.TLS = &TLSFiles{Cert: c.TLS.Cert, Key: c.TLS.Key}
	}
	if c.Zoom != nil {
		city.Zoom = *c.Zoom
	}
	for i := range c.Layers {
		l := &c.Layers[i]
		city.Layers = append(city.Layers, Layer{
			Schema: l.Schema, Title: l.Title, Description: l.Description, Licence: l.Licence, Attribution: l.Attribution,
			Drawing: l.Drawing, Tiles: l.Tiles, TTL: TTL(l.TTL), Age: l.Age, Hidden: l.Hidden, Cells: cellsOf(l), Overview: overviewOf(l),
		})
	}
	for i := range c.Derived {
		d := &c.Derived[i]
		if d.HotSpots != nil {
			city.HotSpots = append(city.HotSpots, hotSpotsOf(d))
			continue
		}
		city.Derived = append(city.Derived, Derived{
			Name: d.Name, Of: d.Of, As: styles.CellKind(d.As), Title: d.Title, TitleZH: d.TitleZH, Description: d.Description, Shown: d.Shown,
		})
	}
	for i := range c.Views {
		v := &c.Views[i]
		policy := v.Policy
		if v.Where != "" {
			e, err := filter.Parse(filter.Text, v.Where, schemaOf(c, v.Layer))
			if err != nil {
				return nil, fmt.Errorf("app: view %s: %w", policy.Name, err)
			}
			policy.Where = filter.Compile(e)
		}
		city.Views = append(city.Views, View{
			Layer: v.Layer, Audience: v.Audience, Policy: policy, Where: v.Where, Delay: v.Delay, Age: v.Age, Title: v.Title, Description: v.Description,
			Licence: v.Licence, Attribution: v.Attribution, Drawing: v.Drawing, Tiles: v.Tiles,
		})
	}
	if err := countsOf(city, c); err != nil {
		return nil, err
	}
	city.SecretFile = c.SecretFile
	for i := range c.Archives {
		a := &c.Archives[i]
		city.Archives = append(city.Archives, Archive{
			Name: a.Name, Location: a.Location, Title: a.Title, Description: a.Description, Licence: a.Licence, Attribution: a.Attribution,
		})
	}
	city.Keys, city.Tokens = keysOf(c), tokensOf(c)
	if c.Journal != nil {
		city.Data = dataOf(c.Journal)
	}
	if m := c.MQTT; m != nil {
		city.MQTT = &MQTT{Listen: m.Listen, Clients: m.Clients, Packet: m.Packet}
		if m.TLS != nil {
			city.MQTT.TLS = &TLSFiles{Cert: m.TLS.Cert, Key: m.TLS.Key}
		}
		city.Topics = map[string][]string{}
	}
	if n := c.NATS; n != nil {
		city.NATS = &NATS{Listen: n.Listen, Clients: n.Clients, Payload: n.Payload}
		if n.TLS != nil {
			city.NATS.TLS = &TLSFiles{Cert: n.TLS.Cert, Key: n.TLS.Key}
		}
		city.Subjects = map[string][]string{}
	}
	city.Progress = &Progress{}
	for i := range c.Sources {
		if c.Sources[i].Push != nil {
			city.Push = append(city.Push, pushOf(&c.Sources[i]))
			if topics := c.Sources[i].Push.Topics; len(topics) > 0 && city.Topics != nil {
				city.Topics[c.Sources[i].Name] = topics
			}
			if list := c.Sources[i].Push.Subjects; len(list) > 0 && city.Subjects != nil {
				city.Subjects[c.Sources[i].Name] = list
			}
			continue
		}
		source, err := fileSource(&c.Sources[i], &city.Progress.read)
		if err != nil {
			return nil, fmt.Errorf("app: source %s: %w", c.Sources[i].Name, err)
		}
		city.Sources = append(city.Sources, source)
		city.Progress.sources = append(city.Progress.sources, source)
		city.Feeds = append(city.Feeds, Feed{
			Name: source.Name(), Layer: source.Layer(), Patterns: watchedFiles(&c.Sources[i]),
			Open: func(read *atomic.Int64) (ingest.Source, error) { return fileSource(&c.Sources[i], read) },
		})
	}
	return city, nil
}

// schemaOf returns the schema of one of the config's layers.
func schemaOf(c *config.Config, name layers.Name) *layers.Schema {
	i := slices.IndexFunc(c.Layers, func(l config.Layer) bool { return l.Schema.Name == name })
	return c.Layers[i].Schema
}

// cellsOf describes what a config counts of a layer; nil is nothing.
func cellsOf(l *config.Layer) *derive.Spec {
	if l.Cells == nil {
		return nil
	}
	spec := l.Cells.Spec(l.Schema)
	return &spec
}

// overviewOf describes what a config has tiles of low zooms show.
func overviewOf(l *config.Layer) Overview {
	switch {
	case l.Overview == nil:
		return Overview{}
	case l.Overview.Clusters:
		return Overview{l.Overview.Below, styles.Clusters}
	default:
		return Overview{l.Overview.Below, styles.Hexes}
	}
}

// dataOf describes where a config keeps what is accepted.
func dataOf(j *config.Journal) *Data {
	d := &Data{
		Folder: j.Folder, Sync: j.Sync, CheckpointBytes: j.CheckpointBytes, CheckpointEvery: j.CheckpointEvery,
		Keep: j.Keep, Retention: j.Retention, LowDisk: j.LowDisk,
		Past: past.Options{States: j.PastStates, Memory: j.PastBytes, Idle: j.PastIdle}, Snapshots: j.Snapshots,
	}
	if n := j.NATS; n != nil {
		d.Remote = &journal.Remote{URLs: n.URLs, Credentials: n.Credentials, CA: n.CA, Stream: n.Stream, Replicas: n.Replicas}
	}
	return d
}

// watchedFiles returns the patterns of all files that a source reads; those beside a Shapefile need not
// be there.
func watchedFiles(c *config.Source) []string {
	list := slices.Clone(c.Files)
	if c.CSV.Lookup.File != "" {
		list = append(list, c.CSV.Lookup.File)
	}
	if c.Format == config.Shapefile {
		for _, file := range c.Files {
			list = append(list, files.Sidecars(file)...)
		}
	}
	return list
}

// fileSource returns the source that reads a configured feed's files and counts their bytes in read.
func fileSource(c *config.Source, read *atomic.Int64) (*files.Source, error) {
	format, err := formatOf(c.Format)
	if err != nil {
		return nil, err
	}
	return files.New(files.Options{
		Name: c.Name, Layer: c.Layer, Paths: c.Files, Format: format,
		CSV: files.CSV{
			PlaceColumns: c.CSV.PlaceColumns, Delimiter: c.CSV.Delimiter,
			Lookup: lookupOf(c),
		},
		Table: c.Table, Mapping: c.Mapping, Read: read,
	})
}

// lookupOf returns the table that a source's rows are looked up in; its zero value when there is none.
func lookupOf(c *config.Source) files.Lookup {
	return files.Lookup{Path: c.CSV.Lookup.File, Key: c.CSV.Lookup.Key, On: c.CSV.Lookup.On}
}

// formatOf is what package files calls a config's format.
func formatOf(f config.Format) (files.Format, error) {
	switch f {
	case config.CSV:
		return files.FormatCSV, nil
	case config.GeoJSON:
		return files.FormatGeoJSON, nil
	case config.GeoJSONL:
		return files.FormatNDJSON, nil
	case config.Shapefile:
		return files.FormatShapefile, nil
	case config.GeoPackage:
		return files.FormatGeoPackage, nil
	case config.GeoParquet:
		return files.FormatGeoParquet, nil
	}
	return files.FormatAuto, fmt.Errorf("no format %q", f)
}
