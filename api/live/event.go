package live

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"hutong/api"
	"hutong/layers"
)

// The events.
const (
	eventHello  = "hello"
	eventChange = "change"
	eventReset  = "reset"
)

// endExpired is the event with which a stream ends for good: the token is over that opened it. It has no id, since
// there may be events that the client did not get.
const endExpired = "event: end\ndata: {\"reason\":\"expired\"}\n\n"

// The reasons of a reset.
const (
	resetEpoch    = "epoch"    // the client followed another history
	resetOld      = "old"      // it was away for longer than the hub remembers
	resetOverflow = "overflow" // it took its events too slowly
)

// maxID is the most bytes of an event's id that a client may send.
const maxID = 128

// appendID appends the line that says up to where a client of a set knows everything.
func (h *Hub) appendID(to []byte, g *group, seq layers.Seq) []byte {
	to = append(to, "id: "...)
	to = append(to, h.opts.Epoch...)
	to = append(to, '.')
	to = append(to, g.set...)
	to = append(to, '-')
	to = strconv.AppendUint(to, uint64(seq), 10)
	return append(to, '\n')
}

// open begins an event whose data is an object of a sequence and layers; [shut] ends it.
func (h *Hub) open(g *group, event string, seq layers.Seq) []byte {
	frame := h.appendID(make([]byte, 0, 256), g, seq)
	frame = append(frame, "event: "...)
	frame = append(frame, event...)
	frame = append(frame, "\ndata: {\"seq\":"...)
	frame = strconv.AppendUint(frame, uint64(seq), 10)
	return append(frame, `,"layers":{`...)
}

// shut ends an event whose last member has a comma behind it.
func shut(frame []byte) []byte {
	frame[len(frame)-1] = '}'
	return append(frame, "}\n\n"...)
}

// mark is the id of an event: where a client is.
type mark struct {
	epoch, set string // the set is "" where the id names none
	seq        layers.Seq
}

// parseID reads the id of an event.
func parseID(id string) (at mark, ok bool) {
	dash := strings.LastIndexByte(id, '-')
	if dash < 1 || len(id) > maxID {
		return mark{}, false
	}
	n, err := strconv.ParseUint(id[dash+1:], 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != id[dash+1:] {
		return mark{}, false
	}
	at.seq = layers.Seq(n)
	at.epoch, at.set, _ = strings.Cut(id[:dash], ".")
	return at, true
}

// hello returns the first event of a stream: how things stand, and when to come back.
func (h *Hub) hello(g *group, seq layers.Seq, now time.Time) []byte {
	type state struct {
		Seq     layers.Seq `json:"seq"`
		Changed string     `json:"changed,omitempty"`
	}
	data := struct {
		Epoch  string                `json:"epoch"`
		Seq    layers.Seq            `json:"seq"`
		Time   string                `json:"time"`
		Layers map[layers.Name]state `json:"layers"`
	}{h.opts.Epoch, seq, api.Instant(now), map[layers.Name]state{}}
	for _, l := range g.layers {
		data.Layers[l.name] = state{l.View.Now().Seq(), api.Instant(l.Fresh.Shown())}
	}
	frame := append([]byte("retry: "), strconv.FormatInt(jitter(retryAfter).Milliseconds(), 10)...)
	frame = append(frame, '\n')
	return h.whole(frame, g, eventHello, seq, data)
}

// reset returns the event after which a client asks for all its tiles anew.
func (h *Hub) reset(g *group, seq layers.Seq, reason string) []byte {
	return h.whole(nil, g, eventReset, seq, struct {
		Seq    layers.Seq `json:"seq"`
		Reason string     `json:"reason"`
	}{seq, reason})
}

// whole appends an event.
func (h *Hub) whole(frame []byte, g *group, event string, seq layers.Seq, data any) []byte {
	body, err := json.Marshal(data)
	if err != nil {
		panic(err) // strings, numbers and maps of them always marshal
	}
	frame = h.appendID(frame, g, seq)
	frame = append(frame, "event: "+event+"\ndata: "...)
	frame = append(frame, body...)
	return append(frame, "\n\n"...)
}

// beat appends what is sent when there is nothing to say: the time as a comment, and up to where the
// client knows everything, which is no event without data.
func (h *Hub) beat(to []byte, g *group, seq layers.Seq, now time.Time) []byte {
	to = append(to, ": "...)
	to = append(to, api.Instant(now)...)
	to = append(to, '\n')
	return append(h.appendID(to, g, seq), '\n')
}

// jitter returns d, more or less by up to a quarter, so that clients do not do things together.
func jitter(d time.Duration) time.Duration {
	return d*3/4 + rand.N(d/2) //nolint:gosec // nobody gains by guessing it
}
