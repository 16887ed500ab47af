package snapshot

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"hutong/journal/checkpoint"
	"hutong/journal/envelope"
)

// Member is a file of a snapshot, as a backup has it.
type Member struct {
	// Name is its path below the data folder, with slashes.
	Name   string
	Bytes  int64
	SHA256 string
}

// Members returns the files of all snapshots that can be read, those of a snapshot one after the other.
func (s *Store) Members(ctx context.Context) ([]Member, error) {
	var list []Member
	for _, m := range s.List() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		base := Folder + "/" + m.Name + "/"
		text, err := readFile(s.folder, m.Name)
		if err != nil {
			return nil, fmt.Errorf("snapshot: %s: %w", m.Name, err)
		}
		list = append(list, Member{base + metaName, int64(len(text)), envelope.Sum(text)})
		if m.Gone != nil {
			continue
		}
		kept, err := s.checkpoint(m.Name)
		if err != nil {
			return nil, err
		}
		pinned, err := kept.Pin()
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, m.Name, err)
		}
		for _, f := range pinned.Files() {
			list = append(list, Member{base + checkpointFolder + "/" + f.Name, f.Bytes, f.SHA256})
		}
		pinned.Release()
	}
	return list, nil
}

// OpenMember opens a file that Members has named.
func (s *Store) OpenMember(name string) (io.ReadCloser, error) {
	if !IsMember(name) {
		return nil, fmt.Errorf("snapshot: no file of one is called %q", name)
	}
	return os.Open(filepath.Join(filepath.Dir(s.folder), filepath.FromSlash(name)))
}

// IsMember reports whether a file of a snapshot may have a name, below a data folder, with slashes.
func IsMember(name string) bool {
	rest, ok := strings.CutPrefix(name, Folder+"/")
	if !ok {
		return false
	}
	snapshot, rest, _ := strings.Cut(rest, "/")
	if ValidName(snapshot) != nil {
		return false
	}
	file, ok := strings.CutPrefix(rest, checkpointFolder+"/")
	return rest == metaName || ok && (checkpoint.IsFile(file) || checkpoint.IsManifest(file))
}

// Verify reads every byte of the snapshots of a folder that was restored and changes nothing but what interrupted work left.
func Verify(ctx context.Context, data string) error {
	s, err := Open(data, Options{})
	if err != nil {
		return err
	}
	for name, e := range s.all {
		if e.err != nil {
			return fmt.Errorf("%s: %w", name, e.err)
		}
		if e.meta.Gone != nil {
			continue
		}
		if _, err := checkpoint.Verify(ctx, filepath.Join(s.folder, name, checkpointFolder)); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
		}
	}
	return nil
}
