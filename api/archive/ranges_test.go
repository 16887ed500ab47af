package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rangeHeaders are Range headers that both we and the standard library serve.
var rangeHeaders = []string{
	"", "bytes=0-0", "bytes=0-99", "bytes=100-", "bytes=-1", "bytes=-100", "bytes=-100000", "bytes=5-99999999", "bytes=126-127",
	"bytes=0-0,-1", "bytes=0-9, 20-29 ,40-49", "bytes=10-19,0-9", "bytes=0-4,99999-", "bytes=,1-2,", "bytes=0-99,50-149",
	"bytes=99999999999999999999-", "bytes=99999-", "bytes=5-4", "bytes=a-b", "bytes=--1", "bytes=1", "bytes=", "bytes= 1-2", "bytes=-",
	"bytes=0-99999999999999999999", "bytes=-99999999999999999999",
}

// TestRangesAreTheStandardLibrarys compares raw answers with those of http.ServeContent, byte by byte.
func TestRangesAreTheStandardLibrarys(t *testing.T) {
	t.Parallel()
	data := bytesOf(t, lanes())
	f := newFixture(t, map[string]string{"lanes": put(t, "", data)}, Options{}, archiveOptions)
	for _, header := range rangeHeaders {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if header != "" {
			r.Header.Set("Range", header)
		}
		want := httptest.NewRecorder()
		want.Header().Set("Content-Type", contentType)
		want.Header().Set("ETag", `"x"`)
		http.ServeContent(want, r, "", time.Time{}, bytes.NewReader(data))
		got := f.get(t, "/archives/lanes.pmtiles", "Range", header)
		if wantStatus := statusInstead(header, want.Code); got.Code != wantStatus {
			t.Errorf("%q: got %d, want %d", header, got.Code, wantStatus)
			continue
		}
		if got.Code >= 400 {
			if got.Header().Get("Content-Range") != fmt.Sprintf("bytes */%d", len(data)) || !strings.Contains(got.Body.String(), `"range_not_satisfiable"`) {
				t.Errorf("%q: got %v %s", header, got.Header(), got.Body)
			}
			continue
		}
		if got.Code != want.Code {
			continue
		}
		if got.Header().Get("Content-Range") != want.Header().Get("Content-Range") || got.Header().Get("Content-Length") != strconv.Itoa(got.Body.Len()) {
			t.Errorf("%q: got %v, want %v", header, got.Header(), want.Header())
		}
		if gotParts, wantParts := parts(t, got), parts(t, want); gotParts != wantParts {
			t.Errorf("%q: the bodies differ: got\n%.300q\nwant\n%.300q", header, gotParts, wantParts)
		}
	}
}

// statusInstead is where we differ from the library, for a reason each.
func statusInstead(header string, status int) int {
	switch header {
	case "bytes=": // malformed as others are; the library takes it for no range
		return http.StatusRequestedRangeNotSatisfiable
	case "bytes=0-99999999999999999999", "bytes=-99999999999999999999": // digits have no limit (RFC 9110 §14.1.1)
		return http.StatusPartialContent
	}
	return status
}

// parts is a body as text: each part with its own Content-Range.
func parts(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "multipart/byteranges" {
		return kind + w.Body.String()
	}
	var b strings.Builder
	for m := multipart.NewReader(w.Body, params["boundary"]); ; {
		part, err := m.NextRawPart()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s %q\n", part.Header.Get("Content-Type"), part.Header.Get("Content-Range"), body)
	}
}

func TestRangesAreBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t, map[string]string{"lanes": put(t, "", bytesOf(t, lanes()))}, Options{}, archiveOptions)
	for header, want := range map[string]string{
		"bytes=" + strings.Repeat("0-0,", 20):   "At most 16 ranges",
		"bytes=0-,0-":                           "more bytes than the archive",
		"bytes=" + strings.Repeat("0-0,", 2000): "At most 16 ranges",
	} {
		w := f.get(t, "/archives/lanes.pmtiles", "Range", header)
		if w.Code != http.StatusRequestedRangeNotSatisfiable || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%.40s: got %d %s", header, w.Code, w.Body)
		}
	}
	for _, header := range []string{"lines=0-9", "Bytes=0-9", "nonsense"} {
		if w := f.get(t, "/archives/lanes.pmtiles", "Range", header); w.Code != http.StatusOK {
			t.Errorf("%s: got %d, want it ignored", header, w.Code)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	f := newFixture(t, map[string]string{"lanes": put(t, "", bytesOf(t, lanes()))}, Options{}, archiveOptions)
	tag := f.get(t, "/archives/lanes.pmtiles").Header().Get("ETag")
	for _, c := range []struct {
		name  string
		pairs []string
		want  int
	}{
		{"If-None-Match", []string{"If-None-Match", tag}, 304},
		{"If-None-Match, weakly", []string{"If-None-Match", `"a", W/` + tag}, 304},
		{"If-None-Match, anything", []string{"If-None-Match", "*"}, 304},
		{"If-None-Match before Range", []string{"If-None-Match", tag, "Range", "bytes=0-9"}, 304},
		{"If-None-Match of another", []string{"If-None-Match", `"a"`, "Range", "bytes=0-9"}, 206},
		{"If-Match", []string{"If-Match", tag, "Range", "bytes=0-9"}, 206},
		{"If-Match, anything", []string{"If-Match", "*"}, 200},
		{"If-Match, weakly", []string{"If-Match", "W/" + tag}, 412},
		{"If-Match of another", []string{"If-Match", `"a"`, "Range", "bytes=0-9"}, 412},
		{"If-Range", []string{"If-Range", tag, "Range", "bytes=0-9"}, 206},
		{"If-Range, weakly", []string{"If-Range", "W/" + tag, "Range", "bytes=0-9"}, 200},
		{"If-Range of another", []string{"If-Range", `"a"`, "Range", "bytes=0-9"}, 200},
		{"If-Range with a date", []string{"If-Range", "Tue, 14 Nov 2023 22:13:20 GMT", "Range", "bytes=0-9"}, 200},
		{"If-Range of another beyond the end", []string{"If-Range", `"a"`, "Range", "bytes=999999-"}, 200},
	} {
		w := f.get(t, "/archives/lanes.pmtiles", c.pairs...)
		if w.Code != c.want || c.want != 412 && w.Header().Get("ETag") != tag || c.want == 304 && w.Body.Len() > 0 {
			t.Errorf("%s: got %d %v, want %d", c.name, w.Code, w.Header(), c.want)
		}
	}
}

func FuzzRange(f *testing.F) {
	for _, header := range rangeHeaders {
		f.Add(header, int64(1000))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 1 {
			return
		}
		spans, unsatisfied := parseRange(header, size)
		if len(spans) > maxRanges || unsatisfied != "" && len(spans) > 0 {
			t.Fatalf("got %v, %q", spans, unsatisfied)
		}
		for _, s := range spans {
			if s.first < 0 || s.length < 1 || s.length > size || s.first > size-s.length {
				t.Fatalf("%v is not in %d bytes", s, size)
			}
		}
	})
}
