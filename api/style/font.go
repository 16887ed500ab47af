package style

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hutong/api"
	"hutong/styles/glyph"
)

// Bounds of the work on glyphs.
const (
	// keptRanges is how many ranges are kept, the last used ones: 15 MB if all are Chinese.
	keptRanges = 64
	// builds is how many ranges are made at the same time; others wait.
	builds = 2
	// glyphAge is how long clients may keep a range: glyphs change only with the program.
	glyphAge = 24 * time.Hour
)

// Fonts answers with the glyphs that maps write labels with:
//
//	GET /fonts/{stack}/{range}.pbf
//
// The stack is a comma list of fonts, of which the first that there is counts, and the range 256
// characters by their numbers: "0-255" to "65280-65535". A range is made when it is first asked for.
// Fonts may be used from any goroutine.
type Fonts struct {
	fonts []*glyph.Font
	slots chan struct{}

	mu   sync.Mutex
	kept []*glyphs // the last used first
}

// glyphs is a range of a font that is made once.
type glyphs struct {
	font  *glyph.Font
	first rune
	once  sync.Once
	made  atomic.Bool
	body  []byte
	err   error
}

// errUnmade is the error of a range whose making panicked.
var errUnmade = errors.New("style: the glyphs could not be made")

// NewFonts returns the glyphs of fonts.
func NewFonts(fonts ...*glyph.Font) *Fonts {
	return &Fonts{fonts: fonts, slots: make(chan struct{}, builds)}
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

// get returns a range, made if need be, or ctx's error if it could not wait for its turn.
func (f *Fonts) get(ctx context.Context, font *glyph.Font, first rune) ([]byte, error) {
	g := f.take(font, first)
	if g.made.Load() {
		return g.body, g.err
	}
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	g.once.Do(func() {
		g.err = errUnmade
		defer g.made.Store(true)
		g.body, g.err = font.Range(first)
	})
	return g.body, g.err
}

// take returns the range's place among those that are kept, at the front. A range that is made again
// because it had to leave in between comes out the same.
func (f *Fonts) take(font *glyph.Font, first rune) *glyphs {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.kept, func(g *glyphs) bool { return g.font == font && g.first == first })
	if i < 0 {
		f.kept = append(f.kept, &glyphs{font: font, first: first})
		i = len(f.kept) - 1
	}
	g := f.kept[i]
	copy(f.kept[1:i+1], f.kept[:i])
	f.kept[0] = g
	if len(f.kept) > keptRanges {
		f.kept[keptRanges] = nil
		f.kept = f.kept[:keptRanges]
	}
	return g
}
