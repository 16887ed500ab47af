package app

import (
	"hutong/styles"
	"hutong/web"
)

// mapFonts returns the font files that styles draw texts with; none when the page was not built.
func mapFonts() []styles.FontFile {
	var files []styles.FontFile
	for _, f := range web.Fonts() {
		files = append(files, styles.FontFile{Path: f.Path, Ranges: f.Ranges})
	}
	return files
}
