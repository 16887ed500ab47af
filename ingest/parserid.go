package ingest

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"hutong/layers"
)

// id makes the id of the record at hand, or refuses the record.
func (p *Parser) id() (id string, ok bool) {
	mark := -1 // where the id starts in p.texts, once it has more than one part
	if len(p.m.id) > 1 || p.m.id[0].row {
		mark = p.texts.Len()
	}
	for i := range p.m.id {
		part := &p.m.id[i]
		if part.row {
			row := p.at.Feature
			if row == 0 {
				row = p.at.Line
			}
			p.texts.WriteString(strconv.Itoa(row))
			continue
		}
		if part.source < 0 {
			p.texts.WriteString(part.text)
			continue
		}
		c, name := &p.cells[part.source], p.m.sources[part.source].name
		switch {
		case c.kind <= null || c.kind == nested:
			p.refuse(ReasonID, name, cellNames[c.kind], "a text or number for the id")
			return "", false
		case strings.TrimSpace(c.text) == "":
			p.refuse(ReasonID, name, "an empty text", "a text or number for the id")
			return "", false
		case c.raw && !utf8.ValidString(c.text):
			p.refuse(ReasonText, name, "", "UTF-8")
			return "", false
		}
		if mark < 0 {
			id = c.text
		} else {
			p.texts.WriteString(c.text)
		}
	}
	if mark >= 0 {
		id = p.texts.String()[mark:]
	}
	if len(id) > layers.MaxID {
		value := masked
		if !p.m.idMasked {
			value = shorten(id)
		}
		p.refuse(ReasonTooLong, p.m.idField, value, wantIDLength)
		return "", false
	}
	return id, true
}

// peekID returns the id of the record at hand for whoever sent it, who is told that it was refused; "" when
// it cannot be made or shows what is private. It refuses nothing.
func (p *Parser) peekID() string {
	if p.m.idMasked {
		return ""
	}
	var id strings.Builder
	for i := range p.m.id {
		switch part := &p.m.id[i]; {
		case part.row:
			id.WriteString(strconv.Itoa(max(p.at.Feature, p.at.Line)))
		case part.source < 0:
			id.WriteString(part.text)
		default:
			c := &p.cells[part.source]
			if c.kind <= null || c.kind == nested || strings.TrimSpace(c.text) == "" || p.m.isNull(c.text) || !utf8.ValidString(c.text) {
				return ""
			}
			id.WriteString(c.text)
		}
		if id.Len() > layers.MaxID {
			return ""
		}
	}
	return id.String()
}
