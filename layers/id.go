package layers

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
	return hashText(string(id)) >> (64 - numberBits), false
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

// hashText is FNV-1a (64 bits) with a final mix; it is part of every tile's bytes and never changes.
func hashText(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return mix(h)
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
