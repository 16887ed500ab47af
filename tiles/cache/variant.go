package cache

import (
	"context"
	"crypto/sha256"

	"hutong/layers"
	"hutong/layers/view"
)

// Variant is what a tile shows of its layers when that is not all features. A nil Variant is all of them. It
// never changes.
type Variant struct {
	key   string
	where [][]layers.Selector // by the set's sources; none is all features
}

// NewVariant returns the variant in which the layers of a set show what all of their selectors select.
// canonical stands for the selectors: equal texts, for the same set, mean equal features. where has an
// element for each of [Set.Layers], in that order, and is kept.
func NewVariant(canonical string, where [][]layers.Selector) *Variant {
	// The hash bounds what a key takes: the table of ETags is bounded by their number.
	sum := sha256.Sum256([]byte(canonical))
	return &Variant{string(sum[:]), where}
}

// name returns what stands for v in a [Key].
func (v *Variant) name() string {
	if v == nil {
		return ""
	}
	return v.key
}

// selects reports whether v shows not all of the set's i-th layer.
func (v *Variant) selects(i int) bool { return v != nil && len(v.where[i]) > 0 }

// of returns what the variant shows of a view of the set's i-th layer: nothing any more once ctx is done, when
// nobody waits for it and what was built is thrown away.
func (v *Variant) of(ctx context.Context, i int, whole *view.View) *view.View {
	if !v.selects(i) {
		return whole
	}
	return whole.Until(ctx).Where(v.where[i]...)
}
