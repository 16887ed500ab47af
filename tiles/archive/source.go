package archive

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// source is the bytes of one version of an archive.
type source interface {
	// size is how many bytes there are.
	size() int64
	// identity tells this version from others at the same place; strong says that no other version can
	// have it, too (RFC 9110 §8.8.1).
	identity() string
	strong() bool
	// readAt fills p with the bytes from off on, which lie in the archive. The error is ErrChanged
	// when they are of another version.
	readAt(ctx context.Context, p []byte, off int64) error
	// check returns ErrChanged when another version lies there.
	check(ctx context.Context) error
	// close lets go; reads under way fail with ErrChanged.
	close() error
}

// openSource opens what lies there and reads its first bytes, [PrefixBytes] or all there are.
func openSource(ctx context.Context, a *Archive) (source, []byte, error) {
	switch a.location.scheme {
	case schemeFile:
		return openFile(ctx, a.location.path)
	case schemeHTTP:
		return openHTTP(ctx, a.location.url.String(), a.transport, a.opts)
	case schemeStore:
		return openStore(ctx, a.location.url, a.opts)
	default:
		return nil, nil, fmt.Errorf("%w: the zero Location", ErrLocation)
	}
}

// tagOf returns an ETag for the archive's bytes: a hash of what tells the version and of the first bytes,
// whose directory moves with nearly every change. A terabyte is not read to hash it. It is a weak one when
// what tells the version is.
func tagOf(s source, prefix []byte) string {
	h := sha256.New()
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, uint64(s.size())))
	_, _ = h.Write([]byte(s.identity()))
	_, _ = h.Write(prefix)
	tag := `"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]) + `"`
	if !s.strong() {
		return "W/" + tag
	}
	return tag
}

// readPart reads length bytes at offset into new memory.
func readPart(ctx context.Context, s source, offset, length uint64) ([]byte, error) {
	p := make([]byte, length)
	if err := s.readAt(ctx, p, int64(offset)); err != nil {
		return nil, err
	}
	return p, nil
}
