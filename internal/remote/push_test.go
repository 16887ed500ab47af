package remote

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/internal/auth"
	"hutong/internal/compress"
)

// taker is a server that takes bodies and says what is told.
type taker struct {
	bodies  []string
	types   []string
	answers []func(w http.ResponseWriter) // before all others, one a request
	largest int                           // bytes of a body; 0 is any
}

// ServeHTTP answers one request.
func (k *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	if len(k.answers) > 0 {
		answer := k.answers[0]
		k.answers = k.answers[1:]
		answer(w)
		return
	}
	if k.largest > 0 && len(b) > k.largest {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	k.bodies, k.types = append(k.bodies, string(b)), append(k.types, r.Header.Get("Content-Type"))
	result := push.Result{}
	for i, part := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if strings.HasPrefix(part, "no") {
			continue
		}
		result.Records++
		if strings.Contains(part, "bad") {
			result.Refused++
			result.Answers = append(result.Answers, push.Answer{Index: i - 1, Outcome: "refused", Reason: ingest.ReasonID, Want: "an id"})
			continue
		}
		result.Applied++
	}
	_ = json.NewEncoder(w).Encode(result)
}

func busy(status int, header ...string) func(w http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

// send sends texts by their names.
func send(t *testing.T, k *taker, f Files, texts map[string]string) (Sent, []time.Duration, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f.Paths = append(f.Paths, path)
	}
	var waits []time.Duration
	f.Sleep = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	sent, err := serve(t, auth.NewSecret(), k.ServeHTTP).Send(t.Context(), "hotline", f)
	return sent, waits, err
}

// TestBodies: requests end where records do, whatever the format and however it is compressed.
func TestBodies(t *testing.T) {
	t.Parallel()
	const csv = "no,text\n1,a\n2,\"b\nb\"\n\n3,c"
	const feature = `{"type":"Feature","properties":{},"geometry":null}`
	rows := []string{"no,text\n1,a\n2,\"b\nb\"\n", "no,text\n3,c\n"}
	for _, c := range []struct {
		name, file, text string
		want             []string
		media            string
	}{
		{"csv", "a.csv", csv, rows, "text/csv"},
		{"csv as gzip", "a.csv.gz", string(compress.AppendGzip(nil, []byte(csv))), rows, "text/csv"},
		{"csv as zstd", "a.csv.zst", string(compress.AppendZstd(nil, []byte(csv))), rows, "text/csv"},
		{"a byte order mark", "a.csv", "\xef\xbb\xbf" + csv, rows, "text/csv"},
		{"line ends of Windows", "a.csv", strings.ReplaceAll(csv, "\n", "\r\n"), []string{"no,text\r\n1,a\r\n2,\"b\r\nb\"\r\n", "no,text\r\n3,c\n"}, "text/csv"},
		{"a cell that is never closed", "a.csv", "no,text\n1,\"a\n2,b\n", []string{"no,text\n1,\"a\n2,b\n"}, "text/csv"},
		{"a quote in the middle", "a.csv", "no,text\n1,a\"\n2,b\n3,c\n", []string{"no,text\n1,a\"\n2,b\n", "no,text\n3,c\n"}, "text/csv"},
		{"only a header", "a.csv", "no,text\n", nil, ""},
		{"lines", "a.ndjson", "{\"a\":1}\n\n {\"a\":2}\r\n{\"a\":3}", []string{"{\"a\":1}\n{\"a\":2}\n", "{\"a\":3}\n"}, "application/x-ndjson"},
		{"a text sequence", "a.geojsons", "\x1e{\"a\":1}\n\x1e{\"a\":2}\n", []string{"{\"a\":1}\n{\"a\":2}\n"}, "application/x-ndjson"},
		{"a collection", "a.geojson", `{"type":"FeatureCollection","name":"x","features":[` + feature + ",\n" + feature + "," + feature + `],"bbox":[0,0,1,1]}`, []string{
			`{"type":"FeatureCollection","features":[` + feature + "," + feature + "]}", `{"type":"FeatureCollection","features":[` + feature + "]}",
		}, "application/geo+json"},
		{"an empty collection", "a.geojson", `{"features":[],"type":"FeatureCollection"}`, nil, ""},
		{"a list", "a.json", "[1, {\"a\":[2]},\n3]", []string{`[1,{"a":[2]}]`, "[3]"}, "application/json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := &taker{}
			if _, _, err := send(t, k, Files{Records: 2}, map[string]string{c.file: c.text}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, k.bodies); diff != "" {
				t.Errorf("bodies (-want +got):\n%s", diff)
			}
			for _, media := range k.types {
				if media != c.media {
					t.Errorf("got %s, want %s", media, c.media)
				}
			}
		})
	}
}

func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, text, want string }{
		{"no format", "a.txt", "x", "--format"},
		{"no header", "a.csv", "\n\n", "a header"},
		{"UTF-16", "a.csv", "\xff\xfea\x00", "UTF-16"},
		{"half a gzip", "a.csv.gz", string(compress.AppendGzip(nil, []byte(strings.Repeat("a,b\n", 5000))))[:40], "EOF"},
		{"a collection that breaks off", "a.geojson", `{"type":"FeatureCollection","features":[{"a":1},{"b"`, "a.geojson:1: unexpected EOF"},
		{"a collection without an end", "a.geojson", `{"type":"FeatureCollection","features":[{"a":1}`, "unexpected EOF"},
		{"no collection", "a.geojson", `{"type":"Feature"}`, "want a FeatureCollection with features"},
		{"a list as a collection", "a.geojson", `[]`, "want a FeatureCollection"},
		{"a crs of its own", "a.geojson", `{"crs":{"name":"EPSG:4547"},"features":[]}`, "crs"},
		{"an object", "a.json", `{"a":[]}`, "want a list of records"},
		{"no JSON", "a.json", `[1, x]`, "invalid character"},
		{"an endless line", "a.ndjson", strings.Repeat("x", 1<<20), "at most 65536 bytes"},
		{"an endless value", "a.json", `["` + strings.Repeat("x", 1<<20), "at most 65536 bytes"},
		{"an endless cell", "a.csv", "a\n\"" + strings.Repeat("\"\"\n", 1<<18), "is a quote not closed?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := send(t, &taker{}, Files{record: 64 << 10}, map[string]string{c.file: c.text}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestBounds: a request has no more bytes than it may, but for a single record, and learns what the server takes.
func TestBounds(t *testing.T) {
	t.Parallel()
	text := "no,text\n" + strings.Repeat("1,0123456789\n", 100)
	k := &taker{}
	sent, _, err := send(t, k, Files{Body: 200}, map[string]string{"a.csv": text})
	if err != nil || sent.Records != 100 || sent.Applied != 100 || sent.Requests != len(k.bodies) {
		t.Errorf("got %+v, %v", sent, err)
	}
	for _, b := range k.bodies {
		if len(b) > 200 {
			t.Errorf("a body has %d bytes", len(b))
		}
	}
	k = &taker{largest: 300}
	sent, _, err = send(t, k, Files{}, map[string]string{"a.csv": text})
	if err != nil || sent.Records != 100 || strings.Count(strings.Join(k.bodies, ""), "0123456789") != 100 {
		t.Errorf("a server that takes less: got %+v, %v", sent, err)
	}
	k = &taker{largest: 10}
	if sent, _, err = send(t, k, Files{}, map[string]string{"a.csv": text}); err == nil || !strings.Contains(err.Error(), "a.csv:2: ") || sent.Records != 0 {
		t.Errorf("a record that is too large: got %+v, %v", sent, err)
	}
}

// TestBusy: what the server has no room for is sent again when it says, and not for ever.
func TestBusy(t *testing.T) {
	t.Parallel()
	const text = "no\n1\n"
	k := &taker{answers: []func(http.ResponseWriter){busy(429, "Retry-After", "7"), busy(503), busy(503), busy(503, "Retry-After", "3")}}
	told := 0
	sent, waits, err := send(t, k, Files{Waiting: func(error, time.Duration) { told++ }}, map[string]string{"a.csv": text})
	if err != nil || sent.Applied != 1 || sent.Again != 4 || told != 4 {
		t.Errorf("got %+v, %v, told %d times", sent, err, told)
	}
	if want := []time.Duration{7 * time.Second, 2 * time.Second, 4 * time.Second, 3 * time.Second}; !cmp.Equal(waits, want) {
		t.Errorf("waited %v, want %v", waits, want)
	}
	k = &taker{}
	for range 100 {
		k.answers = append(k.answers, busy(503, "Retry-After", "60"))
	}
	if _, waits, err := send(t, k, Files{Patience: 5 * time.Minute}, map[string]string{"a.csv": text}); err == nil || len(waits) != 5 || !strings.Contains(err.Error(), "sending all of it again is safe") {
		t.Errorf("always busy: got %v after %v", err, waits)
	}
	for _, status := range []int{400, 401, 403, 404, 415, 500} {
		k = &taker{answers: []func(http.ResponseWriter){busy(status)}}
		var problem *ProblemError
		if _, waits, err := send(t, k, Files{}, map[string]string{"a.csv": text}); !errors.As(err, &problem) || problem.Status != status || len(waits) > 0 {
			t.Errorf("%d: got %v after %v", status, err, waits)
		}
	}
	hangUp := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	k = &taker{answers: []func(http.ResponseWriter){hangUp}}
	if _, waits, err := send(t, k, Files{}, map[string]string{"a.csv": text}); err == nil || len(waits) > 0 {
		t.Errorf("no answer to the first request: got %v after %v", err, waits)
	}
	k = &taker{}
	s := serve(t, auth.NewSecret(), func(w http.ResponseWriter, r *http.Request) {
		if len(k.bodies) == 1 && len(k.answers) == 0 && k.largest == 0 {
			k.largest = 1 << 20
			hangUp(w)
		}
		k.ServeHTTP(w, r)
	})
	sent, err = s.Send(t.Context(), "hotline", Files{
		Paths: []string{"-"}, In: strings.NewReader("no\n1\n2\n"), Format: push.CSV, Records: 1,
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil || sent.Applied != 2 || sent.Again != 1 {
		t.Errorf("no answer to a later one: got %+v, %v", sent, err)
	}
}

// TestRefusedAreListed: with the line of the file, up to a bound.
func TestRefusedAreListed(t *testing.T) {
	t.Parallel()
	sent, _, err := send(t, &taker{}, Files{Records: 2, Refused: 2}, map[string]string{"a.csv": "no\n1\nbad\n\n3\nbad\nbad\n"})
	if err != nil || sent.Refused != 3 || sent.Applied != 2 || len(sent.Listed) != 2 {
		t.Fatalf("got %+v, %v", sent, err)
	}
	if a, b := sent.Listed[0].Line, sent.Listed[1].Line; a != 3 || b != 6 {
		t.Errorf("got lines %d and %d, want 3 and 6", a, b)
	}
	if got := sent.Listed[0].String(); !strings.HasSuffix(got, "a.csv:3: want an id") {
		t.Errorf("got %q", got)
	}
}

// TestLines: records of JSON have the line they start in.
func TestLines(t *testing.T) {
	t.Parallel()
	f := Files{In: strings.NewReader("[\n {\"a\":\n 1},\n\n {\"a\": 2}\n]\n"), Format: push.JSON, record: 1 << 10}
	o, err := openFile("-", &f)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	c, err := o.next(1<<20, 10)
	if err != nil || len(c.records) != 2 || c.records[0].line != 2 || c.records[1].line != 5 {
		t.Errorf("got %+v, %v; want lines 2 and 5", c, err)
	}
}

func TestBackup(t *testing.T) {
	t.Parallel()
	key := auth.NewSecret()
	s := serve(t, key, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/maps/admin/backup" || r.Header.Get("Authorization") != "Bearer "+key.Reveal() {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte("a tar"))
	})
	body, err := s.Backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil || string(got) != "a tar" {
		t.Errorf("got %q, %v", got, err)
	}
	s = serve(t, key, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"title": "The key is for something else", "code": "forbidden"}`))
	})
	var problem *ProblemError
	if _, err := s.Backup(t.Context()); !errors.As(err, &problem) || problem.Code != "forbidden" {
		t.Errorf("got %v, want the problem", err)
	}
	s = serve(t, key, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 1<<20))
		panic(http.ErrAbortHandler)
	})
	if body, err = s.Backup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, body); err == nil {
		t.Error("one that broke off looks whole")
	}
	_ = body.Close()
}

// FuzzFiles: whatever is in a file, it comes to an end, and no record is sent twice or in part.
func FuzzFiles(f *testing.F) {
	for i := range push.Formats() {
		for _, text := range []string{"a,b\n1,\"2\n\"\n", "{}\n{}", `{"features":[{},1]}`, "[1,\n2]", "\"", "[", "a\n\"\"\"", ""} {
			f.Add(uint8(i), text)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		format := push.Formats()[int(which)%len(push.Formats())]
		o, err := openFile("-", &Files{In: strings.NewReader(text), Format: format, record: 1 << 10})
		if err != nil {
			return
		}
		defer o.close()
		var all []byte
		last := 0
		for n := 0; ; n++ {
			c, err := o.next(64, 3)
			if err != nil {
				break
			}
			if n > len(text)+1 || len(c.records) == 0 || len(c.records) > 3 {
				t.Fatalf("chunk %d has %d records of %d bytes", n, len(c.records), len(text))
			}
			for _, r := range c.records {
				if r.line < last || r.line > 1+strings.Count(text, "\n") {
					t.Fatalf("a record in line %d behind one in %d", r.line, last)
				}
				last = r.line
				all = append(all, r.text...)
			}
		}
		if len(all) > len(text)+1 {
			t.Fatalf("%d bytes of records of %d", len(all), len(text))
		}
	})
}

// TestPushToAServerThatNeverAnswers: a body that is not answered is given up, so that it can be sent again.
func TestPushToAServerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	s := serve(t, auth.NewSecret(), func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	s.timeout = 10 * time.Millisecond
	if _, err := s.Push(t.Context(), "hotline", Body{Type: "text/csv", Text: []byte("no\n1\n")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that the time is over", err)
	}
}
