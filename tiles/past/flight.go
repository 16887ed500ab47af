package past

import (
	"context"
	"runtime/debug"
	"strconv"
	"time"

	"hutong/layers"
	"hutong/tiles/cache"
)

// flight is a making of states under way. The mutex of the Past guards it until done is closed; then states and err
// are final.
type flight struct {
	from    string
	seq     layers.Seq
	names   []layers.Name
	how     Make
	cancel  context.CancelFunc
	waiters int
	late    bool          // somebody stopped waiting for it who will ask again, so it goes on without anybody
	done    chan struct{} // closed when the result is there
	ended   chan struct{} // closed when nothing of it runs any more
	states  []*State
	err     error
}

// start begins to make states for nobody yet. The mutex is held.
func (p *Past) start(key, from string, seq layers.Seq, names []layers.Name, how Make) *flight {
	// It outlives the request that began it if others wait for it.
	ctx, cancel := context.WithCancel(context.Background())
	f := &flight{from: from, seq: seq, names: names, how: how, cancel: cancel, done: make(chan struct{}), ended: make(chan struct{})}
	p.flights[key] = f
	go func() {
		defer close(f.ended)
		defer cancel()
		states, err := p.fly(ctx, f)
		p.land(key, f, states, err)
	}()
	return f
}

// fly waits for its turn and makes the states.
func (p *Past) fly(ctx context.Context, f *flight) (states []*State, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			states, err = nil, &cache.PanicError{Value: cause, Stack: debug.Stack()}
		}
	}()
	select {
	case p.making <- struct{}{}:
		defer func() { <-p.making }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	list, missing := p.find(f.from, f.seq, f.names) // another flight may have made some of them
	p.mu.Unlock()
	if len(missing) == 0 {
		return list, nil
	}
	start := time.Now()
	made, err := f.how(ctx, missing)
	if err != nil {
		return nil, err
	}
	p.metrics.seconds.Observe(time.Since(start).Seconds())
	for i, s := range list {
		if s == nil {
			list[i], made = made[0], made[1:]
		}
		if list[i].Bytes > p.o.Memory {
			p.metrics.large.Add(1)
			return nil, ErrTooLarge
		}
	}
	return list, nil
}

// land holds what was made, unless it may not be shown any more.
func (p *Past) land(key string, f *flight, states []*State, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flights[key] != f {
		return // abandoned
	}
	delete(p.flights, key)
	if err == nil {
		for _, s := range states {
			p.hold(f.from, f.seq, s)
		}
		p.metrics.made.Add(len(states))
	} else {
		p.metrics.failed.Add(1)
	}
	f.states, f.err = states, err
	close(f.done)
}

// abandon ends a flight whose result may not be shown, or that nobody waits for. The mutex is held.
func (p *Past) abandon(key string, f *flight) {
	p.metrics.abandoned.Add(1)
	delete(p.flights, key)
	f.err = ErrHeld
	f.cancel()
	close(f.done)
}

// leave takes a request out of a flight. The last one that gives up ends it, but not one that was late.
func (p *Past) leave(f *flight, late bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f.waiters--
	f.late = f.late || late
	key := flightKey(f.from, f.seq, f.names)
	if f.waiters == 0 && !f.late && p.flights[key] == f {
		p.abandon(key, f)
	}
}

// result is what a flight that is done brought.
func (f *flight) result() ([]*State, error) {
	if p, ok := f.err.(*cache.PanicError); ok { //nolint:errorlint // nobody wraps it
		panic(p)
	}
	return f.states, f.err
}

func appendSeq(dst []byte, seq layers.Seq) []byte { return strconv.AppendUint(dst, uint64(seq), 10) }
