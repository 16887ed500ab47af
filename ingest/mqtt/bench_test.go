package mqtt

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

// BenchmarkPublish is clients with messages of 100 bytes, QoS 1, 64 in flight each, and a handler that
// takes 1.5 ms a call, as a synced journal does.
func BenchmarkPublish(b *testing.B) {
	for _, clients := range []int{1, 16} {
		for _, inflight := range []int{1, 64} {
			b.Run(fmt.Sprintf("clients=%d/inflight=%d", clients, inflight), func(b *testing.B) {
				h := &pausing{pause: 1500 * time.Microsecond}
				s, err := Listen(b.Context(), Options{Listen: "127.0.0.1:0"}, h)
				if err != nil {
					b.Fatal(err)
				}
				ctx, stop := context.WithCancel(b.Context())
				done := make(chan error)
				go func() { done <- s.Run(ctx) }()
				defer func() {
					stop()
					if err := <-done; err != nil {
						b.Error(err)
					}
				}()
				b.ReportAllocs()
				b.ResetTimer()
				errs := make(chan error)
				for range clients {
					go func() { errs <- pump(s.Addr().String(), b.N/clients+1, inflight) }()
				}
				for range clients {
					if err := <-errs; err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			})
		}
	}
}

// pausing is a handler that takes its time.
type pausing struct{ pause time.Duration }

func (p *pausing) Authorise(string, string) (Session, error) { return p, nil }

func (p *pausing) Publish(context.Context, Session, []Message) error {
	if p.pause > 0 {
		time.Sleep(p.pause)
	}
	return nil
}

// pump publishes n messages with QoS 1 and waits for their acknowledgements.
func pump(addr string, n, inflight int) error {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer nc.Close()
	if _, err := nc.Write(connectAs("", "", "", 0)); err != nil {
		return err
	}
	r := bufio.NewReader(nc)
	if _, err := io.ReadFull(r, make([]byte, 4)); err != nil {
		return err
	}
	message := publishing(1, 1, "sensors/7/reading", fmt.Sprintf("%0100d", 1))
	var out []byte
	sent, answered := 0, 0
	for answered < n {
		for ; sent < n && sent-answered < inflight; sent++ {
			out = append(out, message...)
		}
		if _, err := nc.Write(out); err != nil {
			return err
		}
		out = out[:0]
		for first := true; first || r.Buffered() >= 4; first = false {
			if _, err := io.ReadFull(r, make([]byte, 4)); err != nil {
				return err
			}
			answered++
		}
	}
	return nil
}

// BenchmarkIdleClient is what a client costs that has sent a message and is silent: its goroutines and
// buffers, without the system's.
func BenchmarkIdleClient(b *testing.B) {
	const clients = 2000
	for b.Loop() {
		s := newServer(newPipes(), Options{}, &pausing{})
		ctx, stop := context.WithCancel(b.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		before := inUse()
		var ends []net.Conn
		for range clients {
			ours, theirs := net.Pipe()
			s.listener.(*pipes).conns <- theirs
			ends = append(ends, ours)
			for _, p := range [][]byte{connectAs("", "", "", 0), publishing(1, 1, "sensors/7/reading", "{}")} {
				if _, err := ours.Write(p); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(ours, make([]byte, 4)); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(inUse()-before)/clients, "B/client")
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
		for _, c := range ends {
			_ = c.Close()
		}
	}
}

// inUse returns the bytes of heap and stacks.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
