package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"hutong/internal/telemetry"

	"github.com/nats-io/nats-server/v2/server"
)

// Server is a NATS listener. Its methods may be called from any goroutine.
type Server struct {
	o       Options
	handler Handler
	metrics *metrics
	memory  *memory
	gate    *gate
	log     *serverLog
	server  *server.Server
	list    []*account

	drops, overruns, answers telemetry.Quiet
	once                     sync.Once // closes
}

// Listen opens the address of o and the accounts. Clients can connect from then on; what they send waits
// until [Server.Run] takes it, or [Server.Close] ends it. ctx is looked at before anything is opened.
func Listen(ctx context.Context, o Options, h Handler) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	s := &Server{o: o, handler: h, memory: &memory{limit: int64(o.Memory)}, gate: newGate(h)}
	s.metrics = newMetrics(o.Metrics)
	s.gate.metrics = s.metrics
	s.log = &serverLog{log: o.Log, metrics: s.metrics}
	so, err := s.options()
	if err != nil {
		return nil, err
	}
	if s.server, err = server.NewServer(so); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	s.server.SetLoggerV2(s.log, true, false, false)
	if err := s.open(); err != nil {
		close(s.gate.ready)
		return nil, errors.Join(err, s.Close())
	}
	s.sample(o.Metrics)
	close(s.gate.ready)
	return s, nil
}

// options are those of the server.
func (s *Server) options() (*server.Options, error) {
	host, port, err := hostPort(s.o.Listen)
	if err != nil {
		return nil, fmt.Errorf("nats: listen: %w", err)
	}
	if host == "" {
		host = everyAddress()
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	so := &server.Options{
		ServerName: "hutong", Host: host, Port: port,
		NoSigs: true, NoLog: true, // of its own: it has ours
		NoSystemAccount:            true,
		CustomClientAuthentication: s.gate,
		MaxConn:                    s.o.MaxClients + len(s.o.Accounts),
		MaxPayload:                 int32(s.o.MaxPayload),
		MaxPending:                 max(8<<20, 4*int64(s.o.MaxPayload)), // of what is sent to one client, or one account
		MaxControlLine:             maxControlLine,
		MaxSubs:                    maxSubs,
		AuthTimeout:                connectTimeout.Seconds(),
		TLSTimeout:                 connectTimeout.Seconds(),
		WriteDeadline:              writeTimeout,
		PingInterval:               pingInterval,
		MaxPingsOut:                pingsMissed,
	}
	so.Cluster.NoAdvertise = true // clients come back to where they came to
	if s.o.TLS != nil {
		so.TLS, so.TLSConfig = true, s.o.TLS.Clone()
	}
	return so, nil
}

// everyAddress is the host that stands for all addresses of the machine.
func everyAddress() string {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp6", "[::1]:0")
	if err != nil {
		return "0.0.0.0"
	}
	_ = l.Close()
	return "::"
}

// open starts the server and has the accounts listen.
func (s *Server) open() error {
	for i, o := range s.o.Accounts {
		inServer, err := s.server.RegisterAccount("key-" + strconv.Itoa(i))
		if err != nil {
			return fmt.Errorf("nats: account %s: %w", o.Name, err)
		}
		a := &account{
			s: s, name: o.Name, subjects: o.Subjects, inServer: inServer,
			queue: newQueue(s.o.Queue, s.o.Memory/4, s.memory), drained: make(chan struct{}),
		}
		s.list = append(s.list, a)
		s.gate.accounts[a.name], s.gate.inside[inServer.Name] = a, a
	}
	s.server.Start()
	if why := s.log.failure(); why != "" {
		return fmt.Errorf("nats: listen on %s: %s", s.o.Listen, why)
	}
	if !s.server.ReadyForConnections(startTimeout) {
		return fmt.Errorf("nats: listen on %s: the server did not start; the log says why", s.o.Listen)
	}
	for _, a := range s.list {
		if err := a.open(); err != nil {
			return err
		}
	}
	return nil
}

// Addr is where the server listens, with the port that it got.
func (s *Server) Addr() net.Addr { return s.server.Addr() }

// clients is how many connections are open.
func (s *Server) clients() int {
	return max(0, s.server.NumClients()-len(s.list))
}

// waiting is how many messages wait.
func (s *Server) waiting() (n int) {
	for _, a := range s.list {
		n += a.queue.waiting()
	}
	return n
}

// Run takes messages until ctx is done. Then nothing more comes in, what came has Options.Grace to be accepted
// and answered, and all connections end. It may be called once.
func (s *Server) Run(ctx context.Context) error {
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	publishers := make([]chan struct{}, len(s.list))
	for i, a := range s.list {
		publishers[i] = make(chan struct{})
		go func() {
			defer close(publishers[i])
			a.publishAll(work)
		}()
	}
	<-ctx.Done()
	grace, stop := context.WithTimeout(work, s.o.Grace)
	defer stop()
	defer context.AfterFunc(grace, abandon)()
	var finishing sync.WaitGroup
	for i, a := range s.list {
		finishing.Go(func() { a.finish(grace, publishers[i]) })
	}
	finishing.Wait()
	return s.Close()
}

// Close ends all connections at once. A server that runs stops by its context instead.
func (s *Server) Close() error {
	s.once.Do(func() {
		for _, a := range s.list {
			a.close()
		}
		s.server.Shutdown()
		s.server.WaitForShutdown()
	})
	return nil
}
