package archive

import (
	"errors"
	"fmt"
)

// What can be wrong with an archive or with where it lies. Errors wrap one of these and say where and
// what; they may hold parts of a path or of a server's answer and are for the log, not for a client.
var (
	// ErrLocation means that a text is no place of an archive.
	ErrLocation = errors.New("archive: not a place of an archive")
	// ErrNotFound means that there is no file, or that a server says so.
	ErrNotFound = errors.New("archive: there is none")
	// ErrTruncated means that the archive ends before what it should hold.
	ErrTruncated = errors.New("archive: truncated")
	// ErrMagic means that the file is no PMTiles archive.
	ErrMagic = errors.New("archive: not a PMTiles archive")
	// ErrVersion means that it is PMTiles of another version than 3.
	ErrVersion = errors.New("archive: unknown version of PMTiles")
	// ErrHeader means that the header contradicts itself.
	ErrHeader = errors.New("archive: impossible header")
	// ErrBounds means that an offset and a length reach beyond their section or the archive.
	ErrBounds = errors.New("archive: offset or length out of bounds")
	// ErrDirectory means that a directory is not written as the format says.
	ErrDirectory = errors.New("archive: malformed directory")
	// ErrOrder means that the tile ids of a directory are not ascending, overlap, or lie outside what
	// the directory above gave it.
	ErrOrder = errors.New("archive: directory out of order")
	// ErrDepth means that directories are nested too deeply, or in a circle.
	ErrDepth = errors.New("archive: directories nested too deeply")
	// ErrTooLarge means that something is larger than this package reads.
	ErrTooLarge = errors.New("archive: too large")
	// ErrCompression means a compression that is unknown, or that this package cannot read.
	ErrCompression = errors.New("archive: unknown compression")
	// ErrBomb means that something decompresses to more than this package holds.
	ErrBomb = errors.New("archive: decompresses to too much")
	// ErrCorrupt means that something does not decompress.
	ErrCorrupt = errors.New("archive: does not decompress")
	// ErrMetadata means that the metadata is no JSON object as the format wants it.
	ErrMetadata = errors.New("archive: bad metadata")
	// ErrChanged means that the archive was replaced during a read.
	ErrChanged = errors.New("archive: replaced while open")
	// ErrRanges means that a server does not answer ranges, or without saying of which version.
	ErrRanges = errors.New("archive: the server does not serve ranges")
	// ErrServer means that a server's answer is not what its headers or the request say.
	ErrServer = errors.New("archive: wrong answer")
	// ErrStalled means that a server did not answer in time.
	ErrStalled = errors.New("archive: no answer in time")
	// ErrUnavailable means that a server or a file cannot be reached or read.
	ErrUnavailable = errors.New("archive: unavailable")
	// ErrClosed means that [Archive.Close] was called.
	ErrClosed = errors.New("archive: closed")
)

// errPanic is what others get of a read that did not return.
var errPanic = fmt.Errorf("%w: reading it ended in a panic", ErrUnavailable)

// kinds are the errors in the order in which Kind looks for them.
var kinds = []struct {
	err  error
	kind string
}{
	{ErrChanged, "changed"},
	{ErrStalled, "stalled"},
	{ErrClosed, "closed"},
	{ErrNotFound, "not_found"},
	{ErrUnavailable, "unavailable"},
	{ErrRanges, "ranges"},
	{ErrServer, "server"},
	{ErrTruncated, "truncated"},
	{ErrMagic, "magic"},
	{ErrVersion, "version"},
	{ErrHeader, "header"},
	{ErrBounds, "bounds"},
	{ErrDirectory, "directory"},
	{ErrOrder, "order"},
	{ErrDepth, "depth"},
	{ErrTooLarge, "too_large"},
	{ErrCompression, "compression"},
	{ErrBomb, "bomb"},
	{ErrCorrupt, "corrupt"},
	{ErrMetadata, "metadata"},
	{ErrLocation, "location"},
}

// Kind names the error of this package that err wraps, for a metric; "" when it wraps none.
func Kind(err error) string {
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.kind
		}
	}
	return ""
}

// Kinds returns all that [Kind] may return but "".
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.kind
	}
	return names
}

// Broken reports whether err says that the archive itself is wrong, so that only another archive in
// its place will help. Else it could not be read, and may be later.
func Broken(err error) bool {
	switch Kind(err) {
	case "", "changed", "stalled", "closed", "not_found", "unavailable", "ranges", "server":
		return false
	default:
		return true
	}
}
