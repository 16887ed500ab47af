package compress

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// decode returns what an encoding of ours holds, read by another implementation for gzip and by the
// library's decoder, bounded as a browser's, for Zstandard.
func decode(t *testing.T, e Encoding, data []byte) []byte {
	t.Helper()
	switch e {
	case Gzip:
		r, err := stdgzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return out
	case Zstd:
		d, err := zstd.NewReader(nil, zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		out, err := d.DecodeAll(data, nil)
		if err != nil {
			t.Fatal(err)
		}
		return out
	default:
		return data
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	text := []byte(strings.Repeat("胡同, the lanes of old Beijing. ", 5000))
	for i := range text {
		if rng.IntN(20) == 0 {
			text[i] = byte(rng.Uint32())
		}
	}
	prefix := []byte("kept")
	for name, src := range map[string][]byte{"empty": {}, "one byte": {7}, "text": text, "noise": noise, "zeros": make([]byte, 1<<20)} {
		for e := range Encodings {
			fast, better := Append(prefix, src, e), AppendBetter(prefix, src, e)
			for level, got := range map[string][]byte{"fast": fast, "better": better} {
				if !bytes.HasPrefix(got, prefix) || !bytes.Equal(decode(t, e, got[len(prefix):]), src) {
					t.Errorf("%s, %s, %s: it does not come back", name, e, level)
				}
			}
			if !bytes.Equal(fast, Append(prefix, src, e)) || !bytes.Equal(better, AppendBetter(prefix, src, e)) {
				t.Errorf("%s, %s: the same bytes were encoded in two ways", name, e)
			}
			if name == "text" && e != Identity && (len(better) >= len(fast) || len(fast) >= len(src)) {
				t.Errorf("%s, %s: got %d bytes fast and %d better of %d", name, e, len(fast), len(better), len(src))
			}
		}
	}
}

func TestEncodingNames(t *testing.T) {
	t.Parallel()
	for e, want := range map[Encoding]string{Identity: "identity", Gzip: "gzip", Zstd: "zstd", 9: "encoding 9"} {
		if got := e.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
