package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Remote is a NATS cluster that has the log. Its operator says how it syncs.
type Remote struct {
	// URLs are servers of the cluster: nats://host:port, tls://host:port or ws://host:port.
	URLs []string
	// Credentials is the file with a user's JWT and key; "" for none.
	Credentials string
	// CA is the file with the certificates to believe; "" for the system's.
	CA string
	// Stream is the name of the stream, letters, digits, '_' and '-'; "" is [DefaultStream]. Its messages
	// have the subject of that name and ".log". It is made if it is not there.
	Stream string
	// Replicas is how many servers keep a stream that is made, 1 to 5; 0 is 1.
	Replicas int
}

func (r *Remote) validate() []error {
	var errs []error
	if len(r.URLs) == 0 {
		errs = append(errs, errors.New("no URL of a server"))
	}
	if r.Replicas < 0 || r.Replicas > 5 {
		errs = append(errs, fmt.Errorf("%d replicas are not 1 to 5", r.Replicas))
	}
	word := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
	}
	if len(r.Stream) > layersName || strings.ContainsFunc(r.Stream, func(c rune) bool { return !word(c) }) {
		errs = append(errs, fmt.Errorf("the stream name %q may only have letters, digits, '_' and '-', at most %d", r.Stream, layersName))
	}
	return errs
}

// layersName bounds a stream's name as a layer's is.
const layersName = 64

// connect connects to the cluster. A connection that breaks is made again for ever; what is published
// meanwhile is refused, not kept.
func (r *Remote) connect(log *slog.Logger) (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name("hutong"), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second), nats.ReconnectBufSize(-1), nats.Timeout(10 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // none when we close it
				log.Warn("the connection to the log broke", slog.Any("error", err))
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			log.Info("connected to the log again", slog.String("server", c.ConnectedUrlRedacted()))
		}),
	}
	if r.Credentials != "" {
		options = append(options, nats.UserCredentials(r.Credentials))
	}
	if r.CA != "" {
		options = append(options, nats.RootCAs(r.CA))
	}
	return nats.Connect(strings.Join(r.URLs, ","), options...)
}
