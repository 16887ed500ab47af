package column

import (
	"strconv"
	"strings"
	"testing"
)

// TestDictionaryBytes measures a dictionary while its writer adds to it: it must be what the strings
// and their slots take, and never less than before.
func TestDictionaryBytes(t *testing.T) {
	t.Parallel()
	const n, length = 2000, 100
	d := NewDictionary()
	empty := d.Bytes()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for last := 0; d.Len() < n; {
			now := d.Bytes()
			if now < last || now < empty {
				t.Errorf("%d bytes, %d before", now, last)
				return
			}
			last = now
		}
	}()
	for i := range n {
		s := strconv.Itoa(i)
		if _, ok := d.Intern(strings.Repeat("x", length-len(s)) + s); !ok {
			t.Fatal("the dictionary is full")
		}
	}
	<-done
	least := n * (length + 16 + 2*4) // the text, its header, and slots of which half are free
	if got := d.Bytes(); got < least || got > least*3/2 {
		t.Errorf("%d strings of %d bytes take %d, want %d to %d", n, length, got, least, least*3/2)
	}
}
