package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Copy copies a backup from r to w as it is and checks it on the way: what is missing, added or changed is an
// error, [ErrDamaged] or [ErrNewer], and so is what r, w or ctx return. What w has then is no backup.
func Copy(ctx context.Context, w io.Writer, r io.Reader, progress *Progress) (*Contents, error) {
	tee := io.TeeReader(r, w)
	c, err := read(ctx, tee, progress, func(*Member) (io.WriteCloser, error) { return nowhere{}, nil })
	if err != nil {
		return nil, err
	}
	return c, nil
}

// nowhere takes what nobody keeps.
type nowhere struct{}

// Write takes b.
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// Close does nothing.
func (nowhere) Close() error { return nil }

// read reads a backup to its end. create is called for each member, in order, for where its bytes go; they
// are right once it is closed without an error, and read returns without one.
func read(ctx context.Context, r io.Reader, progress *Progress, create func(*Member) (io.WriteCloser, error)) (*Contents, error) {
	r = &source{ctx: ctx, r: r}
	in := tar.NewReader(r)
	c, err := readContents(in)
	if err != nil {
		return nil, err
	}
	progress.begin(c)
	for i := range c.Members {
		m := &c.Members[i]
		if err := next(in, m.Name, m.Bytes); err != nil {
			return nil, err
		}
		if err := readMember(in, m, progress, create); err != nil {
			return nil, err
		}
	}
	switch header, err := in.Next(); {
	case err == nil:
		return nil, fmt.Errorf("%w: %q stands behind its last member", ErrDamaged, header.Name)
	case !errors.Is(err, io.EOF):
		return nil, failure("the end", err)
	}
	return c, readPadding(r)
}

// readContents reads the first member.
func readContents(in *tar.Reader) (*Contents, error) {
	header, err := in.Next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w: it is empty", ErrDamaged)
	case err != nil:
		return nil, failure("no backup, which is a tar", err)
	case header.Name != contentsName || !plain(header):
		return nil, fmt.Errorf("%w: no backup: it starts with %q, not with a file %s", ErrDamaged, header.Name, contentsName)
	case header.Size > MaxContents:
		return nil, fmt.Errorf("%w: %d bytes of %s: want at most %d", ErrDamaged, header.Size, contentsName, MaxContents)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, failure(contentsName, err)
	}
	return decodeContents(text)
}

// next goes to the next member, which must be a file of this name and size.
func next(in *tar.Reader, name string, size int64) error {
	header, err := in.Next()
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: it ends before %s", ErrDamaged, name)
	case err != nil:
		return failure(name, err)
	case header.Name != name || !plain(header):
		return fmt.Errorf("%w: %q stands where the file %s should", ErrDamaged, header.Name, name)
	case header.Size != size:
		return fmt.Errorf("%w: %s has %d bytes, not %d", ErrDamaged, name, header.Size, size)
	}
	return nil
}

// plain reports whether a member is a file whose bytes are all there: a sparse one could fill a disk.
func plain(h *tar.Header) bool {
	if h.Typeflag != tar.TypeReg {
		return false
	}
	for key := range h.PAXRecords {
		if key != "size" && key != "path" && key != "mtime" {
			return false
		}
	}
	return true
}

// readMember copies and checks one member.
func readMember(in io.Reader, m *Member, progress *Progress, create func(*Member) (io.WriteCloser, error)) error {
	to, err := create(m)
	if err != nil {
		return fmt.Errorf("backup: %s: %w", m.Name, err)
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(h, progress, to), in)
	if err != nil {
		err = failure(m.Name, err)
	}
	if closed := to.Close(); closed != nil {
		err = errors.Join(err, fmt.Errorf("backup: %s: %w", m.Name, closed))
	}
	if err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); n != m.Bytes || sum != m.SHA256 {
		return fmt.Errorf("%w: %s: its checksum is %s, not %s: bytes of it changed", ErrDamaged, m.Name, sum, m.SHA256)
	}
	return nil
}

// readPadding reads what lies behind the end, which is nothing but a few zeros.
func readPadding(r io.Reader) error {
	buffer := make([]byte, 16<<10)
	for total := 0; total <= maxPadding; {
		n, err := r.Read(buffer)
		for _, b := range buffer[:n] {
			if b != 0 {
				return fmt.Errorf("%w: bytes stand behind its end", ErrDamaged)
			}
		}
		total += n
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return failure("the end", err)
		}
	}
	return fmt.Errorf("%w: more than %d bytes stand behind its end", ErrDamaged, maxPadding)
}

// failure says what reading failed at: what comes from below as it is, and what package tar found as damage.
func failure(at string, err error) error {
	if errors.Is(err, tar.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, at, err)
	}
	return fmt.Errorf("backup: %s: %w", at, err)
}

// source reads until its context is done.
type source struct {
	ctx context.Context //nolint:containedctx // of the one call that made it
	r   io.Reader
}

// Read reads, or returns why nothing is to be read any more.
func (s *source) Read(b []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	return s.r.Read(b)
}
