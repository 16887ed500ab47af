package push

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// BenchmarkTake takes a request of 1,000 records in each format, into a layer in memory.
func BenchmarkTake(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	records := make([]record, 1000)
	for i := range records {
		records[i] = newRecord(r)
		records[i].id, records[i].broken = i, false
	}
	each := func(of func(*record) string, separator string) string {
		list := make([]string, len(records))
		for i := range records {
			list[i] = of(&records[i])
		}
		return strings.Join(list, separator)
	}
	for _, c := range []struct{ name, media, text string }{
		{"objects", "application/json", "[" + each((*record).object, ",") + "]"},
		{"features", "application/x-ndjson", each((*record).feature, "\n")},
		{"rows", "text/csv", "id,title,votes,phone,updated,lon,lat,op\n" + each((*record).row, "\n")},
	} {
		b.Run(c.name, func(b *testing.B) {
			f, _ := feed(b, nil)
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				result, err := f.Take(b.Context(), Request{ContentType: c.media, Body: io.Reader(strings.NewReader(c.text)), Answers: AnswerNone})
				if err != nil || result.Refused > 0 {
					b.Fatal(fmt.Sprint(result, err))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(len(records)), "µs/record")
		})
	}
}
