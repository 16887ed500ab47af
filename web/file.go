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

// twins are the packed files that the build writes beside a file where they are smaller, the smallest
// first: how their names end, and their content coding (RFC 9110, 8.4.1; RFC 7932). Browsers take br
// over HTTPS and from this machine only.
var twins = [...]struct{ ending, coding string }{{".br", "br"}, {".gz", "gzip"}}

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

// file is one thing to serve, in some representations.
type file struct {
	mediaType string
	cache     string // Cache-Control
	plain     body
	packed    [len(twins)]body // by twin; zero where there is none
}

// choose returns the smallest representation that a client takes which sent these Accept-Encoding
// lines, and its coding, "" for the plain one.
func (f *file) choose(accept []string) (b *body, coding string) {
	for i, twin := range twins {
		if f.packed[i].name != "" && accepts(accept, twin.coding) {
			return &f.packed[i], twin.coding
		}
	}
	return &f.plain, ""
}

// varies reports whether there is more than the plain representation.
func (f *file) varies() bool { return f.packed != [len(twins)]body{} }

// isTwin reports whether name is that of a packed file.
func isTwin(name string) bool {
	for _, twin := range twins {
		if strings.HasSuffix(name, twin.ending) {
			return true
		}
	}
	return false
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

// readFile reads name and its twins, if any, from fsys.
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
	for i, twin := range twins {
		if f.packed[i], err = newBody(fsys, name+twin.ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return file{}, err
		}
	}
	return f, nil
}

// accepts reports whether a client that sent these Accept-Encoding lines takes a coding (RFC 9110,
// 12.5.3): named, or covered by "*", and not with a quality of 0.
func accepts(lines []string, wanted string) bool {
	accepted := false
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			coding, params, _ := strings.Cut(part, ";")
			coding = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(coding)), "x-") // x-gzip is gzip
			named := coding == wanted
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
