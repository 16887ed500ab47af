package layers

import (
	"cmp"
	"strings"

	"hutong/layers/world"
)

// class separates features that do not share blocks.
type class uint8

const (
	unlocated class = iota // no geometry: ordered by id, outside the tree
	located                // points
	classes
)

// key orders the rows of a class: by place, then number, then text. The text is "" for an id that
// is its number's decimal, so of ids that share a number and a place the decimal comes first.
type key struct {
	hilbert uint64 // of the place; 0 when unlocated
	number  uint64
	text    string
}

func (k key) compare(o key) int {
	switch {
	case k.hilbert != o.hilbert:
		return cmp.Compare(k.hilbert, o.hilbert)
	case k.number != o.number:
		return cmp.Compare(k.number, o.number)
	default:
		return strings.Compare(k.text, o.text)
	}
}

// placed is a change made ready: where its feature goes and under which key.
type placed struct {
	class class
	point world.Point // zero when unlocated
	key   key
}

// idKey splits an id into its number and the text that tells it from others with that number.
func idKey(id FeatureID) (number uint64, text string) {
	number, decimal := id.Number()
	if decimal {
		return number, ""
	}
	return number, string(id)
}
