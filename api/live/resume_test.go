package live

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"hutong/api"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/layers/world"
)

// pastHub is a hub whose windows a test tells itself, without streams.
type pastHub struct {
	*Hub
	byName map[string]*layer
	told   map[*layer][]cellAtTick
	next   uint32
}

// cellAtTick is a cell that nothing else changed.
type cellAtTick struct {
	cell
	tick uint64
}

// newPastHub has the layers a and b of the log, d whose numbers lag behind it, o with numbers of its own, and s for officers.
func newPastHub(most int) *pastHub {
	h := &pastHub{
		Hub:    &Hub{layers: map[layers.Name]*layer{}, recent: map[view.Audience]*recent{}, groups: map[string]*group{}},
		byName: map[string]*layer{}, told: map[*layer][]cellAtTick{},
	}
	for _, name := range []string{"a", "b", "d", "o", "s"} {
		l := &layer{Layer: &api.Layer{}, name: layers.Name(name), zoom: world.Bits, own: name == "o"}
		if name == "s" {
			l.Audience = view.Officer
		}
		h.layers[l.name], h.byName[name] = l, l
		h.recent[l.Audience] = &recent{most: most, mostCells: 1 << 20}
	}
	return h
}

// set returns layers by the letters of their names.
func (h *pastHub) set(names string) (list []*layer) {
	for _, name := range names {
		list = append(list, h.byName[string(name)])
	}
	return list
}

// window tells of changes of layers, with numbers. A capital is a change of nothing that is shown.
func (h *pastHub) window(changes map[string]layers.Seq) {
	w := window{}
	for name, seq := range changes {
		l := h.byName[strings.ToLower(name)]
		d := layers.Delta{Seq: seq}
		if name == strings.ToLower(name) {
			h.next++
			d.Updated, d.Places = 1, []world.Point{{X: h.next}}
			h.told[l] = append(h.told[l], cellAtTick{cell{h.next, 0}, h.tick + 1})
		}
		w.note(l, &d)
	}
	h.remember(&w)
}

// random is the changes of a window in a log that is at seq.
func (h *pastHub) random(r *rand.Rand, seq *layers.Seq) map[string]layers.Seq {
	changes := map[string]layers.Seq{}
	for range 1 + r.IntN(2) {
		switch r.IntN(8) {
		case 0, 1:
			*seq++
			changes["a"] = *seq
		case 2:
			*seq++
			changes["b"] = *seq
		case 3, 4:
			*seq++
			changes["s"] = *seq
		case 5:
			changes["d"] = min(h.byName["d"].told+layers.Seq(r.IntN(3)), *seq)
		case 6:
			changes["o"] = 1 << 40
		case 7:
			*seq++
			changes["A"] = *seq
		}
	}
	if _, both := changes["a"]; both {
		delete(changes, "A")
	}
	return changes
}

// resumed are the cells that a client of a set with an id of another gets; ok is false when it asks for all anew.
func (h *pastHub) resumed(seq layers.Seq, known, list []*layer) (all window, ok bool) {
	if seq > newestOf(known) {
		return window{}, false
	}
	missed, ok := h.since(seq, known, list)
	return merged(missed, list), ok
}

var resumeRuns atomic.Uint64

// TestResumeMissesNothing: whoever comes back with an id, for the same layers or others, hears of all that changed in
// those that it followed since, or asks for all anew, which it rarely must.
func TestResumeMissesNothing(t *testing.T) {
	t.Parallel()
	sets := map[string][]string{"abdo": {"a", "b", "d", "o", "ab", "bd", "do", "abdo", "ado"}, "abdos": {"s", "as", "dos", "abdos", "a", "bo"}}
	for _, seed := range testkit.Seeds(t, &resumeRuns, 20) {
		r := rand.New(rand.NewPCG(seed, 1))
		h, seq := newPastHub(30), layers.Seq(10)
		type id struct {
			set, visible string
			seq          layers.Seq
			tick         uint64
		}
		var ids []id
		same, anew := 0, 0
		for range 300 {
			chosen, before := map[string]string{}, map[string]layers.Seq{}
			for visible, list := range sets {
				set := list[r.IntN(len(list))]
				chosen[visible], before[visible] = set, newestOf(h.set(set))
			}
			h.window(h.random(r, &seq))
			for visible, set := range chosen {
				now := newestOf(h.set(set))
				ids = append(ids, id{set, visible, now, h.tick})
				if now > before[visible]+1 { // of another node, which had told of one thing more
					ids = append(ids, id{set, visible, before[visible] + 1, h.tick - 1})
				}
			}
			for range 8 {
				from := ids[max(0, len(ids)-1-r.IntN(40))]
				list, known := from.set, h.set(from.visible)
				if r.IntN(2) == 0 {
					known = h.set(from.set)
				} else {
					list = sets[from.visible][r.IntN(len(sets[from.visible]))]
				}
				got, ok := h.resumed(from.seq, known, h.set(list))
				if list == from.set {
					same++
				}
				if !ok {
					if list == from.set {
						anew++
					}
					continue
				}
				for _, l := range h.set(list) {
					if !strings.Contains(from.set, string(l.name)) {
						continue
					}
					for _, c := range h.told[l] {
						if d := got.dirty[l]; c.tick > from.tick && (d == nil || !slices.Contains(d.order, c.cell)) {
							t.Fatalf("seed %d: at tick %d, from %+v, for %s: cell %d of %s of tick %d was not told", seed, h.tick, from, list, c.x, l.name, c.tick)
						}
					}
				}
			}
		}
		if 4*anew > same {
			t.Errorf("seed %d: %d of %d clients had to ask for all anew", seed, anew, same)
		}
	}
}

// TestResumeTellsNothingOfOthers: what a client that comes back gets does not depend on what others were told meanwhile,
// nor how much that was.
func TestResumeTellsNothingOfOthers(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &resumeRuns, 4) {
		r := rand.New(rand.NewPCG(seed, 2))
		with, without, seq := newPastHub(10), newPastHub(10), layers.Seq(10)
		for range 100 {
			changes := with.random(r, &seq)
			with.window(changes)
			delete(changes, "s")
			without.window(changes)
			for _, set := range []string{"a", "b", "o", "abdo"} {
				for from := seq - min(seq, 30); from < seq+2; from++ {
					answers := make([]string, 2)
					for i, h := range []*pastHub{with, without} {
						got, ok := h.resumed(from, h.set(set), h.set(set))
						other, also := h.resumed(from, h.set("abdo"), h.set(set))
						answers[i] = fmt.Sprint(ok, got.cells(), also, other.cells(), newestOf(h.set(set)))
					}
					if answers[0] != answers[1] {
						t.Fatalf("seed %d: %s from %d: got %s beside a layer for officers, want %s", seed, set, from, answers[0], answers[1])
					}
				}
			}
		}
	}
}
