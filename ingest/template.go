package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Template makes a feature's id from properties: text with property names in braces, such as
// "{SERVICEREQUESTID}" or "vds-{OBJECTID}". "{{" and "}}" stand for one brace. The zero Template
// is empty and makes no id.
type Template struct {
	parts []templatePart
}

// templatePart is either text, or the name of a property.
type templatePart struct {
	text     string
	property bool
}

// maxTemplateParts bounds the pieces of a template.
const maxTemplateParts = 64

// ParseTemplate reads a template. The error says at which byte, counted from 1, it goes wrong. A
// template without any property is refused, because it would give every feature the same id.
func ParseTemplate(s string) (Template, error) {
	var t Template
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			t.parts = append(t.parts, templatePart{text: text.String()})
			text.Reset()
		}
	}
	fail := func(at int, format string, args ...any) (Template, error) {
		return Template{}, fmt.Errorf("ingest: id template %q: at byte %d: %w", s, at+1, fmt.Errorf(format, args...))
	}
	properties := 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case (c == '{' || c == '}') && i+1 < len(s) && s[i+1] == c:
			text.WriteByte(c)
			i += 2
		case c == '}':
			return fail(i, "a } without its {; write }} for a brace")
		case c == '{':
			n := strings.IndexAny(s[i+1:], "{}")
			if n < 0 || s[i+1+n] == '{' {
				return fail(i, "the { is not closed; write {{ for a brace")
			}
			if n == 0 {
				return fail(i, "there is no property name between the braces")
			}
			flush()
			t.parts = append(t.parts, templatePart{text: s[i+1 : i+1+n], property: true})
			properties++
			i += n + 2
		default:
			text.WriteByte(c)
			i++
		}
		if len(t.parts) > maxTemplateParts {
			return fail(i-1, "it has more than %d parts", maxTemplateParts)
		}
	}
	flush()
	if properties == 0 {
		return Template{}, fmt.Errorf("ingest: id template %q: %w", s, errors.New("it names no property, such as {OBJECTID}"))
	}
	return t, nil
}

// Empty reports whether t is the zero Template.
func (t Template) Empty() bool { return len(t.parts) == 0 }

// Properties returns the names of the properties that t needs, in order, each once.
func (t Template) Properties() []string {
	var names []string
	for _, p := range t.parts {
		if p.property && !slices.Contains(names, p.text) {
			names = append(names, p.text)
		}
	}
	return names
}

// Equal reports whether t and o are the same template.
func (t Template) Equal(o Template) bool { return slices.Equal(t.parts, o.parts) }

// String returns t as [ParseTemplate] reads it.
func (t Template) String() string {
	var b strings.Builder
	braces := strings.NewReplacer("{", "{{", "}", "}}")
	for _, p := range t.parts {
		if p.property {
			b.WriteString("{" + p.text + "}")
		} else {
			b.WriteString(braces.Replace(p.text))
		}
	}
	return b.String()
}
