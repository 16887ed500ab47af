package style

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/styles/glyph"
)

// mustGet returns a range of the first font.
func mustGet(t *testing.T, f *Fonts, first rune) []byte {
	t.Helper()
	body, err := f.get(t.Context(), f.fonts[0], first)
	if err != nil || len(body) == 0 {
		t.Fatalf("U+%X: got %d bytes and %v", first, len(body), err)
	}
	return body
}

// heldFont is a font whose only file is read, in vain, when release is closed.
func heldFont() (font *glyph.Font, release chan struct{}) {
	release = make(chan struct{})
	return glyph.New("Held", []glyph.File{{Spans: []glyph.Span{{First: 0, Last: 0xFFFF}}, Read: func() ([]byte, error) {
		<-release
		return nil, errors.New("no file")
	}}}), release
}

// TestRangesAreMadeOnce: whoever asks at the same time gets the same bytes, and who asks for every range
// again and again makes none anew.
func TestRangesAreMadeOnce(t *testing.T) {
	t.Parallel()
	var reads atomic.Int32
	f := NewFonts(telemetry.NewMetrics(), ownFont("Own", &reads))
	var wg sync.WaitGroup
	bodies := make([][]byte, 16)
	for i := range bodies {
		wg.Go(func() {
			body, err := f.get(t.Context(), f.fonts[0], 0)
			if err != nil {
				t.Error(err)
			}
			bodies[i] = body
		})
	}
	wg.Wait()
	for i := range bodies {
		if &bodies[i][0] != &bodies[0][0] {
			t.Error("a range was made twice")
		}
	}
	all := map[rune]*byte{}
	for range 2 {
		for first := rune(0); first <= glyph.LastRange; first += glyph.RangeSize {
			body := mustGet(t, f, first)
			if all[first] != nil && all[first] != &body[0] {
				t.Errorf("U+%X was made twice", first)
			}
			all[first] = &body[0]
		}
	}
}

// TestKeptRangesAreBounded: ranges leave when there are too many bytes, those used longest ago first, and
// are made again when somebody asks.
func TestKeptRangesAreBounded(t *testing.T) {
	t.Parallel()
	var reads atomic.Int32
	f := NewFonts(telemetry.NewMetrics(), ownFont("Own", &reads))
	first, second := mustGet(t, f, 0), mustGet(t, f, 256)
	f.most = len(first) + len(second)
	mustGet(t, f, 0)
	mustGet(t, f, 512) // for which the second has to go
	if again := mustGet(t, f, 0); &again[0] != &first[0] {
		t.Error("a range that was just used has left")
	}
	if again := mustGet(t, f, 256); &again[0] == &second[0] || !bytes.Equal(again, second) {
		t.Errorf("got %d bytes for a range that had to leave, want the same made again", len(again))
	}
	f.most = 1
	mustGet(t, f, 1024)
	if len(f.kept) != 1 || f.kept[0].first != 1024 || f.bytes != f.kept[0].bytes {
		t.Errorf("got %d ranges of %d bytes kept, want the last alone", len(f.kept), f.bytes)
	}
}

// TestFollowersTakeNoTurn: who waits for a range that somebody makes keeps nobody from making another.
func TestFollowersTakeNoTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		held, release := heldFont()
		var reads atomic.Int32
		f := NewFonts(telemetry.NewMetrics(), ownFont("Own", &reads), held)
		for range 2 * builds {
			go func() { _, _ = f.get(t.Context(), held, 0) }()
		}
		synctest.Wait()
		begun := time.Now()
		mustGet(t, f, 0)
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("another range waited for %v", waited)
		}
		close(release)
	})
}

// TestBusyFonts: a range that gets no turn in time is refused, counted for all who wait for it, and made
// when it is asked for later; what is made already needs no turn.
func TestBusyFonts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := telemetry.NewMetrics()
		var reads atomic.Int32
		f := NewFonts(m, ownFont("Own", &reads))
		h := serverOf(f.Routes())
		mustGet(t, f, 256)
		for range builds {
			f.gate.Enter(t.Context())
		}
		begun := time.Now()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				w := testkit.Ask(h, http.MethodGet, "/fonts/Own/0-255.pbf")
				if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || time.Since(begun) != buildWait {
					t.Errorf("got %d %v after %v, want 503 with Retry-After after %v", w.Code, w.Header(), time.Since(begun), buildWait)
				}
			})
		}
		wg.Wait()
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if want := "\nhutong_font_refused_total 2\n"; !strings.Contains(w.Body.String(), want) {
			t.Errorf("the metrics lack %s", want)
		}
		mustGet(t, f, 256)
		f.gate.Leave()
		mustGet(t, f, 0)
	})
}

// TestWhoMakesARangeLeaves: who waits for a range goes on when the one who was to make it leaves first; who
// left is told nothing.
func TestWhoMakesARangeLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int32
		f := NewFonts(telemetry.NewMetrics(), ownFont("Own", &reads))
		for range builds {
			f.gate.Enter(t.Context())
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/fonts/Own/0-255.pbf", nil)
			w := httptest.NewRecorder()
			serverOf(f.Routes()).ServeHTTP(w, r)
			if w.Code != 499 {
				t.Errorf("who left: got %d, want 499", w.Code)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if _, err := f.get(t.Context(), f.fonts[0], 0); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		f.gate.Leave()
		wg.Wait()
	})
}
