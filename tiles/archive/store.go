package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/protomaps/go-pmtiles/pmtiles"
	_ "gocloud.dev/blob/s3blob" // registers s3://
	"gocloud.dev/gcerrors"
)

// stored is one version of an archive in an object store, read through go-pmtiles' bucket. Who may
// read is what the AWS SDK finds: its variables of the environment, profile or role.
type stored struct {
	bucket  pmtiles.Bucket
	key     string
	etag    string
	bytes   int64
	opts    Options
	checked atomic.Int64 // as remote's
}

var _ source = (*stored)(nil)

// openStore asks the store for size and version, then for the first bytes.
func openStore(ctx context.Context, u *url.URL, o Options) (source, []byte, error) {
	s := &stored{key: strings.TrimPrefix(u.Path, "/"), opts: o}
	err := s.guard(ctx, func(ctx context.Context) error {
		bucketURL := url.URL{Scheme: u.Scheme, Host: u.Host, RawQuery: u.RawQuery}
		bucket, err := pmtiles.OpenBucket(ctx, bucketURL.String(), "")
		if err != nil {
			return err
		}
		s.bucket = bucket
		adapter, ok := bucket.(pmtiles.BucketAdapter)
		if !ok {
			return fmt.Errorf("%w: no object store", ErrLocation)
		}
		attributes, err := adapter.Bucket.Attributes(ctx, s.key)
		if err != nil {
			return err
		}
		s.bytes, s.etag = attributes.Size, attributes.ETag
		if s.etag == "" {
			return fmt.Errorf("%w: the store sends no ETag", ErrRanges)
		}
		return nil
	})
	var prefix []byte
	if err == nil {
		prefix = make([]byte, min(s.bytes, PrefixBytes))
		err = s.readAt(ctx, prefix, 0)
	}
	if err != nil {
		if s.bucket != nil {
			err = errors.Join(err, s.bucket.Close())
		}
		return nil, nil, err
	}
	return s, prefix, nil
}

func (s *stored) size() int64      { return s.bytes }
func (s *stored) identity() string { return s.etag }
func (s *stored) strong() bool     { return true }

func (s *stored) readAt(ctx context.Context, p []byte, off int64) error {
	if len(p) == 0 {
		return nil
	}
	err := s.guard(ctx, func(ctx context.Context) error {
		r, etag, _, err := s.bucket.NewRangeReaderEtag(ctx, s.key, off, int64(len(p)), s.etag)
		if err != nil {
			return err
		}
		defer r.Close()
		if etag != s.etag {
			return fmt.Errorf("%w: the store has a newer version", ErrChanged)
		}
		n, err := io.ReadFull(r, p)
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: the store sent %d of %d bytes", ErrTruncated, n, len(p))
		}
		return err
	})
	if errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("%w: the object is gone", ErrChanged)
	}
	if err == nil {
		s.checked.Store(time.Now().UnixNano())
	}
	return err
}

// check is as remote.check.
func (s *stored) check(ctx context.Context) error {
	last := s.checked.Load()
	now := time.Now()
	if now.Sub(time.Unix(0, last)) < s.opts.Revalidate || !s.checked.CompareAndSwap(last, now.UnixNano()) {
		return nil
	}
	err := s.readAt(ctx, make([]byte, 1), 0)
	if err != nil {
		s.checked.Store(last)
	}
	return err
}

func (s *stored) close() error {
	if err := s.bucket.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// guard runs one call of the store within the timeout and says in this package's terms what went
// wrong. The bucket panics on an answer without ETag.
func (s *stored) guard(caller context.Context, call func(ctx context.Context) error) (err error) {
	ctx, cancel := context.WithTimeoutCause(caller, s.opts.Timeout, ErrStalled)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %v", ErrServer, cause)
		}
	}()
	err = call(ctx)
	var refresh *pmtiles.RefreshRequiredError
	switch {
	case err == nil || Kind(err) != "":
		return err
	case caller.Err() != nil:
		return caller.Err()
	case errors.Is(context.Cause(ctx), ErrStalled):
		return ErrStalled
	case errors.As(err, &refresh):
		return fmt.Errorf("%w: the store has a newer version", ErrChanged)
	case gcerrors.Code(err) == gcerrors.NotFound:
		return fmt.Errorf("%w: the store has no such object", ErrNotFound)
	default:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
}
