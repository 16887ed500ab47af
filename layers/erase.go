package layers

import (
	"crypto/sha256"
	"encoding/hex"
	"math"

	"hutong/layers/column"
)

// How a feature is erased.
//
// An erasure removes the feature whatever its time is, and its tombstone if there is one, so that the layer
// holds its id no more. In a layer with event times something must keep older reports of it out all the
// same: a tombstone of a salted hash of the id. Its time is that of the erasure, or just behind that of what
// was there if that is newer, so that nothing the layer ever had comes back; it has no version. It ages as
// others do. A delete of an id that is erased makes it newer and does not bring the id back; a newer upsert
// does, as of any deleted feature.
//
// The salt belongs to the layer: the first erasure brings it. So every node that follows the same log has
// the same one (S8), and the same id has different hashes in different layers and cities. It is kept beside
// the hashes, or nobody could compare an id with them: whoever has both and can guess the id can tell that
// it was erased here. docs/formats/erasure.md says what that means.

// Salt makes the hashes of the ids erased from one layer differ from those of others. The zero value is none.
type Salt [16]byte

// Hash returns what stands for an erased id: 128 bits of SHA-256 over the salt and the id, as 32 hexadecimal
// digits.
func (s Salt) Hash(id FeatureID) FeatureID {
	var buffer [len(s) + MaxID]byte // on the stack: with an erasure in the layer each new id is hashed
	sum := sha256.Sum256(append(append(buffer[:0], s[:]...), id...))
	var text [2 * len(s)]byte
	hex.Encode(text[:], sum[:len(s)])
	return FeatureID(text[:])
}

// ErasedHash returns what stands for an id in the layer if it is erased. It means nothing in a layer from which
// nothing ever was.
func (l *Layer) ErasedHash(id FeatureID) FeatureID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writer.tombs.salt.Hash(id)
}

// takeSalt gives the layer the salt of a batch if it has none.
func (w *writer) takeSalt(b *Batch) {
	if w.tombs.salt == (Salt{}) {
		w.tombs.salt = b.Salt
	}
}

// settleErasure makes change i of the batch, an erasure, the one that counts. now is what it meets, if found.
func (w *writer) settleErasure(i int32, c *Change, now *standing, found bool) {
	at := valueAt(c.Feature.Values, w.observed)
	if found && column.Order(now.observed, at) >= 0 {
		at = now.observed
		if !at.IsNull() && at.Micros() < math.MaxInt64 {
			at = column.MicrosOf(at.Micros() + 1)
		}
	}
	if w.erasures == nil {
		w.erasures, w.erasing = map[int32]column.Value{}, map[FeatureID]struct{}{}
	}
	w.erasures[i] = at
	w.erasing[c.Feature.ID] = struct{}{}
	w.last[c.Feature.ID] = i
}

// entomb remembers that change i, a delete or an erasure, removed its id.
func (w *writer) entomb(i int32, c *Change, received int64) {
	id := c.Feature.ID
	if c.Op == Erase {
		w.tombs.erase(id, w.erasures[i], received)
		return
	}
	observed := valueAt(c.Feature.Values, w.observed)
	if _, erased := w.erasing[id]; erased || w.tombs.isErased(id) {
		w.tombs.erase(id, observed, received)
		return
	}
	w.tombs.put(id, standing{observed: observed, version: valueAt(c.Feature.Values, w.version)}, received)
}
