package guess

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hutong/layers/column"
)

// Write writes a sample and what is proposed for it, for people.
func Write(w io.Writer, s *Sample, l *Layer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", s.Path, s.Format)
	if s.Compression != "" {
		fmt.Fprintf(&b, " in %s", s.Compression)
	}
	if s.Delimiter != "" && s.Delimiter != "," {
		fmt.Fprintf(&b, ", columns separated by %q", s.Delimiter)
	}
	fmt.Fprintf(&b, ", %d records", s.Records)
	if !s.Whole {
		b.WriteString(" looked at, and there are more")
	}
	b.WriteString("\n")
	if s.Broken > 0 {
		fmt.Fprintf(&b, "  %d of them cannot be read\n", s.Broken)
	}
	if s.Problem != "" {
		fmt.Fprintf(&b, "  stopped: %s\n", s.Problem)
	}
	s.Geometry.write(&b)
	fmt.Fprintf(&b, "id: %s, %s\n", l.ID, l.IDWhy)
	if l.Time != "" {
		fmt.Fprintf(&b, "time: %s\n", l.Time)
	}
	if len(l.Nulls) > 0 {
		fmt.Fprintf(&b, "nulls: %s\n", quoteAll(l.Nulls))
	}
	proposals := map[string]*Proposal{}
	for i := range l.Fields {
		proposals[l.Fields[i].From] = &l.Fields[i]
	}
	why := map[string]string{}
	for _, left := range l.LeftOut {
		why[left.Name] = left.Why
	}
	b.WriteString("fields:\n")
	for _, f := range s.Fields {
		f.write(&b, s.readable(), proposals[f.Name], why[f.Name])
	}
	if s.MoreFields > 0 {
		fmt.Fprintf(&b, "  and more, of which %d values were seen\n", s.MoreFields)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// write writes where records are.
func (g *Geometry) write(b *strings.Builder) {
	names := slices.SortedFunc(maps.Keys(g.Types), func(x, y string) int { return cmp.Or(cmp.Compare(g.Types[y], g.Types[x]), cmp.Compare(x, y)) })
	var parts []string
	switch {
	case g.Lon != "":
		parts = append(parts, fmt.Sprintf("columns %q and %q", g.Lon, g.Lat))
	case g.WKT != "":
		parts = append(parts, fmt.Sprintf("well-known text in column %q", g.WKT))
	case g.Pair != "":
		parts = append(parts, fmt.Sprintf("latitude and longitude in column %q", g.Pair))
	}
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%d %s", g.Types[name], name))
	}
	if g.None > 0 {
		parts = append(parts, fmt.Sprintf("%d without a place", g.None))
	}
	if g.Zeros > 0 {
		parts = append(parts, fmt.Sprintf("%d positions at 0, 0", g.Zeros))
	}
	if g.Bound != nil {
		parts = append(parts, fmt.Sprintf("box %s, %s … %s, %s", degrees(g.Bound.Min[0]), degrees(g.Bound.Min[1]), degrees(g.Bound.Max[0]), degrees(g.Bound.Max[1])))
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, "places: %s\n", strings.Join(parts, ", "))
	}
}

func degrees(v float64) string { return string(column.AppendFloat(nil, v)) }

// write writes what was found of a field, and what is proposed for it.
func (f *Field) write(b *strings.Builder, records int, p *Proposal, why string) {
	kind := f.Type
	switch {
	case f.Nested > 0:
		kind = "objects or lists"
	case kind == "":
		kind = "no values"
	}
	parts := []string{kind}
	if len(f.Layouts) > 0 {
		parts[0] += " as " + quoteAll(f.Layouts)
	}
	if f.Nulls > 0 && f.values > 0 {
		parts = append(parts, fmt.Sprintf("%.3g %% null", float64(f.Nulls)*100/float64(records)))
	}
	if f.NotUTF8 > 0 {
		parts = append(parts, fmt.Sprintf("%d not UTF-8", f.NotUTF8))
	}
	switch {
	case f.Unique:
		parts = append(parts, "unique")
	case f.values > 0:
		parts = append(parts, fmt.Sprintf("about %d distinct", f.Distinct))
	}
	if f.Min != "" || f.Max != "" {
		parts = append(parts, fmt.Sprintf("%s … %s", f.shown(f.Min), f.shown(f.Max)))
	}
	if len(f.Examples) > 0 {
		parts = append(parts, "such as "+quoteAll(f.Examples))
	}
	fmt.Fprintf(b, "  %s: %s\n", f.Name, strings.Join(parts, "; "))
	switch {
	case p == nil:
		fmt.Fprintf(b, "    no field: %s\n", why)
	case p.Private:
		b.WriteString("    proposed: private, by its name\n")
	case p.Keep:
		fmt.Fprintf(b, "    proposed: keep, distinct %d\n", p.Distinct)
	case p.Detail:
		b.WriteString("    proposed: detail, mostly unique\n")
	}
}

// shown writes a bound: a text in quotes.
func (f *Field) shown(s string) string {
	if f.isNumber() {
		return s
	}
	return strconv.Quote(s)
}

func quoteAll(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = quote(t)
	}
	return strings.Join(quoted, ", ")
}
