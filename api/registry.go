package api

import (
	"fmt"

	"hutong/internal/auth"
	"hutong/layers"
)

// Registry is every layer of the server, whoever may see it. No surface gets one, which archtest holds them to: they
// get its [Layers].
type Registry struct{ doors doors }

// NewRegistry returns the registry of list, in its order. The error names a layer that stands twice.
func NewRegistry(list []*Layer) (*Registry, error) {
	d := doors{byName: make(map[layers.Name]*Layer, len(list)), single: map[string]Seen{}, all: list}
	for _, l := range list {
		if d.byName[l.Name()] != nil {
			return nil, fmt.Errorf("api: layer %s stands twice", l.Name())
		}
		d.byName[l.Name()] = l
		if l.Audience.Open() {
			d.public = append(d.public, l)
			d.single[string(l.Name())] = Seen{Layers: []*Layer{l}}
		}
	}
	return &Registry{d}, nil
}

// All returns the layers in order. Read only.
func (g *Registry) All() []*Layer { return g.doors.all }

// Named returns the layer called name, or nil.
func (g *Registry) Named(name layers.Name) *Layer { return g.doors.byName[name] }

// Layers returns what surfaces get: who may see what is not public is said by keys, nil for nobody; base tells where
// requests come from.
func (g *Registry) Layers(keys *auth.Keys, base Base) *Layers { return &Layers{&g.doors, keys, base} }
