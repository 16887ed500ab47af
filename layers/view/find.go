package view

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// MaxWords is the most words of a [FindQuery].
const MaxWords = 16

// FindQuery asks for features by what stands in them.
type FindQuery struct {
	// Text is what is looked for: an id, the start of one, or words, each of which must stand in the
	// id or in one of the text fields. Case counts for nothing. With more than [MaxWords] words nothing
	// is found.
	Text string
	// Near, unless it is nil, is lon/lat in degrees: of features that fit as well as each other the
	// nearest come first, those without a place last. Without it they come in canonical order.
	Near *orb.Point
	// Limit is the most features to return; not negative.
	Limit int
}

// Found is a feature and why it was found.
type Found struct {
	Row
	// Field is the position in the view's schema of the first field that has the first word; −1 when
	// it is the id.
	Field int
	// Fit is how well it fits.
	Fit Fit
	// Metres is the great-circle distance from Near; infinite without a place, 0 when nobody asked.
	Metres float64
}

// Fit is how well a feature fits a search; less is better.
type Fit uint8

// The fits.
const (
	FitID     Fit = iota // the text is its id
	FitCase              // and would be, but for case
	FitPrefix            // its id starts so
	FitWords             // all words stand in it
)

// Find returns what q asks for, the best first. It looks at every feature until ctx is done; then
// whole is false and what was found until then is returned. Only the view's fields are looked at
// (S10). It takes about 50 ns a feature with a title, and 150 ns more for each that fits.
func (v *View) Find(ctx context.Context, q FindQuery) (list []Found, whole bool) {
	s := newSearch(v, q)
	if len(s.words) == 0 || len(s.words) > MaxWords || q.Limit <= 0 {
		return nil, true
	}
	whole = true
	if row, ok := v.find(layers.FeatureID(q.Text)); ok {
		s.exact = row
		s.add(row, FitID, -1)
	}
	selecting := v.selecting()
	for b := range v.snapshot.All() {
		if whole = ctx.Err() == nil; !whole { // to find that nothing of a block is selected takes time, too
			break
		}
		if shown, some := selecting.rows(b); some {
			if whole = s.block(ctx, b, shown); !whole {
				break
			}
		}
	}
	list = make([]Found, len(s.near.best))
	for i, f := range s.near.best {
		list[i] = Found{Row: Row{f.Row, v.layer}, Field: f.more, Fit: f.fit, Metres: f.far}
	}
	return list, whole
}

// search is a query under way.
type search struct {
	view  *View
	query FindQuery
	whole []byte   // the query's text, folded
	words [][]byte // folded
	all   uint16   // a bit for each word
	named []int    // positions in the view's schema of the text fields
	near  nearest[int]
	exact layers.Row

	dicts map[*column.Dictionary][]uint16 // by code: which words stand in the text
	fold  []byte                          // scratch
	masks []uint16                        // scratch, by row: which words were found
	first []int                           // scratch, by row: the field that has the first word
}

func newSearch(v *View, q FindQuery) *search {
	s := &search{view: v, query: q, near: nearest[int]{limit: q.Limit}, dicts: map[*column.Dictionary][]uint16{}}
	s.whole = bytes.Clone(appendFolded(nil, strings.TrimSpace(q.Text)))
	s.words = bytes.Fields(s.whole)
	s.all = uint16(1<<min(len(s.words), MaxWords) - 1)
	for i, f := range v.Schema().Fields {
		if f.Kind == column.String {
			s.named = append(s.named, i)
		}
	}
	return s
}

// block looks at the rows of a block that are shown, nil for all of them; it returns false when ctx was done
// before.
func (s *search) block(ctx context.Context, b *layers.Block, shown column.Bits) bool {
	rows := b.Len()
	s.masks, s.first = resized(s.masks, rows), resized(s.first, rows)
	for _, field := range s.named {
		if ctx.Err() != nil { // a column may have megabytes of text
			return false
		}
		switch c := b.Column(s.view.layer.columns[field]).(type) {
		case *column.Codes:
			masks, ok := s.dictionary(ctx, c.Dict)
			if !ok {
				return false
			}
			for row, code := range c.Codes {
				if code != 0 && int(code) < len(masks) {
					s.found(row, field, masks[code])
				}
			}
		case *column.Texts:
			s.texts(c, field)
		}
	}
	shapes := b.Shapes() != nil
	for row := range rows {
		if (row == 0 || shapes) && ctx.Err() != nil { // a shape may have a million vertices to measure
			return false
		}
		if shown == nil || shown.Has(row) {
			s.row(b, row)
		}
	}
	return true
}

// texts looks at a column of raw texts. Those in ASCII, which folds byte by byte, are folded and
// searched all at once; what is found across the border of two rows does not count.
func (s *search) texts(c *column.Texts, field int) {
	s.fold = slices.Grow(s.fold[:0], len(c.Data))[:len(c.Data)]
	if !foldASCII(s.fold, c.Data) {
		for row := range c.Len() {
			if text := c.Text(row); text != "" {
				s.found(row, field, s.wordsIn(text))
			}
		}
		return
	}
	for i, word := range s.words {
		row := 0
		for from := 0; ; {
			at := bytes.Index(s.fold[from:], word)
			if at < 0 {
				break
			}
			at += from
			for int(c.Offsets[row+1]) <= at {
				row++
			}
			end := int(c.Offsets[row+1])
			if at+len(word) <= end {
				s.found(row, field, 1<<i)
			}
			from = end // one is enough, and what starts later in the row ends beyond it, too
		}
	}
}

// found notes the words that stand in a field of a row.
func (s *search) found(row, field int, words uint16) {
	if words&1 != 0 && s.masks[row]&1 == 0 {
		s.first[row] = field
	}
	s.masks[row] |= words
}

// row adds a row if it has all words, or an id that starts as the query does.
func (s *search) row(b *layers.Block, row int) {
	at := layers.Row{Block: b, Index: row}
	if at == s.exact {
		return
	}
	s.fold = appendID(s.fold[:0], b, row)
	words := s.masks[row]
	if words != s.all {
		words |= s.standIn(s.fold)
	}
	switch {
	case bytes.Equal(s.fold, s.whole):
		s.add(at, FitCase, -1)
	case bytes.HasPrefix(s.fold, s.whole):
		s.add(at, FitPrefix, -1)
	case words == s.all:
		field := s.first[row]
		if s.masks[row]&1 == 0 {
			field = -1
		}
		s.add(at, FitWords, field)
	}
}

// add takes a row that fits.
func (s *search) add(row layers.Row, fit Fit, field int) {
	far := 0.0
	if s.query.Near != nil {
		far = row.DistanceMetres(s.query.Near.Lon(), s.query.Near.Lat())
	}
	s.near.add(found[int]{Row: row, fit: fit, far: far, more: field})
}

// dictionary returns for each code of d which words stand in its text. A dictionary may grow meanwhile;
// what it had when it was first met here is all that the snapshot has. ok is false when ctx was done
// before.
func (s *search) dictionary(ctx context.Context, d *column.Dictionary) (masks []uint16, ok bool) {
	if masks, ok = s.dicts[d]; ok {
		return masks, true
	}
	texts := d.Texts()
	masks = make([]uint16, len(texts))
	for code := 1; code < len(texts); code++ {
		if code%64 == 0 && ctx.Err() != nil {
			return nil, false
		}
		masks[code] = s.wordsIn(texts[code])
	}
	s.dicts[d] = masks
	return masks, true
}

// wordsIn returns which words stand in text, whatever their case.
func (s *search) wordsIn(text string) uint16 {
	s.fold = appendFolded(s.fold[:0], text)
	return s.standIn(s.fold)
}

// standIn returns which words stand in folded.
func (s *search) standIn(folded []byte) uint16 {
	var mask uint16
	for i, word := range s.words {
		if bytes.Contains(folded, word) {
			mask |= 1 << i
		}
	}
	return mask
}

// appendID appends the id of a row, folded.
func appendID(dst []byte, b *layers.Block, row int) []byte {
	if text := b.IDText(row); text != "" {
		return appendFolded(dst, text)
	}
	return b.AppendID(dst, row) // digits
}

// appendFolded appends text with each letter replaced by the smallest of those that differ from it
// in case only (simple folding of The Unicode Standard, 3.13), so that two texts that differ in case
// only become equal.
func appendFolded(dst []byte, text string) []byte {
	start := len(dst)
	dst = slices.Grow(dst, len(text))[:start+len(text)]
	if foldASCII(dst[start:], text) {
		return dst
	}
	dst = dst[:start]
	for _, r := range text {
		dst = utf8.AppendRune(dst, folded(r))
	}
	return dst
}

// foldASCII folds text into dst, which is as long, and reports whether all of it is ASCII; if not,
// dst is of no use.
func foldASCII[T string | []byte](dst []byte, text T) bool {
	var seen byte
	for i := range len(text) {
		c := text[i]
		seen |= c
		dst[i] = upper[c]
	}
	return seen < utf8.RuneSelf
}

// upper are the bytes with small letters of ASCII made capital.
var upper = func() (table [256]byte) {
	for i := range table {
		table[i] = byte(i)
		if i >= 'a' && i <= 'z' {
			table[i] -= 'a' - 'A'
		}
	}
	return table
}()

// folded returns the smallest rune that differs from r in case only.
func folded(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

// resized returns a zeroed slice of n, in the memory of s where that is enough.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}
