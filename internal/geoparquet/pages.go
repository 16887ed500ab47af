package geoparquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Limits of a file. Writers make pages of about a megabyte; parquet-go takes what a header promises
// before it looks at what is there, so headers are read first.
const (
	MaxPage   = 64 << 20 // bytes of a page, compressed or not
	MaxValues = 16 << 20 // values of a page
	MaxFooter = 64 << 20 // bytes of the file's footer

	maxHeader = 1 << 20 // bytes of a page's header
)

// checkPages reads the headers of all pages of a column chunk and refuses what they cannot hold.
func checkPages(r io.ReaderAt, size int64, m *format.ColumnMetaData) error {
	start := m.DataPageOffset
	if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < start {
		start = m.DictionaryPageOffset
	}
	if start < 4 || m.TotalCompressedSize < 0 || start > size || m.TotalCompressedSize > size-start {
		return fmt.Errorf("%d bytes from %d on are not in the file of %d bytes", m.TotalCompressedSize, start, size)
	}
	scan := headers{r: r, at: start, end: start + m.TotalCompressedSize}
	for scan.at < scan.end {
		header, err := scan.next()
		if err != nil {
			return err
		}
		if left := scan.end - scan.at; int64(header.CompressedPageSize) > left {
			return fmt.Errorf("a page of %d bytes where %d are left", header.CompressedPageSize, left)
		}
		if err := checkHeader(header); err != nil {
			return err
		}
		if err := scan.checkBlock(header, m.Codec); err != nil {
			return err
		}
		scan.at += int64(header.CompressedPageSize)
	}
	return nil
}

// headers reads the headers of the pages of a column chunk.
type headers struct {
	r       io.ReaderAt
	at, end int64
	buffer  []byte
}

// peek returns up to n bytes from where the scan is.
func (h *headers) peek(n int) ([]byte, error) {
	n = int(min(int64(n), h.end-h.at))
	if cap(h.buffer) < n {
		h.buffer = make([]byte, n)
	}
	h.buffer = h.buffer[:n]
	if _, err := h.r.ReadAt(h.buffer, h.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return h.buffer, nil
}

// next reads a header and goes on behind it. Most are short; statistics hold values, which may be long.
func (h *headers) next() (*format.PageHeader, error) {
	var protocol thrift.CompactProtocol
	for n := 256; ; n *= 16 {
		text, err := h.peek(n)
		if err != nil {
			return nil, err
		}
		header := new(format.PageHeader)
		r := protocol.NewReaderFromBytes(text)
		err = thrift.NewDecoder(r).Decode(header)
		if err == nil {
			h.at += int64(r.BytesRead())
			return header, nil
		}
		if len(text) < n || n >= maxHeader {
			return nil, fmt.Errorf("the header of a page: %w", err)
		}
	}
}

func checkHeader(h *format.PageHeader) error {
	if h.CompressedPageSize < 0 || h.UncompressedPageSize < 0 || h.CompressedPageSize > MaxPage || h.UncompressedPageSize > MaxPage {
		return fmt.Errorf("a page of %d bytes, %d of them compressed: want 0 to %d", h.UncompressedPageSize, h.CompressedPageSize, MaxPage)
	}
	values := max(h.DataPageHeader.V.NumValues, h.DataPageHeaderV2.V.NumValues, h.DictionaryPageHeader.V.NumValues)
	if values > MaxValues {
		return fmt.Errorf("a page of %d values: want at most %d", values, MaxValues)
	}
	return nil
}

// cursor reads the values of one flat column of one row group.
type cursor struct {
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buffer [128]parquet.Value
	i, n   int
}

// next returns the next value, which is valid until the call after it; io.EOF behind the last.
func (c *cursor) next() (parquet.Value, error) {
	for c.i == c.n {
		if c.values != nil {
			n, err := c.values.ReadValues(c.buffer[:])
			if err != nil && !errors.Is(err, io.EOF) {
				return parquet.Value{}, err
			}
			if c.i, c.n = 0, n; n > 0 {
				break
			}
			parquet.Release(c.page)
			c.page, c.values = nil, nil
		}
		page, err := c.pages.ReadPage()
		if err != nil {
			return parquet.Value{}, err
		}
		c.page, c.values = page, page.Values()
	}
	v := c.buffer[c.i]
	c.i++
	return v, nil
}

func (c *cursor) close() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page, c.values = nil, nil
	}
	if c.pages != nil {
		_ = c.pages.Close()
		c.pages = nil
	}
}
