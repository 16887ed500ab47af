package inspect

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Write writes t for people.
func (t *Tile) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "vector tile, %d bytes uncompressed, %d layers\n", t.Bytes, len(t.Layers)+t.MoreLayers)
	for _, l := range t.Layers {
		l.write(&b)
	}
	if t.MoreLayers > 0 {
		fmt.Fprintf(&b, "and %d more layers\n", t.MoreLayers)
	}
	if len(t.Problems) == 0 {
		fmt.Fprintf(&b, "no problems against MVT 2.1\n")
	}
	for _, p := range t.Problems {
		fmt.Fprintf(&b, "problem: %s\n", p)
	}
	if t.MoreProblems > 0 {
		fmt.Fprintf(&b, "and %d more problems\n", t.MoreProblems)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// write writes a layer.
func (l *Layer) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s: version %d, extent %d\n", l.Name, l.Version, l.Extent)
	fmt.Fprintf(b, "  %d features (%s), %d with an id, %d vertices\n", l.Features, counts(l.Geometries), l.IDs, l.Vertices)
	fmt.Fprintf(b, "  %d bytes: features %d (geometries %d, tags %d), keys %d, values %d (%d of them)\n",
		l.Bytes.Total, l.Bytes.Features, l.Bytes.Geometries, l.Bytes.Tags, l.Bytes.Keys, l.Bytes.Values, l.Values)
	width := 0
	for _, k := range l.Keys {
		width = max(width, len([]rune(k.Name)))
	}
	for _, k := range l.Keys {
		fmt.Fprintf(b, "  %-*s  %d features, %s: %s\n", width, k.Name, k.Features, counts(k.Types), examples(k.Examples))
	}
	if l.MoreKeys > 0 {
		fmt.Fprintf(b, "  and %d more keys\n", l.MoreKeys)
	}
}

// examples quotes values.
func examples(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(quoted, ", ")
}

// counts writes counts by name, the largest first.
func counts(m map[string]int) string {
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("%d %s", m[name], name)
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
