package config

import (
	"fmt"
	"strconv"
	"time"
	_ "time/tzdata" // so that a zone in a config means the same on every machine

	"hutong/ingest"
	"hutong/layers/column"
)

// constant returns the value of a field of kind k that n spells.
func (b *builder) constant(n *node, k column.Kind) column.Value {
	m, _ := n.read()
	fits := false
	switch k {
	case column.String:
		if wrong := n.mustQuote(); wrong != "" {
			b.f.on(n, "%s", wrong)
			return column.Value{}
		}
		return column.StringOf(n.text)
	case column.Int:
		if i, err := strconv.ParseInt(n.text, 10, 64); err == nil && m == meansInt {
			return column.IntOf(i)
		}
	case column.Float:
		if v, err := strconv.ParseFloat(n.text, 64); err == nil && (m == meansInt || m == meansFloat) {
			return column.FloatOf(v)
		}
	case column.Bool:
		if m == meansBool {
			return column.BoolOf(n.text == "true")
		}
	case column.Time:
		if t, err := time.Parse(time.RFC3339, n.text); err == nil && m == meansText {
			return column.TimeOf(t)
		}
	case column.Null:
		fits = true // the field's type is missing or wrong, and was reported
	}
	if !fits {
		b.f.on(n, "%s does not fit the field's type %s: %s is wanted", n.what(), k, kindWanted[k])
	}
	return column.Value{}
}

var kindWanted = map[column.Kind]string{
	column.Int:   "a whole number",
	column.Float: "a number",
	column.Bool:  "true or false",
	column.Time:  `a quoted time such as "2016-08-03T20:47:11Z"`,
}

// times reads how a field's times are written.
func (b *builder) times(to *ingest.FieldMapping, n *node, k column.Kind) {
	for _, key := range []string{"layouts", "zone"} {
		if v := n.get(key); v != nil && k != column.Time && k != column.Null {
			b.f.at(v.keyLine, v.keyColumn, v.path, "only for a field of type time, and this one is of type %s", k)
			return
		}
	}
	if layouts := n.get("layouts"); layouts != nil {
		for _, item := range layouts.items {
			if err := checkLayout(item.text); err != nil {
				b.f.on(item, "%v", err)
			}
			to.Layouts = append(to.Layouts, item.text)
		}
	}
	if zone := n.get("zone"); zone != nil {
		to.Zone = b.zone(zone)
	}
}

// zone reads the name of a time zone. It returns nil, and reports why, when there is none of this name.
func (b *builder) zone(n *node) *time.Location {
	zone, err := time.LoadLocation(n.text)
	// Local is what the machine is set to, and "" is UTC: neither is a name in the database.
	if err != nil || n.text == "Local" {
		b.f.on(n, "there is no time zone %s; zones are called as in the IANA database, such as America/New_York or UTC", quote(n.text))
		return nil
	}
	return zone
}

// checkLayout refuses a layout that does not tell the day: one in which two days look the same.
func checkLayout(layout string) error {
	if layout == ingest.LayoutUnix || layout == ingest.LayoutUnixMillis {
		return nil
	}
	day := time.Date(2016, time.August, 3, 20, 47, 11, 0, time.UTC)
	for _, other := range []struct {
		part string
		day  time.Time
	}{{"year", day.AddDate(-28, 0, 0)}, {"month", day.AddDate(0, -5, 0)}, {"day", day.AddDate(0, 0, 7)}} {
		if day.Format(layout) == other.day.Format(layout) {
			return fmt.Errorf("%s does not tell the %s: write how Go's reference time looks, such as %q, or %s or %s",
				quote(layout), other.part, time.DateTime, ingest.LayoutUnix, ingest.LayoutUnixMillis)
		}
	}
	if _, err := time.Parse(layout, day.Format(layout)); err != nil {
		return fmt.Errorf("%s cannot be read back; write how Go's reference time looks, such as %q", quote(layout), time.DateTime)
	}
	return nil
}
