package archive

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// scheme says how a place is read.
type scheme string

const (
	schemeFile  scheme = "file"
	schemeHTTP  scheme = "http" // https as well
	schemeStore scheme = "s3"
)

// Location is a place where an archive may lie; the zero value is none.
type Location struct {
	scheme scheme
	path   string // of a file
	url    *url.URL
}

// ParseLocation reads a place: a path, or a URL of the scheme file, http, https or s3
// (s3://bucket/key, with the query parameters region, endpoint, profile, use_path_style,
// hostname_immutable and disable_https). The error is [ErrLocation].
func ParseLocation(s string) (Location, error) {
	if s == "" || strings.ContainsRune(s, 0) {
		return Location{}, fmt.Errorf("%w: an empty path, or one with a character that no path has", ErrLocation)
	}
	if !strings.Contains(s, "://") {
		return Location{scheme: schemeFile, path: filepath.Clean(s)}, nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return Location{}, fmt.Errorf("%w: not a URL", ErrLocation) // the parser's error repeats it, query and all
	}
	switch {
	case u.User != nil:
		return Location{}, fmt.Errorf("%w: a URL may not hold a user or a password", ErrLocation)
	case u.Fragment != "" || u.Opaque != "":
		return Location{}, fmt.Errorf("%w: a URL may not have a fragment", ErrLocation)
	}
	switch u.Scheme {
	case "http", "https":
		if u.Hostname() == "" || strings.Trim(u.Path, "/") == "" {
			return Location{}, fmt.Errorf("%w: %s names no host or no file, as in https://map.example/city.pmtiles", ErrLocation, withoutQuery(u))
		}
		return Location{scheme: schemeHTTP, url: u}, nil
	case "file":
		if u.Host != "" && u.Host != "localhost" || u.RawQuery != "" || !strings.HasPrefix(u.Path, "/") {
			return Location{}, fmt.Errorf("%w: %s is not as file:///absolute/path.pmtiles", ErrLocation, withoutQuery(u))
		}
		return Location{scheme: schemeFile, path: filepath.Clean(filepath.FromSlash(u.Path))}, nil
	case "s3":
		if u.Host == "" || strings.Trim(u.Path, "/") == "" {
			return Location{}, fmt.Errorf("%w: %s is not as s3://bucket/key.pmtiles", ErrLocation, withoutQuery(u))
		}
		for name := range u.Query() {
			if !storeParameters[name] {
				return Location{}, fmt.Errorf("%w: %s has a parameter %q; known are region, endpoint, profile, use_path_style, hostname_immutable and disable_https",
					ErrLocation, withoutQuery(u), name)
			}
		}
		return Location{scheme: schemeStore, url: u}, nil
	default:
		return Location{}, fmt.Errorf("%w: the scheme %q; known are file, http, https and s3, and paths without one", ErrLocation, u.Scheme)
	}
}

// storeParameters are what a URL of an object store may say of how to reach it.
var storeParameters = map[string]bool{
	"region": true, "endpoint": true, "profile": true, "use_path_style": true, "hostname_immutable": true, "disable_https": true,
}

// Local reports whether the place is a file.
func (l Location) Local() bool { return l.scheme == schemeFile }

// String returns the place without a URL's query, which may hold a signature.
func (l Location) String() string {
	if l.url == nil {
		return l.path
	}
	return withoutQuery(l.url)
}

func withoutQuery(u *url.URL) string {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return bare.String()
}
