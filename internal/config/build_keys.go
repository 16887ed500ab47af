package config

import (
	"slices"
	"strings"

	"hutong/internal/auth"
)

// keys reads the keys, after the sources. tree is the whole file.
func (b *builder) keys(n, tree *node) {
	if n == nil {
		return
	}
	hashes := map[auth.Hash]string{}
	for _, e := range n.entries {
		if e.value.bad || e.value.kind != mapping {
			continue
		}
		k := Key{Name: e.key.text}
		at := b.hash(&k, e)
		if first, twice := hashes[k.Hash]; at != nil && twice {
			b.f.on(at, "is the same key as that of %s: each holder gets a key of its own", first)
		}
		if at != nil {
			hashes[k.Hash] = k.Name
		}
		if scopes := e.value.get("scopes"); scopes != nil {
			for _, item := range scopes.items {
				if s, ok := b.scope(item, tree); ok {
					k.Scopes = append(k.Scopes, s)
				}
			}
		}
		b.config.Keys = append(b.config.Keys, k)
	}
}

// hash reads where the hash of a key is. at is where one stands that could be read, else nil. No problem
// shows what stands there, which may be a key that somebody took for its hash.
func (b *builder) hash(k *Key, e entry) (at *node) {
	n := e.value
	ways := 0
	for _, key := range []string{"hash", "hash_file", "hash_env"} {
		if n.has(key) {
			ways++
		}
	}
	if ways != 1 {
		b.f.at(n.keyLine, n.keyColumn, n.path, "needs one of hash, hash_file and hash_env: where the hash of the key is")
		return nil
	}
	if file := n.get("hash_file"); file != nil {
		var err error
		if k.HashFile, err = expand(file.text, b.env); err != nil {
			b.f.on(file, "%v", err)
		}
		return nil
	}
	at = n.get("hash")
	text := at.str()
	if variable := n.get("hash_env"); variable != nil {
		at = variable
		var set bool
		if text, set = b.env(variable.text); !set || text == "" {
			b.f.on(variable, "the variable %s is not set in the environment", quote(variable.text))
			return nil
		}
	}
	if at == nil {
		return nil
	}
	var err error
	if k.Hash, err = auth.ParseHash(text); err != nil {
		b.f.on(at, "%s", strings.TrimPrefix(err.Error(), "auth: "))
		return nil
	}
	return at
}

// scope reads one scope, of which the source, layer, view or audience must be there.
func (b *builder) scope(item, tree *node) (s auth.Scope, ok bool) {
	if item.bad {
		return s, false
	}
	s, err := auth.ParseScope(item.text)
	if err != nil {
		hint := ""
		if action, _, found := strings.Cut(item.text, ":"); found {
			var names []string
			for _, a := range auth.Actions() {
				names = append(names, string(a))
			}
			if near := nearest(action, names); near != action {
				hint = didYouMean(action, names)
			}
		}
		b.f.on(item, "%v%s", err, hint)
		return s, false
	}
	if s.Name == auth.Any || s.Action.OfAll() {
		return s, true
	}
	names, what := named(s.Action, tree)
	if slices.Contains(names, s.Name) {
		return s, true
	}
	b.f.on(item, "there is no %s %s%s; there are %s", what, quote(s.Name), didYouMean(s.Name, names), listOr(names, "none"))
	return s, false
}

// named returns the names that a scope of an action may have, and what they are of.
func named(a auth.Action, tree *node) (names []string, what string) {
	switch {
	case a == auth.View:
		return keys(tree.get("views")), "view"
	case a == auth.Audience:
		return audiences(tree.get("views")), "view for the audience"
	case !a.OfSource():
		return keys(tree.get("layers")), "layer"
	}
	if sources := tree.get("sources"); sources != nil {
		for _, e := range sources.entries {
			if e.value.has("push") {
				names = append(names, e.key.text)
			}
		}
	}
	return names, "source with push"
}
