package glyph

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

func TestDecodeWOFF(t *testing.T) {
	t.Parallel()
	tables := ttf(' ', 'A', 'B', 'O', 'é', '中')
	plain := woffBy(tables, slices.Clone)
	testkit.Golden(t, "own.woff", string(plain)) // for tests of other packages
	for name, woff := range map[string][]byte{"packed": woffOf(tables), "plain": plain} {
		got, err := DecodeWOFF(woff)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := sfntOf(tables); !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes that are not the font's %d", name, len(got), len(want))
		}
	}
}

func TestNotWOFF(t *testing.T) {
	t.Parallel()
	good := woffOf(ttf('A'))
	entry := func(tag string) int { return woffHeader + woffEntry*slices.Index(tags, tag) }
	put := func(at int, v uint32) func(b []byte) []byte {
		return func(b []byte) []byte {
			binary.BigEndian.PutUint32(b[at:], v)
			return b
		}
	}
	tests := []struct {
		name  string
		spoil func(b []byte) []byte
		want  string
	}{
		{"nothing", func([]byte) []byte { return nil }, "header"},
		{"WOFF 2", func(b []byte) []byte { b[3] = '2'; return b }, "header"},
		{"cut off", func(b []byte) []byte { return b[:len(b)-4] }, "bytes and says"},
		{"too large", put(16, MaxFontBytes+1), "more than 33554432"},
		{"wrong size", put(16, 4), "its header says 4"},
		{"no tables", put(12, 0), "0 tables"},
		{"too many tables", put(12, 65<<16), "65 tables"},
		{"directory cut off", func(b []byte) []byte {
			binary.BigEndian.PutUint32(b[8:], woffHeader+20)
			return b[:woffHeader+20]
		}, "directory"},
		{"table outside", put(entry("glyf")+4, uint32(len(good))), `"glyf" ends behind`},
		{"offset beyond 32 bits", put(entry("glyf")+4, 0xFFFFFFFF), `"glyf" ends behind`},
		{"larger packed", put(entry("hhea")+12, 3), `"hhea" is larger packed`},
		{"bomb", put(entry("hhea")+12, 1<<31), "more than 33554432"},
		{"order", func(b []byte) []byte { copy(b[entry("glyf"):], "aaaa"); return b }, `"aaaa" comes after "cmap"`},
		{"no zlib", put(int(binary.BigEndian.Uint32(good[entry("OS/2")+4:])), 0), `table "OS/2": zlib`},
		{"longer than it says", func(b []byte) []byte {
			put(entry("OS/2")+12, 92)(b)
			return put(16, binary.BigEndian.Uint32(b[16:])-4)(b)
		}, `"OS/2" is longer`},
		{"shorter than it says", func(b []byte) []byte {
			put(entry("OS/2")+12, 100)(b)
			return put(16, binary.BigEndian.Uint32(b[16:])+4)(b)
		}, `table "OS/2": unexpected EOF`},
		{"checksum", put(entry("cmap")+16, 7), `"cmap" has the checksum`},
	}
	for _, tt := range tests {
		_, err := DecodeWOFF(tt.spoil(bytes.Clone(good)))
		if !errors.Is(err, ErrWOFF) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want ErrWOFF with %q", tt.name, err, tt.want)
		}
	}
}

// FuzzDecodeWOFF: whatever comes in, what comes out is as large as announced and its tables lie in it,
// each with its checksum.
func FuzzDecodeWOFF(f *testing.F) {
	f.Add(woffOf(ttf(' ', 'A', 'O')))
	f.Add(woffOf(ttf()))
	f.Add([]byte("wOFF"))
	f.Fuzz(func(t *testing.T, data []byte) {
		font, err := DecodeWOFF(data)
		if err != nil {
			if font != nil || !errors.Is(err, ErrWOFF) {
				t.Errorf("got %d bytes and %v", len(font), err)
			}
			return
		}
		if want := int(binary.BigEndian.Uint32(data[16:])); len(font) != want {
			t.Fatalf("got %d bytes, want %d", len(font), want)
		}
		for i := range int(binary.BigEndian.Uint16(font[4:])) {
			e := font[sfntHeader+sfntEntry*i:]
			from, size := int(binary.BigEndian.Uint32(e[8:])), int(binary.BigEndian.Uint32(e[12:]))
			if from%4 != 0 || from+padded(size) > len(font) {
				t.Fatalf("table %d is %d bytes from %d of %d", i, size, from, len(font))
			}
			if got, want := checksum(string(e[:4]), font[from:from+padded(size)]), binary.BigEndian.Uint32(e[4:]); got != want {
				t.Errorf("table %d has the checksum %x, want %x", i, got, want)
			}
		}
	})
}
