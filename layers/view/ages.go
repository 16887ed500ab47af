package view

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"hutong/layers"
	"hutong/layers/column"
)

const (
	// Older is the class of what is in none of those of an [AgeSpec].
	Older = "older"
	// MaxAgeClasses is the most classes of an [AgeSpec].
	MaxAgeClasses = 12
	// MinBucket is the shortest bucket of [Ages]. The bucket is a bucketShare-th of the youngest class otherwise.
	MinBucket   = time.Minute
	bucketShare = 12
)

// AgeSpec says which field tells how old features are.
type AgeSpec struct {
	// Field is its name; no field of the view has it. "" is no such field.
	Field string
	// Classes are 1 to [MaxAgeClasses], the youngest first.
	Classes []AgeClass
}

// AgeClass is the features that are younger than Below and in no younger class.
type AgeClass struct {
	Name  string // "1h"; not [Older]
	Below time.Duration
}

// Validate says everything that is wrong with s, joined, or nil.
func (s *AgeSpec) Validate() error {
	var errs []error
	if n := len(s.Classes); n == 0 || n > MaxAgeClasses {
		errs = append(errs, fmt.Errorf("view: %d classes of age are not 1 to %d", n, MaxAgeClasses))
	}
	for i, c := range s.Classes {
		switch {
		case c.Name == "" || c.Name == Older || slices.ContainsFunc(s.Classes[:i], func(o AgeClass) bool { return o.Name == c.Name }):
			errs = append(errs, fmt.Errorf("view: %q is no name for a class of age: it stands twice, is empty or is %q", c.Name, Older))
		case c.Below < MinBucket:
			errs = append(errs, fmt.Errorf("view: the class %q of age ends at %s, before %s", c.Name, c.Below, MinBucket))
		case i > 0 && c.Below <= s.Classes[i-1].Below:
			errs = append(errs, fmt.Errorf("view: the class %q of age is not older than the one before it", c.Name))
		}
	}
	return errors.Join(errs...)
}

// Bucket is how long ages stand still: a twelfth of the youngest class, in whole seconds, and at least [MinBucket].
// So a feature is in its class at most a bucket late and never early.
func (s *AgeSpec) Bucket() time.Duration {
	return max((s.Classes[0].Below / bucketShare).Truncate(time.Second), MinBucket)
}

// Names returns the values of the field, the youngest first: those of the classes and [Older].
func (s *AgeSpec) Names() []string {
	names := make([]string, 0, len(s.Classes)+1)
	for _, c := range s.Classes {
		names = append(names, c.Name)
	}
	return append(names, Older)
}

// In returns a schema with the field behind the others: kept in tiles, as what they are drawn by is. A schema with no
// time field that is shown is an error, and so is one that has the field.
func (s *AgeSpec) In(schema *layers.Schema) (*layers.Schema, error) {
	at := schema.FieldIndex(schema.TimeField)
	switch {
	case at < 0 || schema.Fields[at].Private:
		return nil, fmt.Errorf("view: layer %s: features without a time that is shown have no age", schema.Name)
	case schema.FieldIndex(s.Field) >= 0 || s.Field == schema.IDField:
		return nil, fmt.Errorf("view: layer %s has a field %q already", schema.Name, s.Field)
	}
	longest := 0
	for _, name := range s.Names() {
		longest = max(longest, len(name))
	}
	out := *schema
	out.Fields = append(slices.Clip(schema.Fields), layers.Field{Name: s.Field, Kind: column.String, Keep: true, MaxLength: longest})
	return &out, nil
}

// Ages is a field that nobody stores, since it depends on the clock: how old each feature is, in classes. It has
// a moment, from which ages are counted, that stands still until [Ages.Turn] moves it to the start of a bucket: so what
// a view shows depends on that moment, whatever the time between (S5), and a turn is to it what a commit is to the
// features. Times to come are of the youngest class, and features without a time of none.
//
// Turn is for one goroutine at a time; everything else may be used from any.
type Ages struct {
	spec  AgeSpec
	dict  *column.Dictionary // by class: its place in Names plus one
	now   atomic.Pointer[moment]
	whole [][]atomic.Pointer[column.Codes] // by code and rows: columns of one class
}

// wholeRows is the most rows for which columns of one class are kept, which is all blocks of stores.
const wholeRows = 512

// moment is from when ages are counted. It never changes.
type moment struct {
	from  int64   // microseconds since 1970
	turn  uint64  // how many there were before it, from 1
	after []int64 // by class: what is later than this is in it, unless in a younger one
}

// NewAges returns the ages of spec, counted from the start of the bucket that now is in.
func NewAges(spec AgeSpec, now time.Time) (*Ages, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	a := &Ages{spec: spec, dict: column.NewDictionary()}
	for _, name := range spec.Names() {
		if _, ok := a.dict.Intern(strings.Clone(name)); !ok {
			return nil, errors.New("view: a dictionary of classes is full") // of 65,535
		}
	}
	a.whole = make([][]atomic.Pointer[column.Codes], a.dict.Len()+1)
	for code := range a.whole {
		a.whole[code] = make([]atomic.Pointer[column.Codes], wholeRows+1)
	}
	a.Turn(now)
	return a, nil
}

// Spec returns what the field is. Read only.
func (a *Ages) Spec() *AgeSpec { return &a.spec }

// Turn has ages count from the start of the bucket that now is in. It reports whether they did not before.
func (a *Ages) Turn(now time.Time) bool {
	from := a.start(now).UnixMicro()
	next := &moment{from: from, turn: 1, after: make([]int64, len(a.spec.Classes))}
	if last := a.now.Load(); last != nil {
		if last.from == from {
			return false
		}
		next.turn = last.turn + 1
	}
	for i, c := range a.spec.Classes {
		next.after[i] = from - c.Below.Microseconds()
	}
	a.now.Store(next)
	return true
}

// Turns returns how many turns there were, at least 1.
func (a *Ages) Turns() uint64 { return a.now.Load().turn }

// Wait returns how long it is from now to the end of the bucket that now is in.
func (a *Ages) Wait(now time.Time) time.Duration {
	return a.start(now).Add(a.spec.Bucket()).Sub(now)
}

// start returns when the bucket starts that now is in: a whole number of buckets since 1970, so that all nodes and all
// starts of a server have the same.
func (a *Ages) start(now time.Time) time.Time {
	bucket := int64(a.spec.Bucket() / time.Second)
	s := now.Unix()
	behind := s % bucket
	if behind < 0 {
		behind += bucket
	}
	return time.Unix(s-behind, 0)
}

// of returns the code of a time.
func (m *moment) of(micros int64) uint16 {
	for i, after := range m.after {
		if micros > after {
			return uint16(i + 1)
		}
	}
	return uint16(len(m.after) + 1)
}

// column returns the field for the rows of times.
func (a *Ages) column(m *moment, times *column.Ints) *column.Codes {
	zone := times.Zone()
	if !zone.HasValues() {
		return a.same(0, zone.Rows)
	}
	youngest, oldest := m.of(zone.Max), m.of(zone.Min)
	if youngest == oldest && zone.Nulls == 0 {
		return a.same(youngest, zone.Rows)
	}
	codes := make([]uint16, zone.Rows)
	for row, at := range times.Values {
		if !times.Nulls.Has(row) {
			codes[row] = m.of(at)
		}
	}
	return column.NewCodes(codes, a.dict)
}

// same returns a column of rows that are all of one code.
func (a *Ages) same(code uint16, rows int) *column.Codes {
	if rows > wholeRows {
		return a.filled(code, rows)
	}
	kept := &a.whole[code][rows]
	if c := kept.Load(); c != nil {
		return c
	}
	c := a.filled(code, rows)
	kept.Store(c) // of several made at once any will do
	return c
}

func (a *Ages) filled(code uint16, rows int) *column.Codes {
	codes := make([]uint16, rows)
	for i := range codes {
		codes[i] = code
	}
	return column.NewCodes(codes, a.dict)
}
