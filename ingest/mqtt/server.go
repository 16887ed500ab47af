package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"hutong/internal/telemetry"
)

// Server is an MQTT listener. Its methods may be called from any goroutine.
type Server struct {
	o        Options
	handler  Handler
	listener net.Listener
	metrics  *metrics
	memory   *budget
	slots    chan struct{} // a token for each connection
	refusals chan struct{} // a token for each connection beyond those, while it is told so

	failures, acceptFailures telemetry.Quiet

	mu      sync.Mutex
	clients map[identity]*conn
}

// identity is what a client is known by. The standard asks for the identifier only; with the user's name a
// client cannot end the connections of another user's.
type identity struct{ user, client string }

// maxRefusals is how many connections are told at once that there are too many. More are just closed.
const maxRefusals = 64

// Listen opens the address of o. The connections that come wait until [Server.Run] serves them, or
// [Server.Close] ends it. ctx bounds the opening only.
func Listen(ctx context.Context, o Options, h Handler) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("mqtt: listen on %s: %w", o.Listen, err)
	}
	return newServer(l, o, h), nil
}

func newServer(l net.Listener, o Options, h Handler) *Server {
	o = o.withDefaults()
	return &Server{
		o: o, handler: h, listener: l,
		metrics:  newMetrics(o.Metrics),
		memory:   newBudget(o.Memory),
		slots:    make(chan struct{}, o.MaxClients),
		refusals: make(chan struct{}, maxRefusals),
		clients:  map[identity]*conn{},
	}
}

// Addr is where the server listens, with the port that it got.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close stops listening. A server that runs stops by its context instead.
func (s *Server) Close() error {
	if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("mqtt: close: %w", err)
	}
	return nil
}

// Run serves clients until ctx is done. Then nothing more is read, what was read has Options.Grace to be
// accepted and acknowledged, and all connections end. It returns nil, or why it could not listen any
// longer, and may be called once.
func (s *Server) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	defer context.AfterFunc(ctx, func() { _ = s.listener.Close() })()

	var conns sync.WaitGroup
	err := s.accept(ctx, func(nc net.Conn) {
		conns.Go(func() { s.serve(ctx, work, nc) })
	})
	stop()
	defer time.AfterFunc(s.o.Grace, abandon).Stop()
	_ = s.listener.Close()
	conns.Wait()
	return err
}

// accept calls serve with each connection until ctx is done or the listener is closed. When the system
// gives none, it tries again: without files or memory for a while is no reason to be deaf for good.
func (s *Server) accept(ctx context.Context, serve func(net.Conn)) error {
	const longest = time.Second
	pause := 5 * time.Millisecond
	for {
		nc, err := s.listener.Accept()
		switch {
		case err == nil:
			pause = 5 * time.Millisecond
			serve(nc)
			continue
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("mqtt: %w", err)
		}
		s.metrics.acceptFails.Add(1)
		if skipped, ok := s.acceptFailures.Allow(); ok {
			s.o.Log.Error("cannot accept an MQTT connection", slog.Any("error", err), slog.Int("more", skipped))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, longest)
	}
}

// serve takes a slot and serves a connection until it ends. It does not read once ctx is done, and does not
// publish once work is.
func (s *Server) serve(ctx, work context.Context, nc net.Conn) {
	defer nc.Close()
	full := false
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		select {
		case s.refusals <- struct{}{}:
			defer func() { <-s.refusals }()
			full = true
		default:
			s.metrics.connects.With(connectFull).Add(1)
			return
		}
	}
	c := newConn(s, nc)
	defer c.end(endStopped)
	// Reading stops with ctx, or with the connection.
	defer context.AfterFunc(ctx, func() { c.end(endStopped) })()
	if !c.connect(full) {
		return
	}
	s.metrics.clients.Add(1)
	defer s.metrics.clients.Add(-1)
	s.register(c)
	defer s.unregister(c)

	var publisher sync.WaitGroup
	publisher.Go(func() { c.publishAll(work) })
	c.readAll()
	c.queue.close()
	publisher.Wait()
	s.metrics.endings.With(string(c.reason())).Add(1)
}

// register makes c the client of its identity, and ends the one that was (§3.1.4).
func (s *Server) register(c *conn) {
	if c.identity.client == "" {
		return
	}
	s.mu.Lock()
	old := s.clients[c.identity]
	s.clients[c.identity] = c
	s.mu.Unlock()
	if old != nil {
		old.end(endTakenOver)
	}
}

func (s *Server) unregister(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients[c.identity] == c {
		delete(s.clients, c.identity)
	}
}
