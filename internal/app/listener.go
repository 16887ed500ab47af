package app

import (
	"net"
	"sync"

	"hutong/internal/telemetry"
)

// maxConnections is the most connections that are open at once. A browser opens six.
const maxConnections = 4096

// boundListener accepts no more connections than it has slots; further ones wait in the system's
// queue until one closes. It may be used from any goroutine.
type boundListener struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}
	close  sync.Once
	full   telemetry.Count
}

var _ net.Listener = (*boundListener)(nil)

// bound returns l with at most limit connections open.
func bound(l net.Listener, limit int, m *telemetry.Metrics) *boundListener {
	b := &boundListener{
		Listener: l, slots: make(chan struct{}, limit), closed: make(chan struct{}),
		full: m.Counter("hutong_http_connections_limited_total", "Times that a connection had to wait for another to close.").With(),
	}
	m.Sample("hutong_http_connections", "Connections that are open.", nil,
		func(emit func(float64, ...string)) { emit(float64(len(b.slots))) })
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
	return &boundConn{Conn: conn, release: func() { <-b.slots }}, nil
}

// Close stops accepting; connections stay open.
func (b *boundListener) Close() error {
	b.close.Do(func() { close(b.closed) })
	return b.Listener.Close()
}

// boundConn gives its slot back when it closes, once.
type boundConn struct {
	net.Conn
	once    sync.Once
	release func()
}

// Close closes the connection.
func (c *boundConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.release)
	return err
}
