package nats

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// account is one key's part of the server: what its clients publish comes to one subscription and from there
// into a queue. publishAll has a goroutine of its own.
type account struct {
	s        *Server
	name     string
	subjects []string
	inServer *server.Account

	queue   *queue
	conn    *nats.Conn
	sub     *nats.Subscription
	drained chan struct{} // closed when nothing more comes
	overrun int           // messages that the subscription has lost, as counted
}

// open connects within the process and listens.
func (a *account) open() error {
	log := a.s.o.Log.With(slog.String("key", a.name))
	var err error
	a.conn, err = nats.Connect("", nats.InProcessServer(a.s.server), nats.UserInfo(a.inServer.Name, a.s.gate.secret),
		nats.Name("hutong"), nats.NoEcho(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond), nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // none when we close it
				a.s.metrics.broken.Add(1)
				log.Error("the NATS connection of an account broke; messages are refused until it is made again", slog.Any("error", err))
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if skipped, ok := a.s.overruns.Allow(); ok {
				log.Warn("NATS messages may have been lost", slog.Any("error", err), slog.Int("more", skipped))
			}
		}))
	if err != nil {
		return fmt.Errorf("nats: account %s: %w", a.name, err)
	}
	if a.sub, err = a.conn.Subscribe(">", a.receive); err != nil {
		return fmt.Errorf("nats: account %s: %w", a.name, err)
	}
	var once sync.Once
	a.sub.SetClosedHandler(func(string) { once.Do(func() { close(a.drained) }) })
	if err := a.sub.SetPendingLimits(pendingMessages, 8*a.s.o.MaxPayload); err != nil {
		return fmt.Errorf("nats: account %s: %w", a.name, err)
	}
	if err := a.conn.Flush(); err != nil {
		return fmt.Errorf("nats: account %s: %w", a.name, err)
	}
	return nil
}

// receive queues a message, or says that there is no room. It never waits, so that nothing is lost before it
// gets here.
func (a *account) receive(in *nats.Msg) {
	m := Message{
		Subject: in.Subject, Payload: in.Data, Request: in.Reply != "", Received: time.Now(), reply: in.Reply,
		cost: overhead + len(in.Subject) + len(in.Reply) + len(in.Data),
	}
	if m.Request {
		m.Stream = streamHeader(in.Header)
	}
	if a.queue.put(m) {
		return
	}
	if m.Request {
		a.s.metrics.busy.Add(1)
		a.answer(m.reply, a.s.handler.Busy())
		return
	}
	a.lose(1, "there is no room for more")
}

// streamHeader returns the first header that asks for what only a stream does. Nats-Msg-Id asks that what
// comes twice counts once, which it does in any case.
func streamHeader(h nats.Header) string {
	first := ""
	for name := range h {
		if strings.HasPrefix(name, "Nats-") && name != nats.MsgIdHdr && (first == "" || name < first) {
			first = name
		}
	}
	return first
}

// lose counts messages that asked for no answer and are lost.
func (a *account) lose(n int, why string) {
	a.s.metrics.dropped.Add(n)
	if skipped, ok := a.s.drops.Allow(); ok {
		a.s.o.Log.Warn("NATS messages without a reply subject are lost: send requests, which are told to come again",
			slog.String("key", a.name), slog.Int("messages", n), slog.String("reason", why), slog.Int("more", skipped))
	}
}

// answer sends the answer to a request. One that cannot be sent is as good as lost on its way: the sender
// asks again.
func (a *account) answer(reply string, body []byte) {
	if err := a.conn.Publish(reply, body); err != nil {
		if skipped, ok := a.s.answers.Allow(); ok {
			a.s.o.Log.Warn("a NATS request was not answered", slog.String("key", a.name), slog.Any("error", err), slog.Int("more", skipped))
		}
	}
}

// publishAll hands what is queued to the handler and answers it, until the queue is closed and empty.
func (a *account) publishAll(work context.Context) {
	for {
		batch := a.queue.take()
		if len(batch) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(work, publishTimeout)
		a.s.handler.Publish(ctx, a.name, batch)
		cancel()
		now, lost := time.Now(), 0
		for i := range batch {
			m := &batch[i]
			switch {
			case !m.Failed:
				a.s.metrics.accepted[m.Request].Add(1)
				a.s.metrics.seconds.Observe(now.Sub(m.Received).Seconds())
			case m.Request:
				a.s.metrics.failed.Add(1)
			default:
				lost++
			}
			if m.Request {
				a.answer(m.reply, m.Answer)
			}
		}
		if lost > 0 {
			a.lose(lost, "they cannot be accepted now")
		}
		a.queue.done(batch)
		clear(batch)
		a.countOverrun()
	}
}

// finish has what came accepted and answered, until work is done, and disconnects.
func (a *account) finish(work context.Context, publisher <-chan struct{}) {
	if err := a.sub.Drain(); err == nil {
		select {
		case <-a.drained:
		case <-work.Done():
		}
	}
	a.queue.close()
	<-publisher
	_ = a.conn.FlushTimeout(time.Second) // it fails when the connection is broken, and then nobody waits
	a.close()
}

// close disconnects, and may be called again. What is queued is let go.
func (a *account) close() {
	if a.conn == nil {
		return
	}
	a.conn.Close()
}

// countOverrun counts what the subscription has lost since it was last counted.
func (a *account) countOverrun() {
	if n, err := a.sub.Dropped(); err == nil {
		a.s.metrics.overrun.Add(n - a.overrun)
		a.overrun = n
	}
}
