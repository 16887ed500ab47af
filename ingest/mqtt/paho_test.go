package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"hutong/internal/testkit"
)

// patience is how long a test waits for what has to come.
const patience = 30 * time.Second

// listen runs a server on a free port and returns a function that stops it, once.
func listen(t *testing.T, o Options, h Handler) (addr string, stop func()) {
	t.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	s, err := Listen(t.Context(), o, h)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s.Addr().String(), stop
}

func pahoOptions(scheme, addr string) *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker(scheme + "://" + addr).SetClientID("pole-7").SetUsername("air").SetPassword("key").
		SetConnectTimeout(patience).SetWriteTimeout(patience)
}

func wait(t *testing.T, token paho.Token) error {
	t.Helper()
	if !token.WaitTimeout(patience) {
		t.Fatal("no answer")
	}
	return token.Error()
}

func TestPaho(t *testing.T) {
	t.Parallel()
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	defer certificate.Close()
	for _, scheme := range []string{"tcp", "tls"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			o, theirs := Options{}, (*tls.Config)(nil)
			if scheme == "tls" {
				o.TLS = &tls.Config{Certificates: certificate.TLS.Certificates, MinVersion: tls.VersionTLS12}
				theirs = certificate.Client().Transport.(*http.Transport).TLSClientConfig
			}
			h := &recorder{authorise: func(user, password string) (Session, error) {
				if password != "key" {
					return nil, errors.New("no such key")
				}
				return user, nil
			}}
			addr, stop := listen(t, o, h)
			defer stop()
			options := pahoOptions(scheme, addr).SetTLSConfig(theirs)
			c := paho.NewClient(options)
			if err := wait(t, c.Connect()); err != nil {
				t.Fatal(err)
			}
			defer c.Disconnect(100)
			var tokens []paho.Token
			var want []string
			for i := range 300 {
				payload := strings.Repeat("x", i) + strconv.Itoa(i)
				want = append(want, payload)
				tokens = append(tokens, c.Publish("sensors/7/reading", byte(i%3), i%2 == 0, payload))
			}
			for _, token := range tokens {
				if err := wait(t, token); err != nil {
					t.Fatal(err)
				}
			}
			// All but perhaps the last, of QoS 0, are there once all are acknowledged.
			if err := wait(t, c.Publish("end", 1, false, "")); err != nil {
				t.Fatal(err)
			}
			got := h.payloads()
			got = got[:len(got)-1]
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%d messages came, not the %d that were sent", len(got), len(want))
			}
			subscribe := c.Subscribe("sensors/#", 1, nil).(*paho.SubscribeToken)
			if err := wait(t, subscribe); err != nil || subscribe.Result()["sensors/#"] != subscribeFailure {
				t.Errorf("a subscription: got %v, %v, want a failure", subscribe.Result(), err)
			}

			wrong := paho.NewClient(pahoOptions(scheme, addr).SetTLSConfig(theirs).SetClientID("other").SetPassword("kex"))
			if err := wait(t, wrong.Connect()); err == nil || !strings.Contains(err.Error(), "not Authorized") {
				t.Errorf("a wrong password: got %v, want that it is not authorised", err)
			}
		})
	}
}

// A handler that fails for a while, then a server that is started anew: paho keeps what was not acknowledged
// and sends it again, and nothing is lost.
func TestPahoSendsAgain(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	h := &recorder{arrived: make(chan struct{}, 1), publish: func(context.Context, []Message) error {
		if calls.Add(1) == 1 {
			return errors.New("not yet")
		}
		return nil
	}}
	addr, stop := listen(t, Options{}, h)
	options := pahoOptions("tcp", addr).SetCleanSession(false).SetAutoReconnect(true).
		SetMaxReconnectInterval(50 * time.Millisecond)
	c := paho.NewClient(options)
	if err := wait(t, c.Connect()); err != nil {
		t.Fatal(err)
	}
	defer c.Disconnect(100)
	publish := func(from, to int) {
		for i := from; i < to; i++ {
			c.Publish("t", byte(1+i%2), false, strconv.Itoa(i))
		}
		limit := time.After(patience)
		for {
			got := h.payloads()
			missing := 0
			for i := range to {
				if !slices.Contains(got, strconv.Itoa(i)) {
					missing++
				}
			}
			if missing == 0 {
				return
			}
			select {
			case <-h.arrived:
			case <-limit:
				t.Fatalf("%d of %d messages never came", missing, to)
			}
		}
	}
	publish(0, 20)
	stop()
	_, stop = listen(t, Options{Listen: addr}, h)
	defer stop()
	publish(20, 40)
	if calls.Load() < 2 {
		t.Error("nothing failed: the test shows little")
	}
}

func TestMosquitto(t *testing.T) {
	t.Parallel()
	tool := testkit.Tool(t, "mosquitto_pub", "mosquitto-clients")
	h := &recorder{}
	addr, stop := listen(t, Options{}, h)
	defer stop()
	host, port, _ := strings.Cut(addr, ":")
	for _, qos := range []string{"0", "1", "2"} {
		out, err := exec.CommandContext(t.Context(), tool, "-V", "mqttv311", "-h", host, "-p", port, "-q", qos, "-t", "t", "-m", qos).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	stop()
	if got := h.payloads(); !slices.Equal(got, []string{"0", "1", "2"}) {
		t.Errorf("got %q", got)
	}
}
