// Package envelope puts a JSON document and its SHA-256 into one file, so that a reader knows that the document is as it was
// written before it believes a word of it:
//
//	┌────────────┬────────┬───────────┬──────────┬──────┐
//	│ {"sha256":"│ 64 hex │ ","NAME": │ document │ } LF │
//	└────────────┴────────┴───────────┴──────────┴──────┘
//
// The checksum, in lower case, is of the document's bytes. The file is JSON as well. What is around the document stays the same
// in all versions of it, so that a version that is not known can be told from damage.
//
// Everything may be called from any goroutine.
package envelope

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// sumLength is how long a checksum is as text.
const sumLength = 2 * sha256.Size

// start and end are what stands before the checksum and behind the document.
const (
	start = `{"sha256":"`
	end   = "}\n"
)

// Format is how documents of one kind are kept. Name and Most are needed.
type Format struct {
	// Name is the member that has the document, a word of lower-case letters.
	Name string
	// Most is the most bytes of a file.
	Most int
	// Version is the newest version of the document that is read: that of its member "version".
	Version int
	// Escape writes <, > and & as \u003c, \u003e and \u0026. A reader does not care.
	Escape bool
}

// NewerError says that a document is whole, and of a version that is not known.
type NewerError struct {
	// Version is that of the document, and Newest the newest that is read.
	Version, Newest int
}

// Error says which version it is.
func (e *NewerError) Error() string {
	return fmt.Sprintf("it is of version %d, and this Hutong reads up to %d", e.Version, e.Newest)
}

// Encode returns the bytes of a file with v, which marshals to an object. The error is that of package json, or that the file
// would be too long.
func (f *Format) Encode(v any) ([]byte, error) {
	var document bytes.Buffer
	e := json.NewEncoder(&document)
	e.SetEscapeHTML(f.Escape)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	out := f.Seal(bytes.TrimSuffix(document.Bytes(), []byte("\n")))
	if len(out) > f.Most {
		return nil, fmt.Errorf("%d bytes: want at most %d", len(out), f.Most)
	}
	return out, nil
}

// Decode reads what Encode returned into v, a pointer. A member that v does not have is an error, as is anything behind the
// document, and one of a version that is not known is a [NewerError]; v then is as it was. What else v may not be is for the
// caller to say.
func (f *Format) Decode(b []byte, v any) error {
	document, err := f.Open(b)
	if err != nil {
		return err
	}
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(document, &version); err != nil { // which looks behind the document, too
		return err
	}
	if version.Version > f.Version {
		return &NewerError{version.Version, f.Version}
	}
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// Seal returns the bytes of a file with a document that is JSON, however long it is.
func (f *Format) Seal(document []byte) []byte {
	return slices.Concat([]byte(start), []byte(Sum(document)), []byte(f.middle()), document, []byte(end))
}

// Open returns the document of a file, which lies in b, or says why b is none: then bytes of it are missing, changed or too
// many. That it is JSON is not known yet.
func (f *Format) Open(b []byte) ([]byte, error) {
	if len(b) > f.Most {
		return nil, fmt.Errorf("%d bytes: want at most %d", len(b), f.Most)
	}
	rest, ok := bytes.CutPrefix(b, []byte(start))
	if !ok || len(rest) < sumLength {
		return nil, errors.New("it does not start with a checksum")
	}
	want, rest := string(rest[:sumLength]), rest[sumLength:]
	rest, begins := bytes.CutPrefix(rest, []byte(f.middle()))
	document, ends := bytes.CutSuffix(rest, []byte(end))
	if !begins || !ends {
		return nil, fmt.Errorf("it is cut off or has more than a checksum and a %s", f.Name)
	}
	if got := Sum(document); got != want {
		return nil, fmt.Errorf("its checksum is %s, not %s: bytes of it changed", got, want)
	}
	return document, nil
}

// Read reads a file to its end, but no more than one byte beyond what it may have: then it says so.
func (f *Format) Read(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(f.Most)+1))
	if err == nil && len(b) > f.Most {
		err = fmt.Errorf("%d bytes and more: want at most %d", len(b), f.Most)
	}
	return b, err
}

// middle is what stands between the checksum and the document.
func (f *Format) middle() string { return `","` + f.Name + `":` }

// Sum returns the SHA-256 of b as it stands in a file.
func Sum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// IsSum reports whether a text may be a SHA-256 as Sum returns it.
func IsSum(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == sha256.Size && text == strings.ToLower(text)
}
