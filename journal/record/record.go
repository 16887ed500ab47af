// Package record is the encoding of what the journal keeps: batches of changes as bytes that say
// themselves what they hold.
//
// A section is what one call to the journal brings: the schemas that its batches use and the batches.
// A body is one section after another. A message is a body with a checksum, or a part of a body that
// is too large for one message. docs/formats/journal.md draws all of them.
//
// A section names its fields with their types, so that it can be read when the schema has changed: a
// [Decoder] matches fields by name, widens values that can be widened and refuses the rest by name.
//
// Functions here are pure. A Decoder belongs to one goroutine.
package record

import (
	"errors"

	"hutong/layers"
)

// MaxBody is the most bytes of a body: what one all-or-nothing call may bring.
const MaxBody = 64 << 20

// ErrTooLarge says that batches are more than [MaxBody] bytes together.
var ErrTooLarge = errors.New("record: the batches are too large")

// ErrCorrupt says that bytes are not what was written: a checksum, a length or a count is wrong.
var ErrCorrupt = errors.New("record: corrupt")

// ErrNewer says that a message is of a later version of the format. It is whole, and no program that cannot read it may
// go on without it.
var ErrNewer = errors.New("record: written by a newer Hutong")

// Batch is a batch of changes and who sent it. Its Seq is not written: it is the place of its message
// in the log.
type Batch struct {
	// Source names the feed that the batch came from.
	Source string
	layers.Batch
}
