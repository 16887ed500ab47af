package auth

import (
	"fmt"
	"slices"
	"strings"
)

// Action is what a key lets its holder do. The set is closed.
type Action string

// The actions.
const (
	// Ingest sends records to a source, deletes by it, and sees and replays what was refused of them.
	Ingest Action = "ingest"
	// Refused sees and replays what was refused of a source.
	Refused Action = "refused"
	// Erase removes a feature of a layer from everything that is kept.
	Erase Action = "erase"
	// Backup reads the state of all layers, private fields included.
	Backup Action = "backup"
	// Pin keeps what everybody may see of layers as a snapshot, and removes snapshots.
	Pin Action = "pin"
	// Metrics reads the metrics of the server, which tell how many features each layer and view has.
	Metrics Action = "metrics"
	// View sees one view that is not public.
	View Action = "view"
	// Audience sees every view for an audience, such as officer.
	Audience Action = "audience"
)

// Actions returns every action there is.
func Actions() []Action {
	return []Action{Ingest, Refused, Erase, Backup, Pin, Metrics, View, Audience}
}

// OfAll reports whether what the action is about is the whole server: its scope has no name.
func (a Action) OfAll() bool { return a == Backup || a == Pin || a == Metrics }

// OfSource reports whether what the action is about is a source.
func (a Action) OfSource() bool { return a == Ingest || a == Refused }

// Opens reports whether the action is to see what is not public: a token may be for it.
func (a Action) Opens() bool { return a == View || a == Audience }

// Any stands for every source, layer, view or audience in a scope.
const Any = "*"

// Scope is an action on one thing, or on all of its kind: a source, a layer, a view or an audience.
type Scope struct {
	Action Action
	// Name is that of the thing, or [Any]; "" of an action on the whole server.
	Name string
}

// String returns the scope as a config spells it.
func (s Scope) String() string {
	if s.Action.OfAll() {
		return string(s.Action)
	}
	return string(s.Action) + ":" + s.Name
}

// Covers reports whether whoever has s may do want.
func (s Scope) Covers(want Scope) bool {
	return s.Action == want.Action && (s.Name == Any || s.Name == want.Name)
}

// ParseScope reads a scope such as "ingest:hotline", "erase:*" or "backup". The error says what the actions are.
func ParseScope(text string) (Scope, error) {
	action, name, found := strings.Cut(text, ":")
	s := Scope{Action(action), name}
	switch {
	case s.Action.OfAll() && !found:
		return s, nil
	case s.Action.OfAll():
		return Scope{}, fmt.Errorf("%q is no scope: %s is of the whole server, so want just %s", text, action, action)
	case !found:
		return Scope{}, fmt.Errorf("%q is no scope: want ACTION:NAME, such as %s:hotline, or %s:* for all", text, Ingest, Ingest)
	case !slices.Contains(Actions(), s.Action):
		return Scope{}, fmt.Errorf("%q is no action: the actions are %s", action, names())
	case name != Any && !isName(name):
		return Scope{}, fmt.Errorf("%q is no name of %s, nor * for all of them", name, s.thing())
	}
	return s, nil
}

// thing is what the scope's name names.
func (s Scope) thing() string {
	switch s.Action {
	case Ingest, Refused:
		return "a source"
	case View:
		return "a view"
	case Audience:
		return "an audience"
	case Erase, Backup, Pin, Metrics:
	}
	return "a layer"
}

// names lists the actions.
func names() string {
	var list []string
	for _, a := range Actions() {
		list = append(list, string(a))
	}
	return strings.Join(list, ", ")
}

// isName reports whether s may name a source, layer, view or audience: a-z, 0-9, '_' and '-', starting with a letter.
func isName(s string) bool {
	const most = 64
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c != '_' && c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= most
}
