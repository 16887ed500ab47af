package app

import (
	"slices"
	"strings"

	"hutong/internal/auth"
	"hutong/internal/config"
	"hutong/layers"
	"hutong/layers/view"
)

// keys looks into the files with hashes and secrets, for push sources and views that no key is for, and for ports for sensors that no source
// listens to.
func (k *checker) keys() {
	found := map[auth.Hash]string{}
	for i := range k.config.Keys {
		key := &k.config.Keys[i]
		at := config.At("keys", key.Name)
		hash := key.Hash
		if key.HashFile != "" {
			at += ".hash_file"
			var err error
			if hash, err = readHash(key.HashFile); err != nil {
				k.problem(at, "%v", err)
				continue
			}
		}
		if first, twice := found[hash]; twice {
			k.problem(at, "is the same key as that of %s: each holder gets a key of its own", first)
			continue
		}
		found[hash] = key.Name
	}
	k.views()
	k.metrics()
	topics, subjects := false, false
	for i := range k.config.Sources {
		s := &k.config.Sources[i]
		if s.Push == nil {
			continue
		}
		topics, subjects = topics || len(s.Push.Topics) > 0, subjects || len(s.Push.Subjects) > 0
		if k.mayPush(s.Name) {
			continue
		}
		k.warn(config.At("sources", s.Name, "push"), "no key has the scope %s, so nobody can send records to this source",
			auth.Scope{Action: auth.Ingest, Name: s.Name})
	}
	if k.config.NATS != nil && !subjects {
		k.warn("nats", "no source has subjects, push: {subjects: [...]}, so nobody is let in")
	}
	if k.config.MQTT != nil && !topics {
		k.warn("mqtt", "no source has topics, push: {topics: [...]}, so every message that is published becomes a refused one")
	}
}

// views looks into the files that sign tokens, and for views that nobody can see.
func (k *checker) views() {
	if _, err := tokensOf(k.config).signer(); err != nil {
		k.problem("tokens", "%s", strings.TrimPrefix(err.Error(), "app: tokens: "))
	}
	for i := range k.config.Views {
		v := &k.config.Views[i]
		k.openable(v.Policy.Name, v.Audience)
	}
	for i := range k.config.Counts {
		v := &k.config.Counts[i]
		k.openable(v.Name, v.Audience)
	}
}

// openable warns if nobody can see a view.
func (k *checker) openable(name layers.Name, a view.Audience) {
	if a.Open() || k.config.Tokens != nil || k.mayDo(auth.Scope{Action: auth.View, Name: string(name)}, auth.Scope{Action: auth.Audience, Name: string(a)}) {
		return
	}
	k.warn(config.At("views", string(name)), "no key has the scope view:%s or audience:%s, and there are no tokens, so nobody can see it", name, a)
}

// metrics warns where something is hidden of which /metrics tells everybody how many features it has.
func (k *checker) metrics() {
	if k.mayDo(auth.Scope{Action: auth.Metrics}) {
		return
	}
	const told = "no key has the scope metrics, so whoever reaches /metrics reads how many features this has, and when it changes"
	for i := range k.config.Layers {
		if l := &k.config.Layers[i]; l.Hidden {
			k.warn(config.At("layers", string(l.Schema.Name), "public"), told)
			return
		}
	}
	for i := range k.config.Views {
		if v := &k.config.Views[i]; !v.Audience.Open() {
			k.warn(config.At("views", string(v.Policy.Name), "audience"), told)
			return
		}
	}
}

// mayPush reports whether a key is for a source.
func (k *checker) mayPush(source string) bool {
	return k.mayDo(auth.Scope{Action: auth.Ingest, Name: source})
}

// mayDo reports whether a key has one of scopes.
func (k *checker) mayDo(scopes ...auth.Scope) bool {
	return slices.ContainsFunc(k.config.Keys, func(key config.Key) bool { return (&auth.Key{Scopes: key.Scopes}).Allows(scopes...) })
}
