package mqtt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/ingest"
)

func TestAcknowledgedAfterPublishOnly(t *testing.T) {
	t.Parallel()
	for qos, want := range map[byte]string{0: "", 1: "PUBACK 7", 2: "PUBREC 7"} {
		t.Run(fmt.Sprint("QoS ", qos), func(t *testing.T) {
			holding(t, Options{}, func(t *testing.T, r *rig) {
				c := r.dial()
				c.send(connectAs("c", "", "", 0), publishing(qos, 7, "sensors/1", "21.5"))
				time.Sleep(time.Minute)
				c.want("CONNACK 0")
				c.send(pinging)
				synctest.Wait()
				c.want("PINGRESP") // a client that waits stays
				r.leave <- nil
				synctest.Wait()
				c.want(want)
				got := r.h.messages
				wantMessages := []Message{{Topic: "sensors/1", Payload: []byte("21.5"), Size: 4, QoS: qos, Received: got[0].Received}}
				if diff := cmp.Diff(wantMessages, got); diff != "" {
					t.Errorf("messages (-want +got):\n%s", diff)
				}
				r.wantMetric(fmt.Sprintf(`hutong_mqtt_messages_total{outcome="accepted",qos="%d"}`, qos), 1)
				r.wantMetric("hutong_mqtt_buffered_bytes", 0)
			})
		})
	}
}

func TestManyInFlightAreOneBatchInOrder(t *testing.T) {
	holding(t, Options{}, func(t *testing.T, r *rig) {
		c := r.dial()
		c.send(connectAs("c", "", "", 0))
		var want, answers []string
		for i := range 100 {
			qos := byte(i%2 + 1)
			c.send(publishing(qos, uint16(i+1), "t", strconv.Itoa(i)))
			want = append(want, strconv.Itoa(i))
			answers = append(answers, fmt.Sprintf("%v %d", []kind{1: kindPuback, 2: kindPubrec}[qos], i+1))
			if i == 0 {
				synctest.Wait() // until the handler has it
			}
		}
		synctest.Wait()
		c.want("CONNACK 0")
		r.leave <- nil
		r.leave <- nil
		synctest.Wait()
		c.want(strings.Join(answers, ", "))
		if diff := cmp.Diff(want, r.h.payloads()); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		if !slices.Equal(r.h.batches, []int{1, 99}) {
			t.Errorf("batches of %v, want the first, and all that came meanwhile", r.h.batches)
		}
	})
}

func TestFailureAcknowledgesNothing(t *testing.T) {
	holding(t, Options{}, func(t *testing.T, r *rig) {
		c := r.dial()
		c.send(connectAs("c", "", "", 0), publishing(1, 1, "t", "a"))
		synctest.Wait()
		c.send(publishing(1, 2, "t", "b"), publishing(2, 3, "t", "c"), publishing(0, 0, "t", "d"))
		synctest.Wait()
		r.leave <- errors.New("the disk is full")
		synctest.Wait()
		if c.ended() {
			t.Error("the connection ended at once: want a delay, so that all clients do not storm")
		}
		time.Sleep(2 * failureDelay)
		if !c.ended() {
			t.Error("the connection is still open: the client waits for ever")
		}
		c.want("CONNACK 0")
		if got := r.h.payloads(); len(got) > 0 {
			t.Errorf("accepted %q behind a failure, want nothing", got)
		}
		r.wantMetric(`hutong_mqtt_messages_total{outcome="failed",qos="1"}`, 2)
		r.wantMetric(`hutong_mqtt_messages_total{outcome="failed",qos="2"}`, 1)
		r.wantMetric(`hutong_mqtt_messages_total{outcome="dropped",qos="0"}`, 1)
		r.wantMetric(`hutong_mqtt_endings_total{reason="failed"}`, 1)
		r.wantMetric("hutong_mqtt_buffered_bytes", 0)
	})
}

func TestQoS2IsTakenOnce(t *testing.T) {
	serving(t, Options{}, func(t *testing.T, r *rig) {
		c := r.dial()
		again := publishing(2, 5, "t", "a")
		again[0] |= 8
		c.send(connectAs("c", "", "", 0), publishing(2, 5, "t", "a"), again, again)
		synctest.Wait()
		c.want("CONNACK 0, PUBREC 5, PUBREC 5, PUBREC 5")
		c.send(releasing(5), releasing(5), releasing(6))
		synctest.Wait()
		c.want("PUBCOMP 5, PUBCOMP 5, PUBCOMP 6") // also of what is not known (§4.4)
		c.send(publishing(2, 5, "t", "b"), releasing(5))
		synctest.Wait()
		c.want("PUBREC 5, PUBCOMP 5")
		if diff := cmp.Diff([]string{"a", "b"}, r.h.payloads()); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

// A client that releases before it was told to must not get its PUBCOMP for a message that nobody has.
func TestEarlyReleaseDoesNotOvertake(t *testing.T) {
	holding(t, Options{}, func(t *testing.T, r *rig) {
		c := r.dial()
		c.send(connectAs("c", "", "", 0), publishing(2, 5, "t", "a"), releasing(5))
		synctest.Wait()
		c.want("CONNACK 0")
		r.leave <- nil
		synctest.Wait()
		c.want("PUBREC 5, PUBCOMP 5")
	})
}

func TestConnack(t *testing.T) {
	t.Parallel()
	level := func(name string, level byte) []byte {
		return packet(0x10, text(name), []byte{level, 2, 0, 0}, text("c"))
	}
	for _, test := range []struct {
		name    string
		packet  []byte
		want    string
		outcome string
	}{
		{"accepted", connectAs("c", "gate", "key", 0), "CONNACK 0", "accepted"},
		{"no identifier", connectAs("", "gate", "key", 0), "CONNACK 0", "accepted"},
		{"will", packet(0x10, text("MQTT"), []byte{4, 0xee, 0, 9}, text("c"), text("a/b"), text("gone"), text("gate"), text("key")), "CONNACK 0", "accepted"},
		{"wrong password", connectAs("c", "gate", "kex", 0), "CONNACK 5", "refused"},
		{"no password", connectAs("c", "gate", "", 0), "CONNACK 5", "refused"},
		{"nobody", connectAs("c", "", "", 0), "CONNACK 5", "refused"},
		{"MQTT 3.1", packet(0x10, text("MQIsdp"), []byte{3, 0xc2, 0, 9}, text("c"), text("gate"), text("key")), "CONNACK 1", "version"},
		{"MQTT 3.1 and nobody", level("MQIsdp", 3), "CONNACK 5", "refused"},
		{"MQTT 5", level("MQTT", 5), "CONNACK 1", "version"},
		{"no identifier for a session", packet(0x10, text("MQTT"), []byte{4, 0, 0, 0}, text("")), "CONNACK 2", "identifier"},
		{"another protocol", level("AMQP", 4), "", "malformed"},
		{"HTTP", []byte("GET / HTTP/1.1\r\nHost: hutong\r\n\r\n"), "", "malformed"},
		{"PUBLISH first", publishing(1, 1, "t", "x"), "", "malformed"},
		{"too long", packet(0x10, text("MQTT"), []byte{4, 2, 0, 0}, text(strings.Repeat("c", maxConnect))), "", "malformed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			serving(t, Options{}, func(t *testing.T, r *rig) {
				r.h.authorise = func(user, password string) (Session, error) {
					if user != "gate" || password != "key" {
						return nil, errors.New("no such key")
					}
					return user, nil
				}
				c := r.dial()
				c.send(test.packet)
				synctest.Wait()
				c.want(test.want)
				if got, want := c.ended(), test.outcome != "accepted"; got != want {
					t.Errorf("the connection's end: got %v, want %v", got, want)
				}
				r.wantMetric(fmt.Sprintf("hutong_mqtt_connects_total{outcome=%q}", test.outcome), 1)
				if test.outcome == "accepted" {
					c.send(publishing(1, 1, "t", "x"))
					synctest.Wait()
					if got := r.h.sessions; !slices.Equal(got, []Session{"gate"}) {
						t.Errorf("session %v, want gate", got)
					}
				}
			})
		})
	}
}

func TestTooManyClients(t *testing.T) {
	serving(t, Options{MaxClients: 1}, func(t *testing.T, r *rig) {
		first := r.dial()
		first.send(connectAs("a", "", "", 0))
		synctest.Wait()
		second := r.dial()
		second.send(connectAs("b", "", "", 0))
		synctest.Wait()
		second.want("CONNACK 3")
		if !second.ended() {
			t.Error("the second client is still connected")
		}
		for range maxRefusals {
			r.dial()
		}
		synctest.Wait()
		beyond := r.dial()
		synctest.Wait()
		if !beyond.ended() {
			t.Error("a connection is kept although there is no room to refuse it")
		}
		first.send(disconnecting)
		time.Sleep(time.Minute)
		third := r.dial()
		third.send(connectAs("c", "", "", 0))
		synctest.Wait()
		first.want("CONNACK 0")
		third.want("CONNACK 0")
		r.wantMetric(`hutong_mqtt_connects_total{outcome="full"}`, 2)
		r.wantMetric("hutong_mqtt_clients", 1)
	})
}

func TestTakeOver(t *testing.T) {
	serving(t, Options{}, func(t *testing.T, r *rig) {
		first, other, second := r.dial(), r.dial(), r.dial()
		first.send(connectAs("pole-7", "ann", "", 0))
		other.send(connectAs("pole-7", "bob", "", 0))
		synctest.Wait()
		second.send(connectAs("pole-7", "ann", "", 0))
		synctest.Wait()
		if !first.ended() || other.ended() || second.ended() {
			t.Errorf("ended: %v %v %v, want only the first", first.ended(), other.ended(), second.ended())
		}
		r.wantMetric(`hutong_mqtt_endings_total{reason="taken_over"}`, 1)
	})
}

func TestTimeLimits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		sends  [][]byte
		lasts  time.Duration // how long it is still there, and
		ends   time.Duration // when it is not
		metric string
	}{
		{
			"no CONNECT",
			nil,
			connectTimeout - time.Second, connectTimeout + time.Second, `hutong_mqtt_connects_total{outcome="lost"}`,
		},
		{
			"half a CONNECT",
			[][]byte{connectAs("c", "", "", 0)[:9]},
			connectTimeout - time.Second, connectTimeout + time.Second, `hutong_mqtt_connects_total{outcome="lost"}`,
		},
		{
			"keep-alive",
			[][]byte{connectAs("c", "", "", 60)},
			89 * time.Second, 91 * time.Second, `hutong_mqtt_endings_total{reason="silent"}`,
		},
		{
			"no keep-alive",
			[][]byte{connectAs("c", "", "", 0)},
			DefaultMaxSilence - time.Second, DefaultMaxSilence + time.Second, `hutong_mqtt_endings_total{reason="silent"}`,
		},
		{
			"half a header",
			[][]byte{connectAs("c", "", "", 0), {0x32}},
			packetTimeout - time.Second, packetTimeout + time.Second, `hutong_mqtt_endings_total{reason="slow"}`,
		},
		{
			"half a message",
			[][]byte{connectAs("c", "", "", 0), publishing(1, 1, "t", strings.Repeat("x", 160<<10))[:100<<10]},
			packetTimeout + 9*time.Second, packetTimeout + 11*time.Second, `hutong_mqtt_endings_total{reason="slow"}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			serving(t, Options{}, func(t *testing.T, r *rig) {
				c := r.dial()
				for _, b := range test.sends {
					c.send(b)
				}
				time.Sleep(test.lasts)
				if c.ended() {
					t.Errorf("the connection ended before %v", test.lasts)
				}
				time.Sleep(test.ends - test.lasts)
				if !c.ended() {
					t.Errorf("the connection is still there after %v", test.ends)
				}
				r.wantMetric(test.metric, 1)
				r.wantMetric("hutong_mqtt_buffered_bytes", 0)
			})
		})
	}
}

// A client that does not read its answers holds up nobody but itself, and not for long.
func TestAnswersNobodyReads(t *testing.T) {
	serving(t, Options{}, func(t *testing.T, r *rig) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		r.pipes.conns <- theirs
		if _, err := ours.Write(connectAs("c", "", "", 0)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(ours, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if _, err := ours.Write(publishing(1, uint16(i+1), "t", "x")); err != nil {
				t.Fatal(err)
			}
		}
		c := r.dial()
		c.send(connectAs("d", "", "", 0), publishing(1, 1, "t", "y"))
		synctest.Wait()
		c.want("CONNACK 0, PUBACK 1")
		time.Sleep(writeTimeout + time.Second)
		r.wantMetric(`hutong_mqtt_endings_total{reason="slow"}`, 1)
		if got := r.h.payloads(); len(got) != 4 { // what was read is published all the same
			t.Errorf("accepted %q, want all four", got)
		}
	})
}

func TestBackPressure(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		o       Options
		payload int
		most    int // messages that the server reads while the handler does not come back
		waits   string
	}{
		{"messages", Options{Inflight: 4}, 10, 4 + 4 + 1, "queue"},
		{"bytes", Options{MaxPacket: 200 << 10}, 100 << 10, 1 + 2 + 1, "queue"},
		{"memory", Options{MaxPacket: 200 << 10, Memory: 600 << 10, Inflight: 100}, 140 << 10, 4, "memory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			holding(t, test.o, func(t *testing.T, r *rig) {
				const messages = 50
				sent := make(chan int, 2*messages)
				send := func(c *client) {
					c.send(connectAs("", "", "", 0))
					for i := range messages {
						c.send(publishing(1, uint16(i+1), "t", strings.Repeat("x", test.payload)))
						sent <- i
					}
				}
				clients := []*client{r.dial()}
				if test.waits == "memory" {
					clients = append(clients, r.dial())
				}
				for _, c := range clients {
					go send(c)
				}
				time.Sleep(time.Second)
				if got := len(sent); got > test.most {
					t.Errorf("%d messages were read while none is accepted, want at most %d", got, test.most)
				}
				if got := r.metric("hutong_mqtt_buffered_bytes"); test.o.Memory > 0 && got > float64(test.o.Memory) {
					t.Errorf("%v bytes are taken, of %d", got, test.o.Memory)
				}
				close(r.leave) // every Publish returns nil now
				synctest.Wait()
				time.Sleep(time.Second)
				if got, want := len(r.h.payloads()), messages*len(clients); got != want {
					t.Errorf("%d messages were accepted in the end, want %d", got, want)
				}
				if r.metric(fmt.Sprintf("hutong_mqtt_waits_total{for=%q}", test.waits)) == 0 {
					t.Errorf("no wait for %s is counted", test.waits)
				}
				r.wantMetric("hutong_mqtt_buffered_bytes", 0)
			})
		})
	}
}

func TestClientsDoNotWaitForEachOther(t *testing.T) {
	serving(t, Options{}, func(t *testing.T, r *rig) {
		leave := make(chan struct{})
		r.h.publish = func(_ context.Context, m []Message) error {
			if m[0].Topic == "slow" {
				<-leave
			}
			return nil
		}
		slow, quick := r.dial(), r.dial()
		slow.send(connectAs("s", "", "", 0), publishing(1, 1, "slow", "x"))
		quick.send(connectAs("q", "", "", 0), publishing(1, 1, "quick", "x"))
		synctest.Wait()
		slow.want("CONNACK 0")
		quick.want("CONNACK 0, PUBACK 1")
		close(leave)
		synctest.Wait()
		slow.want("PUBACK 1")
	})
}

func TestTooLongIsCutAndHandedOver(t *testing.T) {
	serving(t, Options{MaxPacket: 200 << 10}, func(t *testing.T, r *rig) {
		c := r.dial()
		c.send(connectAs("c", "", "", 0))
		c.send(publishing(1, 1, strings.Repeat("t", maxText), strings.Repeat("x", 200<<10)))
		c.send(publishing(1, 2, "t", "y"))
		synctest.Wait()
		c.want("CONNACK 0, PUBACK 1, PUBACK 2")
		m := r.h.messages[0]
		if !m.Cut() || m.Size != 200<<10 || len(m.Payload) != ingest.MaxLetterRaw || len(m.Topic) != maxText {
			t.Errorf("got %d of %d bytes, cut %v", len(m.Payload), m.Size, m.Cut())
		}
		if r.h.messages[1].Cut() {
			t.Error("a short message is cut")
		}
		r.wantMetric("hutong_mqtt_cut_messages_total", 1)
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("in time", func(t *testing.T) {
		holding(t, Options{}, func(t *testing.T, r *rig) {
			c, idle, silent := r.dial(), r.dial(), r.dial()
			c.send(connectAs("c", "", "", 0), publishing(1, 1, "t", "a"))
			synctest.Wait()
			c.send(publishing(1, 2, "t", "b"))
			idle.send(connectAs("i", "", "", 0))
			synctest.Wait()
			r.stop()
			synctest.Wait()
			if !idle.ended() || !silent.ended() || c.ended() {
				t.Errorf("ended: %v %v %v, want those that wait for nothing", idle.ended(), silent.ended(), c.ended())
			}
			time.Sleep(DefaultGrace - time.Second)
			r.leave <- nil
			r.leave <- nil
			r.end()
			synctest.Wait()
			c.want("CONNACK 0, PUBACK 1, PUBACK 2")
			r.wantMetric(`hutong_mqtt_endings_total{reason="stopped"}`, 2)
		})
	})
	t.Run("too late", func(t *testing.T) {
		holding(t, Options{}, func(t *testing.T, r *rig) {
			c := r.dial()
			c.send(connectAs("c", "", "", 0), publishing(1, 1, "t", "a"))
			synctest.Wait()
			began := time.Now()
			r.end()
			if took := time.Since(began); took != DefaultGrace {
				t.Errorf("stopping took %v, want %v", took, DefaultGrace)
			}
			synctest.Wait()
			c.want("CONNACK 0")
		})
	})
}

// What was read before the client left is published.
func TestDisconnectKeepsWhatWasSent(t *testing.T) {
	t.Parallel()
	for _, last := range []string{"disconnect", "lost"} {
		t.Run(last, func(t *testing.T) {
			holding(t, Options{}, func(t *testing.T, r *rig) {
				c := r.dial()
				c.send(connectAs("c", "", "", 0), publishing(0, 0, "t", "a"))
				synctest.Wait()
				c.send(publishing(0, 0, "t", "b"))
				if last == "disconnect" {
					c.send(disconnecting)
				} else {
					_ = c.nc.Close()
				}
				synctest.Wait()
				r.leave <- nil
				r.leave <- nil
				synctest.Wait()
				if diff := cmp.Diff([]string{"a", "b"}, r.h.payloads()); diff != "" {
					t.Errorf("messages (-want +got):\n%s", diff)
				}
				if !c.ended() {
					t.Error("the connection is still open")
				}
				r.wantMetric(fmt.Sprintf("hutong_mqtt_endings_total{reason=%q}", last), 1)
			})
		})
	}
}

func TestSubscribeFails(t *testing.T) {
	serving(t, Options{}, func(t *testing.T, r *rig) {
		c := r.dial()
		c.send(connectAs("c", "", "", 0))
		c.send(packet(0x82, []byte{0, 9}, text("a/#"), []byte{1}, text("+"), []byte{0}))
		c.send(packet(0xa2, []byte{0, 10}, text("a/#")))
		synctest.Wait()
		c.want("CONNACK 0, SUBACK 9 80 80, UNSUBACK 10")
	})
}

func TestHostilePacketsEndTheirConnectionOnly(t *testing.T) {
	t.Parallel()
	for name, b := range hostile() {
		t.Run(name, func(t *testing.T) {
			serving(t, Options{}, func(t *testing.T, r *rig) {
				good, bad := r.dial(), r.dial()
				good.send(connectAs("good", "", "", 0))
				bad.send(connectAs("bad", "", "", 0), b, publishing(1, 1, "t", "behind"))
				synctest.Wait()
				bad.want("CONNACK 0")
				if !bad.ended() {
					t.Error("the connection is still open")
				}
				r.wantMetric(`hutong_mqtt_endings_total{reason="malformed"}`, 1)
				r.wantMetric("hutong_mqtt_buffered_bytes", 0)
				good.send(publishing(1, 1, "t", "good"))
				synctest.Wait()
				good.want("CONNACK 0, PUBACK 1")
				if got := r.h.payloads(); !slices.Equal(got, []string{"good"}) {
					t.Errorf("accepted %q, want only the good client's", got)
				}
			})
		})
	}
}

func TestAcceptGoesOn(t *testing.T) {
	serving(t, Options{}, func(t *testing.T, r *rig) {
		for range 20 {
			r.pipes.errs <- &net.OpError{Op: "accept", Err: syscall.EMFILE}
		}
		c := r.dial()
		c.send(connectAs("c", "", "", 0))
		synctest.Wait()
		c.want("CONNACK 0")
		r.wantMetric("hutong_mqtt_accept_errors_total", 20)
	})
}

func TestListenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := Listen(t.Context(), Options{
		Listen: "1883", MaxClients: -1, MaxPacket: 1000, Inflight: 1 << 16, Memory: 1, MaxSilence: 1, Grace: -1,
	}, &recorder{})
	for _, want := range []string{`"1883" is no address`, "max clients is -1", "max packet is 1000", "in flight is 65536", "memory is 1 bytes", "max silence is 1ns", "grace is -1ns"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	s, err := Listen(t.Context(), Options{Listen: "127.0.0.1:0"}, &recorder{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), Options{Listen: s.Addr().String()}, &recorder{}); err == nil {
		t.Error("two servers listen on one address")
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := s.Run(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run after Close: got %v, want that it is closed", err)
	}
}
