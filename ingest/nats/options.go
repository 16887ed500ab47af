package nats

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"hutong/internal/telemetry"
)

// Defaults of [Options], and what they may be at most.
const (
	DefaultMaxClients = 10_000
	DefaultMaxPayload = 1 << 20
	DefaultQueue      = 65_536
	DefaultMemory     = 64 << 20
	DefaultGrace      = 5 * time.Second

	// MinPayload leaves room for answers, which are bounded by the same number.
	MinPayload = 64 << 10
	// MaxPayload is what nats-server advises at most.
	MaxPayload = 8 << 20
	// MaxAnswer is the most bytes of an answer.
	MaxAnswer = 48 << 10
	// MaxAccounts is the most accounts; each costs about 100 kB.
	MaxAccounts = 1000
)

// What clients may take of the server. They are no options: nobody should have to think about them.
const (
	connectTimeout = 10 * time.Second // until CONNECT, and as long before for TLS
	writeTimeout   = 10 * time.Second // until the system takes what is sent to a client
	pingInterval   = time.Minute
	pingsMissed    = 2
	maxControlLine = 4 << 10 // bytes of a protocol line: subject, reply subject and lengths
	maxSubs        = 1024    // subscriptions of a connection: one inbox, or one for each request
	publishTimeout = time.Minute
	startTimeout   = 10 * time.Second
)

const (
	maxBatch = 1000 // messages of a call of the handler
	overhead = 256  // bytes that a queued message costs besides its own
	inboxes  = "_INBOX.>"

	// pendingMessages is how many messages of an account may lie between its connection and its queue, where
	// none should lie for long.
	pendingMessages = 65_536
)

// Options says where to listen and sets bounds. The zero value of each field but Listen is its default.
type Options struct {
	// Listen is the address, host:port. Port 0 takes any free one.
	Listen string
	// TLS is the certificate and what else TLS needs; nil listens without.
	TLS *tls.Config
	// MaxClients is the most connections at once.
	MaxClients int
	// MaxPayload is the most bytes of a message, headers included, from MinPayload to MaxPayload. Who sends a
	// longer one is disconnected.
	MaxPayload int
	// Queue is the most messages of an account that wait for the handler.
	Queue int
	// Memory is the most bytes of messages of all accounts that wait or are with the handler; an account has
	// at most a quarter of it. At least eight times MaxPayload.
	Memory int
	// Accounts are those that clients may have.
	Accounts []Account
	// Grace is how long messages that have come may still take to be accepted and answered once the server
	// stops.
	Grace time.Duration
	// Log is where to log; nil logs nothing.
	Log *slog.Logger
	// Metrics is where to count; nil counts nothing. One server only may count in it.
	Metrics *telemetry.Metrics
}

// withDefaults returns o with its zero values filled in.
func (o Options) withDefaults() Options {
	o.MaxClients = cmp.Or(o.MaxClients, DefaultMaxClients)
	o.MaxPayload = cmp.Or(o.MaxPayload, DefaultMaxPayload)
	o.Queue = cmp.Or(o.Queue, DefaultQueue)
	o.Memory = cmp.Or(o.Memory, max(DefaultMemory, 8*o.MaxPayload))
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
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf("nats: "+format, args...)) }
	if _, _, err := hostPort(o.Listen); err != nil {
		add("listen %q is no address: want host:port, such as 127.0.0.1:4222", o.Listen)
	}
	if d.MaxClients < 1 {
		add("max clients is %d: want 1 or more", d.MaxClients)
	}
	if d.MaxPayload < MinPayload || d.MaxPayload > MaxPayload {
		add("max payload is %d bytes: want %d to %d", d.MaxPayload, MinPayload, MaxPayload)
	}
	if d.Queue < 1 {
		add("queue is %d messages: want 1 or more", d.Queue)
	}
	if d.Memory < 8*d.MaxPayload {
		add("memory is %d bytes: want at least eight times the longest payload, %d", d.Memory, 8*d.MaxPayload)
	}
	if d.Grace < 0 {
		add("grace is %v: want 0s or more", d.Grace)
	}
	if len(d.Accounts) > MaxAccounts {
		add("%d accounts: want at most %d", len(d.Accounts), MaxAccounts)
	}
	names := map[string]bool{}
	for _, a := range d.Accounts {
		if names[a.Name] {
			add("the account %q is there twice", a.Name)
		}
		names[a.Name] = true
		if len(a.Subjects) == 0 {
			add("the account %q has no subject", a.Name)
		}
		for _, s := range a.Subjects {
			if _, err := ParseFilter(s); err != nil {
				problems = append(problems, fmt.Errorf("nats: the account %q: %w", a.Name, err))
			}
		}
	}
	return errors.Join(problems...)
}

// hostPort reads an address. An empty host is every address of the machine, those of IPv6 too if it has them.
func hostPort(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return host, int(n), err
}
