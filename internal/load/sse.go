package load

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is kept of a stream of events.
const (
	maxEventLine = 160       // bytes of a line whose data is not kept: an id, or the name of an event
	maxEventData = 512 << 10 // bytes of an event whose data is kept
)

// The kinds of events (docs/formats/live.md).
const (
	kindHello  = "hello"
	kindChange = "change"
	kindReset  = "reset"
	kindOther  = "other"
)

// event is an event of a stream.
type event struct {
	kind string
	// seq is the sequence in the event's id, 0 when there is none.
	seq uint64
	// data is the event's data when it is kept, valid until the callback returns; nil when it was too long.
	data []byte
}

// events takes a stream of server-sent events apart (WHATWG HTML §9.2.6), as the bytes come. It remembers little
// more than the line it is in, so that there can be thousands.
type events struct {
	keep bool // the data

	line   []byte
	cut    bool // the line was longer than is kept
	cr     bool // the last byte was a CR, which a LF may follow
	any    bool // the event has data
	data   []byte
	tooBig bool
	kind   string

	lastID     string        // "" until there is one
	retry      time.Duration // 0 until there is one
	heartbeats int64         // comments
}

// feed takes bytes, and calls on with each event that they end.
func (e *events) feed(b []byte, on func(event)) {
	for len(b) > 0 {
		if e.cr {
			if e.cr = false; b[0] == '\n' {
				b = b[1:]
				continue
			}
		}
		end := bytes.IndexAny(b, "\r\n")
		if end < 0 {
			e.add(b)
			return
		}
		e.add(b[:end])
		e.cr = b[end] == '\r'
		b = b[end+1:]
		e.endLine(on)
		e.line, e.cut = e.line[:0], false
	}
}

// add adds bytes to the line.
func (e *events) add(b []byte) {
	limit := maxEventLine
	if e.keep {
		limit = maxEventData
	}
	if room := limit - len(e.line); len(b) > room {
		b, e.cut = b[:room], true
	}
	e.line = append(e.line, b...)
}

// endLine takes a whole line.
func (e *events) endLine(on func(event)) {
	if len(e.line) == 0 {
		e.dispatch(on)
		return
	}
	field, value, _ := bytes.Cut(e.line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(field) {
	case "":
		e.heartbeats++
	case "data":
		e.any = true
		switch {
		case !e.keep:
		case e.cut || len(e.data)+len(value) > maxEventData:
			e.tooBig = true
		default:
			if len(e.data) > 0 {
				e.data = append(e.data, '\n')
			}
			e.data = append(e.data, value...)
		}
	case "event":
		e.kind = kindOther
		for _, kind := range []string{kindHello, kindChange, kindReset} {
			if string(value) == kind {
				e.kind = kind
			}
		}
	case "id":
		if !e.cut && len(value) < maxEventLine && bytes.IndexByte(value, 0) < 0 {
			e.lastID = string(value)
		}
	case "retry":
		if ms, err := strconv.ParseUint(string(value), 10, 31); err == nil {
			e.retry = time.Duration(ms) * time.Millisecond
		}
	}
}

// dispatch ends an event. One without data is none.
func (e *events) dispatch(on func(event)) {
	if e.any {
		out := event{kind: e.kind, seq: seqOf(e.lastID), data: e.data}
		if out.kind == "" {
			out.kind = kindOther
		}
		if e.tooBig {
			out.data = nil
		}
		on(out)
	}
	e.kind, e.any, e.tooBig, e.data = "", false, false, e.data[:0]
}

// again makes e ready for another stream of the same client.
func (e *events) again() {
	e.line, e.cut, e.cr, e.kind, e.any, e.tooBig, e.data = e.line[:0], false, false, "", false, false, e.data[:0]
}

// seqOf returns the sequence in the id of an event, <epoch>-<seq> or <epoch>-<seq>.<part>; 0 when it is none.
func seqOf(id string) uint64 {
	number, _, _ := strings.Cut(id[strings.LastIndexByte(id, '-')+1:], ".")
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0
	}
	return seq
}
