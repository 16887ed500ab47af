package mqtt

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"time"
)

// conn is the connection of a client. After connect, readAll and publishAll run in a goroutine each; end
// and write may be called by any.
type conn struct {
	s     *Server
	nc    net.Conn
	queue *queue

	// Set by connect.
	session    Session
	identity   identity
	maxSilence time.Duration

	// readAll's own.
	r          *bufio.Reader
	unreleased unreleased

	reading context.Context // done once the connection is to end
	stop    context.CancelCauseFunc
}

// why is an ending as the cause of a context.
type why struct{ ending }

func (w why) Error() string { return "mqtt: " + string(w.ending) }

func newConn(s *Server, nc net.Conn) *conn {
	if s.o.TLS != nil {
		nc = tls.Server(nc, s.o.TLS)
	}
	c := &conn{
		s: s, nc: nc, r: bufio.NewReaderSize(nc, readBuffer),
		queue: newQueue(s.o.Inflight, s.o.MaxPacket+overhead),
	}
	c.reading, c.stop = context.WithCancelCause(context.Background())
	return c
}

// end stops reading; the first reason counts. What was read is still published and acknowledged.
func (c *conn) end(e ending) {
	c.stop(why{e})
	_ = c.nc.SetReadDeadline(time.Unix(1, 0))
}

// reason is why the connection ended.
func (c *conn) reason() ending {
	if w, ok := errors.AsType[why](context.Cause(c.reading)); ok {
		return w.ending
	}
	return endStopped
}

// readWithin lets reads take so long from now. It reports whether there is still to be read.
func (c *conn) readWithin(d time.Duration) bool {
	// end stops first and sets its deadline then, so it comes after ours or is seen here.
	_ = c.nc.SetReadDeadline(time.Now().Add(d))
	return c.reading.Err() == nil
}

// write sends whole packets, all in one call, which other writers do not break into.
func (c *conn) write(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	_ = c.nc.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := c.nc.Write(b); err != nil {
		e := endLost
		if errors.Is(err, os.ErrDeadlineExceeded) {
			e = endSlow
		}
		c.end(e)
		return false
	}
	return true
}

// readAll reads packets until the connection is to end.
func (c *conn) readAll() {
	for c.readWithin(c.maxSilence) {
		first, err := c.r.ReadByte()
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.end(endSilent)
			return
		default:
			c.end(endLost)
			return
		}
		if err := c.readPacket(first); err != nil {
			c.readFailed(err)
			return
		}
	}
}

// readFailed ends the connection for an error inside a packet.
func (c *conn) readFailed(err error) {
	stopped, isStopped := errors.AsType[why](err)
	_, isMalformed := errors.AsType[*malformed](err)
	switch {
	case isStopped:
		c.end(stopped.ending)
	case isMalformed:
		c.end(endMalformed)
		c.s.o.Log.Debug("MQTT client sent what it may not",
			slog.String("remote", c.nc.RemoteAddr().String()), slog.Any("error", err))
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.end(endSlow)
	default:
		c.end(endLost)
	}
}

// readPacket reads the packet that begins with first and does what it asks.
func (c *conn) readPacket(first byte) error {
	if !c.readWithin(packetTimeout) {
		return context.Cause(c.reading)
	}
	h, err := readHeader(first, c.r)
	if err != nil {
		return err
	}
	switch h.kind {
	case kindPublish:
		return c.readPublish(h)
	case kindPubrel:
		return c.readPubrel(h)
	case kindPingreq:
		c.write([]byte{byte(kindPingresp) << 4, 0})
		return nil
	case kindDisconnect:
		return why{endDisconnect}
	case kindSubscribe, kindUnsubscribe:
		return c.readSubscribe(h)
	default:
		return malformedf("a second %v", h.kind) // CONNECT: readHeader knows no other
	}
}

// readPublish reads a PUBLISH into the queue, once there is memory for it.
func (c *conn) readPublish(h header) error {
	cost := h.cost(c.s.o.MaxPacket)
	if !c.reserve(cost) {
		return context.Cause(c.reading)
	}
	if !c.readWithin(packetTimeout + time.Duration(h.length/slowestBytes)*time.Second) {
		c.release(cost)
		return context.Cause(c.reading)
	}
	p, err := readPublish(c.r, h, c.s.o.MaxPacket)
	if err != nil {
		c.release(cost)
		return err
	}
	p.Received = time.Now()
	if p.Cut() {
		c.s.metrics.cut.Add(1)
	}
	it := item{publish: p, isMessage: true, cost: cost}
	switch p.QoS {
	case 1:
		it.answer = kindPuback
	case 2:
		it.answer = kindPubrec
		it.isMessage = c.unreleased.add(p.id) // else it is there, or before this in the queue
	}
	return c.enqueue(&it)
}

// readPubrel releases a packet identifier. Its answer goes through the queue, so that it cannot overtake
// the message, whatever the client does.
func (c *conn) readPubrel(h header) error {
	b, err := readBody(c.r, h)
	if err != nil {
		return err
	}
	id := b.uint16("the packet identifier")
	if id == 0 {
		return malformedf("PUBREL: its packet identifier is 0")
	}
	c.unreleased.release(id)
	if !c.reserve(overhead) {
		return context.Cause(c.reading)
	}
	return c.enqueue(&item{publish: publish{id: id}, answer: kindPubcomp, cost: overhead})
}

func (c *conn) readSubscribe(h header) error {
	b, err := readBody(c.r, h)
	if err != nil {
		return err
	}
	answer, err := answerSubscribe(b)
	if err != nil {
		return err
	}
	c.write(answer)
	return nil
}

// reserve takes n bytes of the shared memory, waiting for them while the connection lasts.
func (c *conn) reserve(n int) bool {
	waited, ok := c.s.memory.take(c.reading, n)
	if waited {
		c.s.metrics.waitsMemory.Add(1)
	}
	if ok {
		c.s.metrics.memory.Add(float64(n))
	}
	return ok
}

func (c *conn) release(n int) {
	c.s.metrics.memory.Add(-float64(n))
	c.s.memory.give(n)
}

// enqueue hands an item to publishAll, waiting for room while the connection lasts.
func (c *conn) enqueue(it *item) error {
	waited, ok := c.queue.put(c.reading, it)
	if waited {
		c.s.metrics.waitsQueue.Add(1)
	}
	if !ok {
		c.drop(it)
		return context.Cause(c.reading)
	}
	return nil
}

// drop forgets an item that is not published.
func (c *conn) drop(it *item) {
	if it.isMessage {
		c.s.metrics.lost(it.QoS)
	}
	c.release(it.cost)
}
