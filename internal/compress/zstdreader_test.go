package compress

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func zstdOf(t testing.TB, text string, options ...zstd.EOption) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	return w.EncodeAll([]byte(text), nil)
}

func readZstd(b []byte) (string, error) {
	r, err := NewZstdReader(bytes.NewReader(b))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), errors.Join(err, r.Close(), r.Close())
}

func TestZstdReader(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("the lanes of old Beijing ", 10_000)
	whole := zstdOf(t, long)
	if got, err := readZstd(append(bytes.Clone(whole), whole...)); err != nil || got != long+long {
		t.Errorf("two frames: got %d bytes, %v", len(got), err)
	}
	if got, err := readZstd(zstdOf(t, "", zstd.WithZeroFrames(true))); err != nil || got != "" {
		t.Errorf("an empty frame: got %q, %v", got, err)
	}
	broken := bytes.Clone(whole)
	broken[len(broken)-1] ^= 1 // of the checksum
	for name, b := range map[string][]byte{
		"nothing": {}, "no zstd": []byte("id,lon,lat\n"), "cut off": whole[:len(whole)-5], "the magic alone": whole[:4], "checksum": broken,
	} {
		if got, err := readZstd(b); err == nil || !strings.HasPrefix(err.Error(), "compress: zstd: ") {
			t.Errorf("%s: got %d bytes, %v, want an error that names zstd", name, len(got), err)
		}
	}
	r, err := NewZstdReader(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a read behind Close: %v", err)
	}
}

// A frame that asks for a window beyond the limit is refused before memory is taken for it. Not
// parallel: it measures.
func TestZstdWindowIsBounded(t *testing.T) {
	// A frame header (RFC 8878 §3.1.1) with a window of 2^31 bytes, then a raw block of one byte.
	frame := append([]byte("\x28\xb5\x2f\xfd\x00"), (31-10)<<3, 0x09, 0, 0, 'x')
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readZstd(frame)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "window") {
		t.Errorf("got %v, want an error about the window", err)
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > MaxWindow {
		t.Errorf("%d bytes taken", taken)
	}
}

func FuzzZstdReader(f *testing.F) {
	whole := zstdOf(f, "the lanes of old Beijing")
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewZstdReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		if _, err := io.Copy(io.Discard, io.LimitReader(r, 1<<20)); err != nil && !strings.HasPrefix(err.Error(), "compress: zstd: ") {
			t.Fatalf("an error without a name: %v", err)
		}
	})
}
