package config

import (
	"fmt"
	"slices"

	"hutong/internal/auth"
)

// CheckScope says why a token for a scope would open nothing, or nil: the view or audience that it names is one of the
// config's, and not everybody's.
func (c *Config) CheckScope(s auth.Scope) error {
	var views, audiences []string
	for i := range c.Views {
		v := &c.Views[i]
		if !v.Audience.Open() {
			views = append(views, string(v.Policy.Name))
			audiences = append(audiences, string(v.Audience))
		}
	}
	for i := range c.Counts {
		if v := &c.Counts[i]; !v.Audience.Open() {
			views = append(views, string(v.Name))
			audiences = append(audiences, string(v.Audience))
		}
	}
	names, what := views, "view that is not public"
	if s.Action == auth.Audience {
		names, what = audiences, "view for the audience"
	}
	if slices.Contains(names, s.Name) {
		return nil
	}
	slices.Sort(names)
	return fmt.Errorf("the config has no %s %s%s; there are %s", what, quote(s.Name), didYouMean(s.Name, names), listOr(slices.Compact(names), "none"))
}

// audiences returns the audiences of the views that are not for everybody, each once.
func audiences(views *node) []string {
	var names []string
	if views == nil {
		return nil
	}
	for _, e := range views.entries {
		name := e.value.get("audience").str()
		if name != "" && name != "public" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
