package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// The media types of bodies.
const (
	asNDJSON = "application/x-ndjson"
	asCSV    = "text/csv"
	asJSON   = "application/json"
)

// The area of all records, in degrees.
const (
	areaWest, areaSouth = 116.40, 39.90
	areaSize            = 0.008
)

// firstTime is what times of reports count from.
var firstTime = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// record is one change, from which its text follows.
type record struct {
	id    string
	stall bool
	gone  bool
	at    int64 // microseconds since firstTime, of a report; no two are alike, but of an endless client
	votes int64
	place uint32 // 16 bits of each coordinate
}

func (r record) path() string {
	if r.stall {
		return "/layers/stalls/features/" + r.id
	}
	return "/layers/reports/features/" + r.id
}

// degrees is a coordinate as it is written: one that is read back as it was.
func degrees(from float64, part uint32) json.Number {
	return json.Number(strconv.FormatFloat(math.Round((from+areaSize*float64(part)/(1<<16))*1e7)/1e7, 'f', 7, 64))
}

func (r record) lon() json.Number { return degrees(areaWest, r.place>>16) }
func (r record) lat() json.Number { return degrees(areaSouth, r.place&0xffff) }
func (r record) state() string    { return [...]string{"new", "open", "closed"}[r.place%3] }

// note is text that a checkpoint is due for, and that tells one record from another.
func (r record) note() string {
	return fmt.Sprintf("%s at %d has %d votes, of which nobody can say who gave them, or when, or what for", r.id, r.at, r.votes)
}

func (r record) time() string {
	return firstTime.Add(time.Duration(r.at) * time.Microsecond).Format(time.RFC3339Nano)
}

// request is some records as they are sent.
type request struct {
	media   string
	atomic  bool
	bad     bool // the last record is refused, and so is all
	single  bool // one delete by the path
	records []record
}

func (r *request) source() string {
	if r.records[0].stall {
		return "desk"
	}
	return "hotline"
}

// votes returns those of a record, in a request that is to be refused no number for the last.
func (r *request) votes(i int) any {
	if r.bad && i == len(r.records)-1 {
		return "many"
	}
	return r.records[i].votes
}

// body writes the records. A delete in it has its id and time only.
func (r *request) body() []byte {
	var b bytes.Buffer
	switch r.media {
	case asCSV:
		b.WriteString("no,op,lon,lat,state,votes,note,at\n")
		for i := range r.records {
			one := &r.records[i]
			if one.gone {
				fmt.Fprintf(&b, "%s,delete,,,,,,%s\n", one.id, one.time())
				continue
			}
			fmt.Fprintf(&b, "%s,,%s,%s,%s,%v,\"%s\",%s\n", one.id, one.lon(), one.lat(), one.state(), r.votes(i), one.note(), one.time())
		}
	default:
		var list []map[string]any
		for i := range r.records {
			one := &r.records[i]
			fields := map[string]any{"no": one.id, "at": one.time()}
			if one.gone {
				fields["op"] = "delete"
			} else {
				fields["lon"], fields["lat"] = one.lon(), one.lat()
				fields["state"], fields["votes"], fields["note"] = one.state(), r.votes(i), one.note()
			}
			list = append(list, fields)
		}
		e := json.NewEncoder(&b)
		if r.media == asNDJSON {
			for _, fields := range list {
				_ = e.Encode(fields) // into memory
			}
			break
		}
		_ = e.Encode(list) // into memory
	}
	return b.Bytes()
}

// sender is a client that pushes until its server is killed. It sends what was cut off again before
// anything else, as clients do.
type sender struct {
	k            *killing
	number       int
	rng          *rand.Rand
	made         int64 // records
	pending      *request
	acknowledged []*request
	never        []string // paths of features that were refused with all of their request

	// endless is a client for a run of any length: its ids are few, its reports are of now, or late by up to
	// an hour, and it remembers only its last requests.
	endless bool
}

// remembered are the requests that an endless client remembers.
const remembered = 32

func (c *sender) run(s *server) {
	for !c.k.killed.Load() && !c.k.t.Failed() {
		if c.pending == nil {
			c.pending = c.next()
		}
		if !c.send(s) {
			return
		}
	}
}

// send sends the pending request; false when it was cut off.
func (c *sender) send(s *server) bool {
	r := c.pending
	method, path, body := http.MethodPost, r.source()+"?answers=none", r.body()
	switch {
	case r.single:
		one := &r.records[0]
		method, path, body = http.MethodDelete, r.source()+"/"+one.id, nil
		if !one.stall {
			path += "?observed=" + url.QueryEscape(one.time())
		}
	case r.atomic:
		path += "&atomic=true"
	}
	media := r.media
	if r.single {
		media = ""
	}
	p, err := c.k.city.push(c.k.t.Context(), s, method, path, media, body)
	switch {
	case err != nil && c.k.killed.Load():
		return false
	case err != nil:
		c.k.t.Errorf("%v", err)
		return false
	case p.Status == http.StatusServiceUnavailable && c.k.killed.Load():
		return false
	case r.bad && p.Status == http.StatusUnprocessableEntity:
		for i := range r.records {
			if !c.endless {
				c.never = append(c.never, r.records[i].path())
			}
		}
		c.pending = nil
		return true
	case r.bad || p.Status != http.StatusOK || p.Refused > 0 || p.Applied+p.Duplicate+p.Late+p.TooLate != len(r.records):
		c.k.t.Errorf("%s %s: got %+v for %d records", method, path, p, len(r.records))
		return false
	}
	c.acknowledged, c.pending = append(c.acknowledged, r), nil
	if c.endless && len(c.acknowledged) > remembered {
		c.acknowledged = slices.Delete(c.acknowledged, 0, 1)
	}
	c.k.acks.Add(1)
	return true
}

// record makes one of a report or, for this client alone, of a stall.
func (c *sender) record(stall bool, id string) record {
	c.made++
	r := record{id: id, stall: stall, votes: c.rng.Int64N(100), place: c.rng.Uint32()}
	switch {
	case stall:
	case c.endless:
		r.at = time.Since(firstTime).Microseconds()
		if c.rng.IntN(10) == 0 {
			r.at -= c.rng.Int64N(time.Hour.Microseconds())
		}
	default: // any time, and one that no other record has
		r.at = c.rng.Int64N(1e7)*1e6 + (c.made*killClients+int64(c.number))%1e6
	}
	return r
}

func (c *sender) anyReport() string { return "r" + strconv.Itoa(c.rng.IntN(sharedIDs)) }
func (c *sender) anyStall() string  { return fmt.Sprintf("s%d-%d", c.number, c.rng.IntN(500)) }

// next makes a request.
func (c *sender) next() *request {
	media := []string{asNDJSON, asCSV, asJSON}[c.rng.IntN(3)]
	batch := func(n int, stall bool, id func() string) *request {
		r := &request{media: media}
		for range n {
			one := c.record(stall, id())
			one.gone = c.rng.IntN(12) == 0
			r.records = append(r.records, one)
		}
		return r
	}
	switch n := c.rng.IntN(100); {
	case n < 35:
		return batch(1, false, c.anyReport)
	case n < 55:
		return batch(1000, false, c.anyReport)
	case n < 65: // of ids that are nowhere else, so that half of it would be seen
		r := &request{media: media, atomic: true, bad: c.rng.IntN(4) == 0}
		size, first := 200, c.made
		if c.endless {
			first = 0
		}
		if c.rng.IntN(8) == 0 {
			size = 5000 // more than a message of the log
		}
		for i := range size {
			r.records = append(r.records, c.record(false, fmt.Sprintf("a%d-%d-%d", c.number, first, i)))
		}
		return r
	case n < 75 && len(c.acknowledged) > 0: // again
		if old := c.acknowledged[c.rng.IntN(len(c.acknowledged))]; !old.records[0].stall {
			return old
		}
		return batch(1, false, c.anyReport)
	case n < 80:
		r := batch(1, c.rng.IntN(2) == 0, c.anyReport)
		if r.records[0].stall {
			r.records[0].id = c.anyStall()
		}
		r.single, r.records[0].gone = true, true
		return r
	case n < 92:
		return batch(1, true, c.anyStall)
	default:
		return batch(300, true, c.anyStall)
	}
}

// tilesOf returns the paths of all tiles of the area, of both layers and at all zooms.
func tilesOf() []string {
	var paths []string
	for z := range 19 {
		n := math.Exp2(float64(z))
		x := func(lon float64) int { return int(n * (lon + 180) / 360) }
		y := func(lat float64) int {
			rad := lat * math.Pi / 180
			return int(n * (1 - math.Log(math.Tan(rad)+1/math.Cos(rad))/math.Pi) / 2)
		}
		for tx := x(areaWest); tx <= x(areaWest+areaSize); tx++ {
			for ty := y(areaSouth + areaSize); ty <= y(areaSouth); ty++ {
				for _, layer := range []string{"reports", "stalls"} {
					paths = append(paths, fmt.Sprintf("/tiles/%s/%d/%d/%d.mvt", layer, z, tx, ty))
				}
			}
		}
	}
	return paths
}
