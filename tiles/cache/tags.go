package cache

import (
	"slices"

	"github.com/maypok86/otter/v2"

	"hutong/internal/etag"
	"hutong/tiles/grid"
)

// maxTags is the most ETags of a tile: its identity, and a fast and a better one of each encoding.
const maxTags = 1 + 2*(encodings-1)

// record is the ETags that a tile of some states has in the encodings that were sent. It never
// changes but for the epoch in its built.
type record struct {
	built
	print   fingerprint
	dropped *Dropped
	tags    []string // at least one
}

// note adds the ETag of an encoding of e to the record of its tile. When the tile's bytes are those
// that the record knows from another state, its ETags stay good. A record of newer states and other
// bytes stays as it is.
func (c *Cache) note(k Key, e *entry, tag string) {
	if tag == "" {
		return // an empty tile has no ETag
	}
	c.tags.Compute(k, func(old *record, found bool) (*record, otter.ComputeOp) {
		r := &record{built: built{seqs: e.seqs}, print: e.plain.print, dropped: e.plain.dropped}
		same, newer := found && old.print == r.print, found && anyNewer(old.seqs, e.seqs)
		switch {
		case newer && !same:
			return old, otter.CancelOp
		case newer:
			r.seqs, r.tags = old.seqs, old.tags
		case same:
			r.tags = old.tags
		}
		if !slices.Contains(r.tags, tag) && len(r.tags) < maxTags {
			r.tags = append(slices.Clip(r.tags), tag)
		}
		return r, otter.WriteOp
	})
}

// anyNewer reports whether one of a's states is newer than b's of the same layer.
func anyNewer(a, b states) bool {
	for i := range a {
		if a[i] > b[i] {
			return true
		}
	}
	return false
}

// Match returns the ETag of headers (If-None-Match) that names the tile as it is now, in whichever
// encoding, by weak comparison (RFC 9110 §13.1.2), or "" when none does or nobody knows without
// building. It builds nothing.
func (c *Cache) Match(set *Set, t grid.Tile, variant *Variant, headers []string) (tag string, dropped *Dropped) {
	k := Key{set.name, t, variant.name()}
	r, ok := c.tags.GetIfPresent(k)
	if !ok || !c.fresh(set, t, &r.built) {
		return "", nil
	}
	if tag = r.match(headers); tag != "" {
		c.metrics.matches.Add(1)
	}
	return tag, r.dropped
}

// match returns the first of headers' entity tags that is in r; "*" is the first that was sent.
func (r *record) match(headers []string) string {
	found := ""
	etag.Find(headers, func(candidate string, _ bool) bool {
		if candidate == "*" {
			candidate = r.tags[0]
		}
		if i := slices.Index(r.tags, candidate); i >= 0 {
			found = r.tags[i]
		}
		return found != ""
	})
	return found
}
