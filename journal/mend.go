package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strings"

	"github.com/minio/highwayhash"

	"hutong/layers"
)

// A record of a file: its length, of which the highest bit says that there are headers, sequence, time, length of
// the subject; subject, headers with their length before them, message; a checksum of all but the lengths.
const (
	recordHeader   = 22
	recordSum      = 8
	recordHasMore  = 1 << 31
	recordHeaders  = 4
	recordSequence = 4
	recordSubject  = 20
	// recordMost is the most bytes of one: no message of ours is longer, and a subject has at most 64 KiB. What claims more
	// is none, without a look at what it would be.
	recordMost = recordHeader + recordHeaders + 1<<16 + maxHeaders + maxMessage + recordSum
)

// The highest bits of a sequence say that the message of a record was removed, or that the record is a note, which
// stands anywhere behind, that one was.
const (
	recordErased  = 1 << 63
	recordRemoval = 1 << 62
)

// blockFile is what a file of a stream's messages has.
type blockFile struct {
	b   []byte
	sum hash.Hash64
}

// openBlock returns the records of a file of a stream, which has that name.
func openBlock(b []byte, stream, file string) *blockFile {
	key := sha256.Sum256([]byte(stream + "-" + strings.TrimSuffix(file, ".blk")))
	sum, err := highwayhash.NewDigest64(key[:])
	if err != nil {
		panic(err) // a key has 32 bytes
	}
	return &blockFile{b, sum}
}

// next returns where the record at ends, as its length says: −1 when it cannot be one.
func (f *blockFile) next(at int) int {
	rest := f.b[at:]
	if len(rest) < recordHeader+recordSum {
		return -1
	}
	size := binary.LittleEndian.Uint32(rest) &^ recordHasMore
	if uint64(size) > uint64(len(rest)) || size > recordMost || f.from(at)+recordSum > int(size) {
		return -1
	}
	return at + int(size)
}

// from returns where the message starts, from the start of the record at on.
func (f *blockFile) from(at int) int {
	from := recordHeader + int(binary.LittleEndian.Uint16(f.b[at+recordSubject:]))
	if binary.LittleEndian.Uint32(f.b[at:])&recordHasMore != 0 {
		from += recordHeaders
	}
	return from
}

// good returns where the record at ends; −1 when it is not as it was written.
func (f *blockFile) good(at int) int {
	end := f.next(at)
	if end < 0 {
		return -1
	}
	record := f.b[at:end]
	subject := int(binary.LittleEndian.Uint16(record[recordSubject:]))
	f.sum.Reset()
	_, _ = f.sum.Write(record[recordSequence:recordSubject]) // hashes never fail
	_, _ = f.sum.Write(record[recordHeader : recordHeader+subject])
	_, _ = f.sum.Write(record[f.from(at) : len(record)-recordSum])
	if !bytes.Equal(f.sum.Sum(nil), record[len(record)-recordSum:]) {
		return -1
	}
	return end
}

// damage returns where from at on the first record starts that is not as it was written, or is not whole; −1 when
// all are.
func (f *blockFile) damage(at int) int {
	for at < len(f.b) {
		end := f.good(at)
		if end < 0 {
			return at
		}
		at = end
	}
	return -1
}

// resume returns where behind damage at records go on that are as they were written; −1 when none do. What looks
// like a record inside of a message, as somebody may have sent it, is none: it counts only where the damaged record
// ends by its own length, or when all from there to the end of the file are records.
func (f *blockFile) resume(at int) int {
	if end := f.next(at); end >= 0 && f.good(end) >= 0 {
		return end
	}
	for r := at + 1; r <= len(f.b)-recordHeader-recordSum; r++ {
		if f.good(r) >= 0 && f.damage(r) < 0 {
			return r
		}
	}
	return -1
}

// sequence returns that of the record at, whose message may have been removed; 0 when it is a note of a removal.
func (f *blockFile) sequence(at int) uint64 {
	seq := binary.LittleEndian.Uint64(f.b[at+recordSequence:])
	if seq&recordRemoval != 0 {
		return 0
	}
	return seq &^ recordErased
}

// mended returns where the first damage of a file is, −1 when there is none, and then the records that are as they
// were written. seen notes what is missing between them and behind those of the file before. JetStream takes a
// file in which sequences are missing, as one that it has compacted (nats-server 2.15.2, rebuildStateFromBufLocked).
func (f *blockFile) mended(seen *seenRecords) (damage int, whole []byte) {
	damage = -1
	from := 0 // of the records that are not in whole yet
	for at := 0; at < len(f.b); {
		if end := f.good(at); end >= 0 {
			seen.record(f.sequence(at))
			at = end
			continue
		}
		seen.damage(f, at)
		if damage < 0 {
			damage = at
		}
		whole = append(whole, f.b[from:at]...)
		if from = f.resume(at); from < 0 {
			return damage, whole
		}
		at = from
	}
	if damage >= 0 {
		whole = append(whole, f.b[from:]...)
	}
	return damage, whole
}

// seenRecords is what was seen of the files of a stream, in their order.
type seenRecords struct {
	last    uint64 // the highest sequence
	damaged bool   // behind it
	claimed uint64 // by the first of all, which is damaged: nothing else says which it was
	missing []span // what was lost
}

// damage notes a damaged record.
func (s *seenRecords) damage(f *blockFile, at int) {
	if s.damaged = true; s.last == 0 && s.claimed == 0 && f.next(at) > 0 {
		s.claimed = f.sequence(at)
	}
}

// record notes one that is as it was written; 0 is a note of a removal, which says nothing of what is before it.
func (s *seenRecords) record(seq uint64) {
	if seq == 0 {
		return
	}
	if s.damaged {
		first := s.last + 1
		if s.last == 0 {
			first = seq - 1
			if s.claimed > 0 {
				first = min(first, s.claimed)
			}
		}
		if 0 < first && first < seq {
			s.missing = append(s.missing, span{layers.Seq(first), layers.Seq(seq - 1)})
		}
	}
	s.last, s.damaged = max(s.last, seq), false
}
