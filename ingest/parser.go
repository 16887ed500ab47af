package ingest

import (
	"errors"
	"strings"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// Place is where a record stands in its feed, for refusals.
type Place struct {
	File    string
	Line    int // from 1; 0 when the feed has no lines
	Feature int // from 1; 0 when the record is not in a collection
}

// Slab is what became of a run of records. Nobody writes to it once [Parser.Finish] returned it.
type Slab struct {
	// Changes are the accepted records in order. Their values share a few large allocations: keep
	// all of a slab or nothing.
	Changes []layers.Change
	// Refused counts the others.
	Refused Tally
}

// Parser turns records into changes. It belongs to one goroutine.
type Parser struct {
	scanner
	m     *Mapper
	cells []cell // by source
	order []member
	learn int // how often order may still change

	each     func(r *Refusal, id string) // nil when nobody asks
	received int64                       // when the record at hand came, and the clock, in microseconds since 1970 in UTC
	now      int64

	slab   *Slab
	values []column.Value  // room for the values of the slab's changes
	texts  strings.Builder // texts that do not stand in the records as they are
	at     Place

	// The record at hand.
	kind       string // the "type" member, quotes included
	properties string // the raw properties, "" when there are none
	geometry   geometry
	shape      shape
	record     map[string]string // what the expression at hand reads
	variables  map[string]any    // holds record
}

// cell is the value of a source in the record at hand. The zero cell is absent.
type cell struct {
	kind cellKind
	raw  bool   // text may be no UTF-8
	text string // the text, number, true or false
}

type cellKind uint8

const (
	absent cellKind = iota
	null
	text
	number
	boolean
	nested // an object or array
	moment // a time of a typed column; see [MomentCell]
)

var cellNames = [...]string{"nothing", "null", "text", "a number", "true or false", "an object or array", "a time"}

// NewParser returns a parser.
func (m *Mapper) NewParser() *Parser {
	return &Parser{m: m, cells: make([]cell, len(m.sources)), learn: maxLearned}
}

// maxAhead is the most values for which a parser takes memory before it has seen them.
const maxAhead = 1 << 16

// Begin starts a slab with room for about so many records.
func (p *Parser) Begin(records int) {
	p.slab = &Slab{Changes: make([]layers.Change, 0, records)}
	p.values = make([]column.Value, 0, min(records*len(p.m.fields), maxAhead))
	p.texts = strings.Builder{}
}

// Finish returns the slab with the records since [Parser.Begin].
func (p *Parser) Finish() *Slab {
	slab := p.slab
	p.slab, p.values, p.texts = nil, nil, strings.Builder{}
	clear(p.cells)
	clear(p.record)
	p.s, p.kind, p.properties, p.geometry = "", "", "", geometry{}
	return slab
}

// Refuse counts a record that never became one, such as a line beyond its limit.
func (p *Parser) Refuse(at Place, reason Reason, want string) {
	p.at = at
	clear(p.cells)
	p.refuse(reason, "", "", want)
}

// refuse counts the record at hand as refused.
func (p *Parser) refuse(reason Reason, field, value, want string) {
	refusal := Refusal{
		Reason: reason, File: p.at.File, Line: p.at.Line, Feature: p.at.Feature, Field: field, Value: value, Want: want,
	}
	p.slab.Refused.add(&refusal)
	if p.each != nil {
		p.each(&refusal, p.peekID())
	}
}

// Each makes the parser call fn for every refusal, and not only keep the first ones. id is the record's, ""
// when it cannot be made or shows what is private. The texts may share the record's memory.
func (p *Parser) Each(fn func(r *Refusal, id string)) { p.each = fn }

// Receive says when the records that follow were received, and what the time is now, both in microseconds
// since 1970 in UTC. They differ for records that were kept. Without it nothing may ask for either.
func (p *Parser) Receive(received, now int64) { p.received, p.now = received, now }

// Accepted returns the changes since [Parser.Begin]; the slab owns them.
func (p *Parser) Accepted() []layers.Change { return p.slab.Changes }

// emit makes the change of the record at hand from its cells, or refuses it.
func (p *Parser) emit(at *place) {
	p.findNulls()
	id, ok := p.id()
	if !ok {
		return
	}
	g, ok := p.admit(at)
	if !ok {
		return
	}
	n, values := p.room()
	for i := range p.m.fields {
		if values[i], ok = p.value(&p.m.fields[i]); !ok {
			p.values = p.values[:n]
			return
		}
	}
	if p.m.maxFuture > 0 && p.ahead(values) {
		p.values = p.values[:n]
		return
	}
	p.slab.Changes = append(p.slab.Changes, layers.Change{
		Feature: layers.Feature{ID: layers.FeatureID(id), Geometry: g, Values: values},
	})
}

// findNulls makes null what a null marker stands in.
func (p *Parser) findNulls() {
	for i := range p.cells {
		c := &p.cells[i]
		if (c.kind == text || c.kind == number) && p.m.isNull(c.text) {
			c.kind = null
		}
	}
}

// room returns room for the values of a change, and what p.values goes back to when it is refused.
func (p *Parser) room() (n int, values []column.Value) {
	n = len(p.values)
	if cap(p.values)-n < len(p.m.fields) {
		p.values = make([]column.Value, 0, 64*len(p.m.fields))
		n = 0
	}
	p.values = p.values[:n+len(p.m.fields)]
	return n, p.values[n:len(p.values):len(p.values)]
}

// value makes the value of a field of the record at hand; ok is false once it refused the record.
func (p *Parser) value(f *field) (v column.Value, ok bool) {
	var c *cell
	switch {
	case f.source >= 0:
		c = &p.cells[f.source]
	case f.received:
		return column.MicrosOf(p.received), true
	case f.expression == nil:
		return f.constant, true
	default:
		made, ok := p.compute(f)
		if !ok {
			return column.Value{}, false
		}
		c = &made
	}
	if c.kind <= null {
		return column.Value{}, true
	}
	v, reason := f.convert(c)
	if reason != "" {
		p.refuseField(f, c, reason)
		return column.Value{}, false
	}
	return v, true
}

// admit takes a place through the gate; ok is false once it refused the record at hand.
func (p *Parser) admit(at *place) (g orb.Geometry, ok bool) {
	if p.m.datum != world.WGS84 {
		p.toWGS84(at)
	}
	var reason Reason
	var value, want string
	switch {
	case at.located:
		if reason, want = p.m.gate.Check(at.point); reason == "" {
			return at.point, true
		}
	case at.shape != nil:
		if g, reason, value, want = p.m.gate.Admit(at.shape); reason != "" {
			break
		}
		if reason, value, want = p.keepable(g); reason == "" {
			return g, true
		}
	default:
		return nil, true
	}
	if reason == ReasonZero && p.hasAddress() { // no place, but one can be found
		return nil, true
	}
	if at.located {
		value = formatPoint(at.point)
	}
	p.refuse(reason, "", value, want)
	return nil, false
}

// toWGS84 takes a place out of the mapping's datum. It writes to the shape, which is the parser's.
func (p *Parser) toWGS84(at *place) {
	shift := func(v *orb.Point) { v[0], v[1] = p.m.datum.ToWGS84(v[0], v[1]) }
	shift(&at.point)
	for run := range runs(at.shape) {
		for i := range run {
			shift(&run[i])
		}
	}
}

// keepable returns "" when the layer would keep a geometry, else why not: one may be flat in world
// units, or the layer a coverage.
func (p *Parser) keepable(g orb.Geometry) (reason Reason, value, want string) {
	err := p.m.schema.Check(0, &layers.Change{Feature: layers.Feature{ID: "any", Geometry: g}})
	if err == nil {
		return "", "", ""
	}
	if change, ok := errors.AsType[*layers.ChangeError](err); ok {
		err = change.Err
	}
	value, want, found := strings.Cut(err.Error(), ": want ")
	if !found {
		value, want = g.GeoJSONType(), value
	}
	return ReasonGeometry, value, want
}

// hasAddress reports whether the record at hand says where it is in words.
func (p *Parser) hasAddress() bool {
	if p.m.address < 0 {
		return false
	}
	c := &p.cells[p.m.address]
	return c.kind == text && strings.TrimSpace(c.text) != ""
}

// refuseField refuses the record at hand for one value; only here is a value looked at again.
func (p *Parser) refuseField(f *field, c *cell, reason Reason) {
	if p.each == nil && p.slab.Refused.full(reason) {
		p.refuse(reason, "", "", "")
		return
	}
	value := masked
	switch {
	case c.kind == nested:
		value = cellNames[nested]
	case !f.private:
		value = shorten(c.text)
	}
	p.refuse(reason, f.name, value, f.want(reason))
}
