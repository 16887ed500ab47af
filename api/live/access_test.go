package live

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hutong/api"
	"hutong/internal/auth"
	"hutong/internal/telemetry"
	"hutong/layers/view"
)

// newGuarded is a fixture whose layer b is for officers, a key for it, and what signs tokens.
func newGuarded(t *testing.T) (f *fixture, key auth.Secret, signer *auth.Signer) {
	t.Helper()
	f = newFixture(t, Options{})
	f.public[1].Audience = view.Officer
	registry, err := api.NewRegistry(f.public)
	if err != nil {
		t.Fatal(err)
	}
	if signer, err = auth.NewSigner([]byte(strings.Repeat("nobody can guess", 2)), nil); err != nil {
		t.Fatal(err)
	}
	f.metrics, key = telemetry.NewMetrics(), auth.NewSecret()
	keys, err := auth.New([]auth.Key{{Name: "desk", Hash: key.Hash(), Scopes: []auth.Scope{{Action: auth.Audience, Name: "officer"}}}},
		auth.Options{Metrics: f.metrics, Tokens: signer})
	if err != nil {
		t.Fatal(err)
	}
	f.Hub = New(f.public, registry.Layers(keys, api.Base{}), f.metrics, Options{Epoch: "e1"})
	f.server = api.NewServer(slog.New(slog.DiscardHandler), f.metrics, f.Routes())
	f.server.Ready()
	return f, key, signer
}

// TestStreamsOfOthers: a stream is of what its request may see, and nothing tells of the rest.
func TestStreamsOfOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, key, _ := newGuarded(t)
		f.run()
		synctest.Wait()
		public, officer := f.open("/live", nil), f.open("/live", nil, "X-Api-Key", key.Reveal())
		stranger := f.open("/live?layers=a,b", nil)
		synctest.Wait()
		if hello := public.events(); len(hello) != 1 || strings.Contains(hello[0].Data, `"b"`) {
			t.Errorf("everybody: got %v, want nothing of b", hello)
		}
		if hello := officer.events(); len(hello) != 1 || !strings.Contains(hello[0].Data, `"b"`) || officer.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("an officer: got %v, want b too", hello)
		}
		if stranger.status != http.StatusUnauthorized || stranger.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("b for a stranger: got %d %v", stranger.status, stranger.header)
		}
		f.put("b", "1", 116.4, 39.9)
		officer.want("a change of b", "e1-1 change b 1")
		public.want("a change of b")
		time.Sleep(heartbeat * 5 / 4)
		public.want("after a while", "e1-0 beat")
		officer.want("after a while", "e1-1 beat")
	})
}

// TestStreamEndsWithItsToken: at the moment that the token says, whether the stream is silent or not.
func TestStreamEndsWithItsToken(t *testing.T) {
	t.Parallel()
	for _, busy := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f, key, signer := newGuarded(t)
			f.run()
			synctest.Wait()
			const lasts = time.Minute
			token, err := signer.Sign(auth.Scope{Action: auth.View, Name: "b"}, time.Now().Add(lasts), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			guest, officer, both := f.open("/live?layers=b&token="+token, nil), f.open("/live?layers=b", nil, "X-Api-Key", key.Reveal()), f.open("/live?token="+token, nil)
			public := f.open("/live?layers=a&token="+token, nil) // which needs none
			for at := time.Duration(0); at < lasts-time.Millisecond; at += time.Second {
				if busy {
					f.put("b", "1", 116.4+at.Seconds()/100, 39.9)
				}
				time.Sleep(time.Second - time.Millisecond/60)
			}
			synctest.Wait()
			for _, c := range []*client{guest, both} {
				select {
				case <-c.ended:
					t.Fatal("ended too soon")
				default:
				}
			}
			time.Sleep(2 * time.Millisecond)
			synctest.Wait()
			for _, c := range []*client{guest, both} {
				<-c.ended
				list := c.events()
				if last := list[len(list)-1]; last != (event{Event: "end", Data: `{"reason":"expired"}`}) {
					t.Errorf("got %+v at the end", last)
				}
			}
			for _, c := range []*client{officer, public} {
				select {
				case <-c.ended:
					t.Error("a stream ended that no token opened")
				default:
				}
			}
			if got := f.metric("hutong_live_ended_total"); got != "2" {
				t.Errorf("got %s streams that ended, want 2", got)
			}
			again := f.open("/live?layers=b&token="+token, nil)
			<-again.ended
			if again.status != http.StatusUnauthorized || !strings.Contains(again.body.String(), "token_expired") {
				t.Errorf("again with that token: got %d %s", again.status, &again.body)
			}
		})
	}
}
