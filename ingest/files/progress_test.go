package files

import (
	"strings"
	"sync/atomic"
	"testing"
)

// TestReadCountsTheBytesOfTheDisk reads plain and compressed files: what is counted is their size.
func TestReadCountsTheBytesOfTheDisk(t *testing.T) {
	t.Parallel()
	plain := strings.Repeat(line("1", "2")+"\n", 20_000)
	zipped := gz(plain)
	var read atomic.Int64
	s := source(t, Options{Mapping: reports(t), Read: &read}, map[string]string{"a.ndjson": plain, "b.ndjson.gz": zipped}, 0)
	want := int64(len(plain) + len(zipped))
	if got := s.Size(); got != want {
		t.Errorf("Size: got %d, want %d", got, want)
	}
	_, sum, err := run(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if got := read.Load(); got != want {
		t.Errorf("read: got %d bytes, want %d", got, want)
	}
	if got := sum.Accepted; got != 40_000 {
		t.Errorf("got %d records, want 40000", got)
	}
}
