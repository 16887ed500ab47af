// Package backup puts one checkpoint into one file and takes it out again, so that a city can be moved or
// brought back.
//
// A backup is a tar (POSIX.1-2001) whose first member, backup.json, says what the others are and what their
// bytes hash to; they follow in that order: the manifest of the checkpoint, then the layers' files, as
// they lie in the data folder, the files of the snapshots, and the refused records, if there are any. docs/formats/backup.md has the format. Nothing of it is kept twice on the way:
// [Write] reads from the checkpoint's files, [Copy] checks what passes through, [Restore] writes what it reads.
//
// Whoever restores a backup has not written it: names, sizes and counts are believed only within bounds, and
// bytes only once their checksums agree.
package backup

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"hutong/journal/checkpoint"
	"hutong/journal/snapshot"
	"hutong/layers"
)

// formatVersion is the newest version of the format. A backup without snapshots is of lettersVersion, and one without
// refused records as well of plainVersion: an older Hutong reads these.
const (
	plainVersion   = 1
	lettersVersion = 2
	formatVersion  = 3
)

// contentsName is the first member, and folder what the names of all others start with.
const (
	contentsName = "backup.json"
	folder       = "checkpoints/"
)

// Bounds of a backup.
const (
	// MaxContents is the most bytes of backup.json.
	MaxContents = 64 << 20
	// MaxMembers is the most files that it names.
	MaxMembers = 100_000
	maxText    = 256     // bytes of the epoch and of the version of Hutong
	maxPadding = 1 << 20 // zeros behind the end, which some tools add
)

// ErrDamaged says that a backup is not as it was written.
var ErrDamaged = errors.New("backup: damaged")

// ErrNewer says that a backup was written by a newer Hutong.
var ErrNewer = errors.New("backup: written by a newer Hutong")

// Contents is what backup.json says.
type Contents struct {
	Version int `json:"version"`
	// Hutong is the version of the program that wrote it, for people.
	Hutong string `json:"hutong"`
	// Epoch names the log that Seq counts, and Seq is its last message that the state has.
	Epoch string     `json:"epoch"`
	Seq   layers.Seq `json:"sequence"`
	// Written is when the checkpoint was written, in UTC.
	Written time.Time `json:"written"`
	// Members are the files behind it, in their order.
	Members []Member `json:"members"`
}

// Member is a file of a backup.
type Member struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Bytes returns the bytes of all members.
func (c *Contents) Bytes() int64 {
	var n int64
	for i := range c.Members {
		n += c.Members[i].Bytes
	}
	return n
}

// FileName returns what a backup is called unless somebody says otherwise: names sort as the backups of a log do.
func FileName(seq layers.Seq, written time.Time) string {
	return fmt.Sprintf("hutong-%s-%d.tar", written.UTC().Format("20060102T150405Z"), uint64(seq))
}

// contentsOf returns the contents of a backup of a checkpoint, and of snapshots and letters if there are any.
func contentsOf(p *checkpoint.Pinned, snapshots []snapshot.Member, letters Member, hutong string) *Contents {
	c := &Contents{Version: plainVersion, Hutong: hutong, Epoch: p.Info.Epoch, Seq: p.Info.Seq, Written: p.Info.Time.UTC()}
	for _, f := range p.Files() {
		c.Members = append(c.Members, Member{Name: folder + f.Name, Bytes: f.Bytes, SHA256: f.SHA256})
	}
	for _, m := range snapshots {
		c.Version, c.Members = formatVersion, append(c.Members, Member(m))
	}
	if letters.Name != "" {
		c.Version, c.Members = max(c.Version, lettersVersion), append(c.Members, letters)
	}
	return c
}

// encode returns the bytes of backup.json.
func (c *Contents) encode() ([]byte, error) {
	b, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return nil, err
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	if b = append(b, '\n'); len(b) > MaxContents {
		return nil, fmt.Errorf("%d bytes of %s: want at most %d", len(b), contentsName, MaxContents)
	}
	return b, nil
}

// decodeContents reads what encode returned. The error is [ErrNewer] or [ErrDamaged].
func decodeContents(b []byte) (*Contents, error) {
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, contentsName, err)
	}
	if version.Version > formatVersion {
		return nil, fmt.Errorf("%w: it is of version %d, and this Hutong reads up to %d: restore it with the newer one", ErrNewer, version.Version, formatVersion)
	}
	c := new(Contents)
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, contentsName, err)
	}
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, contentsName, err)
	}
	return c, nil
}

// validate says what contents cannot be, or nil.
func (c *Contents) validate() error {
	switch {
	case c.Version < 1:
		return fmt.Errorf("version %d: want 1 to %d", c.Version, formatVersion)
	case c.Seq == 0:
		return errors.New("sequence 0: want that of a message")
	case len(c.Epoch) > maxText || len(c.Hutong) > maxText:
		return fmt.Errorf("an epoch of %d bytes and a version of %d: want at most %d", len(c.Epoch), len(c.Hutong), maxText)
	case len(c.Members) == 0 || len(c.Members) > MaxMembers:
		return fmt.Errorf("%d members: want 1 to %d", len(c.Members), MaxMembers)
	case c.Members[0].Name != folder+checkpoint.ManifestName(c.Seq):
		return fmt.Errorf("member %q comes first: want %q", c.Members[0].Name, folder+checkpoint.ManifestName(c.Seq))
	}
	seen := make(map[string]bool, len(c.Members))
	var total int64
	for i := range c.Members {
		m := &c.Members[i]
		letters := c.Version >= lettersVersion && i > 0 && i == len(c.Members)-1 && m.Name == lettersName
		pinned := c.Version >= formatVersion && i > 0 && snapshot.IsMember(m.Name)
		switch name, ok := strings.CutPrefix(m.Name, folder); {
		case i > 0 && !letters && !pinned && (!ok || !checkpoint.IsFile(name)):
			return fmt.Errorf("member %q: no file of a checkpoint is called so", m.Name)
		case seen[m.Name]:
			return fmt.Errorf("member %q stands twice", m.Name)
		case m.Bytes < 0 || m.Bytes > math.MaxInt64-total:
			return fmt.Errorf("member %q: %d bytes", m.Name, m.Bytes)
		}
		if sum, err := hex.DecodeString(m.SHA256); err != nil || len(sum) != 32 || m.SHA256 != strings.ToLower(m.SHA256) {
			return fmt.Errorf("member %q: %q is no SHA-256", m.Name, m.SHA256)
		}
		total += m.Bytes
		seen[m.Name] = true
	}
	return nil
}

// Progress tells how far a backup has come, in bytes of its members. Its zero value is ready, a nil one
// counts nothing; it may be used from any goroutine.
type Progress struct{ read, total atomic.Int64 }

// Read returns the bytes that have passed.
func (p *Progress) Read() int64 { return p.read.Load() }

// Total returns the bytes of all members, 0 before they are known.
func (p *Progress) Total() int64 { return p.total.Load() }

func (p *Progress) begin(c *Contents) {
	if p != nil {
		p.total.Store(c.Bytes())
	}
}

// Write counts what passes.
func (p *Progress) Write(b []byte) (int, error) {
	if p != nil {
		p.read.Add(int64(len(b)))
	}
	return len(b), nil
}
