package compress

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// packZstd compresses src as one frame.
func packZstd(t testing.TB, src []byte) []byte {
	t.Helper()
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return e.EncodeAll(src, nil)
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, format := range []struct {
		name   string
		pack   func(src []byte) []byte
		unpack func(dst, src []byte, limit int) ([]byte, error)
	}{
		{"gzip", func(src []byte) []byte { return AppendGzip(nil, src) }, GunzipWithin},
		{"zstd", func(src []byte) []byte { return packZstd(t, src) }, UnzstdWithin},
	} {
		for name, src := range map[string][]byte{
			"empty": nil,
			"short": []byte("hutong"),
			"zeros": make([]byte, 3<<20),
			"noise": noise(100_000),
		} {
			t.Run(format.name+" "+name, func(t *testing.T) {
				t.Parallel()
				packed := format.pack(src)
				for range 2 { // the second time with a reader from the pool
					got, err := format.unpack([]byte("head"), packed, len(src))
					if err != nil || !bytes.Equal(got, append([]byte("head"), src...)) {
						t.Fatalf("at its limit: got %d bytes, %v, want %d", len(got), err, 4+len(src))
					}
				}
				if len(src) == 0 {
					return
				}
				got, err := format.unpack([]byte("head"), packed, len(src)-1)
				if !errors.Is(err, ErrBeyond) || string(got) != "head" {
					t.Errorf("beyond the limit: got %q…, %v, want ErrBeyond", got[:min(len(got), 10)], err)
				}
				for cut := range min(len(packed), 64) {
					if got, err := format.unpack(nil, packed[:cut], len(src)); err == nil && len(got) == len(src) {
						t.Fatalf("cut after %d of %d bytes: no error", cut, len(packed))
					}
				}
				_, err = format.unpack(nil, []byte("neither one nor the other"), 100)
				if err == nil || errors.Is(err, ErrBeyond) || !strings.HasPrefix(err.Error(), "compress: ") {
					t.Errorf("no such stream: got %v, want an error of this package", err)
				}
			})
		}
	}
}

// TestWithinHoldsNoMoreThanTheLimit feeds a bomb: 64 MiB of zeros in a few kilobytes.
func TestWithinHoldsNoMoreThanTheLimit(t *testing.T) {
	bomb := AppendGzip(nil, make([]byte, 64<<20))
	const limit = 1 << 20
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := GunzipWithin(nil, bomb, limit); !errors.Is(err, ErrBeyond) {
				b.Fatalf("got %v, want ErrBeyond", err)
			}
		}
	})
	if got := result.AllocedBytesPerOp(); got > 4*limit {
		t.Errorf("%d bytes were allocated to refuse at %d", got, limit)
	}
}

func FuzzWithin(f *testing.F) {
	f.Add(AppendGzip(nil, []byte("hutong")), uint16(100))
	f.Add(packZstd(f, []byte("hutong")), uint16(6))
	f.Add(packZstd(f, make([]byte, 1<<16)), uint16(1000))
	f.Fuzz(func(t *testing.T, src []byte, limit uint16) {
		for _, unpack := range []func(dst, src []byte, limit int) ([]byte, error){GunzipWithin, UnzstdWithin} {
			got, err := unpack([]byte("head"), src, int(limit))
			if !bytes.HasPrefix(got, []byte("head")) || len(got) > 4+int(limit) || err != nil && len(got) != 4 {
				t.Fatalf("got %d bytes and %v within %d", len(got), err, limit)
			}
		}
	})
}
