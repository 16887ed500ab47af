package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hutong/internal/auth"
)

// TestIngest asks a server that answers as ours does.
func TestIngest(t *testing.T) {
	t.Parallel()
	key := auth.NewSecret()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+key.Reveal() {
			t.Errorf("the key is missing")
		}
		switch r.URL.String() {
		case "/ingest/hotline/refused?after=0&limit=100":
			_, _ = w.Write([]byte(`{"letters": [{"id": 1, "received": "2026-01-02T03:04:05Z", "refusal": {"reason": "type", "line": 2, "field": "votes", "value": "x", "want": "a whole number"},
				"type": "application/json", "raw": "{\"votes\":\n \"x\"}"}], "next": 1}`))
		case "/ingest/hotline/refused?after=1&limit=99":
			_, _ = w.Write([]byte(`{"letters": [{"id": 2, "received": "2026-01-02T03:04:05Z", "refusal": {"reason": "id", "want": "an id"}, "type": "text/csv", "raw": "\u001b[31m", "cut": true},
				{"id": 3, "received": "2026-01-02T03:04:05Z", "refusal": {"reason": "id", "want": "an id"}, "type": "text/csv", "raw": "", "raw_base64": "/w=="}]}`))
		case "/ingest/hotline/replay?ids=1%2C9":
			_, _ = w.Write([]byte(`{"source": "hotline", "letters": 1, "accepted": 0, "refused": 1, "missing": [9],
				"answers": [{"letter": 1, "new": 4, "outcome": "refused", "reason": "type", "field": "votes", "value": "x", "want": "a whole number"}]}`))
		default:
			t.Errorf("asked for %s", r.URL)
		}
	}))
	defer server.Close()
	env := func(name string) (string, bool) { return key.Reveal(), name == keyVariable }
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"refused"}, `1 2026-01-02T03:04:05Z type :2: votes: x: want a whole number
    {"votes":
     "x"}
2 2026-01-02T03:04:05Z id want an id
    "\x1b[31m" …
3 2026-01-02T03:04:05Z id want an id
    base64 /w==
`},
		{[]string{"replay", "--ids", "1,9"}, `hotline: 1 replayed, 0 accepted, 1 refused
  4 type votes: x: want a whole number
  9 is not there
`},
	} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"ingest", c.args[0], "--server", server.URL, "--source", "hotline"}, c.args[1:]...)
		if status := run(t.Context(), args, env, &stdout, &stderr); status != exitDone || stdout.String() != c.want {
			t.Errorf("%q: got %d, %s\n%s\nwant %s", args, status, &stdout, &stderr, c.want)
		}
		if strings.Contains(stdout.String()+stderr.String(), key.Reveal()) {
			t.Error("the key is shown")
		}
	}
}
