package checkpoint

import (
	"errors"
	"io/fs"
	"syscall"
)

// reason is why a checkpoint cannot be used, as a metric's label says it.
type reason string

const (
	reasonManifest reason = "manifest" // the manifest is torn, changed or cannot be
	reasonMissing  reason = "missing"  // a file is not there
	reasonChecksum reason = "checksum" // a file is not as it was written
	reasonContent  reason = "content"  // a file is as it was written and cannot be read
)

var reasons = []reason{reasonManifest, reasonMissing, reasonChecksum, reasonContent}

// damage is what is wrong with a checkpoint, so that an older one must do.
type damage struct {
	reason reason
	err    error
}

// Error says what is wrong.
func (d *damage) Error() string { return d.err.Error() }

// Unwrap returns the reason.
func (d *damage) Unwrap() error { return d.err }

// environment reports whether err says that the machine does not let us read now, so that nothing is known
// about what there is to read.
func environment(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) ||
		errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.EINTR)
}

// damageOf makes err the reason to fall back, unless it is of the environment.
func damageOf(r reason, err error) error {
	if err == nil || environment(err) {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) {
		r = reasonMissing
	}
	return &damage{r, err}
}
