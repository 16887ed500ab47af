package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"hutong/ingest"
	"hutong/layers"
)

// publisher is a function as a publisher.
type publisher func(ctx context.Context, batch layers.Batch) error

func (p publisher) Publish(ctx context.Context, batch layers.Batch) error { return p(ctx, batch) }

// generator is a file of n lines, a collection, or a table, made as it is read.
type generator struct {
	kind string
	n, i int
	rng  *rand.Rand
	rest []byte
}

func generate(kind string, n int) *generator {
	return &generator{kind: kind, n: n, rng: rand.New(rand.NewPCG(3, 4))}
}

func (g *generator) Read(p []byte) (int, error) {
	for len(g.rest) == 0 {
		if g.i > g.n {
			return 0, io.EOF
		}
		b := g.rest[:0]
		switch {
		case g.kind == "csv" && g.i == 0:
			b = append(b, "id,lon,lat,text\n"...)
		case g.kind == "csv":
			b = fmt.Appendf(b, "%d,116.%06d,39.9,\"a title, with some \"\"text\"\" %d\"\n", g.i, g.i%1000000, g.rng.Int())
		case g.kind == "geojson" && g.i == 0:
			b = append(b, `{"type":"FeatureCollection","features":[`...)
		case g.kind == "geojson" && g.i == g.n:
			b = append(feature(b, g.i, g.rng), "]}"...)
		case g.kind == "geojson":
			b = append(feature(b, g.i, g.rng), ",\n"...)
		case g.i > 0:
			b = append(feature(b, g.i, g.rng), '\n')
		}
		g.rest = b
		g.i++
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// peakHeap runs s, which has n features, and returns how far the live heap grew. It looks at every few
// batches.
func peakHeap(t *testing.T, s *Source, n, every int) (most uint64) {
	t.Helper()
	var before, now runtime.MemStats
	for range 3 { // pools keep what they hold for two
		runtime.GC()
	}
	runtime.ReadMemStats(&before)
	batches := 0
	var report ingest.Report
	err := s.Run(t.Context(), publisher(func(context.Context, layers.Batch) error {
		if batches++; batches%every == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
		}
		return nil
	}), &report)
	if sum := report.Summary(); err != nil || int(sum.Accepted) != n {
		t.Fatalf("%v, %v", err, sum)
	}
	return most
}

// The live heap while reading must not depend on the file's size. Not parallel: it measures.
func TestHeapDoesNotDependOnSize(t *testing.T) {
	const chunk = 32 << 10
	// Some 1 MB each: thirty chunks, far more than are in work at once.
	for kind, features := range map[string]int{"ndjson": 3000, "geojson": 3000, "csv": 18_000} {
		t.Run(kind, func(t *testing.T) {
			peak := func(n int) uint64 {
				opts := Options{Mapping: reports(t)}
				if kind == "csv" {
					opts = Options{Mapping: table(t), CSV: CSV{PlaceColumns: ingest.PlaceColumns{Lon: "lon", Lat: "lat"}}}
				}
				s := stream(t, opts, "f."+kind, func() io.Reader { return generate(kind, n) })
				s.chunk = chunk
				return peakHeap(t, s, n, 4)
			}
			small, large := peak(features), peak(8*features)
			t.Logf("live heap at most %d kB for %d features, %d kB for %d", small>>10, features, large>>10, 8*features)
			// A chunk is held as bytes, text, changes and values: up to eight times its size when the
			// records are short. How many chunks are full when the heap is looked at is chance, so both
			// peaks are held against the same bound, a fifth of what the larger file has.
			if bound := uint64(maxWorkers+2) * 8 * chunk; max(small, large) > bound {
				t.Errorf("%d and %d bytes of live heap, want at most %d", small, large, bound)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"ndjson", "geojson", "csv"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			opts := Options{Mapping: reports(t)}
			if kind == "csv" {
				opts = Options{Mapping: table(t), CSV: CSV{PlaceColumns: ingest.PlaceColumns{Lon: "lon", Lat: "lat"}}}
			}
			endless := generate(kind, 1<<40)
			s := stream(t, opts, "f."+kind, func() io.Reader { return endless })
			ctx, cancel := context.WithCancel(t.Context())
			batches := 0
			var report ingest.Report
			err := s.Run(ctx, publisher(func(context.Context, layers.Batch) error {
				if batches++; batches == 5 {
					cancel()
				}
				return nil
			}), &report)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
			if batches != 5 {
				t.Errorf("%d batches, want none behind the fifth, which cancelled", batches)
			}
			if report.Summary().Error == "" {
				t.Error("the report does not say that the source stopped")
			}
		})
	}
}

// A read that blocks must not keep a cancelled source from ending, be it among the records or before
// the first one.
func TestCancelBlockedRead(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"f.ndjson": line("a", "") + "\n", "f.geojson": "{", "f.csv": "id,"} {
		opts := Options{Mapping: reports(t)}
		r, w := io.Pipe()
		s := stream(t, opts, name, nil)
		s.open = func(string) (io.ReadCloser, error) { return r, nil }
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, _ = w.Write([]byte(text)) // returns once it was read
			cancel()
		}()
		var report ingest.Report
		err := s.Run(ctx, publisher(func(context.Context, layers.Batch) error { return nil }), &report)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", name, err)
		}
	}
}

func TestReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	a, b := line("a", ""), line("b", "")
	tests := []struct{ kind, text, want string }{
		{"ndjson", a + "\n" + b + "\n" + a[:20], "f.ndjson: after line 2: the disk is gone"},
		{"geojson", `{"features":[` + a + ",\n" + b + "," + a[:20], "f.geojson: after 2 features, at line 2: the disk is gone"},
		{"csv", "id,lon,lat,text\na,1,2,x\nb,1,2,\"x\"\nc,1", "f.csv: after line 3: the disk is gone"},
	}
	for _, tt := range tests {
		for _, chunk := range []int{8, chunkSize} {
			opts := Options{Mapping: reports(t)}
			if tt.kind == "csv" {
				opts = Options{Mapping: table(t), CSV: CSV{PlaceColumns: ingest.PlaceColumns{Lon: "lon", Lat: "lat"}}}
			}
			s := stream(t, opts, "f."+tt.kind, func() io.Reader {
				return io.MultiReader(strings.NewReader(tt.text), errorReader{broken})
			})
			s.chunk = chunk
			published, _, err := ids(t, s)
			if published != "a b" || !errors.Is(err, broken) {
				t.Errorf("%s: got %q, %v, want a b and the reader's error", tt.kind, published, err)
			}
			checkError(t, err, tt.want)
			if n := strings.Count(err.Error(), broken.Error()); n != 1 {
				t.Errorf("the error says it %d times: %v", n, err)
			}
		}
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func TestPublishError(t *testing.T) {
	t.Parallel()
	full := errors.New("the store is full")
	s := stream(t, Options{Mapping: reports(t)}, "f.ndjson", func() io.Reader { return generate("ndjson", 20_000) })
	s.chunk = 16 << 10
	batches := 0
	var report ingest.Report
	err := s.Run(t.Context(), publisher(func(context.Context, layers.Batch) error {
		if batches++; batches == 4 {
			return full
		}
		return nil
	}), &report)
	if !errors.Is(err, full) || batches != 4 {
		t.Errorf("got %v behind %d batches, want the publisher's error behind 4", err, batches)
	}
	if sum := report.Summary(); sum.Accepted == 0 || sum.Error != err.Error() {
		t.Errorf("got %v", sum)
	}
}

// Changes are published in the file's order, whichever worker parsed them.
func TestOrder(t *testing.T) {
	t.Parallel()
	s := stream(t, Options{Mapping: reports(t)}, "f.ndjson", func() io.Reader { return generate("ndjson", 20_000) })
	s.chunk = 4 << 10
	next := 1
	var report ingest.Report
	err := s.Run(t.Context(), publisher(func(_ context.Context, batch layers.Batch) error {
		for i := range batch.Changes {
			if want := fmt.Sprintf("BJ-2016-%07d", next); string(batch.Changes[i].Feature.ID) != want {
				return fmt.Errorf("got %s, want %s", batch.Changes[i].Feature.ID, want)
			}
			next++
		}
		return nil
	}), &report)
	if err != nil || next != 20_001 {
		t.Errorf("got %v behind %d changes", err, next-1)
	}
}

func TestRunTwice(t *testing.T) {
	t.Parallel()
	s := stream(t, Options{Mapping: reports(t)}, "f.ndjson", func() io.Reader { return bytes.NewReader(nil) })
	var report ingest.Report
	none := publisher(func(context.Context, layers.Batch) error { return nil })
	if err := s.Run(t.Context(), none, &report); err != nil {
		t.Error(err)
	}
	if err := s.Run(t.Context(), none, &report); !errors.Is(err, ErrStarted) {
		t.Errorf("got %v, want ErrStarted", err)
	}
}
