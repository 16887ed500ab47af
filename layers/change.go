package layers

import (
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"hutong/layers/column"
	"hutong/layers/world"
)

// Seq numbers the published states of a layer: 0 is the empty layer. States follow each other by rising
// numbers, which need not be neighbours: with a journal they are those of the log, which all layers
// share.
type Seq uint64

// Feature is one thing on a layer, as it comes in and as it goes out.
type Feature struct {
	ID FeatureID
	// Geometry is lon/lat in degrees: a point, line or polygon or several of one of them; nil or without
	// any position when the feature has no place. Collections are refused by name. Where a line or
	// polygon is as the store keeps it and not as it came: vertices repeat no neighbour, exteriors run
	// counterclockwise and holes clockwise (RFC 7946 §3.1.6), and parts below a centimetre are left out.
	Geometry orb.Geometry
	// Values are the attributes in the order of [Schema.Fields]; missing ones at the end are null.
	// The store copies what it keeps, so the slice may be reused once a call returned.
	Values []column.Value
}

// Op says what a change does.
type Op uint8

// The operations.
const (
	// Upsert puts the whole feature in the place of the one with its id; absent values become null.
	Upsert Op = iota
	// Delete removes the feature with the id. Of the rest of the feature only the values of the schema's
	// Observed and Version fields are read: when it was deleted.
	Delete
	// Erase removes the feature with the id whatever its time is, and leaves nothing that has the id: see
	// erase.go. Of the rest of the feature only the value of the schema's Observed field is read: when it
	// was erased. A bulk load takes none.
	Erase
)

// Change is one operation on one feature.
type Change struct {
	Op      Op
	Feature Feature
}

// DeleteOf returns the delete of a feature with all its values, at the feature's own time and version: it
// wins over what the feature is now, and over nothing newer.
func (s *Schema) DeleteOf(f Feature) Change {
	c := Change{Op: Delete, Feature: Feature{ID: f.ID}}
	for _, name := range [...]string{s.Observed, s.Version} {
		if i := s.FieldIndex(name); i >= 0 {
			for len(c.Feature.Values) <= i {
				c.Feature.Values = append(c.Feature.Values, column.Value{})
			}
			c.Feature.Values[i] = f.Values[i]
		}
	}
	return c
}

// Batch is a list of changes that become visible together.
type Batch struct {
	Layer   Name
	Changes []Change
	// Seq is the number of the state that the batch makes, above the layer's; 0 is one more than that.
	Seq Seq
	// Received is when the batch was accepted, in microseconds since 1970 in UTC. It is the clock by
	// which tombstones age, the same on every node; 0 lets none age.
	Received int64
	// Snapshot says that the changes are of a feed that tells the whole state each time it is read: of
	// changes with the same time and version the later one wins, not the one of the larger encoding.
	Snapshot bool
	// Salt is for hashes of erased ids, if the layer has none yet; a batch with an erasure needs one.
	Salt Salt
}

// Delta tells what a batch changed: for versions and live events (S6).
type Delta struct {
	Layer Name
	// Seq is the state that holds the changes.
	Seq Seq
	// Inserted, Updated and Deleted count features whose visible state changed.
	Inserted, Updated, Deleted int
	// Private is how many of Updated changed in private fields only.
	Private int
	// Outcomes say what became of each change of the batch, in its order; nil after a bulk load.
	Outcomes []Outcome
	// Places are old and new places of every point that changed in more than private fields, and of points
	// whose MVT id moved, unordered, possibly repeated. They are nil when Everywhere is set.
	Places []world.Point
	// Boxes are the same of changed lines, polygons and multipoints, and of neighbours in a coverage
	// whose retention moved (design §3).
	Boxes []world.Box
	// PrivatePlaces and PrivateBoxes are those of features of which only private fields changed: nobody who
	// does not see these may learn that there was a change (S10).
	PrivatePlaces []world.Point
	PrivateBoxes  []world.Box
	// Everywhere is set when the whole layer changed: after a bulk load.
	Everywhere bool
}

// ChangeError says which change of a batch was refused and why. Nothing of its batch was applied.
type ChangeError struct {
	Layer Name
	Index int // position in Batch.Changes
	ID    FeatureID
	Field string // the field at fault; "" when it is the id or the geometry
	Err   error
}

// Error names the layer, the change, the field and the reason, never a value of a field.
func (e *ChangeError) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("layers: %s: change %d: field %q: %v", e.Layer, e.Index, e.Field, e.Err)
	}
	return fmt.Sprintf("layers: %s: change %d: %v", e.Layer, e.Index, e.Err)
}

// Unwrap returns the reason.
func (e *ChangeError) Unwrap() error { return e.Err }

// Check returns the first thing that keeps c out of a layer with schema s as a *ChangeError with
// index i, or nil. What passes Check is applied without error.
func (s *Schema) Check(i int, c *Change) error {
	_, err := s.place(i, c)
	return err
}

// place checks c and says where its feature goes. Of a delete only the id is placed.
func (s *Schema) place(i int, c *Change) (placed, error) {
	var p placed
	f := &c.Feature
	refuse := func(field string, err error) (placed, error) {
		return placed{}, &ChangeError{Layer: s.Name, Index: i, ID: f.ID, Field: field, Err: err}
	}
	if f.ID == "" {
		return refuse("", errors.New("the id is empty"))
	}
	if len(f.ID) > MaxID {
		return refuse("", fmt.Errorf("the id has %d bytes, more than %d", len(f.ID), MaxID))
	}
	p.key.number, p.key.text = idKey(f.ID)
	switch c.Op {
	case Delete, Erase:
		for _, name := range [...]string{s.Observed, s.Version} {
			if j := s.FieldIndex(name); j >= 0 && j < len(f.Values) {
				if err := s.Fields[j].check(f.Values[j]); err != nil {
					return refuse(name, err)
				}
			}
		}
		return p, nil
	case Upsert:
	default:
		return refuse("", fmt.Errorf("no operation %d", c.Op))
	}
	switch g := f.Geometry.(type) {
	case nil:
	case orb.Point:
		point, err := world.Project(g[0], g[1])
		if err != nil {
			return refuse("", err)
		}
		p.class, p.point, p.key.hilbert = onePoint, point, world.Hilbert(point)
	default:
		if err := p.placeShape(g, s.Coverage); err != nil {
			return refuse("", err)
		}
	}
	if len(f.Values) > len(s.Fields) {
		return refuse("", fmt.Errorf("%d values for %d fields", len(f.Values), len(s.Fields)))
	}
	for j := range f.Values {
		if err := s.Fields[j].check(f.Values[j]); err != nil {
			return refuse(s.Fields[j].Name, err)
		}
	}
	return p, nil
}

// check says what keeps v out of the field, or nil.
func (f *Field) check(v column.Value) error {
	if v.IsNull() {
		return nil
	}
	if v.Kind() != f.Kind {
		return fmt.Errorf("a %s in a field of type %s", v.Kind(), f.Kind)
	}
	if n := f.maxLength(); len(v.Text()) > n {
		return fmt.Errorf("%d bytes of text, more than %d", len(v.Text()), n)
	}
	if f.Kind == column.Float && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)) {
		return errors.New("the number is not finite")
	}
	return nil
}

func (f *Field) maxLength() int {
	if f.MaxLength == 0 {
		return DefaultMaxLength
	}
	return f.MaxLength
}
