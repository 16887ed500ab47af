package view

import "fmt"

// Audience names who a view is for: a role. [Everybody] needs no key; who else may open a view is not decided here.
type Audience string

// The audiences that every city has. A config may name others.
const (
	Everybody Audience = "public"  // whoever asks
	Partner   Audience = "partner" // who shows the city's maps on pages of their own
	Officer   Audience = "officer" // who works for the city
)

// MaxAudience is the most bytes of an audience's name.
const MaxAudience = 64

// Validate says what is wrong with the name of an audience, or nil: it has a-z, 0-9, '_' and '-' and starts with a letter.
func (a Audience) Validate() error {
	if a == "" || len(a) > MaxAudience {
		return fmt.Errorf("view: audience %q is not 1 to %d bytes long", string(a), MaxAudience)
	}
	for i := range len(a) {
		c := a[i]
		letter := c >= 'a' && c <= 'z'
		other := c >= '0' && c <= '9' || c == '_' || c == '-'
		if !letter && (!other || i == 0) {
			return fmt.Errorf("view: audience %q may only have a-z, 0-9, '_' and '-' and starts with a letter", string(a))
		}
	}
	return nil
}

// Open reports whether everybody is the audience. The zero value is everybody's, too.
func (a Audience) Open() bool { return a == "" || a == Everybody }
