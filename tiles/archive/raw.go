package archive

import (
	"context"
	"errors"
	"fmt"
)

// Raw is the bytes of one version of an archive.
type Raw struct {
	archive *Archive
	version *version
}

// Raw returns the bytes of the archive as it is now.
func (a *Archive) Raw(ctx context.Context) (*Raw, error) {
	v, err := a.current(ctx)
	if err != nil {
		return nil, err
	}
	return &Raw{a, v}, nil
}

// Size returns the number of bytes.
func (r *Raw) Size() int64 { return r.version.source.size() }

// Tag returns an ETag of the bytes, see [Info].
func (r *Raw) Tag() string { return r.version.info.Tag }

// ReadAt fills p with the bytes from off on, in one read of a server. The error is [ErrChanged] when
// the archive was replaced since: then nothing more comes of this version.
func (r *Raw) ReadAt(ctx context.Context, p []byte, off int64) error {
	if off < 0 || int64(len(p)) > r.Size()-off {
		return r.archive.named(fmt.Errorf("%w: %d bytes at %d of %d", ErrBounds, len(p), off, r.Size()))
	}
	err := r.version.source.readAt(ctx, p, off)
	if errors.Is(err, ErrChanged) {
		r.archive.retire(r.version)
	}
	return r.archive.named(err)
}
