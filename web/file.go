package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// packed ends the name of a file's gzip twin, which the build writes beside it where that is smaller.
const packed = ".gz"

// mediaTypes are the kinds of files that a bundle may hold. They are a table here, not the system's,
// so that every machine serves the same.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// file is one thing to serve, in one or two representations.
type file struct {
	mediaType string
	cache     string // Cache-Control
	plain     body
	gzip      body // zero if there is none
}

// body is one representation with its strong ETag.
type body struct {
	data []byte
	etag string
}

// newBody takes data over.
func newBody(data []byte) body {
	sum := sha256.Sum256(data)
	return body{data: data, etag: `"` + hex.EncodeToString(sum[:16]) + `"`}
}

// readFile reads name and its gzip twin, if any, from fsys.
func readFile(fsys fs.FS, name, cache string) (file, error) {
	mediaType, ok := mediaTypes[path.Ext(name)]
	if !ok {
		return file{}, fmt.Errorf("web: no media type for %s", name)
	}
	plain, err := fs.ReadFile(fsys, name)
	if err != nil {
		return file{}, fmt.Errorf("web: %w", err)
	}
	f := file{mediaType: mediaType, cache: cache, plain: newBody(plain)}
	twin, err := fs.ReadFile(fsys, name+packed)
	switch {
	case err == nil:
		f.gzip = newBody(twin)
	case !errors.Is(err, fs.ErrNotExist):
		return file{}, fmt.Errorf("web: %w", err)
	}
	return f, nil
}

// acceptsGzip reports whether a client that sent these Accept-Encoding lines takes gzip (RFC 9110,
// 12.5.3): named, or covered by "*", and not with a quality of 0.
func acceptsGzip(lines []string) bool {
	accepted := false
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			coding, params, _ := strings.Cut(part, ";")
			coding = strings.ToLower(strings.TrimSpace(coding))
			named := coding == "gzip" || coding == "x-gzip"
			if !named && coding != "*" {
				continue
			}
			ok := quality(params) > 0
			if named {
				return ok
			}
			accepted = ok
		}
	}
	return accepted
}

// quality returns the q of a coding's parameters: 1 if it has none, 0 if it cannot be read.
func quality(params string) float64 {
	name, value, ok := strings.Cut(params, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0
	}
	return q
}
