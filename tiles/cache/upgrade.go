package cache

import (
	"context"

	"hutong/internal/compress"
)

// maxUpgrades is how many hot tiles wait for a better encoding. More are passed over: they get
// another chance after as many hits again.
const maxUpgrades = 64

// upgrade is a tile that is worth a better encoding.
type upgrade struct {
	set   *Set
	key   Key
	entry *entry
	to    compress.Encoding
}

// heat counts that an encoding was served from the cache.
func (c *Cache) heat(set *Set, k Key, e *entry, served compress.Encoding) {
	hits := e.hits[served].Load()
	if served == compress.Identity || hits < 0 || len(e.bodies[served].Load().Bytes) == 0 {
		return
	}
	if e.hits[served].Add(1)%int32(c.opts.Hot) != 0 {
		return
	}
	select {
	case c.upgrades <- upgrade{set, k, e, served}:
		e.hits[served].Store(done)
	default:
		c.metrics.passedOver.Add(1)
	}
}

// Run encodes hot tiles better, one at a time, until ctx is done; then it returns nil. Without it
// the cache works and hot tiles stay as they are.
func (c *Cache) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case u := <-c.upgrades:
			c.upgrade(u)
		}
	}
}

// upgrade replaces an encoding by a better one. ETags that clients hold stay good: the table knows
// the old one as well.
func (c *Cache) upgrade(u upgrade) {
	now, ok := c.entries.GetEntryQuietly(u.key)
	if !ok || now.Value != u.entry || !c.fresh(u.set, u.key.Tile, &u.entry.built) {
		return // gone or stale: not worth it
	}
	plain, old := u.entry.plain, u.entry.bodies[u.to].Load()
	bytes := inExact(func(dst []byte) []byte { return compress.AppendBetter(dst, plain.bytes, u.to) })
	if len(bytes) >= len(old.Bytes) {
		c.metrics.vain.Add(1)
		return
	}
	c.keep(u.key, u.entry, newBody(u.to, bytes, plain.dropped))
	c.metrics.upgraded.Add(1)
	c.metrics.saved.Add(len(old.Bytes) - len(bytes))
}

// done stands for the hits of an encoding that is in the queue or through it.
const done = -1 << 30
