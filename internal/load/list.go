package load

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"hutong/tiles/grid"
)

// maxLine is the most bytes of a line of a list.
const maxLine = 16 << 10

// ReadList reads one target a line: a tile such as 12/656/1582 of t, or a whole URL. Empty lines and
// those that start with # are left out. The error names the line.
func ReadList(r io.Reader, t *Tileset) ([]string, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var targets []string
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if len(targets) == MaxTargets {
			return nil, fmt.Errorf("load: line %d: more than %d targets", n, MaxTargets)
		}
		target, err := parseTarget(line, t)
		if err != nil {
			return nil, fmt.Errorf("load: line %d: %w", n, err)
		}
		targets = append(targets, target)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("load: line %d: %w", n+1, err)
	}
	return targets, nil
}

// parseTarget reads one line.
func parseTarget(line string, t *Tileset) (string, error) {
	if strings.HasPrefix(line, "http://") || strings.HasPrefix(line, "https://") {
		return line, nil
	}
	parts := strings.Split(line, "/")
	if len(parts) != 3 {
		return "", fmt.Errorf("%q is neither a tile z/x/y nor a URL", line)
	}
	tile, err := grid.Parse(parts[0], parts[1], parts[2])
	if err != nil {
		return "", err
	}
	return t.URL(tile), nil
}
