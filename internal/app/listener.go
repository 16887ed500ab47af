package app

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"hutong/internal/telemetry"
)

// maxConnections is the most connections that are open at once: one for each live stream there may be
// (live.DefaultClients), and as many for everything else as 1,000 browsers open, which is six each. The
// files that the process may open must be more: Go raises the soft limit to the hard one.
const maxConnections = 16_384

// Writes are cut into pieces so that a client may be slow but not stand still: each piece has
// stallTimeout to get into the system's buffers. That is 2 kB/s at least, however long the answer.
const (
	stallTimeout = 30 * time.Second
	pieceBytes   = 64 << 10
	// setAgain is how often at most a connection's deadline is moved: setting it costs as much as a
	// small write.
	setAgain = time.Second
)

// boundListener accepts no more connections than it has slots; further ones wait in the system's
// queue until one closes. It may be used from any goroutine.
type boundListener struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}
	close  sync.Once
	open   atomic.Int64 // connections; one slot more is taken by who waits for the next
	full   telemetry.Count
	stalls telemetry.Count
}

var _ net.Listener = (*boundListener)(nil)

// bound returns l with at most limit connections open.
func bound(l net.Listener, limit int, m *telemetry.Metrics) *boundListener {
	b := &boundListener{
		Listener: l, slots: make(chan struct{}, limit), closed: make(chan struct{}),
		full:   m.Counter("hutong_http_connections_limited_total", "Times that a connection had to wait for another to close.").With(),
		stalls: m.Counter("hutong_http_stalled_total", "Connections closed because the client stopped reading.").With(),
	}
	m.Sample("hutong_http_connections", "Connections that are open.", nil,
		func(emit func(float64, ...string)) { emit(float64(b.open.Load())) })
	return b
}

// Accept waits for a slot and a connection. The error is net.ErrClosed once the listener is closed.
func (b *boundListener) Accept() (net.Conn, error) {
	select {
	case b.slots <- struct{}{}:
	default:
		b.full.Add(1)
		select {
		case b.slots <- struct{}{}:
		case <-b.closed:
			return nil, net.ErrClosed
		}
	}
	conn, err := b.Listener.Accept()
	if err != nil {
		<-b.slots
		return nil, err
	}
	b.open.Add(1)
	return &boundConn{Conn: conn, release: func() { b.open.Add(-1); <-b.slots }, stalls: b.stalls}, nil
}

// Close stops accepting; connections stay open.
func (b *boundListener) Close() error {
	b.close.Do(func() { close(b.closed) })
	return b.Listener.Close()
}

// boundConn gives its slot back when it closes, once, and does not wait for a client that stopped
// reading.
type boundConn struct {
	net.Conn
	once    sync.Once
	release func()
	stalls  telemetry.Count
	moved   atomic.Int64 // when the write deadline was last moved, Unix nanoseconds
}

// Write writes p piece by piece. The error is os.ErrDeadlineExceeded when a piece did not get away
// in stallTimeout.
func (c *boundConn) Write(p []byte) (int, error) {
	written := 0
	for {
		if err := c.moveDeadline(); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(p[written:min(written+pieceBytes, len(p))])
		written += n
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.stalls.Add(1)
			}
			return written, err
		}
		if written == len(p) {
			return written, nil
		}
	}
}

// moveDeadline gives the next piece its time, and at most setAgain more.
func (c *boundConn) moveDeadline() error {
	now := time.Now()
	if now.UnixNano()-c.moved.Load() < int64(setAgain) {
		return nil
	}
	c.moved.Store(now.UnixNano())
	return c.Conn.SetWriteDeadline(now.Add(stallTimeout + setAgain))
}

// SetWriteDeadline sets a deadline of net/http's own, which takes ours away after each answer: the next
// piece gets its time anew.
func (c *boundConn) SetWriteDeadline(at time.Time) error {
	c.moved.Store(0)
	return c.Conn.SetWriteDeadline(at)
}

// SetDeadline is [boundConn.SetWriteDeadline] for both directions.
func (c *boundConn) SetDeadline(at time.Time) error {
	c.moved.Store(0)
	return c.Conn.SetDeadline(at)
}

// Close closes the connection.
func (c *boundConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.release)
	return err
}
