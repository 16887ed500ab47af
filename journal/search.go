package journal

import (
	"context"
	"errors"

	"hutong/internal/erasure"
	"hutong/layers"
	"hutong/layers/column"
)

// errSearched ends a search.
var errSearched = errors.New("journal: searched")

// Search decodes what the log holds now and looks for a feature of a layer: changes of its id are found,
// others with the id in a text are mentions, which is whether there were any.
func (j *Journal) Search(ctx context.Context, layer layers.Name, id layers.FeatureID, p *erasure.Pattern, proof *erasure.Proof) (mentioned bool, err error) {
	if _, err := j.info(ctx); err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	from := max(j.First(), 1) - 1
	err = j.Follow(ctx, from, func(e Entry) error {
		proof.Messages++
		for i := range e.Batches {
			b := &e.Batches[i]
			mentioned = p.Plain() && p.In([]byte(b.Source)) || mentioned
			for k := range b.Changes {
				switch c := &b.Changes[k]; {
				case b.Layer == layer && c.Feature.ID == id:
					proof.Found.Addf("message %d of the log", e.Seq)
				case p.Plain() && mentions(p, c):
					mentioned = true
					proof.Mentions.Addf("message %d of the log", e.Seq)
				}
			}
		}
		return nil
	}, func() { cancel(errSearched) })
	if errors.Is(err, errSearched) {
		err = nil
	}
	return mentioned, err
}

// mentions reports whether a change of another feature has the id in its own or in a text.
func mentions(p *erasure.Pattern, c *layers.Change) bool {
	if p.In([]byte(c.Feature.ID)) {
		return true
	}
	for _, v := range c.Feature.Values {
		if v.Kind() == column.String && p.In([]byte(v.Text())) {
			return true
		}
	}
	return false
}
