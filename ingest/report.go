package ingest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// MaxExamples is the most refusals that a report keeps of one reason: the first ones.
const MaxExamples = 5

// maxExampleText is the most bytes that a refusal keeps of a value.
const maxExampleText = 80

// masked stands for the value of a private field.
const masked = "(private)"

// Refusal is one refused record: where it stands and what would have been accepted. It never holds
// the value of a private field (S10).
type Refusal struct {
	Reason Reason `json:"reason"`
	// File is the file or feed as the source was told of it.
	File string `json:"file,omitempty"`
	// Line is where the record starts, from 1; 0 when the feed has no lines.
	Line int `json:"line,omitempty"`
	// Feature is the record's position in its collection, from 1; 0 when it is not in one.
	Feature int `json:"feature,omitempty"`
	// Field is the field, property or column at fault; "" when it is the record as a whole.
	Field string `json:"field,omitempty"`
	// Value is what was found, shortened, or "(private)".
	Value string `json:"value,omitempty"`
	// Want says what would be accepted.
	Want string `json:"want"`
}

// String returns the refusal in one line.
func (r Refusal) String() string {
	var b strings.Builder
	b.WriteString(r.File)
	if r.Line > 0 {
		b.WriteString(":" + strconv.Itoa(r.Line))
	}
	if r.Feature > 0 {
		b.WriteString(" feature " + strconv.Itoa(r.Feature))
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if r.Field != "" {
		b.WriteString(r.Field + ": ")
	}
	if r.Value != "" {
		b.WriteString(printable(r.Value) + ": ")
	}
	b.WriteString("want " + r.Want)
	return b.String()
}

// printable returns text as it is, or quoted when a terminal could not show it or would obey it.
func printable(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	return strconv.Quote(text)
}

// Report counts what became of a source's records. Its zero value is ready; all methods may be
// called from any goroutine, also while the source runs. Accepted and refused records always add
// up to those read. A record that replaces an earlier one of the same id is accepted.
type Report struct {
	mu       sync.Mutex
	accepted int64
	refused  Tally
	err      error
}

// Summary is a report at one moment.
type Summary struct {
	// Read counts records, Accepted those that were published, Refused those that the gate kept out.
	Read     int64 `json:"read"`
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
	// Reasons split Refused, in the order of [Reasons], without those that did not occur.
	Reasons []ReasonCount `json:"reasons,omitempty"`
	// Error says why the source stopped before its end, after what is counted here.
	Error string `json:"error,omitempty"`
}

// ReasonCount is how often one reason occurred, with its first examples.
type ReasonCount struct {
	Reason   Reason    `json:"reason"`
	Count    int64     `json:"count"`
	Examples []Refusal `json:"examples"`
}

// Accept counts n records that were published.
func (r *Report) Accept(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accepted += int64(n)
}

// Refuse counts one refused record and keeps it if it is among the first [MaxExamples] of its
// reason.
func (r *Report) Refuse(refusal Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused.add(&refusal)
}

// RefuseAll counts the refused records of a slab.
func (r *Report) RefuseAll(t *Tally) {
	if t.Count() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused.merge(t)
}

// Stop says that the source could not be read further, for the summary.
func (r *Report) Stop(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// Summary returns the counts and examples as they are now. The caller owns it.
func (r *Report) Summary() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Summary{Accepted: r.accepted}
	for i, reason := range reasons {
		if n := r.refused.counts[i]; n > 0 {
			s.Refused += n
			s.Reasons = append(s.Reasons, ReasonCount{reason, n, slices.Clone(r.refused.examples[i])})
		}
	}
	s.Read = s.Accepted + s.Refused
	if r.err != nil {
		s.Error = r.err.Error()
	}
	return s
}

// String returns the report as a few lines for people.
func (r *Report) String() string { return r.Summary().String() }

// String returns the summary as a few lines for people: the counts, then a line for each reason
// with its examples indented below it.
func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d read, %d accepted, %d refused\n", s.Read, s.Accepted, s.Refused)
	for _, reason := range s.Reasons {
		fmt.Fprintf(&b, "  %-8s %d\n", reason.Reason, reason.Count)
		for _, e := range reason.Examples {
			fmt.Fprintf(&b, "    %s\n", e)
		}
	}
	if s.Error != "" {
		fmt.Fprintf(&b, "  stopped: %s\n", s.Error)
	}
	return b.String()
}
