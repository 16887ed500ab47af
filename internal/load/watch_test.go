package load

import (
	"testing"

	"hutong/tiles/grid"
)

func TestStale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		data string
		tile grid.Tile
		want bool
	}{
		{"the cell", `{"layers":{"a":{"zoom":14,"extent":4096,"buffer":64,"cells":[[5,6],[100,200]]}}}`, grid.Tile{Z: 14, X: 100, Y: 200}, true},
		{"beside, by the buffer", `{"layers":{"a":{"zoom":14,"extent":4096,"buffer":64,"cells":[[100,200]]}}}`, grid.Tile{Z: 14, X: 101, Y: 200}, true},
		{"beside, without one", `{"layers":{"a":{"zoom":14,"extent":4096,"buffer":0,"cells":[[100,200]]}}}`, grid.Tile{Z: 14, X: 101, Y: 200}, false},
		{"a parent", `{"layers":{"a":{"zoom":14,"buffer":64,"cells":[[100,200]]}}}`, grid.Tile{Z: 12, X: 25, Y: 50}, true},
		{"a child", `{"layers":{"a":{"zoom":14,"buffer":0,"cells":[[100,200]]}}}`, grid.Tile{Z: 15, X: 201, Y: 401}, true},
		{"over the antimeridian", `{"layers":{"a":{"zoom":14,"buffer":64,"cells":[[16383,200]]}}}`, grid.Tile{Z: 14, X: 0, Y: 200}, true},
		{"in a box", `{"layers":{"a":{"zoom":14,"buffer":64,"box":[10,20,30,40]}}}`, grid.Tile{Z: 14, X: 20, Y: 30}, true},
		{"beside a box", `{"layers":{"a":{"zoom":14,"buffer":64,"box":[10,20,30,40]}}}`, grid.Tile{Z: 14, X: 33, Y: 30}, false},
		{"all", `{"layers":{"a":{"zoom":14,"buffer":64,"all":true}}}`, grid.Tile{Z: 14, X: 1, Y: 1}, true},
		{"a cell that is none", `{"layers":{"a":{"zoom":2,"buffer":64,"cells":[[100,200]]}}}`, grid.Tile{}, false},
		{"measures that are none", `{"layers":{"a":{"zoom":99,"extent":5,"cells":[[100,200]]}}}`, grid.Tile{Z: 3}, true},
	} {
		of, err := parseChanged([]byte(c.data), "a")
		if err != nil || of == nil {
			t.Errorf("%s: got %v, %v", c.name, of, err)
			continue
		}
		if got := of.stale(c.tile); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	if of, err := parseChanged([]byte(`{"layers":{"b":{"all":true}}}`), "a"); of != nil || err != nil {
		t.Errorf("got %v, %v of another layer", of, err)
	}
}

func FuzzChanged(f *testing.F) {
	f.Add([]byte(`{"layers":{"a":{"zoom":14,"extent":4096,"buffer":64,"cells":[[5,6]],"box":[1,2,3,4]}}}`), uint32(5), uint32(6), uint8(14))
	f.Fuzz(func(_ *testing.T, data []byte, x, y uint32, z uint8) {
		tile := grid.Tile{Z: z % 19, X: x, Y: y}
		if of, err := parseChanged(data, "a"); err == nil && of != nil && tile.Valid() {
			of.stale(tile)
		}
	})
}

// TestWatch waits for events that have come and that are to come.
func TestWatch(t *testing.T) {
	t.Parallel()
	w := newWatch("a")
	tile := grid.Tile{Z: 14, X: 100, Y: 200}
	change := func(seq uint64, data string) { w.see(event{kindChange, seq, []byte(data)}) }
	got := func(x *waiter) bool {
		select {
		case <-x.at:
			return true
		default:
			return false
		}
	}
	const here, elsewhere = `{"layers":{"a":{"zoom":14,"cells":[[100,200]]}}}`, `{"layers":{"a":{"zoom":14,"cells":[[1,2]]}}}`
	change(4, here)
	x := w.await(5, tile)
	change(4, here)                                     // too old
	change(5, elsewhere)                                // elsewhere
	change(6, `{"layers":{"b":{"all":true}}}`)          // of another layer
	w.see(event{kindHello, 6, []byte(`{"layers":{}}`)}) // no change
	if got(x) {
		t.Fatal("an event counts that does not tell of it")
	}
	change(7, here)
	if !got(x) || !got(w.await(5, tile)) || !got(w.await(7, tile)) || got(w.await(8, tile)) {
		t.Error("want the event whose sequence is 7, before and after it came")
	}
	for name, e := range map[string]event{
		"a reset": {kindReset, 8, []byte("{}")}, "too much data": {kindChange, 9, nil}, "data that are none": {kindChange, 10, []byte("x")},
	} {
		x := w.await(e.seq, tile)
		if w.see(e); !got(x) {
			t.Errorf("%s does not count as a change of all", name)
		}
	}
	if w.bad != 1 {
		t.Errorf("got %d bad events, want 1", w.bad)
	}
	x = w.await(100, tile)
	w.giveUp(x)
	for seq := range uint64(3 * maxSeen) {
		change(seq+100, here)
	}
	if got(x) || len(w.seen) > maxSeen {
		t.Errorf("got %d events and a wait that was given up", len(w.seen))
	}
}
