package compress

import (
	"bytes"
	stdgzip "compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestAppendGzipIsReadByTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for name, src := range map[string][]byte{
		"empty": nil,
		"short": []byte("a"),
		"long":  bytes.Repeat([]byte("hutong "), 100_000),
		"noise": noise(100_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			packed := AppendGzip([]byte("head"), src)
			if !bytes.HasPrefix(packed, []byte("head")) {
				t.Fatal("what was in dst is gone")
			}
			if again := AppendGzip([]byte("head"), src); !bytes.Equal(packed, again) {
				t.Error("the same input gave other bytes")
			}
			r, err := stdgzip.NewReader(bytes.NewReader(packed[4:]))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, src) {
				t.Errorf("got %d bytes back, want the %d that went in", len(got), len(src))
			}
		})
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	packed := AppendGzip(AppendGzip(nil, []byte("first ")), []byte("second"))
	for range 3 { // the second and third time with a reader from the pool
		r, err := NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != "first second" {
			t.Fatalf("got %q, %v, want both members", got, err)
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("read after close: got %v, want io.ErrClosedPipe", err)
		}
	}
}

func TestReaderNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	packed := AppendGzip(nil, bytes.Repeat([]byte("hutong "), 1000))
	broken := bytes.Clone(packed)
	broken[len(broken)-5] ^= 1 // the checksum
	for name, data := range map[string][]byte{
		"no gzip":  []byte("id,lon,lat\n1,2,3\n"),
		"empty":    nil,
		"cut off":  packed[:len(packed)/2],
		"checksum": broken,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := NewReader(bytes.NewReader(data))
			if err == nil {
				_, err = io.Copy(io.Discard, r)
			}
			if err == nil || !strings.HasPrefix(err.Error(), "compress: ") {
				t.Errorf("got %v, want an error of this package", err)
			}
		})
	}
}

// TestAppendGzipInParts: any number of parts is one member, and the lengths where their number changes are no exception.
func TestAppendGzipInParts(t *testing.T) {
	t.Parallel()
	all := append(noise(200<<10), bytes.Repeat([]byte("complaint open "), 60_000)...)
	for n, want := range map[int]int{
		0: 1, 1: 1, partBytes: 1, partBytes + 1: 2, 2*partBytes + 1: 3, 3 * partBytes: 3, 3*partBytes + 1: 4, maxParts*partBytes + 1: 4, len(all): 4,
	} {
		if got := partsOf(n); got != want {
			t.Errorf("%d bytes: got %d parts, want %d", n, got, want)
		}
		packed := AppendGzip([]byte("before"), all[:n])
		r, err := stdgzip.NewReader(bytes.NewReader(packed[len("before"):]))
		if err != nil {
			t.Fatal(err)
		}
		r.Multistream(false)
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, all[:n]) || string(packed[:6]) != "before" {
			t.Errorf("%d bytes: got %d, %v", n, len(got), err)
		}
		if alone := onePartAfterTheOther(all[:n]); !bytes.Equal(alone, packed[len("before"):]) {
			t.Errorf("%d bytes: got other bytes than on a busy machine", n)
		}
	}
}

// onePartAfterTheOther is AppendGzip without helpers.
func onePartAfterTheOther(src []byte) []byte {
	working.Add(1 << 20) // no processor is free
	defer working.Add(-1 << 20)
	return AppendGzip(nil, src)
}

func TestAppendGzipAllocatesLittleMoreThanItsOutput(t *testing.T) {
	src := bytes.Repeat([]byte("hutong "), 10_000)
	dst := make([]byte, 0, len(src))
	AppendGzip(dst, src)
	// Without the race detector it is 0; with it a sync.Pool forgets one entry in four.
	if got := testing.AllocsPerRun(50, func() { AppendGzip(dst, src) }); got > 12 {
		t.Errorf("got %v allocations a call, want at most 12", got)
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("hutong"))
	f.Add(noise(300))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := NewReader(bytes.NewReader(AppendGzip(nil, src)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, src) {
			t.Fatalf("got %d bytes, %v, want the %d that went in", len(got), err, len(src))
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkAppendGzip(b *testing.B) {
	// As long as a full tile, and as little to compress: one of 300 words, then bytes that are any.
	words, rest := noise(300*6), noise(370_000)
	var src []byte
	for i := 0; len(src) < len(rest); i += 3 {
		w := 6 * (int(rest[i]) + int(rest[i+1]&31))
		src = append(append(src, words[w:w+6]...), rest[i:i+3]...)
	}
	for name, parts := range map[string]int{"alone": 1, "parts": partsOf(len(src))} {
		b.Run(name, func(b *testing.B) {
			var dst []byte
			b.ReportAllocs()
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				dst = appendGzip(encoders, dst[:0], src, parts)
			}
			b.ReportMetric(float64(len(dst)), "out-bytes")
		})
		b.Run(name+", all processors busy", func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.RunParallel(func(pb *testing.PB) {
				var dst []byte
				for pb.Next() {
					dst = appendGzip(encoders, dst[:0], src, parts)
				}
			})
		})
	}
}

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}
