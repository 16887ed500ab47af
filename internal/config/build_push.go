package config

import (
	"strings"
	"time"

	"hutong/ingest"
	"hutong/ingest/push"
)

// DefaultMaxFuture is how far the time of a pushed change may be ahead of its receipt.
const DefaultMaxFuture = 10 * time.Minute

// push reads how a source takes what is sent to it; files reports whether it reads files instead.
func (b *builder) push(s *Source, e entry) (files bool) {
	n := e.value
	switch {
	case !n.has("push") && !n.has("files"):
		b.f.at(n.keyLine, n.keyColumn, n.path, "needs files: what it reads, or push: {}: it takes what is sent to it")
		return false
	case n.has("push") && n.has("files"):
		b.f.at(n.keyLine, n.keyColumn, n.path, "has both files and push: make a source of each")
		return false
	case !n.has("push"):
		for _, key := range []string{"delete", "max_future"} {
			if o := n.get(key); o != nil {
				b.f.at(o.keyLine, o.keyColumn, o.path, "only for a source with push")
			}
		}
		return true
	}
	for _, key := range []string{"format", "csv", "table"} {
		if o := n.get(key); o != nil {
			hint := ""
			if key == "csv" {
				hint = "; with push it is position and delimiter there"
			}
			b.f.at(o.keyLine, o.keyColumn, o.path, "only for a source with files%s", hint)
		}
	}
	p := n.get("push")
	s.Push = &Push{Records: p.get("records").str(), Delimiter: ','}
	if d := p.get("delimiter").str(); d != "" {
		s.Push.Delimiter = d[0]
	}
	if r := p.get("records"); r != nil {
		if err := ingest.CheckRecordsPath(r.text); err != nil {
			b.f.on(r, "%v", err)
		}
	}
	limits := p.get("limits")
	s.Push.Limits = push.Limits{
		Body: limits.get("body").integer(0), Records: limits.get("records").integer(0),
		Requests: limits.get("requests").integer(0), Rate: limits.get("rate").integer(0),
	}
	b.topics(s, p.get("topics"))
	b.subjects(s, p.get("subjects"))
	b.position(s, p)
	b.deletes(s, n)
	s.Mapping.MaxFuture = DefaultMaxFuture
	if m := n.get("max_future"); m != nil {
		s.Mapping.MaxFuture = b.duration(m, 0, maxAge)
	}
	return false
}

// position reads the formats, and where a record that is no GeoJSON has its place.
func (b *builder) position(s *Source, p *node) {
	n := p.get("position")
	place := &s.Mapping.Place
	place.Lon, place.Lat, place.WKT = n.get("lon").str(), n.get("lat").str(), n.get("wkt").str()
	place.Geometry = n.get("geometry").str()
	if point := n.get("point"); point != nil {
		place.Point, place.Order = point.get("property").str(), ingest.Order(point.get("order").str())
	}
	switch lat := n.get("lat"); {
	case lat != nil && place.Lon == place.Lat:
		b.f.on(lat, "lon and lat are the same property %s", quote(lat.text))
	case n == nil || b.f.below(n.path):
	case len(n.entries) == 0:
		b.f.at(n.keyLine, n.keyColumn, n.path, "needs the properties that say where a record is: lon and lat, point, wkt or geometry")
	case place.Problem() != "":
		b.f.at(n.keyLine, n.keyColumn, n.path, "%s", place.Problem())
	}
	formats := p.get("formats")
	if formats == nil {
		return
	}
	for i, item := range formats.items {
		format := push.Format(item.text)
		for j := range i {
			if formats.items[j].text == item.text && !item.bad {
				b.f.on(item, "%s stands twice", quote(item.text))
			}
		}
		if format == push.CSV && place.Geometry != "" {
			b.f.on(item, "a row of CSV has no property with a geometry: leave csv out, or say wkt instead of geometry")
		}
		s.Push.Formats = append(s.Push.Formats, format)
	}
}

// deletes reads which records delete.
func (b *builder) deletes(s *Source, n *node) {
	d := n.get("delete")
	if d == nil {
		return
	}
	rule := &s.Mapping.Delete
	rule.From, rule.Expression = d.get("from").str(), d.get("expression").str()
	if values := d.get("values"); values != nil {
		for _, item := range values.items {
			rule.Values = append(rule.Values, item.text)
		}
	}
	expression := d.get("expression")
	switch {
	case b.f.below(d.path):
	case !d.has("from") && !d.has("expression"):
		b.f.at(d.keyLine, d.keyColumn, d.path, "needs from and values: a property and those of its values that delete, or expression: what is true for a record that deletes")
	case d.has("from") && d.has("expression"):
		b.f.at(d.keyLine, d.keyColumn, d.path, "from and expression are both there: a property says which records delete, or an expression")
	case d.has("values") != d.has("from"):
		b.f.at(d.keyLine, d.keyColumn, d.path, "from and values are both needed: a property and those of its values that delete")
	case expression != nil:
		if err := ingest.CheckExpression(expression.text, deleteKind); err != nil {
			b.f.on(expression, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
}
