package geoparquet

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	own "hutong/internal/compress"
)

// TestBlocks compresses pages with every codec and lies about their sizes.
func TestBlocks(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, codec := range []compress.Codec{&parquet.Snappy, &parquet.Gzip, &parquet.Zstd, &parquet.Lz4Raw} {
		for range 50 {
			text := bytes.Repeat([]byte{byte(random.Uint32())}, 1+random.IntN(3000))
			for range random.IntN(200) {
				text[random.IntN(len(text))] = byte(random.Uint32())
			}
			block, err := codec.Encode(nil, text)
			if err != nil {
				t.Fatal(err)
			}
			check := func(block []byte, size int) error {
				h := headers{r: bytes.NewReader(block), end: int64(len(block))}
				header := format.PageHeader{CompressedPageSize: int32(len(block)), UncompressedPageSize: int32(size)}
				return h.checkBlock(&header, codec.CompressionCodec())
			}
			if err := check(block, len(text)); err != nil {
				t.Fatalf("%s: %d bytes: %v", codec, len(text), err)
			}
			if err := check(block, len(text)-1); err == nil || codec != &parquet.Snappy && !errors.Is(err, own.ErrBeyond) {
				t.Fatalf("%s: %d bytes of a page of one fewer: got %v", codec, len(text), err)
			}
			if err := check(block[:len(block)-1], len(text)); err == nil && codec != &parquet.Snappy { // whose decoder says so
				t.Fatalf("%s: a block cut off is taken", codec)
			}
		}
	}
}

// TestBlockOfVersion2 keeps the levels of a page apart from what is compressed.
func TestBlockOfVersion2(t *testing.T) {
	t.Parallel()
	block, err := parquet.Snappy.Encode([]byte{}, make([]byte, 1000))
	if err != nil {
		t.Fatal(err)
	}
	page := append([]byte{1, 2, 3}, block...)
	header := format.PageHeader{CompressedPageSize: int32(len(page)), UncompressedPageSize: 1003}
	header.Type, header.DataPageHeaderV2.Valid = format.DataPageV2, true
	for _, c := range []struct {
		levels, size int32
		err          string
	}{
		{3, 1003, ""},
		{3, 900, "holds a block of 1000"},
		{3, 1002, "a page of 1002 bytes: it holds a block of 1000"}, // the levels count
		{3, 2, "levels of 3 bytes in a page of 2"},
		{1 << 20, 1003, "levels of 1048576 bytes in a page of"},
		{-4, 1003, "levels of -4 bytes"},
	} {
		header.DataPageHeaderV2.V.DefinitionLevelsByteLength, header.UncompressedPageSize = c.levels, c.size
		h := headers{r: bytes.NewReader(page), end: int64(len(page))}
		if err := h.checkBlock(&header, format.Snappy); (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%d, %d: got %v, want %q", c.levels, c.size, err, c.err)
		}
	}
	h := headers{r: bytes.NewReader(page), end: int64(len(page))}
	header.DataPageHeaderV2.V.DefinitionLevelsByteLength = 3
	if err := h.checkBlock(&header, format.Brotli); err == nil || !strings.Contains(err.Error(), "want snappy, gzip, zstd") {
		t.Errorf("got %v", err)
	}
}

// TestBlockUnderTwoHeaders gives a page of version 1 the header of version 2, too, by which nothing in it is
// compressed: a reader goes by the page's type.
func TestBlockUnderTwoHeaders(t *testing.T) {
	t.Parallel()
	block, err := parquet.Snappy.Encode([]byte{}, make([]byte, 1000))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []format.PageType{format.DataPage, format.DictionaryPage} {
		header := format.PageHeader{Type: kind, CompressedPageSize: int32(len(block)), UncompressedPageSize: 999}
		header.DataPageHeaderV2.Valid = true
		header.DataPageHeaderV2.V.IsCompressed.Valid = true
		h := headers{r: bytes.NewReader(block), end: int64(len(block))}
		if err := h.checkBlock(&header, format.Snappy); err == nil || !strings.Contains(err.Error(), "holds a block of 1000") {
			t.Errorf("%s: got %v, want the block refused", kind, err)
		}
	}
}

func FuzzLZ4(f *testing.F) {
	for _, n := range []int{0, 1, 20, 5000} {
		block, err := parquet.Lz4Raw.Encode(nil, bytes.Repeat([]byte("ab"), n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(block)
	}
	f.Add([]byte("I0ga ")) // ends where a match should be
	f.Fuzz(func(t *testing.T, block []byte) {
		if len(block) == 0 || checkLZ4(block, 1<<16) != nil {
			return
		}
		text, err := parquet.Lz4Raw.Decode(nil, block) // never ends when checkLZ4 is wrong
		if err != nil || len(text) > 1<<16 {
			t.Errorf("%d bytes, %v", len(text), err)
		}
	})
}

// TestFooter makes schemas that cost more than they are long.
func TestFooter(t *testing.T) {
	t.Parallel()
	group := func(children int32) format.SchemaElement {
		e := format.SchemaElement{Name: "g"}
		e.NumChildren.Valid, e.NumChildren.V = true, children
		return e
	}
	deep := make([]format.SchemaElement, 0, 100)
	for range 99 {
		deep = append(deep, group(1))
	}
	wide := append([]format.SchemaElement{group(MaxColumns)}, make([]format.SchemaElement, MaxColumns)...)
	for _, c := range []struct {
		name string
		meta format.FileMetaData
		err  string
	}{
		{"deep", format.FileMetaData{Schema: append(deep, format.SchemaElement{})}, "more than 64 groups inside groups"},
		{"wide", format.FileMetaData{Schema: wide}, "a schema of 16385 columns"},
		{"no columns", format.FileMetaData{Schema: wide[:2], RowGroups: make([]format.RowGroup, 3)}, "row group 0 has no columns"},
		{"a small file", format.FileMetaData{Schema: []format.SchemaElement{group(2), {Name: "a"}, {Name: "b"}}}, ""},
	} {
		var text bytes.Buffer
		var protocol thrift.CompactProtocol
		if err := thrift.NewEncoder(protocol.NewWriter(&text)).Encode(&c.meta); err != nil {
			t.Fatal(err)
		}
		if err := checkFooter(text.Bytes()); (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.err)
		}
	}
	for _, claim := range []string{
		"\x29\xfc\x80\x80\x40\x00",                     // 2²⁰ elements of a schema
		"\x29\xfc\xff\xff\xff\xff\x07\x00",             // 2³¹−1
		"\x29\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x7f", // 2⁶³−1
	} {
		if err := checkFooter([]byte(claim)); err == nil || !strings.Contains(err.Error(), "elements, for which") {
			t.Errorf("%q: got %v", claim, err)
		}
	}
	if err := checkFooter(bytes.Repeat([]byte{0x1c}, 1000)); err == nil || !strings.Contains(err.Error(), "nested more than") {
		t.Errorf("got %v", err)
	}
	if err := checkFooter([]byte("no thrift")); err == nil {
		t.Error("a footer that is none is taken")
	}
}
