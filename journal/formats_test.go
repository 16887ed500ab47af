package journal

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"hutong/ingest"
)

// The files of a data folder that are not JetStream's, as every version has written them.
func TestFormats(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	write := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, text string
		want       ledgerState
	}{
		{
			"before there was begins", `{"epoch": "ZA2LZ", "truncated": 7, "crc32c": 2386529321}` + "\n",
			ledgerState{Epoch: "ZA2LZ", Truncated: 7},
		},
		{
			"all", `{"epoch": "ZA2LZ", "truncated": 7, "begins": 3, "lost": [{"first": 9, "last": 12}, {"first": 20, "last": 20}], "crc32c": 178067430}` + "\n",
			ledgerState{Epoch: "ZA2LZ", Truncated: 7, Begins: 3, Lost: []span{{9, 12}, {20, 20}}},
		},
	} {
		write([]byte(tt.text))
		l, err := openLedger(path)
		if err != nil {
			t.Errorf("log.json, %s: %v", tt.name, err)
			continue
		}
		l.is.Sum = 0
		if diff := cmp.Diff(tt.want, l.is); diff != "" {
			t.Errorf("log.json, %s (-want +got):\n%s", tt.name, diff)
		}
	}
	const high = "08070605040302011c02f926"
	b, err := hex.DecodeString(high)
	if err != nil {
		t.Fatal(err)
	}
	write(b)
	h, err := openHigh(path)
	if err != nil || h.broken || h.seq != 0x0102030405060708 {
		t.Errorf("log.high: got %+v, %v", h, err)
	}
	if err := h.close(); err != nil {
		t.Error(err)
	}
}

// A refused record as it is in the stream.
func TestLetterFormat(t *testing.T) {
	t.Parallel()
	const message = `{"id":0,"received":"2026-11-26T10:42:00.000005Z","refusal":{"reason":"position","file":"desk.csv","line":3,"field":"phone","value":"216.4, 39.9","want":"a longitude"},` +
		`"type":"application/json","raw":"AP9oaQ==","cut":true}`
	o, log := logged(t.TempDir())
	j := open(t, o)
	l := lettersOf(t, j, LetterLimits{})
	if _, err := j.js.PublishMsg(t.Context(), &nats.Msg{Subject: "hutong.refused.sZGVzaw", Data: []byte(message)}); err != nil {
		t.Fatal(err)
	}
	if _, err := j.js.PublishMsg(t.Context(), &nats.Msg{Subject: "hutong.refused.sZGVzaw", Data: []byte("somebody else's")}); err != nil {
		t.Fatal(err)
	}
	want := []ingest.Letter{{
		ID: 1, Received: time.Date(2026, 11, 26, 10, 42, 0, 5000, time.UTC), Type: "application/json", Raw: []byte("\x00\xffhi"), Cut: true,
		Refusal: ingest.Refusal{Reason: ingest.ReasonPosition, File: "desk.csv", Line: 3, Field: "phone", Value: "216.4, 39.9", Want: "a longitude"},
	}}
	if diff := cmp.Diff(want, list(t, l, "desk", 0, 9)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	n := 0
	if err := l.(*letters).Each(t.Context(), func(string, *ingest.Letter) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("each: got %d, %v, want the one that is a refused record", n, err)
	}
	if !strings.Contains(log.String(), "cannot be read and is passed over") {
		t.Errorf("nothing is said of the other: %s", log)
	}
}
