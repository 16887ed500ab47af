package nats

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
)

// serverLog takes the lines of the server. Those about a client are counted and never logged: they have in
// them what the client sent, its user name for one, which may be a key in the wrong place.
type serverLog struct {
	log     *slog.Logger
	metrics *metrics

	mu    sync.Mutex
	fatal string // why it did not start
}

var _ server.Logger = (*serverLog)(nil)

// ofClient stands in the formats of lines about a client, and inProcess begins those about the connection of
// an account (nats-server 2.15.2).
const (
	ofClient  = " - cid:"
	inProcess = "pipe"
)

// client counts a line about a client. It reports whether it is one.
func (l *serverLog) client(format string, v []any) bool {
	switch {
	case !strings.Contains(format, ofClient):
		return false
	case strings.HasPrefix(format, inProcess):
	case strings.HasSuffix(format, "connection closed: %s") && len(v) > 0:
		state, _ := v[len(v)-1].(server.ClosedState)
		reason, known := endings[state]
		if !known {
			reason = otherEnding
		}
		l.metrics.endings.With(reason).Add(1)
	case strings.Contains(format, " - Publish Violation - "):
		l.metrics.violations.With(mayNotPublish).Add(1)
	case strings.Contains(format, " - Subscription Violation - "):
		l.metrics.violations.With(mayNotSubscribe).Add(1)
	}
	return true
}

func (l *serverLog) write(level func(string, ...any), format string, v []any) {
	if l.client(format, v) {
		return
	}
	// Lines of which there may be many come as one text.
	if line := fmt.Sprintf(format, v...); !strings.Contains(line, ofClient) {
		level("nats", slog.String("line", line))
	}
}

// Fatalf notes why the server does not start. It goes on, in spite of the name.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal == "" {
		l.fatal = fmt.Sprintf(format, v...)
	}
}

// failure is why the server did not start, "" if nothing kept it from that.
func (l *serverLog) failure() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

func (l *serverLog) Noticef(format string, v ...any) { l.write(l.log.Debug, format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.write(l.log.Warn, format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.write(l.log.Error, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.write(l.log.Debug, format, v) }
func (l *serverLog) Tracef(string, ...any)           {}
