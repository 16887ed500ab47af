package archive

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Write writes s for people: what the header says, tiles by zoom, layers, then every problem.
func (s *Summary) Write(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(tw, "  %s\t%s\n", name, fmt.Sprintf(format, args...)) // told by Flush
	}
	_, _ = fmt.Fprintf(tw, "%s: PMTiles archive, %d bytes\n", s.Location, s.Bytes)
	if s.Name != "" {
		line("name", "%s", s.Name)
	}
	if s.Description != "" {
		line("description", "%s", s.Description)
	}
	if s.Attribution != "" {
		line("attribution", "%s", s.Attribution)
	}
	line("tiles", "%s, %s; directories %s", s.Type, s.Compression, s.Internal)
	line("zooms", "%d to %d", s.MinZoom, s.MaxZoom)
	if b := s.Bounds; b != nil {
		line("bounds", "%g, %g, %g, %g", b[0], b[1], b[2], b[3])
	}
	line("counted", "%d tiles, %d entries, %d contents in %d directories on %d levels; the largest tile has %d bytes",
		s.Counted.Tiles, s.Counted.Entries, s.Counted.Contents, s.Directories, s.Levels, s.Largest)
	for _, z := range s.Zooms {
		line(fmt.Sprintf("zoom %d", z.Zoom), "%d tiles", z.Tiles)
	}
	for _, l := range s.Layers {
		line("layer", "%s", l.ID)
	}
	if !s.Complete {
		line("incomplete", "not all directories were looked at")
	}
	if len(s.Problems) > 0 {
		line("problems", "%s", strings.Join(s.Problems, "\n\t"))
	}
	return tw.Flush()
}
