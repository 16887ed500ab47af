package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAccepts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		headers []string
		br, gz  bool
	}{
		{nil, false, false},
		{[]string{""}, false, false},
		{[]string{"gzip, deflate, br, zstd"}, true, true},
		{[]string{"gzip"}, false, true},
		{[]string{"GZIP;q=0.1", "br;q=0"}, false, true},
		{[]string{"*"}, true, true},
		{[]string{"*;q=0"}, false, false},
		{[]string{"br;q=0, *"}, false, true},
		{[]string{"br;q=2"}, false, false},
		{[]string{strings.Repeat("a,", 40) + "br"}, false, false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["Accept-Encoding"] = c.headers
		if br, gz := Accepts(r, "br"), Accepts(r, "gzip"); br != c.br || gz != c.gz {
			t.Errorf("%q: got br %v, gzip %v, want %v, %v", c.headers, br, gz, c.br, c.gz)
		}
	}
}
