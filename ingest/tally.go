package ingest

import "strings"

// Tally counts refused records by reason and keeps the first [MaxExamples] of each. The zero Tally
// is empty. It belongs to one goroutine; a [Report] is one with a lock.
type Tally struct {
	counts   [len(reasons)]int64
	examples [len(reasons)][]Refusal
	total    int64
}

// Count returns the number of refused records.
func (t *Tally) Count() int64 { return t.total }

// full reports whether t keeps no more examples of a reason.
func (t *Tally) full(reason Reason) bool { return len(t.examples[reason.index()]) >= MaxExamples }

// add counts a refusal and copies it if there is room.
func (t *Tally) add(r *Refusal) {
	i := r.Reason.index()
	t.counts[i]++
	t.total++
	t.keep(i, r)
}

func (t *Tally) keep(i int, r *Refusal) {
	if len(t.examples[i]) >= MaxExamples {
		return
	}
	t.examples[i] = append(t.examples[i], r.clone())
}

// clone returns r with texts of its own: a parser cuts them out of a large buffer, which nothing that is kept
// may keep alive.
func (r *Refusal) clone() Refusal {
	c := *r
	c.Field, c.Value, c.Want = strings.Clone(r.Field), strings.Clone(r.Value), strings.Clone(r.Want)
	return c
}

// merge adds what o counted after t.
func (t *Tally) merge(o *Tally) {
	t.total += o.total
	for i := range o.counts {
		t.counts[i] += o.counts[i]
		for j := range o.examples[i] {
			t.keep(i, &o.examples[i][j])
		}
	}
}
