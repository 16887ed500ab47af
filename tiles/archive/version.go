package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/protomaps/go-pmtiles/pmtiles"
)

// version is an archive as it was opened. Nothing of it changes but retired.
type version struct {
	source source
	header *pmtiles.HeaderV3
	root   []entry
	info   *Info
	// retired is set once nobody asks for this version any more, before the cache is cleared: what is read
	// of it by then is not kept.
	retired atomic.Bool
}

// openVersion opens what lies at a's place and checks header, root directory and metadata.
func openVersion(ctx context.Context, a *Archive) (*version, error) {
	s, prefix, err := openSource(ctx, a)
	if err != nil {
		return nil, err
	}
	v := &version{source: s}
	if err := v.parse(ctx, prefix); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return v, nil
}

func (v *version) parse(ctx context.Context, prefix []byte) error {
	var err error
	if v.header, err = parseHeader(prefix, v.source.size()); err != nil {
		return err
	}
	h := v.header
	if v.root, err = parseDirectory(prefix[h.RootOffset:h.RootOffset+h.RootLength], h); err != nil {
		return fmt.Errorf("root %w", err)
	}
	stored, err := readPart(ctx, v.source, h.MetadataOffset, h.MetadataLength)
	if err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	metadata, err := parseMetadata(stored, Compression(h.InternalCompression))
	if err != nil {
		return err
	}
	v.info = newInfo(h, metadata, v.source.size(), tagOf(v.source, prefix))
	return nil
}

func (v *version) close() error { return v.source.close() }

// lookup finds the entry of a tile id by way of the directories; ok is false when there is no tile.
func (v *version) lookup(ctx context.Context, c *cache, id uint64) (e entry, ok bool, err error) {
	w := way{dir: v.root, limit: idLimit(MaxZoom)}
	for {
		i := find(w.dir, id)
		if i < 0 {
			return entry{}, false, nil
		}
		if e = w.dir[i]; e.RunLength > 0 {
			return e, true, nil
		}
		if err := w.enter(i, func() ([]entry, error) { return c.leaf(ctx, v, e) }); err != nil {
			return entry{}, false, err
		}
	}
}

// way is a walk from the root directory downwards.
type way struct {
	dir   []entry  // where it stands
	above []uint64 // the offsets of the leaf directories that it came through, dir's the last
	limit uint64   // what every id in dir is less than
}

// enter goes on to the leaf directory of entry i, which read returns. A leaf's ids lie between its
// entry's and the next one's, so that no leaf counts in two places, and no walk is longer than the
// ids there are.
func (w *way) enter(i int, read func() ([]entry, error)) error {
	e := w.dir[i]
	if slices.Contains(w.above, e.Offset) {
		return fmt.Errorf("%w: the leaf directory at %d leads to itself", ErrDepth, e.Offset)
	}
	if len(w.above) == MaxDirectories-1 {
		return fmt.Errorf("%w: more than %d at id %d", ErrDepth, MaxDirectories, e.TileID)
	}
	leaf, err := read()
	if err != nil {
		return fmt.Errorf("the leaf at id %d: %w", e.TileID, err)
	}
	if i+1 < len(w.dir) {
		w.limit = min(w.limit, w.dir[i+1].TileID)
	}
	switch {
	case len(leaf) == 0:
		return fmt.Errorf("%w: the leaf at id %d is empty", ErrDirectory, e.TileID)
	case leaf[0].TileID < e.TileID:
		return fmt.Errorf("%w: the leaf at id %d begins with id %d", ErrOrder, e.TileID, leaf[0].TileID)
	case end(&leaf[len(leaf)-1]) > w.limit:
		return fmt.Errorf("%w: the leaf at id %d reaches beyond id %d", ErrOrder, e.TileID, w.limit)
	}
	w.dir, w.above = leaf, append(w.above, e.Offset)
	return nil
}

// readLeaf reads and decodes the leaf directory that e points to.
func (v *version) readLeaf(ctx context.Context, e entry) ([]entry, error) {
	stored, err := readPart(ctx, v.source, v.header.LeafDirectoryOffset+e.Offset, uint64(e.Length))
	if err != nil {
		return nil, err
	}
	return parseDirectory(stored, v.header)
}
