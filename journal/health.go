package journal

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// State says whether the journal takes batches.
type State string

// The states.
const (
	StateOK       State = "ok"
	StateReadOnly State = "read_only" // the disk is nearly full
	StateFailing  State = "failing"   // a write failed, or there is no connection
)

const (
	// watchEvery is how often the disk and the stream are looked at.
	watchEvery = 2 * time.Second
	// largeAppend is the size from which an append looks at the disk first.
	largeAppend = 1 << 20
)

// health is what keeps the journal from taking batches.
type health struct {
	mu       sync.Mutex
	readOnly string // why, "" when it is not
	failing  string
}

// Health returns the state and why it is not ok.
func (j *Journal) Health() (State, string) {
	j.health.mu.Lock()
	readOnly, failing := j.health.readOnly, j.health.failing
	j.health.mu.Unlock()
	switch {
	case failing != "":
		return StateFailing, failing
	case j.nc.Status() != nats.CONNECTED:
		return StateFailing, "not connected to the log"
	case readOnly != "":
		return StateReadOnly, readOnly
	}
	return StateOK, ""
}

// writable returns why nothing can be appended, or nil. A remote log is asked each time: it may have
// recovered.
func (j *Journal) writable() error {
	state, reason := j.Health()
	switch {
	case state == StateFailing && j.server != nil:
		j.metrics.refused("failing")
		return fmt.Errorf("%w: %s; the log is whole up to what was acknowledged: put the disk right and restart", ErrFailing, reason)
	case state == StateReadOnly:
		j.metrics.refused("read_only")
		return fmt.Errorf("%w: %s", ErrReadOnly, reason)
	}
	return nil
}

// fail notes that a write failed.
func (j *Journal) fail(err error) {
	j.health.mu.Lock()
	first := j.health.failing == ""
	if first {
		j.health.failing = err.Error()
	}
	j.health.mu.Unlock()
	if first {
		j.log.Error("the log cannot be written", slog.Any("error", err))
	}
	j.metrics.failing.Set(1)
}

// broke takes what the embedded server said about a failed write.
func (j *Journal) broke(line string) {
	j.health.mu.Lock()
	first := j.health.failing == ""
	if first {
		j.health.failing = line
	}
	j.health.mu.Unlock()
	if first {
		j.metrics.failing.Set(1)
		close(j.broken)
	}
}

// recovered notes that a write to a remote log went well. An embedded one does not recover: what the
// kernel could not write may be gone, whatever the next write says.
func (j *Journal) recovered() {
	if j.server != nil {
		return
	}
	j.health.mu.Lock()
	was := j.health.failing != ""
	j.health.failing = ""
	j.health.mu.Unlock()
	if was {
		j.log.Info("the log can be written again")
		j.metrics.failing.Set(0)
	}
}

// checkDisk looks at the space that an embedded log has left. It is read-only below LowDisk, and until
// there is an eighth more than that.
func (j *Journal) checkDisk() {
	if j.server == nil {
		return
	}
	free, err := j.o.free(j.o.Folder)
	if err != nil {
		j.log.Warn("the free space of the data folder is unknown", slog.Any("error", err))
		return
	}
	j.health.mu.Lock()
	was := j.health.readOnly != ""
	need := j.o.LowDisk
	if was {
		need += need / 8
	}
	j.health.readOnly = ""
	if free < need {
		j.health.readOnly = fmt.Sprintf("%d bytes are free in %s, fewer than %d: make room", free, j.o.Folder, need)
	}
	is, reason := j.health.readOnly != "", j.health.readOnly
	j.health.mu.Unlock()
	switch {
	case is && !was:
		j.metrics.lowDisk.Set(1)
		j.log.Error("the journal is read-only", slog.String("reason", reason))
	case was && !is:
		j.metrics.lowDisk.Set(0)
		j.log.Info("the journal takes batches again", slog.Int64("free_bytes", free))
	}
}

// watch looks at the disk and the stream until the journal is closed.
func (j *Journal) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-j.stopped.Done():
			return
		case <-tick.C:
		}
		j.checkDisk()
		ctx, cancel := context.WithTimeout(j.stopped, watchEvery)
		if _, err := j.info(ctx); err != nil && j.stopped.Err() == nil {
			j.log.Debug("the state of the log is unknown", slog.Any("error", err))
		}
		cancel()
	}
}
