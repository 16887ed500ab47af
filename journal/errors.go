package journal

import (
	"errors"
	"fmt"

	"hutong/layers"
)

// What keeps a batch out of the log. None of it is in the log then, but after ErrUnknown.
var (
	// ErrReadOnly says that the disk is nearly full. It ends when there is room again.
	ErrReadOnly = errors.New("journal: read-only")
	// ErrFailing says that the log cannot be written. For an embedded log it lasts until a restart.
	ErrFailing = errors.New("journal: failing")
	// ErrFull says that too many callers or bytes wait already. Try again after a moment.
	ErrFull = errors.New("journal: too many callers wait")
	// ErrUnknown says that nobody knows whether the batches are in the log: the caller left, the connection
	// did, or a write failed, while they were on their way. All of them are or none.
	ErrUnknown = errors.New("journal: unknown whether it was committed")
	// ErrClosed says that the journal was closed.
	ErrClosed = errors.New("journal: closed")
)

// What keeps a log from being opened.
var (
	// ErrLocked says that another process has the data folder.
	ErrLocked = errors.New("journal: the data folder is in use")
	// ErrOtherLog says that the stream is not the log that the data folder belongs to.
	ErrOtherLog = errors.New("journal: another log")
)

// LossError says that messages are gone that were in the log.
type LossError struct {
	// First and Last are the first and the last of them.
	First, Last layers.Seq
	// Reason says what was found.
	Reason string
}

// Error says which messages, why and what to do.
func (e *LossError) Error() string {
	what := fmt.Sprintf("messages %d to %d of the log are", e.First, e.Last)
	if e.First == e.Last {
		what = fmt.Sprintf("message %d of the log is", e.First)
	}
	return fmt.Sprintf("journal: %s lost: %s; restore a backup of the data folder, or accept the loss to go on without", what, e.Reason)
}
