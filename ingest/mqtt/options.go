package mqtt

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"hutong/ingest"
	"hutong/internal/telemetry"
)

// Defaults of [Options].
const (
	DefaultMaxClients = 10_000
	DefaultMaxPacket  = 1 << 20
	DefaultInflight   = 256
	DefaultMemory     = 64 << 20
	DefaultMaxSilence = time.Hour
	DefaultGrace      = 5 * time.Second
)

// How long the other side may take. They are no options: nobody should have to think about them.
const (
	connectTimeout = 10 * time.Second // from accepting a connection to its CONNECT, TLS included
	packetTimeout  = 10 * time.Second // from the first byte of a packet to its last, and
	slowestBytes   = 16 << 10         // a second more for so many of its bytes
	writeTimeout   = 10 * time.Second // until the system takes an answer
	failureDelay   = time.Second      // about so long a failed client waits for its end; see conn.fail
)

const (
	maxConnect   = 16 << 10 // bytes of a CONNECT, of whose sender nothing is known yet
	maxSubscribe = 64 << 10 // bytes of a SUBSCRIBE or UNSUBSCRIBE
	readBuffer   = 2 << 10  // bytes read ahead of a connection; most packets of sensors fit
	overhead     = 256      // bytes that a queued message costs besides its own
)

// Options says where to listen and sets bounds. The zero value of each field but Listen is its default.
type Options struct {
	// Listen is the address, host:port. Port 0 takes any free one.
	Listen string
	// TLS is the certificate and what else TLS needs; nil listens without.
	TLS *tls.Config
	// MaxClients is the most connections at once. One more is told that the server is unavailable.
	MaxClients int
	// MaxPacket is the most bytes of a packet behind its fixed header. A longer PUBLISH is read past and
	// handed over cut.
	MaxPacket int
	// Inflight is the most messages of a client that wait for the handler, 1 to 65,535. With those that
	// the handler has, twice as many may be unacknowledged before the server stops reading.
	Inflight int
	// Memory is the most bytes of messages of all clients that are being read, wait or are with the
	// handler. Whoever needs more waits, first come, first served. At least three times MaxPacket.
	Memory int
	// MaxSilence ends a connection on which nothing came for so long. A client's own keep-alive, one and
	// a half of it, ends it sooner (§3.1.2.10).
	MaxSilence time.Duration
	// Grace is how long messages that were read may still take to be accepted and acknowledged once the
	// server stops.
	Grace time.Duration
	// Log is where to log; nil logs nothing.
	Log *slog.Logger
	// Metrics is where to count; nil counts nothing. One server only may count in it.
	Metrics *telemetry.Metrics
}

// withDefaults returns o with its zero values filled in.
func (o Options) withDefaults() Options {
	o.MaxClients = cmp.Or(o.MaxClients, DefaultMaxClients)
	o.MaxPacket = cmp.Or(o.MaxPacket, DefaultMaxPacket)
	o.Inflight = cmp.Or(o.Inflight, DefaultInflight)
	o.Memory = cmp.Or(o.Memory, DefaultMemory)
	o.MaxSilence = cmp.Or(o.MaxSilence, DefaultMaxSilence)
	o.Grace = cmp.Or(o.Grace, DefaultGrace)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = telemetry.NewMetrics()
	}
	return o
}

// Validate says everything that is wrong with o, or nil.
func (o Options) Validate() error {
	d := o.withDefaults()
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf("mqtt: "+format, args...)) }
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		add("listen %q is no address: want host:port, such as 127.0.0.1:1883", o.Listen)
	}
	if d.MaxClients < 1 {
		add("max clients is %d: want 1 or more", d.MaxClients)
	}
	if d.MaxPacket < minPacket || d.MaxPacket > maxRemaining {
		add("max packet is %d bytes: want %d to %d", d.MaxPacket, minPacket, maxRemaining)
	}
	if d.Inflight < 1 || d.Inflight > maxInflight {
		add("in flight is %d: want 1 to %d", d.Inflight, maxInflight)
	}
	if d.Memory < 3*d.MaxPacket {
		add("memory is %d bytes: want at least three times the longest packet, %d", d.Memory, 3*d.MaxPacket)
	}
	if d.MaxSilence < time.Second {
		add("max silence is %v: want 1s or more", d.MaxSilence)
	}
	if d.Grace < 0 {
		add("grace is %v: want 0s or more", d.Grace)
	}
	return errors.Join(problems...)
}

const (
	// A packet that is cut keeps a topic of any length and what a dead letter keeps of the payload, and
	// should not be longer than one that is not.
	minPacket   = ingest.MaxLetterRaw + maxText + 8
	maxInflight = 1<<16 - 1
)
