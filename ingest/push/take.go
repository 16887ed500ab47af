package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unsafe"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// Request is one body and what is asked of it.
type Request struct {
	// ContentType and ContentEncoding are the values of these headers.
	ContentType     string
	ContentEncoding []string
	// Body is read to its end, or to the first bound that it meets.
	Body io.Reader
	// Atomic takes all records or none.
	Atomic bool
	// Snapshot says that the records are all there are: it takes all or none, and deletes what is not among them.
	Snapshot bool
	// Answers says which records are answered.
	Answers Answers
}

// ErrAtomic says that an atomic request had refused records, so nothing of it was published.
var ErrAtomic = errors.New("push: a record was refused, and the request takes all records or none")

// Take takes one request. The result is there whenever records were looked at, with an error, too: then it
// says what was accepted before that, and sending all again is safe. The error is a [*RateError],
// [*MediaError], [*TooLargeError], [*BodyError] or [*ingest.SyntaxError], when nothing of the request
// counted; [ErrAtomic] or [ErrSnapshot]; or what the acceptor or the dead letters returned.
func (f *Feed) Take(ctx context.Context, r Request) (*Result, error) {
	format, err := f.format(r.ContentType)
	if err != nil {
		return nil, err
	}
	encoding, err := coding(r.ContentEncoding)
	if err != nil {
		return nil, err
	}
	if err := f.door.enter(f.opts.Now()); err != nil {
		return nil, err
	}
	defer f.door.leave()
	s := &share{budget: f.opts.Budget}
	defer func() { s.give(s.held) }()
	text, err := f.read(r.Body, encoding, s)
	if err != nil {
		return nil, err
	}
	b, err := f.cut(format, text)
	if err != nil {
		return nil, err
	}
	now := f.opts.Now()
	t := f.begin(b, now, now, r.Answers)
	t.share = s
	defer t.read.close()
	if r.Atomic || r.Snapshot {
		const each = int(unsafe.Sizeof(column.Value{}))
		if !s.take(len(b.pieces) * (len(f.opts.Mapping.Fields)*each + int(unsafe.Sizeof(layers.Change{})))) {
			return nil, ingest.ErrBusy
		}
	}
	switch {
	case r.Snapshot:
		return t.snapshot(ctx)
	case r.Atomic:
		return t.result, t.all(ctx)
	}
	for from := 0; from < len(b.pieces); from += ingest.MaxBatch {
		if err := t.batch(ctx, from, min(from+ingest.MaxBatch, len(b.pieces))); err != nil {
			return t.result, err
		}
	}
	return t.result, nil
}

// taking is a request under way.
type taking struct {
	feed   *Feed
	body   *body
	read   *reader
	result *Result
	// received is when the records came, and now the clock.
	received, now time.Time
	// everything says that the records are all there are.
	everything bool
	// share is where the memory of letters comes from; nil when that is bounded otherwise.
	share *share
}

// begin returns the taking of the records of b.
func (f *Feed) begin(b *body, received, now time.Time, which Answers) *taking {
	return &taking{
		feed: f, body: b, read: f.newReader(received, now), received: received, now: now,
		result: &Result{
			Source: f.opts.Name, Layer: f.opts.Layer, Received: now.UTC().Truncate(time.Microsecond), Records: len(b.pieces), which: which,
		},
	}
}

// parsed is what became of a run of records before it is published.
type parsed struct {
	changes []layers.Change
	// index is the record of each change.
	index []int
	// refused are the others by record.
	refused map[int]Answer
	letters []ingest.Letter
	held    int // bytes of the share, for the letters
}

// parse reads records from up to to, and keeps those refused as letters if it is told so. The error is
// [ingest.ErrBusy]: there is no memory for the letters.
func (t *taking) parse(from, to int, keep bool) (parsed, error) {
	p := parsed{index: make([]int, 0, to-from), refused: map[int]Answer{}}
	t.read.Begin(to - from)
	for i := from; i < to; i++ {
		refusal := t.read.read(t.body, i)
		if refusal == nil {
			p.index = append(p.index, i)
			continue
		}
		p.refused[i] = refusedAnswer(i, t.body.pieces[i].line, t.read.id, refusal)
		if !keep {
			continue
		}
		letter := t.body.letter(i, refusal, t.received)
		if t.share != nil && !t.share.take(len(letter.Raw)) {
			return p, ingest.ErrBusy // the share gives back what it has when the request ends
		}
		p.held += len(letter.Raw)
		p.letters = append(p.letters, letter)
	}
	p.changes = t.read.Finish().Changes
	return p, nil
}

// all takes all records or none.
func (t *taking) all(ctx context.Context) error {
	p, err := t.whole()
	if err != nil {
		return err
	}
	return t.publish(ctx, 0, len(t.body.pieces), &p)
}

// whole reads all records. The error is [ErrAtomic] when one is refused, and the result says which.
func (t *taking) whole() (parsed, error) {
	p, err := t.parse(0, len(t.body.pieces), false)
	if err != nil || len(p.refused) == 0 {
		return p, err
	}
	t.result.Refused = len(p.refused)
	reasons := map[ingest.Reason]int{}
	for _, a := range p.refused {
		reasons[a.Reason]++
	}
	t.feed.countRefused(reasons)
	for i := range t.body.pieces {
		if a, refused := p.refused[i]; refused {
			t.result.add(a)
		}
	}
	return p, ErrAtomic
}

// batch takes the records from up to to, those that are good.
func (t *taking) batch(ctx context.Context, from, to int) error {
	p, err := t.parse(from, to, true)
	if err != nil {
		return err
	}
	if err := t.publish(ctx, from, to, &p); err != nil {
		return err
	}
	if err := t.feed.Refuse(ctx, p.letters); err != nil {
		return err
	}
	t.share.give(p.held)
	t.result.Refused += len(p.refused)
	return nil
}

// Refuse keeps what came for the source and was refused, and counts it. The error wraps
// [ingest.ErrUnavailable].
func (f *Feed) Refuse(ctx context.Context, letters []ingest.Letter) error {
	if len(letters) == 0 {
		return nil
	}
	if err := f.opts.Letters.Put(ctx, f.opts.Name, letters); err != nil {
		return fmt.Errorf("%w: keep refused records: %w", ingest.ErrUnavailable, err)
	}
	reasons := map[ingest.Reason]int{}
	for i := range letters {
		reasons[letters[i].Refusal.Reason]++
	}
	f.countRefused(reasons)
	return nil
}

// countRefused counts refused records.
func (f *Feed) countRefused(reasons map[ingest.Reason]int) {
	if counts := f.opts.Meters.Refused; counts != nil {
		for reason, n := range reasons {
			counts.With(f.opts.Name, string(reason)).Add(n)
		}
	}
}

// publish publishes the changes among the records from up to to, and answers these.
func (t *taking) publish(ctx context.Context, from, to int, p *parsed) error {
	var receipt ingest.Receipt
	if len(p.changes) > 0 {
		var err error
		batch := layers.Batch{Layer: t.feed.opts.Layer, Changes: p.changes, Received: t.now.UnixMicro(), Snapshot: t.everything}
		if receipt, err = t.feed.opts.To.Accept(ctx, t.feed.opts.Name, batch); err != nil {
			return err
		}
		t.result.Seq = max(t.result.Seq, receipt.Seq)
		t.feed.count(len(p.changes))
	}
	t.answer(from, to, p, receipt.Outcomes)
	return nil
}

// answer answers the records from up to to, of whose changes became outcomes.
func (t *taking) answer(from, to int, p *parsed, outcomes []layers.Outcome) {
	masked := t.feed.mapper.MasksID()
	for i, next := from, 0; i < to; i++ {
		if a, refused := p.refused[i]; refused {
			t.result.add(a)
			continue
		}
		outcome := outcomeOf(outcomes, next)
		a := Answer{Index: i, Line: t.body.pieces[i].line, Outcome: outcome.String()}
		if !masked {
			a.ID = p.changes[next].Feature.ID
		}
		t.result.outcome(outcome)
		t.result.add(a)
		next++
	}
}

// outcomeOf returns what became of change i. An acceptor that does not tell has applied it.
func outcomeOf(list []layers.Outcome, i int) layers.Outcome {
	if i < len(list) {
		return list[i]
	}
	return layers.Applied
}

// count counts n accepted changes.
func (f *Feed) count(n int) {
	if m := f.opts.Meters; m.Accepted != nil {
		m.Accepted.With(f.opts.Name).Add(n)
	}
}
