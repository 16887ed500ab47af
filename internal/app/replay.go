package app

import (
	"hutong/journal"
	"hutong/journal/record"
	"hutong/layers"
)

// replay applies entries of the log to layers of a past, as an applier does to those of now: those that come to the
// same one by one or together go together. It belongs to one goroutine.
type replay struct {
	layers map[layers.Name]*replayed
}

// replayed is a layer and what waits for it.
type replayed struct {
	*layers.Layer
	waiting []record.Batch
	changes int
	seq     layers.Seq // of the last of them
	plain   bool       // others may go with them
}

func newReplay(list []*layers.Layer) *replay {
	r := &replay{layers: map[layers.Name]*replayed{}}
	for _, l := range list {
		r.layers[l.Name()] = &replayed{Layer: l}
	}
	return r
}

// add takes an entry.
func (r *replay) add(e journal.Entry) error {
	byLayer := map[layers.Name][]record.Batch{}
	for i := range e.Batches {
		if name := e.Batches[i].Layer; r.layers[name] != nil {
			byLayer[name] = append(byLayer[name], e.Batches[i])
		}
	}
	for name, batches := range byLayer {
		l := r.layers[name]
		changes, plain := 0, true
		for i := range batches {
			changes += len(batches[i].Changes)
			plain = plain && isPlain(&batches[i].Batch) && !l.Forgets(batches[i].Received)
		}
		if !plain || !l.plain || l.changes+changes > maxTogether {
			if err := l.flush(); err != nil {
				return err
			}
			// Whether tombstones are forgotten may depend on what was applied now.
			for i := range batches {
				plain = plain && !l.Forgets(batches[i].Received)
			}
		}
		l.waiting = append(l.waiting, batches...)
		l.changes += changes
		l.seq, l.plain = e.Seq, plain
	}
	return nil
}

// flush applies what waits.
func (r *replay) flush() error {
	for _, l := range r.layers {
		if err := l.flush(); err != nil {
			return err
		}
	}
	return nil
}

func (l *replayed) flush() error {
	if len(l.waiting) == 0 {
		return nil
	}
	all := together(l.waiting)
	all.Seq = l.seq
	_, err := l.Apply(all)
	l.waiting, l.changes, l.plain = nil, 0, false
	return err
}
