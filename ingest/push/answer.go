package push

import (
	"time"

	"hutong/ingest"
	"hutong/layers"
)

// Answers says which records are answered one by one.
type Answers uint8

// The choices.
const (
	AnswerAll Answers = iota
	AnswerRefused
	AnswerNone
)

// refusedOutcome is what an answer says of a record that is no change.
const refusedOutcome = "refused"

// Answer says what became of one record. It never holds the value of a private field (S10).
type Answer struct {
	// Index is the record's position in the body, from 0, and Line where it starts, from 1.
	Index int `json:"index"`
	Line  int `json:"line,omitempty"`
	// ID is the feature's id; "" when none could be made, or it would show a private value.
	ID layers.FeatureID `json:"id,omitempty"`
	// Outcome is applied, duplicate, late, too_late or refused.
	Outcome string `json:"outcome"`
	// Reason, Field, Value and Want are those of the [ingest.Refusal].
	Reason ingest.Reason `json:"reason,omitempty"`
	Field  string        `json:"field,omitempty"`
	Value  string        `json:"value,omitempty"`
	Want   string        `json:"want,omitempty"`
}

// Result says what became of a request.
type Result struct {
	Source string      `json:"source"`
	Layer  layers.Name `json:"layer"`
	// Received is when the records count as received.
	Received time.Time `json:"received"`
	// Seq is the newest state of the layer that has records of the request; 0 when none has.
	Seq layers.Seq `json:"seq,omitempty"`
	// Records is their number; each is one of what follows.
	Records   int `json:"records"`
	Applied   int `json:"applied"`
	Duplicate int `json:"duplicate"`
	Late      int `json:"late"`
	TooLate   int `json:"too_late"`
	Refused   int `json:"refused"`
	// Deleted counts the features that a snapshot did not have.
	Deleted int `json:"deleted,omitempty"`
	// Answers are in the order of the records, at most [MaxAnswers]; Omitted counts those left out.
	Answers []Answer `json:"answers,omitempty"`
	Omitted int      `json:"answers_omitted,omitempty"`

	which Answers
}

// Accepted counts the records that are durable.
func (r *Result) Accepted() int { return r.Applied + r.Duplicate + r.Late + r.TooLate }

// add adds an answer, if it is asked for and there is room.
func (r *Result) add(a Answer) {
	if r.which == AnswerNone || r.which == AnswerRefused && a.Outcome != refusedOutcome {
		return
	}
	if len(r.Answers) == MaxAnswers {
		r.Omitted++
		return
	}
	r.Answers = append(r.Answers, a)
}

// outcome counts an outcome.
func (r *Result) outcome(o layers.Outcome) {
	switch o {
	case layers.Applied:
		r.Applied++
	case layers.Duplicate:
		r.Duplicate++
	case layers.Late:
		r.Late++
	case layers.TooLate:
		r.TooLate++
	}
}

// refusedAnswer is the answer to a refused record.
func refusedAnswer(index, line int, id string, r *ingest.Refusal) Answer {
	return Answer{
		Index: index, Line: line, ID: layers.FeatureID(id), Outcome: refusedOutcome,
		Reason: r.Reason, Field: r.Field, Value: r.Value, Want: r.Want,
	}
}
