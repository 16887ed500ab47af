package guess

import (
	"encoding/json"
	"fmt"
	"strings"

	"hutong/layers"
)

// UnknownLicence is what a proposed layer has for a licence: nobody but its owner can tell.
const UnknownLicence = "unknown"

// Config writes the config of a city of layers that were proposed: YAML with the reasons as comments. It
// holds nothing that a guess did not say, and it can be read back by package config.
func Config(city string, list []*Layer) []byte {
	var b strings.Builder
	b.WriteString("# Guessed by hutong from the files below. Correct it: what stands here is what counts.\n\n")
	fmt.Fprintf(&b, "city: %s\n\nlayers:\n", quote(city))
	for _, l := range list {
		l.writeLayer(&b)
	}
	b.WriteString("\nsources:\n")
	for _, l := range list {
		l.writeSource(&b)
	}
	return []byte(b.String())
}

func (l *Layer) writeLayer(b *strings.Builder) {
	fmt.Fprintf(b, "  %s:\n    title: %s\n", key(string(l.Name)), quote(l.Title))
	fmt.Fprintf(b, "    licence: %s # say which: whoever builds on the data must know\n", UnknownLicence)
	fmt.Fprintf(b, "    id: {name: %s, from_zoom: %d}\n", quote(l.IDName), layers.DefaultDetailZoom)
	if l.Time != "" {
		fmt.Fprintf(b, "    time: %s\n", quote(l.Time))
	}
	if len(l.Fields) == 0 {
		b.WriteString("    fields: {}\n")
		return
	}
	b.WriteString("    fields:\n")
	for i := range l.Fields {
		p := &l.Fields[i]
		fmt.Fprintf(b, "      %s: {type: %s", quote(p.Name), p.Type)
		switch {
		case p.Private:
			b.WriteString(", private: true")
		case p.Keep:
			fmt.Fprintf(b, ", keep: true, distinct: %d", p.Distinct)
		case p.Detail:
			b.WriteString(", detail: true")
		}
		if p.MaxLength > 0 {
			fmt.Fprintf(b, ", max_length: %d", p.MaxLength)
		}
		b.WriteString("}")
		if p.Private {
			b.WriteString(" # by its name about a person")
		}
		b.WriteString("\n")
	}
}

func (l *Layer) writeSource(b *strings.Builder) {
	s := l.sample
	fmt.Fprintf(b, "  # %d records were looked at", s.Records)
	if s.Whole {
		b.WriteString(": all there are")
	}
	b.WriteString(".\n")
	for _, left := range l.LeftOut {
		if left.Why != whyID && left.Why != whyPlace && writable(left.Name) {
			fmt.Fprintf(b, "  # %s is left out: %s.\n", quote(left.Name), left.Why)
		}
	}
	fmt.Fprintf(b, "  %s:\n    layer: %s\n    files: [%s]\n    format: %s\n", key(string(l.Name)), key(string(l.Name)), quote(s.Path), s.Format)
	if s.Format == CSV {
		l.writeCSV(b)
	}
	fmt.Fprintf(b, "    id: %s # %s\n", quote(l.ID), l.IDWhy)
	if len(l.Nulls) > 0 {
		quoted := []string{`""`}
		for _, n := range l.Nulls {
			quoted = append(quoted, quote(n))
		}
		fmt.Fprintf(b, "    nulls: [%s]\n", strings.Join(quoted, ", "))
	}
	if len(l.Fields) == 0 {
		b.WriteString("    fields: {}\n")
		return
	}
	b.WriteString("    fields:\n")
	for i := range l.Fields {
		p := &l.Fields[i]
		if len(p.Layouts) == 0 {
			fmt.Fprintf(b, "      %s: %s\n", quote(p.Name), quote(p.From))
			continue
		}
		layouts := make([]string, len(p.Layouts))
		for j, layout := range p.Layouts {
			layouts[j] = quote(layout)
		}
		fmt.Fprintf(b, "      %s: {from: %s, layouts: [%s]}\n", quote(p.Name), quote(p.From), strings.Join(layouts, ", "))
	}
}

// writeCSV writes where the rows of a CSV file are.
func (l *Layer) writeCSV(b *strings.Builder) {
	g := &l.sample.Geometry
	var parts []string
	switch {
	case g.Lon != "":
		parts = append(parts, "lon: "+quote(g.Lon), "lat: "+quote(g.Lat))
	case g.WKT != "":
		parts = append(parts, "wkt: "+quote(g.WKT))
	case g.Pair != "":
		parts = append(parts, "point: {column: "+quote(g.Pair)+", order: latlon}")
	}
	if l.sample.Delimiter != "," {
		parts = append(parts, "delimiter: "+quote(l.sample.Delimiter))
	}
	fmt.Fprintf(b, "    csv: {%s}\n", strings.Join(parts, ", "))
}

// key writes a layer's name, which YAML might take for something else than a text.
func key(name string) string {
	switch name {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return quote(name)
	}
	return name
}

// quote writes a text as YAML reads it, which is as JSON does.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string is always JSON
	}
	return strings.TrimSuffix(b.String(), "\n")
}
