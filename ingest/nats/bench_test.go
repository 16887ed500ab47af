package nats

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// slow is a handler that takes as long as a synced write of a batch.
type slow struct{ taken atomic.Int64 }

func (*slow) Authorise(string) (string, error) { return "a", nil }
func (*slow) Busy() []byte                     { return []byte("busy") }

func (h *slow) Publish(_ context.Context, _ string, messages []Message) {
	time.Sleep(1500 * time.Microsecond)
	for i := range messages {
		messages[i].Answer = []byte(`{"stream":"s","seq":7}`)
	}
	h.taken.Add(int64(len(messages)))
}

// BenchmarkRequests has clients send requests of 100 bytes, so many in flight each, to a handler that takes
// 1.5 ms a call.
func BenchmarkRequests(b *testing.B) {
	for _, size := range []struct{ clients, inFlight int }{{1, 1}, {1, 64}, {16, 1}, {16, 64}} {
		b.Run(fmt.Sprintf("clients=%d,inflight=%d", size.clients, size.inFlight), func(b *testing.B) {
			s, err := Listen(b.Context(), Options{Listen: "127.0.0.1:0", Accounts: []Account{{"a", []string{">"}}}}, &slow{})
			if err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithCancel(b.Context())
			done := make(chan error, 1)
			go func() { done <- s.Run(ctx) }()
			payload := make([]byte, 100)
			var left atomic.Int64
			left.Store(int64(b.N))
			var senders sync.WaitGroup
			b.ResetTimer()
			for range size.clients {
				c, err := nats.Connect("nats://"+s.Addr().String(), nats.NoReconnect())
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				for range size.inFlight {
					senders.Go(func() {
						for left.Add(-1) >= 0 {
							if m, err := c.Request("sensors.x", payload, patience); err != nil || len(m.Data) < 10 {
								b.Errorf("got %v", err)
								return
							}
						}
					})
				}
			}
			senders.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
			stop()
			if err := <-done; err != nil {
				b.Error(err)
			}
		})
	}
}
