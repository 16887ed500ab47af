package app

import (
	"hutong/internal/auth"
	"hutong/internal/config"
)

// keys looks into the files with hashes, for push sources that no key is for, and for ports for sensors that no source
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

// mayPush reports whether a key is for a source.
func (k *checker) mayPush(source string) bool {
	for i := range k.config.Keys {
		key := auth.Key{Scopes: k.config.Keys[i].Scopes}
		if key.Allows(auth.Scope{Action: auth.Ingest, Name: source}) {
			return true
		}
	}
	return false
}
