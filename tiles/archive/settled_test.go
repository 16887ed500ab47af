package archive

import (
	"net/http"
	"testing"
)

// TestSettled says which Last-Modified are strong validators by RFC 9110 §8.8.2.2.
func TestSettled(t *testing.T) {
	t.Parallel()
	const at, later = "Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 22:13:21 GMT"
	for _, c := range []struct {
		modified, date string
		want           bool
	}{
		{at, later, true},
		{at, at, false},
		{later, at, false},
		{at, "", false},
		{"", later, false},
		{at, "soon", false},
	} {
		h := http.Header{}
		h.Set("Last-Modified", c.modified)
		h.Set("Date", c.date)
		if got := settled(h); got != c.want {
			t.Errorf("Last-Modified %q at %q: got %v, want %v", c.modified, c.date, got, c.want)
		}
	}
}
