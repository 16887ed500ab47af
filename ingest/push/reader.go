package push

import (
	"strings"
	"time"

	"hutong/ingest"
	"hutong/ingest/csvrow"
)

// reader reads the records of a body, one goroutine's.
type reader struct {
	*ingest.Parser
	feed    *Feed
	cells   []string
	texts   strings.Builder
	refusal *ingest.Refusal // of the record at hand; nil when it was accepted
	id      string
}

// newReader returns a reader of records that were received at a time.
func (f *Feed) newReader(received, now time.Time) *reader {
	p, _ := f.parsers.Get().(*ingest.Parser)
	r := &reader{Parser: p, feed: f}
	p.Receive(received.UnixMicro(), now.UnixMicro())
	p.Each(func(refusal *ingest.Refusal, id string) {
		kept := *refusal
		r.refusal, r.id = &kept, id
	})
	return r
}

// close gives the parser back.
func (r *reader) close() {
	r.Each(nil)
	r.feed.parsers.Put(r.Parser)
}

// read reads record i of b and returns why it was refused, or nil.
func (r *reader) read(b *body, i int) *ingest.Refusal {
	r.refusal, r.id = nil, ""
	raw, at := b.raw(i), ingest.Place{Line: b.pieces[i].line}
	switch b.format {
	case CSV:
		if b.pieces[i].broken {
			r.Refuse(at, ingest.ReasonRow, wantQuotes)
			break
		}
		r.cells = csvrow.Split(r.cells[:0], raw, r.feed.opts.Delimiter, &r.texts)
		r.Row(b.columns, r.cells, at)
	case GeoJSON:
		r.Feature(raw, at)
	case JSON, NDJSON:
		if ingest.IsFeature(raw) {
			r.Feature(raw, at)
		} else {
			r.Object(raw, at)
		}
	}
	return r.refusal
}

// letter returns what is kept of record i of b, which was refused: enough to read it again by itself.
func (b *body) letter(i int, refusal *ingest.Refusal, received time.Time) ingest.Letter {
	raw, media := b.raw(i), mediaTypes[JSON][0]
	switch b.format {
	case CSV:
		raw, media = b.header+"\n"+raw, mediaTypes[CSV][0]
	case GeoJSON:
		media = mediaTypes[GeoJSON][0]
	case JSON, NDJSON:
	}
	return ingest.NewLetter(refusal, received, media, raw)
}
