package glyph

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hutong/internal/testkit"
)

// The tests' own font has 1,000 units an em, as Noto Sans, and these glyphs: "A" is a box of 480 × 700
// units, "B" the same box as two that overlap, "é" reaches below the baseline and left of the pen, and
// the space is empty. Its curve is the quadratic one of "O".
type shape struct {
	advance  int
	contours [][]vertex
}

type vertex struct {
	x, y int
	off  bool // a control point
}

func boxOf(x0, y0, x1, y1 int) []vertex {
	return []vertex{{x: x0, y: y0}, {x: x0, y: y1}, {x: x1, y: y1}, {x: x1, y: y0}} // clockwise, as outer contours are
}

var ownFont = map[rune]shape{
	' ': {advance: 260},
	'A': {600, [][]vertex{boxOf(50, 0, 530, 700)}},
	'B': {600, [][]vertex{boxOf(50, 0, 400, 700), boxOf(200, 0, 530, 700)}},
	'O': {740, [][]vertex{{{x: 20, y: 300}, {x: 20, y: 600, off: true}, {x: 370, y: 600}, {x: 720, y: 600, off: true}, {x: 720, y: 300}, {x: 720, y: 0, off: true}, {x: 370, y: 0}, {x: 20, y: 0, off: true}}}},
	'é': {500, [][]vertex{boxOf(-100, -210, 300, 410)}},
	'中': {1000, [][]vertex{boxOf(0, 0, 1000, 1000)}},
}

// be writes numbers of 1, 2, 4 or 8 bytes, big end first.
func be(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		if err := binary.Write(&b, binary.BigEndian, v); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// ttf returns the tables of a TrueType font of some of ownFont's characters, in this order.
func ttf(runes ...rune) map[string][]byte {
	glyf, loca, hmtx := []byte{}, be(uint32(0), uint32(0)), be(uint16(500), int16(0)) // glyph 0 is empty
	groups := []byte{}
	for i, r := range runes {
		s := ownFont[r]
		outline := s.glyf()
		glyf = append(glyf, outline...)
		loca = append(loca, be(uint32(len(glyf)))...)
		hmtx = append(hmtx, be(uint16(s.advance), int16(0))...)
		groups = append(groups, be(uint32(r), uint32(r), uint32(i+1))...)
	}
	n := uint16(len(runes) + 1)
	cmap := be(uint16(0), uint16(1), uint16(3), uint16(10), uint32(12),
		uint16(12), uint16(0), uint32(16+len(groups)), uint32(0), uint32(len(runes)))
	return map[string][]byte{
		"OS/2": make([]byte, 96),
		"cmap": append(cmap, groups...),
		"glyf": glyf,
		"head": be(uint32(0x10000), uint32(0x10000), uint32(0), uint32(0x5F0F3CF5), uint16(0), uint16(1000), int64(0), int64(0),
			int16(-100), int16(-210), int16(1000), int16(1000), uint16(0), uint16(8), int16(2), int16(1), int16(0)),
		"hhea": be(uint32(0x10000), int16(1069), int16(-293), int16(0), uint16(1000), int16(0), int16(0), int16(1000),
			int16(1), int16(0), int16(0), int64(0), int16(0), n),
		"hmtx": hmtx,
		"loca": loca,
		"maxp": be(uint32(0x10000), n, [26]byte{}),
		"name": be(uint16(0), uint16(0), uint16(6)),
		"post": be(uint32(0x30000), [28]byte{}),
	}
}

// glyf returns the outline as glyf has it.
func (s *shape) glyf() []byte {
	if len(s.contours) == 0 {
		return nil
	}
	var ends, flags, xs, ys []byte
	points := 0
	px, py := 0, 0
	for _, contour := range s.contours {
		points += len(contour)
		ends = append(ends, be(uint16(points-1))...)
		for _, v := range contour {
			flag := byte(1)
			if v.off {
				flag = 0
			}
			flags = append(flags, flag)
			xs, ys = append(xs, be(int16(v.x-px))...), append(ys, be(int16(v.y-py))...)
			px, py = v.x, v.y
		}
	}
	out := be(int16(len(s.contours)), int16(0), int16(0), int16(0), int16(0), ends, uint16(0), flags, xs, ys)
	return append(out, make([]byte, padded(len(out))-len(out))...)
}

var tags = []string{"OS/2", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "post"}

// sfntOf puts tables together as they are without WOFF.
func sfntOf(tables map[string][]byte) []byte {
	out := be(uint32(0x10000), uint16(len(tags)), uint16(128), uint16(3), uint16(32))
	offset := len(out) + sfntEntry*len(tags)
	var body []byte
	for _, tag := range tags {
		b := pad(tables[tag])
		out = append(out, be([]byte(tag), checksum(tag, b), uint32(offset+len(body)), uint32(len(tables[tag])))...)
		body = append(body, b...)
	}
	return append(out, body...)
}

func pad(b []byte) []byte { return append(slices.Clip(b), make([]byte, padded(len(b))-len(b))...) }

// woffOf packs tables.
func woffOf(tables map[string][]byte) []byte { return woffBy(tables, deflate) }

// woffBy packs tables by pack where that makes them smaller.
func woffBy(tables map[string][]byte, pack func([]byte) []byte) []byte {
	var entries, body []byte
	offset := woffHeader + woffEntry*len(tags)
	for _, tag := range tags {
		plain := tables[tag]
		packed := plain
		if z := pack(plain); len(z) < len(plain) {
			packed = z
		}
		entries = append(entries, be([]byte(tag), uint32(offset+len(body)), uint32(len(packed)), uint32(len(plain)), checksum(tag, pad(plain)))...)
		body = append(body, pad(packed)...)
	}
	total := woffHeader + len(entries) + len(body)
	head := be([]byte("wOFF"), uint32(0x10000), uint32(total), uint16(len(tags)), uint16(0), uint32(len(sfntOf(tables))), [24]byte{})
	return append(append(head, entries...), body...)
}

func deflate(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// file is a file with some of ownFont's characters, for the spans.
func file(t *testing.T, spans []Span, runes ...rune) File {
	t.Helper()
	read := false
	return File{spans, func() ([]byte, error) {
		if read {
			t.Error("a file was read twice")
		}
		read = true
		return woffOf(ttf(runes...)), nil
	}}
}

// parsed is a glyph as somebody reads it.
type parsed struct {
	bitmap                            []byte
	width, height, left, top, advance int
}

// parse reads a range on its own: every field must be known.
func parse(t *testing.T, message []byte) (name, span string, glyphs map[rune]parsed) {
	t.Helper()
	glyphs = map[rune]parsed{}
	for _, stack := range fieldsOf(t, message) {
		for _, f := range fieldsOf(t, stack.data) {
			switch f.key {
			case 1:
				name = string(f.data)
			case 2:
				span = string(f.data)
			case 3:
				var g parsed
				var id rune
				for _, f := range fieldsOf(t, f.data) {
					signed := int(f.value>>1) ^ -int(f.value&1)
					switch f.key {
					case 1:
						id = rune(f.value)
					case 2:
						g.bitmap = f.data
					case 3:
						g.width = int(f.value)
					case 4:
						g.height = int(f.value)
					case 5:
						g.left = signed
					case 6:
						g.top = signed
					case 7:
						g.advance = int(f.value)
					default:
						t.Fatalf("a glyph has a field %d", f.key)
					}
				}
				glyphs[id] = g
			default:
				t.Fatalf("a stack has a field %d", f.key)
			}
		}
	}
	return name, span, glyphs
}

type field struct {
	key   int
	value uint64
	data  []byte
}

func fieldsOf(t *testing.T, b []byte) []field {
	t.Helper()
	var out []field
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			t.Fatal("a number is cut off")
		}
		b = b[n:]
		return v
	}
	for len(b) > 0 {
		key := next()
		f := field{key: int(key >> 3), value: next()}
		if key&7 == 2 {
			f.data, b = b[:f.value], b[f.value:]
		}
		out = append(out, f)
	}
	return out
}

// notoSans returns the files that the page's build chose, which is what the server has.
func notoSans(t *testing.T) []File {
	t.Helper()
	dist := filepath.Join("..", "..", "web", "dist")
	text, err := os.ReadFile(filepath.Join(dist, "fonts.json"))
	if err != nil {
		testkit.Missing(t, "web/dist holds no fonts: run npm ci && npm run build in web/")
	}
	var list []struct {
		Path   string
		Ranges []string
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	var files []File
	for _, f := range list {
		spans, err := ParseSpans(f.Ranges)
		if err != nil {
			t.Fatalf("%s: %v", f.Path, err)
		}
		files = append(files, File{spans, func() ([]byte, error) { return os.ReadFile(filepath.Join(dist, f.Path)) }})
	}
	return files
}

func parseFile(t *testing.T, path string) map[rune]parsed {
	t.Helper()
	message, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, _, glyphs := parse(t, message)
	return glyphs
}
