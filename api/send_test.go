package api

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hutong/internal/compress"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header string
		want   compress.Encoding
	}{
		{"", compress.Identity},
		{"gzip", compress.Gzip},
		{"GZIP", compress.Gzip},
		{"x-gzip", compress.Gzip},
		{"zstd", compress.Zstd},
		{"gzip, deflate, br, zstd", compress.Zstd},
		{"gzip, deflate, br", compress.Gzip},
		{"zstd;q=0.9, gzip", compress.Gzip},
		{"zstd;q=0.9, gzip;q=0.9, identity;q=0.9", compress.Zstd},
		{"zstd;q=0, *", compress.Gzip},
		{"gzip;q=0.5, *;q=0.7", compress.Zstd},
		{"br;q=1.0, gzip;q=0.1", compress.Gzip},
		{"gzip;q=0", compress.Identity},
		{"gzip; q=0.000", compress.Identity},
		{"gzip;q=0, *", compress.Zstd},
		{"*", compress.Zstd},
		{"*;q=0", compress.Identity},
		{"identity", compress.Identity},
		{"identity, gzip", compress.Gzip},
		{"identity;q=1, gzip;q=0.5", compress.Identity},
		{"identity;q=0.5, gzip;q=1", compress.Gzip},
		{"identity;q=0", compress.Identity},
		{"deflate, br", compress.Identity},
		{"gzip;q=2", compress.Identity},
		{"gzip;q=nonsense", compress.Identity},
		{"gzip;q=0.1234", compress.Identity},
		{"gzip;q", compress.Gzip},
		{" ,, ; ,=", compress.Identity},
		{strings.Repeat("br, ", 100) + "gzip", compress.Identity}, // beyond what is read
	} {
		if got := negotiate([]string{c.header}); got != c.want {
			t.Errorf("negotiate(%q) = %s, want %s", c.header, got, c.want)
		}
	}
	if got := negotiate([]string{"br", "gzip"}); got != compress.Gzip {
		t.Errorf("two headers: got %s, want gzip", got)
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("gzip;q=0.5, *;q=0")
	f.Fuzz(func(t *testing.T, header string) {
		if got := negotiate([]string{header}); got >= compress.Encodings {
			t.Errorf("negotiate(%q) = %q", header, got)
		}
	})
}

// send answers a request with these header pairs.
func send(method, body string, pairs ...string) *http.Response {
	r := httptest.NewRequest(method, "/", nil)
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Add(pairs[i], pairs[i+1])
	}
	w := httptest.NewRecorder()
	Send(w, r, "text/plain", []byte(body))
	return w.Result()
}

func TestSendRepresentations(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("hutong ", 1000)
	plain := send("GET", text)
	defer plain.Body.Close()
	packed := send("GET", text, "Accept-Encoding", "gzip")
	defer packed.Body.Close()
	for name, res := range map[string]*http.Response{"identity": plain, "gzip": packed} {
		if res.StatusCode != http.StatusOK || res.Header.Get("Vary") != "Accept, Accept-Encoding" ||
			res.Header.Get("Cache-Control") != "no-cache" || !strings.HasPrefix(res.Header.Get("ETag"), `"`) {
			t.Errorf("%s: got %d %v", name, res.StatusCode, res.Header)
		}
	}
	if plain.Header.Get("ETag") == packed.Header.Get("ETag") {
		t.Error("both encodings have one strong ETag")
	}
	if packed.Header.Get("Content-Encoding") != "gzip" || plain.Header.Get("Content-Encoding") != "" {
		t.Errorf("got encodings %q and %q", packed.Header.Get("Content-Encoding"), plain.Header.Get("Content-Encoding"))
	}
	gz, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(gz)
	if err != nil || string(got) != text {
		t.Errorf("gzip: got %d bytes, %v, want %d", len(got), err, len(text))
	}
	if packed.ContentLength >= int64(len(text)) || plain.ContentLength != int64(len(text)) {
		t.Errorf("got lengths %d and %d", packed.ContentLength, plain.ContentLength)
	}
}

func TestSendHead(t *testing.T) {
	t.Parallel()
	res := send("HEAD", "body")
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || len(body) != 0 || res.ContentLength != 4 || res.Header.Get("ETag") == "" {
		t.Errorf("got body %q, %v, length %d, want no body of length 4", body, err, res.ContentLength)
	}
}

func TestSendConditional(t *testing.T) {
	t.Parallel()
	first := send("GET", "body")
	_ = first.Body.Close()
	tag := first.Header.Get("ETag")
	for _, c := range []struct {
		header string
		want   int
	}{
		{tag, 304},
		{"W/" + tag, 304},
		{`"other", ` + tag, 304},
		{"*", 304},
		{`"other"`, 200},
		{"", 200},
		{"garbage", 200},
	} {
		res := send("GET", "body", "If-None-Match", c.header)
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != c.want {
			t.Errorf("If-None-Match %s: got %d, %v, want %d", c.header, res.StatusCode, err, c.want)
		}
		if c.want == 304 && (len(body) != 0 || res.Header.Get("ETag") != tag || res.Header.Get("Vary") == "" ||
			res.Header.Get("Cache-Control") != "no-cache" || res.Header.Get("Content-Type") != "") {
			t.Errorf("304: got body %q and %v", body, res.Header)
		}
	}
	changed := send("GET", "body2", "If-None-Match", tag)
	defer changed.Body.Close()
	if changed.StatusCode != http.StatusOK {
		t.Errorf("a changed body: got %d, want 200", changed.StatusCode)
	}
}

func TestSendIsRepeatable(t *testing.T) {
	t.Parallel()
	var bodies [2][]byte
	for i := range bodies {
		res := send("GET", strings.Repeat("hutong ", 1000), "Accept-Encoding", "gzip")
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		bodies[i] = body
	}
	if !bytes.Equal(bodies[0], bodies[1]) {
		t.Error("the same body was compressed to other bytes: its ETag is not stable")
	}
}
