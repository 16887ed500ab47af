package journal

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"

	"hutong/journal/record"
	"hutong/layers"
	"hutong/layers/column"
)

// thousand is a batch of 1,000 point changes.
func thousand() record.Batch {
	b := record.Batch{Source: "bench"}
	b.Layer = "reports"
	for i := range 1000 {
		b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{
			ID: layers.FeatureID(strconv.Itoa(i)), Geometry: orb.Point{116 + float64(i)/1e4, 39.9},
			Values: []column.Value{column.StringOf("noise at night"), column.IntOf(int64(i))},
		}})
	}
	return b
}

// append from so many goroutines at once, each the batch again and again.
func appendFrom(b *testing.B, callers int, batch record.Batch) {
	j := open(b, options(b.TempDir()))
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wait sync.WaitGroup
	for range callers {
		wait.Go(func() {
			for left.Add(-1) >= 0 {
				if _, _, err := j.Append(b.Context(), batch); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64(b.N*len(batch.Changes))/b.Elapsed().Seconds(), "changes/s")
	b.ReportMetric(float64(b.N)/float64(j.Last()), "requests/message")
}

func BenchmarkAppendThousand(b *testing.B)         { appendFrom(b, 1, thousand()) }
func BenchmarkAppendThousandFromFour(b *testing.B) { appendFrom(b, 4, thousand()) }
func BenchmarkAppendOne(b *testing.B)              { appendFrom(b, 1, numbered(1)) }
func BenchmarkAppendOneFromSixtyFour(b *testing.B) { appendFrom(b, 64, numbered(1)) }

// BenchmarkFollow reads a log from its start, as a node does when it starts.
func BenchmarkFollow(b *testing.B) {
	for _, bench := range []struct {
		name     string
		batch    record.Batch
		messages int
	}{{"thousand", thousand(), 100}, {"one", numbered(1), 3000}} {
		b.Run(bench.name, func(b *testing.B) {
			j := open(b, options(b.TempDir()))
			for range bench.messages {
				if _, _, err := j.Append(b.Context(), bench.batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				mustRead(b, j, 0)
			}
			n := b.N * bench.messages
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
			b.ReportMetric(float64(n*len(bench.batch.Changes))/b.Elapsed().Seconds(), "changes/s")
		})
	}
}
