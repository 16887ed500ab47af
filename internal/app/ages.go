package app

import (
	"context"
	"fmt"
	"maps"
	"time"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
)

// How ages turn.
//
// A view with ages shows them as of the start of a bucket. At the start of the next one a goroutine moves them on, and
// goes on as behind a commit (S3): the view shows the new ages, its tiles are stale, clients hear that all of the layer
// changed. There is no commit: the state and its number stay.

// longestWait is how long is waited for a bucket to end at most, since the clock may be set.
const longestWait = time.Minute

// age gives a view the field of spec, if that is one.
func (n *newStore) age(l **view.Layer, spec *view.AgeSpec) error {
	if spec.Field == "" {
		return nil
	}
	ages, err := view.NewAges(*spec, n.now())
	if err != nil {
		return fmt.Errorf("app: layer %s: %w", (*l).Name(), err)
	}
	if *l, err = (*l).WithAges(ages); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	n.aged = append(n.aged, *l)
	return nil
}

// drawnByAge returns d with the titles of the classes of age.
func drawnByAge(d styles.Drawing, spec *view.AgeSpec) styles.Drawing {
	spans := make([]styles.Span, len(spec.Classes))
	for i, c := range spec.Classes {
		spans[i] = styles.Span{Value: c.Name, Below: c.Below}
	}
	d.Fields = maps.Clone(d.Fields)
	if d.Fields == nil {
		d.Fields = map[string]styles.FieldLook{}
	}
	d.Fields[spec.Field] = styles.AgeLook(spans, view.Older)
	return d
}

// cutByAge returns t with how many classes of age there are.
func cutByAge(t tiles.Options, spec *view.AgeSpec) tiles.Options {
	t.Distinct = maps.Clone(t.Distinct)
	if t.Distinct == nil {
		t.Distinct = map[string]int{}
	}
	t.Distinct[spec.Field] = len(spec.Classes) + 1
	return t
}

// timeless returns what builds tiles of l without ages; nil when l is not served. t are the options of its tiles.
func timeless(l *api.Layer, t tiles.Options) (*tiles.Builder, error) {
	if l.View.Ages() == nil || l.Tiles == nil {
		return l.Tiles, nil
	}
	return tiles.New(l.View.Timeless().Schema(), t)
}

// turnAges moves ages on at the start of each bucket until ctx is done. What it begins with it tells in any case: a
// client that knows the state from before a start may have tiles of older buckets.
func (s *Store) turnAges(ctx context.Context) {
	for first := true; ; first = false {
		timer := time.NewTimer(s.turn(first))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// turn moves ages on whose bucket is over, and tells of these, or of all. It returns when to look again.
func (s *Store) turn(all bool) (wait time.Duration) {
	wait = longestWait
	for _, l := range s.aged {
		now := s.now()
		if l.Ages().Turn(now) || all {
			s.mu.Lock()
			s.versions.Turn(l.Name(), l.Ages().Turns())
			if served := s.public.Named(l.Name()); served != nil { // it is not hidden
				served.Fresh.Turned(now)
			}
			s.tell(layers.Delta{Layer: l.Name(), Seq: l.Now().Seq(), Everywhere: true})
			s.mu.Unlock()
		}
		wait = min(wait, l.Ages().Wait(now))
	}
	return wait
}
