package ingest

import (
	"fmt"
	"slices"
	"strings"
)

// Columns binds the columns of a CSV file to a mapping. It never changes.
type Columns struct {
	mapper   *Mapper
	sources  []int // by column; −1 for columns that nobody reads
	lon, lat int   // columns with degrees; −1 when there are none
	cell     int   // column with a point or WKT; −1 when there is none
	where    PlaceColumns
	partial  bool // a source has no column
}

// Columns binds a file's header; where has no problem. The error names every column that is missing
// or stands twice, and lists those there are.
func (m *Mapper) Columns(header []string, where PlaceColumns) (*Columns, error) {
	c := &Columns{mapper: m, sources: make([]int, len(header)), lon: -1, lat: -1, cell: -1, where: where}
	for i := range c.sources {
		c.sources[i] = -1
	}
	var missing, twice []string
	find := func(name string, optional bool) int {
		at := slices.Index(header, name)
		switch {
		case at < 0 && optional:
			c.partial = true
		case at < 0:
			missing = append(missing, fmt.Sprintf("%q", name))
		case slices.Contains(header[at+1:], name):
			twice = append(twice, fmt.Sprintf("%q", name))
		}
		return at
	}
	for i := range m.sources {
		if at := find(m.sources[i].name, m.sources[i].optional); at >= 0 {
			c.sources[at] = i
		}
	}
	if where.Lon != "" && where.Lat != "" {
		c.lon, c.lat = find(where.Lon, false), find(where.Lat, false)
	}
	if name := where.Point + where.WKT; name != "" {
		c.cell = find(name, false)
	}
	switch {
	case missing != nil:
		return nil, fmt.Errorf("no column %s; the columns are %s", strings.Join(missing, ", "), list(header))
	case twice != nil:
		return nil, fmt.Errorf("column %s stands twice; the columns are %s", strings.Join(twice, ", "), list(header))
	}
	return c, nil
}

// list quotes names for an error, the first hundred of them.
func list(names []string) string {
	const most = 100
	var b strings.Builder
	for i, name := range names[:min(len(names), most)] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", shorten(name))
	}
	if len(names) > most {
		fmt.Fprintf(&b, " and %d more", len(names)-most)
	}
	return b.String()
}
