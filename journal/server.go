package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	// serverStart bounds how long the embedded server may take to recover its stream.
	serverStart = 2 * time.Minute
	// serverMemory bounds what JetStream keeps in memory: the state of followers.
	serverMemory = 64 << 20
	// serverStore is no bound: the disk is watched instead, before it is full.
	serverStore = 1 << 50
)

// startServer starts a server that opens no port, for this process alone. broken is called when it says
// that a write failed.
func startServer(o *Options, broken func(string)) (*server.Server, error) {
	if err := dropIndexes(filepath.Join(o.Folder, "log")); err != nil {
		return nil, err
	}
	so := &server.Options{
		ServerName:             "hutong",
		DontListen:             true,
		NoSigs:                 true,
		NoLog:                  true, // of its own: it has ours
		DisableJetStreamBanner: true,
		JetStream:              true,
		StoreDir:               filepath.Join(o.Folder, "log"),
		JetStreamMaxMemory:     serverMemory,
		JetStreamMaxStore:      serverStore,
		MaxPayload:             maxMessage + maxHeaders,
		SyncAlways:             o.Sync == 0,
		SyncInterval:           o.Sync,
	}
	s, err := server.NewServer(so)
	if err != nil {
		return nil, fmt.Errorf("journal: embedded server: %w", err)
	}
	s.SetLoggerV2(serverLog{o.Log, broken}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(serverStart) || !s.JetStreamEnabled() {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, errors.New("journal: the embedded server did not start; the log says why")
	}
	return s, nil
}

// connectTo connects within the process.
func connectTo(s *server.Server) (*nats.Conn, error) {
	return nats.Connect("", nats.InProcessServer(s), nats.Name("hutong"), nats.MaxReconnects(-1),
		nats.ReconnectWait(10*time.Millisecond), nats.ReconnectBufSize(-1))
}

// serverLog writes the server's lines. What it calls a notice is a detail here. It also listens: after a
// failed write JetStream acknowledges nothing more and answers nobody; a line in its log is all there is.
type serverLog struct {
	log    *slog.Logger
	broken func(line string)
}

var _ server.Logger = serverLog{}

// brokenLines are parts of the lines that say so, in lower case (nats-server 2.15.2).
var brokenLines = []string{"critical write error", "permission denied while writing", "out of space", "out of file resources"}

func (l serverLog) write(level func(string, ...any), format string, v []any) string {
	line := fmt.Sprintf(format, v...)
	level("nats", slog.String("line", line))
	return line
}

// listen is write of a line that may say that a write failed.
func (l serverLog) listen(level func(string, ...any), format string, v []any) {
	line := l.write(level, format, v)
	lower := strings.ToLower(line)
	for _, part := range brokenLines {
		if strings.Contains(lower, part) {
			l.broken(line)
			return
		}
	}
}

func (l serverLog) Noticef(format string, v ...any) { l.write(l.log.Debug, format, v) }
func (l serverLog) Warnf(format string, v ...any)   { l.listen(l.log.Warn, format, v) }
func (l serverLog) Fatalf(format string, v ...any)  { l.listen(l.log.Error, format, v) }
func (l serverLog) Errorf(format string, v ...any)  { l.listen(l.log.Error, format, v) }
func (l serverLog) Debugf(format string, v ...any)  { l.write(l.log.Debug, format, v) }
func (l serverLog) Tracef(format string, v ...any)  { l.write(l.log.Debug, format, v) }

// dropIndexes removes what a clean stop leaves so that the next start need not read the log. Without it
// the server checks every record; with it, it believes the last one, and a flipped bit in the sequence
// of another makes it fill its memory with the numbers between (nats-server 2.15.2, indexCacheBuf).
func dropIndexes(folder string) error {
	all, err := filepath.Glob(filepath.Join(folder, "jetstream", "*", "streams", "*", "msgs", "index.db"))
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	for _, path := range all {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}
