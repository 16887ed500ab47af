package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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
	".woff": "font/woff",
}

// file is one thing to serve, in one or two representations.
type file struct {
	mediaType string
	cache     string // Cache-Control
	plain     body
	gzip      body // zero if there is none
}

// body is one representation with its strong ETag. It stays in the program's text: fonts are megabytes
// that need not be in the heap too.
type body struct {
	fsys fs.FS
	name string // "" if there is no such representation
	etag string
}

// open returns the body's content. fsys is an embed.FS or the tests' stand-in, whose files can seek.
func (b *body) open() (io.ReadSeekCloser, error) {
	f, err := b.fsys.Open(b.name)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	content, ok := f.(io.ReadSeekCloser)
	if !ok {
		return nil, fmt.Errorf("web: %s cannot seek", b.name)
	}
	return content, nil
}

// newBody reads a file for its ETag.
func newBody(fsys fs.FS, name string) (body, error) {
	b := body{fsys: fsys, name: name}
	content, err := b.open()
	if err != nil {
		return body{}, err
	}
	defer content.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return body{}, fmt.Errorf("web: %w", err)
	}
	b.etag = `"` + hex.EncodeToString(sum.Sum(nil)[:16]) + `"`
	return b, nil
}

// readFile reads name and its gzip twin, if any, from fsys.
func readFile(fsys fs.FS, name, cache string) (file, error) {
	mediaType, ok := mediaTypes[path.Ext(name)]
	if !ok {
		return file{}, fmt.Errorf("web: no media type for %s", name)
	}
	plain, err := newBody(fsys, name)
	if err != nil {
		return file{}, err
	}
	f := file{mediaType: mediaType, cache: cache, plain: plain}
	if f.gzip, err = newBody(fsys, name+packed); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return file{}, err
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
