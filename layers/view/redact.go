package view

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// MinSecret is the fewest bytes of a secret.
const MinSecret = 32

// Policy says what of a layer's features an audience may see, where that is more than a choice of fields.
type Policy struct {
	// Name is the view's.
	Name layers.Name
	// Fields are as those of a [Spec].
	Fields []string
	// Where selects the features that are shown, by what they truly are; nil shows all.
	Where layers.Selector
	// Snap moves places to centres of cells of this resolution, lines and polygons by the centres of their boxes; nil
	// leaves them where they are.
	Snap *hexgrid.Resolution
	// KeyedIDs replaces ids by ones that tell nothing of them.
	KeyedIDs bool
	// Secret is what places and ids are hidden by, at least [MinSecret] bytes where that is asked for. Who knows it
	// can undo both.
	Secret []byte
}

// Plain reports whether p is no more than a choice of fields, for which [New] needs no store.
func (p *Policy) Plain() bool { return p.Where == nil && p.Snap == nil && !p.KeyedIDs }

// NeedsSecret reports whether p cannot do without a Secret.
func (p *Policy) NeedsSecret() bool { return p.Snap != nil || p.KeyedIDs }

// Schema returns the schema of the store that holds what p shows of a layer: no field of it is private. The error
// names a field that the layer does not have, or one that stands twice.
func (p *Policy) Schema(full *layers.Schema) (*layers.Schema, error) {
	schema, _, err := Spec{Name: p.Name, Fields: p.Fields}.Schema(full)
	if err != nil {
		return nil, err
	}
	if p.Snap != nil {
		schema.Coverage = false // its features are points
	}
	return schema, nil
}

// ErrSecret says that a policy has no secret, or one that is too short.
var ErrSecret = fmt.Errorf("view: what is shown in place of places and ids needs a secret of at least %d bytes", MinSecret)

// Redactor makes what an audience may see of features of one layer. It depends on a feature, the policy and the
// secret alone, so that whatever way a feature came to be what it is, on whatever node, it is shown as the same
// (S5, S8). It may be used from any goroutine.
type Redactor struct {
	policy  Policy
	layer   layers.Name
	columns []int // by field shown: its position in the layer's schema
}

// NewRedactor returns the redactor of a layer with a schema. The error is [ErrSecret], or names a field that the
// layer does not have, or one that stands twice. It keeps p's Secret.
func NewRedactor(full *layers.Schema, p Policy) (*Redactor, error) {
	_, columns, err := Spec{Name: p.Name, Fields: p.Fields}.Schema(full)
	switch {
	case err != nil:
		return nil, err
	case p.NeedsSecret() && len(p.Secret) < MinSecret:
		return nil, ErrSecret
	case p.Snap != nil && p.Snap.Validate() != nil:
		return nil, fmt.Errorf("view: %w", p.Snap.Validate())
	}
	return &Redactor{policy: p, layer: full.Name, columns: columns}, nil
}

// Row returns what is shown of a feature, its values in the order of the fields shown; ok is false when it is not
// shown at all. Its texts share the store's memory.
func (r *Redactor) Row(row layers.Row) (f layers.Feature, ok bool) {
	if where := r.policy.Where; where != nil {
		if where.Skips(row.Block) {
			return layers.Feature{}, false
		}
		rows := column.NewBits(row.Block.Len())
		rows.Set(row.Index)
		where.Filter(row.Block, rows)
		if !rows.Has(row.Index) {
			return layers.Feature{}, false
		}
	}
	return r.feature(row), true
}

// Each calls fn with what is shown of each feature that is, in no stated order, until fn returns an error, which it
// returns.
func (r *Redactor) Each(s layers.Reader, fn func(layers.Feature) error) error {
	for b := range s.All() {
		where := r.policy.Where
		if where != nil && where.Skips(b) {
			continue
		}
		rows := column.NewBits(b.Len())
		for row := range b.Len() {
			rows.Set(row)
		}
		if where != nil {
			where.Filter(b, rows)
		}
		for row := range b.Len() {
			if !rows.Has(row) {
				continue
			}
			if err := fn(r.feature(layers.Row{Block: b, Index: row})); err != nil {
				return err
			}
		}
	}
	return nil
}

// Change returns the change of the view's store that follows from a feature of the layer that was old before a
// commit and is now behind it; was and is say whether it was there. ok is false when what is shown of it is the
// same as before.
func (r *Redactor) Change(id layers.FeatureID, old layers.Row, was bool, now layers.Row, is bool) (c layers.Change, ok bool) {
	var before, after layers.Feature
	if was {
		before, was = r.Row(old)
	}
	if is {
		after, is = r.Row(now)
	}
	switch {
	case is && was && slices.Equal(before.Values, after.Values) && orb.Equal(before.Geometry, after.Geometry):
		return layers.Change{}, false
	case is:
		return layers.Change{Op: layers.Upsert, Feature: after}, true
	case was:
		return layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: r.ID(id)}}, true
	default:
		return layers.Change{}, false
	}
}

// Shows reports whether a view's store, whose state is s, already is as a change by [Redactor.Change] makes it.
func Shows(s *layers.Snapshot, c *layers.Change) bool {
	row, there := s.Find(c.Feature.ID)
	if !there || c.Op != layers.Upsert {
		return there == (c.Op == layers.Upsert)
	}
	for i, v := range c.Feature.Values {
		if row.Block.Column(i).Value(row.Index) != v {
			return false
		}
	}
	if p, ok := c.Feature.Geometry.(orb.Point); ok && row.Located() && row.Block.Shapes() == nil {
		at, err := world.Project(p[0], p[1])
		return err == nil && at == row.Block.Point(row.Index)
	}
	return orb.Equal(row.Geometry(), c.Feature.Geometry)
}

// ID returns the id under which a feature is shown.
func (r *Redactor) ID(id layers.FeatureID) layers.FeatureID {
	if !r.policy.KeyedIDs {
		return id
	}
	return layers.FeatureID(hex.EncodeToString(r.mac("id", r.policy.Name, id, 0)[:16]))
}

// mac is HMAC-SHA-256 (RFC 2104, FIPS 180-4) under the policy's secret over what it is for, the view or layer, a cell and
// an id. Only the last of these may have any byte; the others end with one that they cannot have, or have one length.
func (r *Redactor) mac(purpose string, of layers.Name, id layers.FeatureID, cell hexgrid.Cell) []byte {
	h := hmac.New(sha256.New, r.policy.Secret)
	_, _ = fmt.Fprintf(h, "%s\x00%s\x00%016x%s", purpose, of, uint64(cell), id) // a hash takes everything
	return h.Sum(nil)
}

// Fingerprint tells the secret of r from others, and nothing of it; nil when r needs none.
func (r *Redactor) Fingerprint() []byte {
	if !r.policy.NeedsSecret() {
		return nil
	}
	return r.mac("fingerprint", r.policy.Name, "", 0)
}

// feature returns what is shown of a row that is selected.
func (r *Redactor) feature(row layers.Row) layers.Feature {
	id := row.Block.ID(row.Index)
	f := layers.Feature{ID: r.ID(id), Values: make([]column.Value, len(r.columns))}
	for i, c := range r.columns {
		f.Values[i] = row.Block.Column(c).Value(row.Index)
	}
	switch {
	case r.policy.Snap == nil:
		f.Geometry = row.Geometry()
	case row.Located():
		lon, lat := row.Block.Point(row.Index).LonLat()
		if p, ok := r.snapped(id, lon, lat); ok {
			f.Geometry = p
		}
	}
	return f
}
