package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"hutong/api"
	"hutong/internal/auth"
	"hutong/internal/telemetry"
	"hutong/journal/backup"
	"hutong/journal/checkpoint"
	"hutong/journal/snapshot"
)

// checkpointTimeout is how long the checkpoint of a backup may take.
const checkpointTimeout = 5 * time.Minute

// BackupType is the media type of a backup.
const BackupType = "application/x-tar"

// Backups is what the route of backups needs.
type Backups struct {
	// Keys and Base say who may ask.
	Keys *auth.Keys
	Base api.Base
	// Pin has a checkpoint written now and pins it; nil when the server keeps nothing. It is called from any
	// goroutine.
	Pin func(ctx context.Context) (*checkpoint.Pinned, error)
	// Letters returns the refused records that go with it; nil is none.
	Letters func() backup.Letters
	// Snapshots returns the pinned snapshots that go with it; nil is none.
	Snapshots func() *snapshot.Store
	// Log takes what went wrong.
	Log *slog.Logger
	// Metrics takes the counter.
	Metrics *telemetry.Metrics
}

// backups answers POST /admin/backup.
type backups struct {
	Backups
	sending  sync.Mutex // held by the backup that is sent: another would only wait for the same disk
	outcomes *telemetry.Counts
}

// BackupRoutes returns the route of backups:
//
//	POST /admin/backup    the state of all layers at one moment as a tar, see package backup; needs the scope backup
//
// One that breaks off ends its connection, so that no client takes it for whole.
func BackupRoutes(o Backups) []api.Route {
	b := &backups{Backups: o}
	b.outcomes = o.Metrics.Counter("hutong_backups_total", "Backups that were asked for, by outcome: sent, failed, or busy with another.", "outcome")
	return []api.Route{{
		Pattern: "/admin/backup", Label: "admin_backup", Methods: []string{http.MethodPost}, Keyed: true, Handler: b,
	}}
}

// ServeHTTP sends a backup.
func (b *backups) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !api.Authorize(w, r, b.Base, b.Keys, auth.Scope{Action: auth.Backup}) {
		return
	}
	if b.Pin == nil {
		api.Refuse(w, r, api.CodeNotFound, "This server keeps nothing, so there is nothing to back up: its config has no journal.")
		return
	}
	if !b.sending.TryLock() {
		b.outcomes.With("busy").Add(1)
		api.RetryAfter(w.Header(), time.Minute)
		api.Refuse(w, r, api.CodeBusy, "Another backup is being sent.")
		return
	}
	defer b.sending.Unlock()
	// The server's deadline for reading is for requests; a backup may take hours. A writer that has none is one
	// of a test.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	ctx, cancel := context.WithTimeout(r.Context(), checkpointTimeout)
	pinned, err := b.Pin(ctx)
	cancel()
	if err != nil {
		b.outcomes.With("failed").Add(1)
		if r.Context().Err() != nil {
			api.Refuse(w, r, api.CodeCancelled, "")
			return
		}
		b.Log.Error("no checkpoint could be written for a backup", slog.Any("error", err))
		api.RetryAfter(w.Header(), time.Minute)
		api.Refuse(w, r, api.CodeUnavailable, "No checkpoint could be written; the server's log says why.")
		return
	}
	defer pinned.Release()
	h := w.Header()
	h.Set("Content-Type", BackupType)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", backup.FileName(pinned.Info.Seq, pinned.Info.Time)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	start := time.Now()
	var letters backup.Letters
	if b.Letters != nil {
		letters = b.Letters()
	}
	var snapshots *snapshot.Store
	if b.Snapshots != nil {
		snapshots = b.Snapshots()
	}
	c, err := backup.Write(r.Context(), w, pinned, snapshots, letters, nil)
	if err != nil {
		b.outcomes.With("failed").Add(1)
		level := slog.LevelWarn // the client, or what is between, went away
		if errors.Is(err, backup.ErrDamaged) {
			level = slog.LevelError
		}
		b.Log.Log(r.Context(), level, "a backup broke off", slog.Any("error", err))
		panic(http.ErrAbortHandler) // what was sent must not end as if it were whole
	}
	b.outcomes.With("sent").Add(1)
	b.Log.Info("backup sent", slog.Uint64("seq", uint64(c.Seq)), slog.Int64("bytes", c.Bytes()), slog.Float64("seconds", time.Since(start).Seconds()))
}
