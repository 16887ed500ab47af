package push

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hutong/ingest"
	"hutong/layers"
)

// MaxReplayIDs is the most letters that are named in one replay.
const MaxReplayIDs = 1000

// replayPage is how many letters are read at once.
const replayPage = 100

// Replayed says what became of one letter.
type Replayed struct {
	// Letter is its ID. New is the one it has now, when it was refused for another reason; 0 otherwise.
	Letter uint64 `json:"letter"`
	New    uint64 `json:"new,omitempty"`
	// ID, Outcome and what follows are as in [Answer].
	ID      layers.FeatureID `json:"id,omitempty"`
	Outcome string           `json:"outcome"`
	Reason  ingest.Reason    `json:"reason,omitempty"`
	Field   string           `json:"field,omitempty"`
	Value   string           `json:"value,omitempty"`
	Want    string           `json:"want,omitempty"`
}

// ReplayResult says what became of the letters of a replay.
type ReplayResult struct {
	Source string      `json:"source"`
	Layer  layers.Name `json:"layer"`
	// Letters is how many were read; Accepted of them are gone, Refused stay.
	Letters  int `json:"letters"`
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"`
	// Missing are IDs that were asked for and are not there.
	Missing []uint64 `json:"missing,omitempty"`
	// Answers are by rising ID, at most [MaxAnswers]; Omitted counts those left out.
	Answers []Replayed `json:"answers,omitempty"`
	Omitted int        `json:"answers_omitted,omitempty"`
}

func (r *ReplayResult) add(a Replayed) {
	if len(r.Answers) == MaxAnswers {
		r.Omitted++
		return
	}
	r.Answers = append(r.Answers, a)
}

// Replay reads the letters of the source again, by the mapping as it is now: all that are there, or those
// with ids, at most [MaxReplayIDs]. Those accepted are removed once they are durable; of those refused the
// newest reason is kept. The result is there with an error, too: the letters that it does not name are as
// they were. A letter that is accepted and cannot be removed is accepted again by the next replay, which
// changes nothing.
func (f *Feed) Replay(ctx context.Context, ids []uint64) (*ReplayResult, error) {
	result := &ReplayResult{Source: f.opts.Name, Layer: f.opts.Layer}
	if err := f.door.enter(f.opts.Now()); err != nil {
		return result, err
	}
	defer f.door.leave()
	if !f.replaying.TryLock() { // each holds a page of letters
		return result, &RateError{time.Second, "one replay at once"}
	}
	defer f.replaying.Unlock()
	wanted := slices.Compact(slices.Sorted(slices.Values(ids)))
	result.Missing = slices.Clone(wanted)
	var after, end uint64 // letters from end on are new ones of this replay
	for {
		if len(wanted) > 0 && len(result.Missing) == 0 {
			return result, nil
		}
		page, err := f.Letters(ctx, after, replayPage)
		if err == nil { // new ones may come faster than they are read
			err = ctx.Err()
		}
		if err != nil {
			return result, fmt.Errorf("%w: read refused records: %w", ingest.ErrUnavailable, err)
		}
		if len(page) == 0 || end > 0 && after >= end {
			return result, nil
		}
		after = page[len(page)-1].ID
		page = slices.DeleteFunc(page, func(l ingest.Letter) bool {
			if len(wanted) > 0 {
				i, found := slices.BinarySearch(result.Missing, l.ID)
				if found {
					result.Missing = slices.Delete(result.Missing, i, i+1)
				}
				return !found
			}
			return end > 0 && l.ID >= end
		})
		first, err := f.replay(ctx, page, result)
		if err != nil {
			return result, err
		}
		if end == 0 {
			end = first
		}
	}
}

// replay replays a page of letters. first is the ID of the first letter that was put anew, 0 for none.
func (f *Feed) replay(ctx context.Context, page []ingest.Letter, result *ReplayResult) (first uint64, err error) {
	var stay []ingest.Letter // with a new reason
	var gone []uint64
	answers := make([]Replayed, len(page))
	var changes []layers.Change
	var index []int // the letter of each change
	now := f.opts.Now()
	for i := range page {
		change, answer, refusal := f.again(&page[i], now)
		answers[i] = answer
		switch {
		case change != nil:
			changes, index = append(changes, *change), append(index, i)
		case differs(refusal, &page[i].Refusal):
			letter := page[i]
			letter.Refusal = *refusal
			stay = append(stay, letter)
		}
	}
	if len(changes) > 0 {
		batch := layers.Batch{Layer: f.opts.Layer, Changes: changes, Received: now.UnixMicro()}
		receipt, err := f.opts.To.Accept(ctx, f.opts.Name, batch)
		if err != nil {
			return 0, err
		}
		f.count(len(changes))
		for i, letter := range index {
			answers[letter].Outcome = outcomeOf(receipt.Outcomes, i).String()
			gone = append(gone, page[letter].ID)
		}
	}
	old := make([]uint64, len(stay))
	for i := range stay {
		old[i] = stay[i].ID
	}
	if len(stay) > 0 {
		if err := f.opts.Letters.Put(ctx, f.opts.Name, stay); err != nil {
			return 0, fmt.Errorf("%w: keep refused records: %w", ingest.ErrUnavailable, err)
		}
		first = stay[0].ID
	}
	if len(gone)+len(old) > 0 {
		if err := f.opts.Letters.Remove(ctx, f.opts.Name, slices.Concat(gone, old)); err != nil {
			return first, fmt.Errorf("%w: remove accepted records: %w", ingest.ErrUnavailable, err)
		}
	}
	result.Letters += len(page)
	result.Accepted += len(gone)
	result.Refused += len(page) - len(gone)
	for i := range answers {
		if at := slices.Index(old, answers[i].Letter); at >= 0 {
			answers[i].New = stay[at].ID
		}
		result.add(answers[i])
	}
	return first, nil
}

// again reads one letter. change is nil when it was refused again.
func (f *Feed) again(l *ingest.Letter, now time.Time) (change *layers.Change, a Replayed, refusal *ingest.Refusal) {
	refused := func(r *ingest.Refusal, id string) (*layers.Change, Replayed, *ingest.Refusal) {
		return nil, Replayed{
			Letter: l.ID, ID: layers.FeatureID(id), Outcome: refusedOutcome, Reason: r.Reason, Field: r.Field, Value: r.Value, Want: r.Want,
		}, r
	}
	if l.Cut {
		return refused(&ingest.Refusal{
			Reason: ingest.ReasonTooLong, Want: fmt.Sprintf("a record of at most %d bytes, of which all is kept: send it again", ingest.MaxLetterRaw),
		}, "")
	}
	b, err := f.letterBody(l)
	if err != nil {
		reason := ingest.ReasonJSON
		if l.Type == mediaTypes[CSV][0] {
			reason = ingest.ReasonRow
		}
		return refused(&ingest.Refusal{Reason: reason, Want: err.Error()}, "")
	}
	r := f.newReader(l.Received, now)
	defer r.close()
	r.Begin(1)
	refusal = r.read(b, 0)
	slab := r.Finish()
	if refusal != nil {
		refusal.Line = l.Refusal.Line // where it stood when it came
		return refused(refusal, r.id)
	}
	change = &slab.Changes[0]
	a = Replayed{Letter: l.ID}
	if !f.mapper.MasksID() {
		a.ID = change.Feature.ID
	}
	return change, a, nil
}

// letterBody returns a letter as a body of one record.
func (f *Feed) letterBody(l *ingest.Letter) (*body, error) {
	text := string(l.Raw)
	format := JSON
	switch l.Type {
	case mediaTypes[CSV][0]:
		b, err := f.cut(CSV, text)
		if err == nil && len(b.pieces) != 1 {
			return nil, fmt.Errorf("want a header and one row")
		}
		return b, err
	case mediaTypes[GeoJSON][0]:
		format = GeoJSON
	}
	return &body{format: format, text: text, pieces: []piece{{end: len(text), line: 1}}}, nil
}

// differs reports whether a letter is refused for something else than before.
func differs(a, b *ingest.Refusal) bool {
	if a.Reason == ingest.ReasonFuture && b.Reason == a.Reason {
		return a.Value != b.Value // what is wanted tells the time
	}
	return a.Reason != b.Reason || a.Field != b.Field || a.Value != b.Value || a.Want != b.Want
}
