package record

import (
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers/column"
)

// thousand is a batch of 1,000 point changes with a value of each kind.
func thousand() Batch {
	b := batch("hotline", "all")
	for i := range 1000 {
		b.Changes = append(b.Changes, upsert(strconv.Itoa(i), orb.Point{116 + float64(i)/1e4, 39.9}, column.StringOf("noise at night"),
			column.IntOf(int64(i)), column.FloatOf(float64(i)/3), column.BoolOf(i%2 == 0), column.MicrosOf(1_790_000_000_000_000+int64(i))))
	}
	return b
}

func BenchmarkAppendSection(b *testing.B) {
	batches := []Batch{thousand()}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if dst, err = AppendSection(dst[:0], schemas(), batches); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkBody(b *testing.B) {
	body := section(b, thousand())
	d := NewDecoder(schemas(), nil)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Body(body); err != nil {
			b.Fatal(err)
		}
	}
}
