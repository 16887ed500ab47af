package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"hutong/internal/telemetry"
	"hutong/journal/checkpoint"
	"hutong/journal/snapshot"
)

// fileMode is that of members: they hold private fields.
const fileMode = 0o600

// Write writes a backup of a checkpoint, of snapshots and of letters, nil for none of them. The same always give the same
// bytes. A snapshot that is unpinned or erased from meanwhile breaks it off. Letters lie on the disk of the checkpoints meanwhile, since a tar says first how long they are. On an error what was
// written is no backup: w must not end as if it were one. The error is [ErrDamaged] when a file is not as it
// was written, ctx's, or w's.
func Write(ctx context.Context, w io.Writer, p *checkpoint.Pinned, snapshots *snapshot.Store, letters Letters, progress *Progress) (*Contents, error) {
	spooled, member, err := spool(ctx, p, letters)
	if err != nil {
		return nil, fmt.Errorf("backup: refused records: %w", err)
	}
	if spooled != nil {
		defer spooled.Close()
	}
	var pinned []snapshot.Member
	if snapshots != nil {
		if pinned, err = snapshots.Members(ctx); err != nil {
			return nil, fmt.Errorf("backup: %w", err)
		}
	}
	c := contentsOf(p, pinned, member, telemetry.ReadBuild().Version)
	text, err := c.encode()
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	progress.begin(c)
	out := tar.NewWriter(&stopper{ctx: ctx, w: w})
	if err := add(out, Member{Name: contentsName, Bytes: int64(len(text))}, c.Written, bytes.NewReader(text)); err != nil {
		return nil, err
	}
	for i := range c.Members {
		if err := copyMember(out, &c.Members[i], c.Written, parts{p, snapshots, spooled}, i, progress); err != nil {
			return nil, err
		}
	}
	if err := out.Close(); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	return c, nil
}

// parts is where the members of a backup come from.
type parts struct {
	checkpoint *checkpoint.Pinned
	snapshots  *snapshot.Store
	letters    io.Reader
}

// copyMember writes member i of a backup.
func copyMember(out *tar.Writer, m *Member, at time.Time, p parts, i int, progress *Progress) error {
	var from io.Reader
	switch {
	case i == 0:
		from = bytes.NewReader(p.checkpoint.Manifest())
	case m.Name == lettersName:
		from = p.letters
	case snapshot.IsMember(m.Name):
		f, err := p.snapshots.OpenMember(m.Name)
		if err != nil {
			return fmt.Errorf("backup: %s: %w: was it unpinned?", m.Name, err)
		}
		defer f.Close()
		from = f
	default:
		f, err := p.checkpoint.Open(m.Name[len(folder):])
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, m.Name, err)
		}
		defer f.Close()
		from = f
	}
	h := sha256.New()
	if err := add(out, *m, at, io.TeeReader(from, io.MultiWriter(h, progress))); err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != m.SHA256 {
		return fmt.Errorf("%w: %s: its checksum is %s, not %s: bytes of it changed on the disk", ErrDamaged, m.Name, sum, m.SHA256)
	}
	return nil
}

// add writes one member.
func add(out *tar.Writer, m Member, at time.Time, from io.Reader) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: m.Name, Size: m.Bytes, Mode: fileMode, ModTime: at.Truncate(time.Second)}
	if err := out.WriteHeader(header); err != nil {
		return fmt.Errorf("backup: %s: %w", m.Name, err)
	}
	n, err := io.Copy(out, io.LimitReader(from, m.Bytes))
	switch {
	case err != nil:
		return fmt.Errorf("backup: %s: %w", m.Name, err)
	case n < m.Bytes:
		return fmt.Errorf("%w: %s: it has %d bytes, not %d", ErrDamaged, m.Name, n, m.Bytes)
	}
	return nil
}

// stopper writes until its context is done.
type stopper struct {
	ctx context.Context //nolint:containedctx // of the one call that made it
	w   io.Writer
}

// Write writes, or returns why nothing is to be written any more.
func (s *stopper) Write(b []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	return s.w.Write(b)
}
