package ingest

import (
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/tidwall/gjson"
)

const (
	maxOrder   = 256  // members of the properties whose order a parser remembers
	maxLearned = 4096 // how often it may change its mind
)

// member is one member of the properties as it stood in an earlier feature. The features of a file
// nearly always have the same members in the same order, so a prefix comparison finds both the name
// and where its value starts.
type member struct {
	literal string // the name in quotes and the colon
	source  int    // −1 when nobody reads it
}

// geometry is what is known of a feature's geometry.
type geometry struct {
	kind        string // the name of its type, "" when there is none
	isNull      bool   // null, or there is no geometry
	point       orb.Point
	coordinates coordinates
	at          int // where otherPositions stand in the record
	geometries  int // where the members of a collection stand in the record; 0 when there are none
}

type coordinates uint8

const (
	noCoordinates  coordinates = iota // there are none
	emptyPosition                     // []
	goodPosition                      // two numbers or more
	otherPositions                    // anything else
)

// Feature reads one GeoJSON Feature (RFC 7946 §3.2) into the slab. The values share the memory of s,
// so nobody may change it. Of members of the same name the last counts, as in encoding/json.
func (p *Parser) Feature(s string, at Place) {
	p.at, p.s = at, s
	p.kind, p.properties, p.geometry = "", "", geometry{isNull: true}
	clear(p.cells)
	i := p.space(0)
	if i == len(s) || s[i] != '{' {
		if i = p.skip(i, 0); i >= 0 && p.space(i) == len(s) {
			p.refuse(ReasonFeature, "", "", "a GeoJSON Feature, which is an object")
			return
		}
	} else if i = p.members(i, p.member); i >= 0 {
		if i = p.space(i); i < len(s) {
			i = p.fail(i, "nothing behind the feature")
		}
	}
	switch {
	case i < 0:
		p.refuse(ReasonJSON, "", "", "JSON: at byte "+strconv.Itoa(p.scanner.at+1)+", "+p.want)
	case plain(p.kind) != "Feature":
		p.refuse(ReasonFeature, "type", shorten(p.kind), "a GeoJSON Feature")
	default:
		p.findPaths()
		if p.delete() {
			return
		}
		if at, ok := p.place(); ok {
			p.emit(&at)
		}
	}
}

// member reads one member of the feature.
func (p *Parser) member(name string, i int) int {
	if i >= len(p.s) {
		return p.fail(i, "a value")
	}
	c := p.s[i]
	switch name {
	case "type":
		p.kind = "something else"
		end := p.skip(i, 1)
		if end >= 0 && c == '"' {
			p.kind = p.s[i+1 : end-1]
		}
		return end
	case "properties":
		p.clearProperties()
		if c != '{' {
			return p.skip(i, 1)
		}
		end := p.readProperties(i)
		if end >= 0 {
			p.properties = p.s[i:end]
		}
		return end
	case "geometry":
		p.geometry = geometry{isNull: c == 'n'}
		if c != '{' {
			return p.skip(i, 1)
		}
		return p.members(i, p.geometryMember)
	case "id":
		if source, ok := p.m.index[IDMember]; ok {
			return p.cell(i, source)
		}
	}
	return p.skip(i, 1)
}

// clearProperties forgets what an earlier member of the same name said.
func (p *Parser) clearProperties() {
	p.properties = ""
	for i := range p.cells {
		if p.m.sources[i].name != IDMember {
			p.cells[i] = cell{}
		}
	}
}

// readProperties fills the cells from the object that starts at i.
func (p *Parser) readProperties(i int) int {
	s := p.s
	i = p.space(i + 1)
	if i < len(s) && s[i] == '}' {
		return i + 1
	}
	for k := 0; ; k++ {
		var source int
		if k < len(p.order) && strings.HasPrefix(s[i:], p.order[k].literal) {
			source = p.order[k].source
			i += len(p.order[k].literal)
		} else if i, source = p.unforeseen(i, k); i < 0 {
			return -1
		}
		i = p.space(i)
		if source >= 0 {
			i = p.cell(i, source)
		} else {
			i = p.skip(i, 2)
		}
		if i < 0 {
			return -1
		}
		i = p.space(i)
		switch {
		case i < len(s) && s[i] == ',':
			i = p.space(i + 1)
		case i < len(s) && s[i] == '}':
			return i + 1
		default:
			return p.fail(i, "a comma or }")
		}
	}
}

// unforeseen reads the name of member k where another one was expected, or none, and returns the
// place behind its colon.
func (p *Parser) unforeseen(i, k int) (next, source int) {
	next, quote := p.key(i)
	if next < 0 {
		return -1, 0
	}
	raw := p.s[i+1 : quote]
	source, ok := p.m.index[plain(raw)]
	if !ok || p.m.sources[source].name == IDMember {
		source = -1
	}
	if p.learn > 0 && k < maxOrder && k <= len(p.order) && len(raw) <= MaxPath {
		p.learn--
		m := member{strings.Clone(p.s[i:next]), source}
		if k == len(p.order) {
			p.order = append(p.order, m)
		} else {
			p.order[k] = m
		}
	}
	return next, source
}

// cell reads the value that starts at i for a source.
func (p *Parser) cell(i, source int) int {
	if i >= len(p.s) {
		return p.fail(i, "a value")
	}
	into := &p.cells[source]
	if p.s[i] == '"' {
		quote, flags := p.text(i + 1)
		if quote < 0 {
			return -1
		}
		s := p.s[i+1 : quote]
		if flags&hasEscape != 0 {
			mark := p.texts.Len()
			unescape(&p.texts, s)
			s = p.texts.String()[mark:]
		}
		*into = cell{kind: text, raw: flags&hasNonASCII != 0, text: s}
		return quote + 1
	}
	end := p.skip(i, 2)
	if end < 0 {
		return -1
	}
	switch p.s[i] {
	case '{', '[':
		*into = cell{kind: nested, text: p.s[i:end]}
	case 'n':
		*into = cell{kind: null}
	case 't', 'f':
		*into = cell{kind: boolean, text: p.s[i:end]}
	default:
		*into = cell{kind: number, text: p.s[i:end]}
	}
	return end
}

// findPaths fills the cells whose names are no property but may be paths.
func (p *Parser) findPaths() {
	if p.properties == "" {
		return
	}
	for i := range p.cells {
		if p.cells[i].kind == absent && p.m.sources[i].path {
			p.findPath(i, p.m.sources[i].name)
		}
	}
}

// findPath fills a cell with what stands at a path into the properties.
func (p *Parser) findPath(i int, path string) {
	r := gjson.Get(p.properties, path)
	switch r.Type {
	case gjson.Null:
		if r.Exists() {
			p.cells[i] = cell{kind: null}
		}
	case gjson.String:
		p.cells[i] = cell{kind: text, raw: true, text: r.Str}
	case gjson.Number:
		p.cells[i] = cell{kind: number, text: strings.TrimSpace(r.Raw)}
	case gjson.True, gjson.False:
		p.cells[i] = cell{kind: boolean, text: r.String()}
	case gjson.JSON:
		p.cells[i] = cell{kind: nested, text: r.Raw}
	}
}
