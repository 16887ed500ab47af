package config

import (
	"strings"

	"hutong/tiles/archive"
)

// archives reads the archives.
func (b *builder) archives(n *node) {
	if n == nil {
		return
	}
	for _, e := range n.entries {
		if e.value.bad || e.value.kind != mapping {
			continue
		}
		a := Archive{
			Name:        e.key.text,
			Title:       e.value.get("title").str(),
			Description: e.value.get("description").str(),
			Attribution: e.value.get("attribution").str(),
			Licence:     e.value.get("licence").str(),
		}
		if place := e.value.get("url"); place != nil {
			expanded, err := expand(place.text, b.env)
			if err == nil {
				a.Location, err = archive.ParseLocation(expanded)
			}
			if err != nil {
				b.f.on(place, "%s", strings.TrimPrefix(err.Error(), "archive: "))
			}
		}
		b.config.Archives = append(b.config.Archives, a)
	}
}
