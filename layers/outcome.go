package layers

// Outcome says what became of a change that was accepted.
type Outcome uint8

// The outcomes. All but Applied leave the layer as it was.
const (
	// Applied means that the change is now the newest of its id.
	Applied Outcome = iota
	// Duplicate means that the id is already in exactly the state that the change asks for.
	Duplicate
	// Late means that a newer change of the id was there before.
	Late
	// TooLate means that it is older than the newest tombstone that the layer has let go, so that nobody
	// can tell whether its feature was deleted since.
	TooLate
)

// Outcomes is how many outcomes there are.
const Outcomes = int(TooLate) + 1

var outcomeNames = [Outcomes]string{"applied", "duplicate", "late", "too_late"}

// String returns the outcome's name in answers and metrics.
func (o Outcome) String() string { return outcomeNames[o] }
