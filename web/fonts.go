package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// FontFile is a piece of the map's font: a WOFF 1.0 file among the assets.
type FontFile struct {
	// Path is where the handler serves it: "/assets/…".
	Path string `json:"path"`
	// Family is the font that it is a piece of, such as "Noto Sans SC".
	Family string `json:"family"`
	// Ranges are the characters that it is for, as CSS writes them: "U+0-FF".
	Ranges []string `json:"ranges"`
}

// Fonts returns the pieces of the map's font; of several that have a character the first counts.
// There are none when the page was not built.
func Fonts() []FontFile {
	var files []FontFile
	mustReadJSON(dist, "dist/fonts.json", &files)
	return files
}

// Read returns the file.
func (f *FontFile) Read() ([]byte, error) {
	b, err := fs.ReadFile(dist, "dist"+f.Path)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return b, nil
}

// Icons returns the icons of Maki, and those of Temaki with "temaki-" in front of their names, as SVG.
// There are none when the page was not built.
func Icons() map[string]string {
	icons := map[string]string{}
	mustReadJSON(dist, "dist/icons.json", &icons)
	return icons
}

// mustReadJSON reads a file of the bundle into v, which stays as it is when there is none. The files are
// part of the program, so that one cannot be read is a fault of the build.
func mustReadJSON(fsys fs.FS, name string, v any) {
	text, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		panic(fmt.Errorf("web: %s: %w", name, err))
	}
}
