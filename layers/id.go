package layers

import (
	"crypto/sha256"
	"encoding/binary"
	"unsafe"
)

// FeatureID is a feature's identity: the source's id string, 1 to [MaxID] bytes, as it is ("007" is
// not "7").
type FeatureID string

// MaxID is the most bytes of a feature's id.
const MaxID = 512

// numberBits is the width of an MVT id here: the integers that a JavaScript number holds exactly.
const numberBits = 53

// Number returns the number that stands for id in a tile, 0…2⁵³−1: its own value when id is that
// number's canonical decimal, else a hash. Two ids may share a number; which of them shows it in a
// tile is decided by the store (design §4.3).
func (id FeatureID) Number() (n uint64, decimal bool) {
	if n, ok := parseDecimal(string(id)); ok {
		return n, true
	}
	return hashText(string(id)), false
}

// parseDecimal returns the value of s when s is the canonical decimal of 0…2⁵³−1.
func parseDecimal(s string) (uint64, bool) {
	if len(s) == 0 || len(s) > 16 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	var n uint64
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + uint64(d)
	}
	return n, n < 1<<numberBits
}

// hashText is the first 53 bits of SHA-256. Ids come from outside: with a hash for which somebody can
// make thousands of ids that share a number, such ids would make a layer crawl, because whatever
// looks one of them up looks at all. The hash is part of the bytes of tiles and never changes.
func hashText(s string) uint64 {
	sum := sha256.Sum256(unsafe.Slice(unsafe.StringData(s), len(s))) // only read, and not kept
	return binary.BigEndian.Uint64(sum[:]) >> (64 - numberBits)
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014), a bijection of 64 bits.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// Rank orders features for thinning: a tile that cannot hold all its features keeps those of the
// lowest rank. It is a bijection of the MVT id's number, so only ids that share a number share a
// rank, and those go by their strings.
func Rank(number uint64) uint64 { return mix(number + 0x9e3779b97f4a7c15) }
