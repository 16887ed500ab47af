package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"hutong/internal/config"
	"hutong/styles"
	"hutong/styles/glyph"
	"hutong/styles/sprite"
	"hutong/web"
)

// images returns what there is to draw points with: our shapes and, if the page is in this binary, the
// icons that came with it. It is parsed once.
var images = sync.OnceValue(func() *sprite.Set { return sprite.New(web.Icons()) })

// fonts returns the font that styles write with, if the page is in this binary.
func fonts() []*glyph.Font {
	var files []glyph.File
	for _, f := range web.Fonts() {
		spans, err := glyph.ParseSpans(f.Ranges)
		if err != nil {
			panic(fmt.Errorf("app: %s: %w", f.Path, err)) // the files are part of the program
		}
		files = append(files, glyph.File{Spans: spans, Read: f.Read})
	}
	if len(files) == 0 {
		return nil
	}
	return []*glyph.Font{glyph.New(glyph.Regular, files)}
}

// mapFonts returns the files that styles tell browsers to write with; none when the page was not built.
func mapFonts() []styles.FontFile {
	var files []styles.FontFile
	for _, f := range web.Fonts() {
		files = append(files, styles.FontFile{Path: f.Path, Ranges: f.Ranges})
	}
	return files
}

// unknownIcon is an icon that a drawing names and that there is not.
type unknownIcon struct{ field, value, icon, near string }

func (u *unknownIcon) problem() string {
	if u.near == "" {
		return fmt.Sprintf("there is no icon %q, neither of Maki nor, as \"temaki-NAME\", of Temaki", u.icon)
	}
	return fmt.Sprintf("there is no icon %q; did you mean %q?", u.icon, u.near)
}

// unknownIcons returns the icons of d that are not in set, in the order of fields and values. A set of
// our shapes alone knows of no icon, so none is unknown.
func unknownIcons(d *styles.Drawing, set *sprite.Set) []unknownIcon {
	if set.Icons() == 0 {
		return nil
	}
	var unknown []unknownIcon
	for _, field := range slices.Sorted(maps.Keys(d.Fields)) {
		values := d.Fields[field].Values
		for _, value := range slices.Sorted(maps.Keys(values)) {
			if icon := values[value].Icon; icon != "" && !set.Has(icon) {
				unknown = append(unknown, unknownIcon{field, value, icon, nearestIcon(icon, set)})
			}
		}
	}
	return unknown
}

// nearestIcon returns the image that was probably meant: of Temaki too where its name was left out.
func nearestIcon(icon string, set *sprite.Set) string {
	if temaki := "temaki-" + icon; set.Has(temaki) {
		return temaki
	}
	return config.Nearest(icon, set.Names())
}

// checkIcons returns what is wrong with the icons of d, joined, or nil.
func checkIcons(d *styles.Drawing) error {
	var errs []error
	for _, u := range unknownIcons(d, images()) {
		errs = append(errs, fmt.Errorf("look of %s %q: %s", u.field, u.value, u.problem()))
	}
	return errors.Join(errs...)
}

// drawnWith returns d without the icons that set has not: a binary without the page has none, and what
// styles and legends name must be there. d stays as it is.
func drawnWith(d styles.Drawing, set *sprite.Set) styles.Drawing {
	d.Fields = maps.Clone(d.Fields)
	for name, field := range d.Fields {
		field.Values = maps.Clone(field.Values)
		for value, look := range field.Values {
			if !set.Has(look.Icon) {
				look.Icon = ""
				field.Values[value] = look
			}
		}
		d.Fields[name] = field
	}
	return d
}
