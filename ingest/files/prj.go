package files

import (
	"fmt"
	"strings"
)

// referenceOfWKT returns the reference system that a .prj file describes: the well-known text of ESRI
// or OGC. Only its own name, kind and datum are looked at.
func referenceOfWKT(wkt string) (reference, error) {
	wkt = strings.TrimSpace(strings.TrimPrefix(wkt, "\ufeff"))
	keyword, rest, _ := strings.Cut(wkt, "[")
	name, rest := firstQuoted(rest)
	fail := func() (reference, error) {
		if name == "" {
			name = wkt
		}
		return degrees, fmt.Errorf("the .prj file says that the positions are in %.80q: want %s, or no .prj file", name, wantReference)
	}
	plain := squeeze(name)
	switch strings.ToUpper(strings.TrimSpace(keyword)) {
	case "GEOGCS", "GEOGCRS", "GEODCRS":
		datum, _ := firstQuoted(rest)
		if plain != "gcswgs1984" && plain != "wgs84" && plain != "wgs1984" && !strings.HasPrefix(plain, "wgs84crs84") {
			return fail()
		}
		switch squeeze(datum) {
		case "dwgs1984", "wgs1984", "wgs84", "worldgeodeticsystem1984", "worldgeodeticsystem1984ensemble":
			return degrees, nil
		}
	case "PROJCS", "PROJCRS":
		switch plain {
		case "wgs1984webmercatorauxiliarysphere", "wgs1984webmercator", "wgs84pseudomercator", "wgs84webmercatorauxiliarysphere":
			return webMercator, nil
		}
	}
	return fail()
}

// firstQuoted returns the first text in quotes and what is behind it.
func firstQuoted(s string) (text, rest string) {
	_, s, _ = strings.Cut(s, `"`)
	text, rest, _ = strings.Cut(s, `"`)
	return text, rest
}

// squeeze returns s in lower case without anything but letters and digits.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
