package config

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArchives(t *testing.T) {
	t.Parallel()
	c, err := Parse("city.yaml", []byte(least+`archives:
  basemap:
    url: ${HUTONG_DATA}/basemap-sf/../basemap-sf/sf.pmtiles
    title: Basemap
    description: Streets and water.
    attribution: "(c) OpenStreetMap"
    licence: ODbL-1.0
  far: {url: "https://${HOST}/far.pmtiles?signature=secret", title: Far, licence: CC0-1.0}
  bucket: {url: "s3://tiles/a/b.pmtiles?region=eu-central-1", title: Bucket, licence: CC0-1.0}
  absolute: {url: "file:///srv/a.pmtiles", title: Absolute, licence: CC0-1.0}
`), environment("HOST", "map.example"))
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ Name, Place, Title, Description, Attribution, Licence string }
	var got []row
	for _, a := range c.Archives {
		got = append(got, row{a.Name, a.Location.String(), a.Title, a.Description, a.Attribution, a.Licence})
	}
	want := []row{
		{"basemap", filepath.Join(DefaultData, "basemap-sf/sf.pmtiles"), "Basemap", "Streets and water.", "(c) OpenStreetMap", "ODbL-1.0"},
		{"far", "https://map.example/far.pmtiles", "Far", "", "", "CC0-1.0"},
		{"bucket", "s3://tiles/a/b.pmtiles", "Bucket", "", "", "CC0-1.0"},
		{"absolute", "/srv/a.pmtiles", "Absolute", "", "", "CC0-1.0"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestArchivesRefused(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"a: {title: A, licence: X}":                                `the key "url" is missing`,
		"a: {url: a, title: A}":                                    `the key "licence" is missing`,
		"a: {url: a, licence: X}":                                  `the key "title" is missing`,
		"a: {url: a, title: A, licence: X, key: 1}":                `unknown key "key"`,
		"A: {url: a, title: A, licence: X}":                        "an archive's name has a-z",
		`a: {url: "ftp://h/a", title: A, licence: X}`:              `the scheme "ftp"; known are file, http, https and s3`,
		`a: {url: "${NONE}/a", title: A, licence: X}`:              "the variable NONE is not set",
		`a: {url: "https://me:secret@h/a", title: A, licence: X}`:  "a URL may not hold a user or a password",
		`a: {url: "s3://b/k?sse=secret", title: A, licence: X}`:    `a parameter "sse"`,
		`a: {url: "https://h/a?k=secret#x", title: A, licence: X}`: "may not have a fragment",
		`a: {url: "https://h?k=secret", title: A, licence: X}`:     "names no host or no file",
		`a: {url: "file://host/secret", title: A, licence: X}`:     "is not as file:///absolute/path.pmtiles",
	} {
		_, err := Parse("city.yaml", []byte(least+"archives:\n  "+line+"\n"), nil)
		var problems Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", line, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") && !strings.Contains(want, "file") {
			t.Errorf("%s: the error repeats what may be a secret: %v", line, err)
		}
	}
}
