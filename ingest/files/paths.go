package files

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// expand returns the files that the patterns match, each once: in the order of the patterns, and by
// name within one. A pattern that is itself the name of a file stands for that file.
func expand(patterns []string) ([]string, error) {
	var paths []string
	for _, pattern := range patterns {
		matches := []string{pattern}
		if _, err := os.Lstat(pattern); err != nil {
			if matches, err = filepath.Glob(pattern); err != nil {
				return nil, fmt.Errorf("pattern %q: %w", pattern, err)
			}
		}
		if len(matches) == 0 {
			return nil, fmt.Errorf("no file matches %q", pattern)
		}
		for _, path := range matches {
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths, nil
}
