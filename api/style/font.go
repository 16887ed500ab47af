package style

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/styles/glyph"
)

// Bounds of the work on glyphs.
const (
	// keptBytes is the most bytes of ranges that are kept, the last used ones. All 256 of Noto Sans with
	// Chinese have 12.2 MB, so each of them is made once: in 20 ms on average, and in 0.1 s at most.
	keptBytes = 16 << 20
	// builds is how many ranges are made at the same time.
	builds = 2
	// buildWait is how long a range waits for its turn to be made.
	buildWait = 2 * time.Second
	// glyphAge is how long clients may keep a range: glyphs change only with the program.
	glyphAge = 24 * time.Hour
)

// Fonts answers with the glyphs that maps write labels with:
//
//	GET /fonts/{stack}/{range}.pbf
//
// The stack is a comma list of fonts, of which the first that there is counts, and the range 256
// characters by their numbers: "0-255" to "65280-65535". A range is made when it is first asked for,
// by the first who asks; others who ask for it meanwhile wait for that and take no turn.
// Fonts may be used from any goroutine.
type Fonts struct {
	fonts   []*glyph.Font
	gate    api.Gate
	refused telemetry.Count
	most    int // bytes to keep

	mu    sync.Mutex // guards what follows
	kept  []*glyphs  // the last used first
	bytes int        // of those that are made
}

// glyphs is a range of a font that is made once.
type glyphs struct {
	font  *glyph.Font
	first rune
	bytes int           // guarded by Fonts.mu; 0 until it is made
	done  chan struct{} // closed when what follows is there
	body  []byte
	err   error
}

// What becomes of a range that is not made.
var (
	errUnmade = errors.New("style: the glyphs could not be made") // it panicked
	errBusy   = errors.New("style: too many ranges of glyphs are being made")
	errLeft   = errors.New("style: who was to make the glyphs has left")
)

// NewFonts returns the glyphs of fonts.
func NewFonts(m *telemetry.Metrics, fonts ...*glyph.Font) *Fonts {
	refused := m.Counter("hutong_font_refused_total", "Requests for glyphs refused because too many others were being made.").With()
	return &Fonts{fonts: fonts, gate: api.NewGate(builds, buildWait, refused), refused: refused, most: keptBytes}
}

// Routes returns the routes of glyphs.
func (f *Fonts) Routes() []api.Route {
	return []api.Route{{Pattern: "/fonts/{stack}/{range}", Label: "font", Handler: http.HandlerFunc(f.serve)}}
}

func (f *Fonts) serve(w http.ResponseWriter, r *http.Request) {
	font := f.find(r.PathValue("stack"))
	if font == nil {
		api.Refuse(w, r, api.CodeNotFound, f.known())
		return
	}
	text, ok := strings.CutSuffix(r.PathValue("range"), ".pbf")
	if !ok {
		api.Refuse(w, r, api.CodeNotFound, "Glyphs are at /fonts/{stack}/{range}.pbf.")
		return
	}
	first, ok := firstOf(text)
	if !ok {
		api.Refuse(w, r, api.CodeParameterInvalid, "A range is 256 characters from a multiple of 256 on: 0-255 to 65280-65535.")
		return
	}
	body, err := f.get(r.Context(), font, first)
	switch {
	case r.Context().Err() != nil:
		api.Refuse(w, r, api.CodeCancelled, "")
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "1")
		api.Refuse(w, r, api.CodeBusy, "Too many ranges of glyphs are being made.")
	case err != nil:
		panic(err) // the fonts are part of the program; becomes a 500 and a log line
	default:
		a := api.Prepare(r, "application/x-protobuf", body)
		a.MaxAge = glyphAge
		a.Send(w, r)
	}
}

// find returns the first font of a comma list that there is, or nil.
func (f *Fonts) find(stack string) *glyph.Font {
	for name := range strings.SplitSeq(stack, ",") {
		for _, font := range f.fonts {
			if font.Name() == strings.TrimSpace(name) {
				return font
			}
		}
	}
	return nil
}

// known says which fonts there are.
func (f *Fonts) known() string {
	if len(f.fonts) == 0 {
		return "This server was built without its page, and so without fonts."
	}
	names := make([]string, len(f.fonts))
	for i, font := range f.fonts {
		names[i] = font.Name()
	}
	return "There is no such font, but: " + strings.Join(names, ", ") + "."
}

// firstOf returns the first character of a range as "256-511"; ok is false if it is none.
func firstOf(text string) (first rune, ok bool) {
	number, _, _ := strings.Cut(text, "-")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n%glyph.RangeSize != 0 || text != spell(n) {
		return 0, false
	}
	return rune(n), true
}

func spell(first uint64) string {
	return strconv.FormatUint(first, 10) + "-" + strconv.FormatUint(first+glyph.RangeSize-1, 10)
}

// get returns a range, made if need be. The error is ctx's, errBusy, or that of making it.
func (f *Fonts) get(ctx context.Context, font *glyph.Font, first rune) ([]byte, error) {
	for {
		g, mine := f.take(font, first)
		if mine {
			f.build(ctx, g)
			return g.body, g.err
		}
		select {
		case <-g.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		switch {
		case errors.Is(g.err, errLeft):
			continue
		case errors.Is(g.err, errBusy):
			f.refused.Add(1)
		}
		return g.body, g.err
	}
}

// take returns the range's place among those that are kept, at the front. When there is none yet the
// caller gets a new one, and must build it.
func (f *Fonts) take(font *glyph.Font, first rune) (g *glyphs, mine bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.kept, func(g *glyphs) bool { return g.font == font && g.first == first })
	if i < 0 {
		i, mine = len(f.kept), true
		f.kept = append(f.kept, &glyphs{font: font, first: first, done: make(chan struct{})})
	}
	g = f.kept[i]
	copy(f.kept[1:i+1], f.kept[:i])
	f.kept[0] = g
	return g, mine
}

// build makes a range, or drops it when it gets no turn.
func (f *Fonts) build(ctx context.Context, g *glyphs) {
	defer close(g.done)
	if !f.gate.Enter(ctx) {
		g.err = errBusy
		if ctx.Err() != nil {
			g.err = errLeft
		}
		f.drop(g)
		return
	}
	defer f.gate.Leave()
	g.err = errUnmade
	g.body, g.err = g.font.Range(g.first)
	f.keep(g)
}

// drop forgets a range that was not made, so that whoever asks next makes it.
func (f *Fonts) drop(g *glyphs) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = slices.DeleteFunc(f.kept, func(have *glyphs) bool { return have == g })
}

// keep counts a range that was made, and forgets the ranges used longest ago when there are too many
// bytes. One that is made again because it had to leave comes out the same.
func (f *Fonts) keep(g *glyphs) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g.bytes = len(g.body)
	f.bytes += g.bytes
	for i := len(f.kept) - 1; i >= 0 && f.bytes > f.most; i-- {
		if old := f.kept[i]; old.bytes > 0 && old != g { // the others are being made, or failed and have nothing
			f.bytes -= old.bytes
			f.kept = slices.Delete(f.kept, i, i+1)
		}
	}
}
