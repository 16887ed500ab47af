package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Journal says where and how accepted changes are kept.
type Journal struct {
	// Folder is the data folder, with variables of the environment put in.
	Folder string
	// Sync is how often the log is synced to disk; 0 is before each acknowledgement.
	Sync time.Duration
	// CheckpointBytes of the log, and CheckpointEvery, are after how much of either a checkpoint is
	// written; 0 when the file does not say.
	CheckpointBytes int64
	CheckpointEvery time.Duration
	// Keep is how many checkpoints are kept at least; 0 when the file does not say.
	Keep int
	// Retention is how far back the log reaches at least.
	Retention time.Duration
	// LowDisk is below how many free bytes nothing is accepted; 0 when the file does not say.
	LowDisk int64
	// PastStates, PastBytes and PastIdle bound what is held of the past; each is 0 when the file does not say.
	PastStates int
	PastBytes  int64
	PastIdle   time.Duration
	// Snapshots is how many may be pinned; 0 when the file does not say.
	Snapshots int
	// NATS is an external cluster for the log; nil is one in the process.
	NATS *NATS
}

// NATS is a NATS cluster with JetStream.
type NATS struct {
	// URLs of its servers, at least one.
	URLs []string
	// Credentials is a .creds file, CA a PEM file of who signed the servers' certificates; "" for none.
	Credentials, CA string
	// Stream is the log's name there; "" when the file does not say.
	Stream string
	// Replicas of the stream; 0 when the file does not say.
	Replicas int
}

// Bounds of durations in a config.
const (
	minSync, maxSync             = 10 * time.Millisecond, 2 * time.Minute
	minCheckpoint, maxCheckpoint = 10 * time.Second, 24 * time.Hour
	minIdle, maxIdle             = time.Second, 7 * 24 * time.Hour
	maxRetention                 = 10 * 366 * 24 * time.Hour
	maxAge                       = 100 * 366 * 24 * time.Hour
)

// journal reads the journal.
func (b *builder) journal(n *node) {
	if n == nil {
		return
	}
	j := &Journal{
		CheckpointBytes: int64(n.get("checkpoint").get("bytes").integer(0)),
		Keep:            n.get("checkpoint").get("keep").integer(0),
		LowDisk:         int64(n.get("low_disk").integer(0)),
		PastStates:      n.get("past").get("states").integer(0),
		PastBytes:       int64(n.get("past").get("bytes").integer(0)),
		Snapshots:       n.get("snapshots").integer(0),
	}
	j.CheckpointEvery = b.duration(n.get("checkpoint").get("every"), minCheckpoint, maxCheckpoint)
	j.PastIdle = b.duration(n.get("past").get("idle"), minIdle, maxIdle)
	j.Retention = b.duration(n.get("retention"), 0, maxRetention)
	if sync := n.get("sync"); sync.str() != "always" {
		j.Sync = b.duration(sync, minSync, maxSync)
	}
	path := func(key string, n *node) string {
		at := n.get(key)
		if at == nil {
			return ""
		}
		expanded, err := expand(at.text, b.env)
		if err != nil {
			b.f.on(at, "%v", err)
		}
		return expanded
	}
	j.Folder = path("folder", n)
	if s := n.get("nats"); s != nil {
		j.NATS = &NATS{
			Credentials: path("credentials", s), CA: path("ca", s),
			Stream: s.get("stream").str(), Replicas: s.get("replicas").integer(0),
		}
		if urls := s.get("urls"); urls != nil {
			for _, item := range urls.items {
				j.NATS.URLs = append(j.NATS.URLs, item.text)
			}
		}
	}
	if folder, ok := b.env(EnvJournalFolder); ok && folder != "" {
		j.Folder, j.NATS = folder, nil
	}
	b.config.Journal = j
}

// duration reads a duration between two others; nil is 0.
func (b *builder) duration(n *node, least, most time.Duration) time.Duration {
	if n == nil || n.bad {
		return 0
	}
	d, err := ParseDuration(n.text)
	switch {
	case err != nil:
		b.f.on(n, "%v", err)
	case d < least || d > most:
		b.f.on(n, "%s is not from %s to %s", n.text, spell(least), spell(most))
	}
	return d
}

// ParseDuration reads a duration as a config spells it: as Go does, or in days, such as 30d. One of more than 292 years
// is cut to that.
func ParseDuration(text string) (time.Duration, error) {
	hours, isDays := strings.CutSuffix(text, "d")
	if !isDays {
		hours = text
	} else if _, err := strconv.ParseFloat(hours, 64); err == nil { // unlike 1h2d
		hours += "h" // with which Go's durations end
	}
	d, err := time.ParseDuration(hours)
	if err != nil {
		return 0, fmt.Errorf("%s is no duration: write a number and its unit, such as 500ms, 30s, 10m, 24h or 30d", quote(text))
	}
	if isDays {
		const most = math.MaxInt64 / 24
		d = min(max(d, -most), most) * 24
	}
	return d, nil
}

// spell returns a duration as a config writes it.
func spell(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day && d%day == 0 {
		return strings.TrimSuffix((d/24).String(), "h0m0s") + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
