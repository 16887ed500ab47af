package ingest

import "slices"

// Reason says in one word why a record was refused. The set is closed, so that it can be a metric's
// label.
type Reason string

// The reasons.
const (
	ReasonJSON     Reason = "json"     // not valid JSON, or nested too deeply
	ReasonRow      Reason = "row"      // a CSV row with the wrong number of cells or a misplaced quote
	ReasonText     Reason = "text"     // a text that is not UTF-8
	ReasonTooLong  Reason = "too_long" // a record, an id, a text or a geometry beyond its limit
	ReasonFeature  Reason = "feature"  // JSON, but not a GeoJSON Feature
	ReasonID       Reason = "id"       // a property of the id is missing, null or empty
	ReasonGeometry Reason = "geometry" // no geometry that a feature can have
	ReasonPosition Reason = "position" // not finite, or outside what Web Mercator can show
	ReasonZero     Reason = "zero"     // at 0, 0, which stands for an unknown place
	ReasonBounds   Reason = "bounds"   // outside the source's bounds
	ReasonSwapped  Reason = "swapped"  // inside the bounds if longitude and latitude were swapped
	ReasonType     Reason = "type"     // a value that is not of its field's type
	ReasonTime     Reason = "time"     // a value that is not a time in the field's layouts
	// ReasonExpression is a field's expression that has no value for the record.
	ReasonExpression Reason = "expression"
	// ReasonFuture is an event time further ahead of the record's receipt than clocks may differ.
	ReasonFuture Reason = "future"
	// ReasonTopic is a message to a topic that no source of its sender takes.
	ReasonTopic Reason = "topic"
)

var reasons = [...]Reason{
	ReasonJSON, ReasonRow, ReasonText, ReasonTooLong, ReasonFeature, ReasonID, ReasonGeometry,
	ReasonPosition, ReasonZero, ReasonBounds, ReasonSwapped, ReasonType, ReasonTime, ReasonExpression,
	ReasonFuture, ReasonTopic,
}

// Reasons returns every reason there is, in the order in which reports list them.
func Reasons() []Reason { return slices.Clone(reasons[:]) }

// index returns the reason's position in [Reasons]. A reason from outside the set panics: it is a
// mistake in the code.
func (r Reason) index() int {
	i := slices.Index(reasons[:], r)
	if i < 0 {
		panic("ingest: no reason " + string(r))
	}
	return i
}
