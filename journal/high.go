package journal

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"sync"

	"hutong/journal/record"
)

// highFile keeps the last sequence that was acknowledged, eight bytes and their CRC-32C, little-endian.
// It is not synced: it survives the end of the process, and that is what it is for. After a power cut it
// may be behind, which says nothing, or unreadable, which is taken as nothing.
type highFile struct {
	mu     sync.Mutex
	f      *os.File
	seq    uint64
	broken bool
}

const highSize = 12

func openHigh(path string) (*highFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640) //nolint:gosec // the operator's group may look
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	h := &highFile{f: f}
	b, err := io.ReadAll(io.LimitReader(f, highSize+1))
	switch {
	case err != nil:
		_ = f.Close()
		return nil, fmt.Errorf("journal: %w", err)
	case len(b) == 0: // new; its bytes are taken now, when the disk is not yet full
		if err := h.write(0); err != nil {
			_ = f.Close()
			return nil, err
		}
	case len(b) != highSize || record.Sum(b[:8]) != binary.LittleEndian.Uint32(b[8:]):
		h.broken = true
		if err := f.Truncate(0); err != nil {
			_ = f.Close()
			return nil, fmt.Errorf("journal: %w", err)
		}
	default:
		h.seq = binary.LittleEndian.Uint64(b)
	}
	return h, nil
}

// raise notes that seq is acknowledged.
func (h *highFile) raise(seq uint64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seq <= h.seq {
		return nil
	}
	return h.write(seq)
}

func (h *highFile) write(seq uint64) error {
	var b [highSize]byte
	binary.LittleEndian.PutUint64(b[:], seq)
	binary.LittleEndian.PutUint32(b[8:], record.Sum(b[:8]))
	if _, err := h.f.WriteAt(b[:], 0); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	h.seq = seq
	return nil
}

func (h *highFile) close() error { return h.f.Close() }
