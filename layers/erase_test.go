package layers

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
	"hutong/layers/column"
)

var (
	eraseRuns atomic.Uint64
	testSalt  = Salt{1, 2, 3}
)

// erased is an erasure of an id at a moment.
func erased(id string, moment int) Change { return timed(Erase, id, moment, 0, 0) }

// TestErase erases at moment 5 and then lets changes come.
func TestErase(t *testing.T) {
	t.Parallel()
	const secret = "13800138000"
	for _, c := range []struct {
		name    string
		before  []Change
		later   []Change
		want    []Outcome // of later
		there   bool      // in the end
		stones  int
		holdsID bool // a tombstone has the id
	}{
		{"a feature", []Change{timed(Upsert, secret, 3, 0, 1)}, []Change{timed(Upsert, secret, 3, 0, 1)}, []Outcome{Late}, false, 1, false},
		{"nothing", nil, []Change{timed(Upsert, secret, 5, 0, 1)}, []Outcome{Late}, false, 1, false},
		{"of the future", []Change{timed(Upsert, secret, 9, 7, 1)}, []Change{timed(Upsert, secret, 9, 8, 2), timed(Upsert, secret, 10, 0, 2)}, []Outcome{Late, Late}, false, 1, false},
		{"deleted", []Change{timed(Delete, secret, 3, 0, 0)}, []Change{timed(Upsert, secret, 4, 0, 1)}, []Outcome{Late}, false, 1, false},
		{"deleted behind another", []Change{timed(Delete, "x", 1, 0, 0), timed(Delete, secret, 3, 0, 0)}, []Change{timed(Upsert, secret, 4, 0, 1)}, []Outcome{Late}, false, 2, false},
		{"a newer report", []Change{timed(Upsert, secret, 3, 0, 1)}, []Change{timed(Upsert, secret, 6, 0, 1)}, []Outcome{Applied}, true, 0, false},
		{"a newer delete", nil, []Change{timed(Delete, secret, 6, 0, 0), timed(Upsert, secret, 6, 0, 1)}, []Outcome{Applied, Late}, false, 1, false},
		{"back and deleted", nil, []Change{timed(Upsert, secret, 6, 0, 1), timed(Delete, secret, 7, 0, 0)}, []Outcome{Applied, Applied}, false, 1, true},
		{"again", nil, []Change{erased(secret, 8), timed(Upsert, secret, 7, 0, 0)}, []Outcome{Applied, Late}, false, 1, false},
		{"another", nil, []Change{timed(Upsert, "x", 1, 0, 0)}, []Outcome{Applied}, false, 1, false},
	} {
		for _, together := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, together %v", c.name, together), func(t *testing.T) {
				t.Parallel()
				l := timedLayer(t, Options{})
				apply := func(changes ...Change) []Outcome {
					d, err := l.Apply(Batch{Layer: l.Name(), Changes: changes, Salt: testSalt})
					if err != nil {
						t.Fatal(err)
					}
					return d.Outcomes
				}
				var got []Outcome
				if together {
					all := append(append(append([]Change{}, c.before...), erased(secret, 5)), c.later...)
					got = apply(all...)[len(c.before)+1:]
				} else {
					if len(c.before) > 0 {
						apply(c.before...)
					}
					apply(erased(secret, 5))
					for _, change := range c.later {
						got = append(got, apply(change)...)
					}
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("outcomes (-want +got):\n%s", diff)
				}
				if _, there := l.Snapshot().Find(secret); there != c.there {
					t.Errorf("got the feature there: %v, want %v", there, c.there)
				}
				state := l.State()
				if len(state.Tombstones) != c.stones || state.Salt != testSalt {
					t.Errorf("got tombstones %v, salt %v; want %d", state.Tombstones, state.Salt, c.stones)
				}
				holds := strings.Contains(fmt.Sprintf("%+v %+v", state.Tombstones, l.writer.tombs.queue), secret)
				if holds != c.holdsID {
					t.Errorf("the layer holds the id: %v, want %v: %v, %v", holds, c.holdsID, state.Tombstones, l.writer.tombs.queue)
				}
			})
		}
	}
}

// TestEraseWithoutTimes: nothing is remembered where nothing is ordered.
func TestEraseWithoutTimes(t *testing.T) {
	t.Parallel()
	l, err := New(testSchema(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{timed(Upsert, "a", 1, 0, 0), timed(Upsert, "b", 1, 0, 0)}}); err != nil {
		t.Fatal(err)
	}
	d, err := l.Apply(Batch{Layer: l.Name(), Salt: testSalt, Changes: []Change{erased("a", 2), erased("c", 2)}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Outcome{Applied, Duplicate}, d.Outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if _, there := l.Snapshot().Find("a"); there || l.Snapshot().Count() != 1 || len(l.State().Tombstones) != 0 {
		t.Errorf("got a there: %v, %d features, %d tombstones", there, l.Snapshot().Count(), len(l.State().Tombstones))
	}
	if _, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{erased("b", 2)}}); err == nil {
		t.Error("an erasure without a salt is taken")
	}
	loaded := timedLayer(t, Options{})
	load, err := loaded.Load()
	if err != nil {
		t.Fatal(err)
	}
	defer load.Abort()
	if err := load.Add([]Change{erased("b", 2)}); err == nil {
		t.Error("a bulk load takes an erasure")
	}
}

// TestErasuresAreReplayed: in the order of the log, however it is cut, and from a state and what follows.
func TestErasuresAreReplayed(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &eraseRuns, 4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			m := newModel(seed, 30)
			changes := randomTimed(m, 500)
			for i := range changes {
				if m.rng.IntN(8) == 0 {
					changes[i].Op = Erase
				}
			}
			options := Options{MinRows: 4, MaxRows: 16}
			singly := timedLayer(t, options)
			for i := range changes {
				if _, err := singly.Apply(Batch{Layer: singly.Name(), Changes: changes[i : i+1], Salt: testSalt}); err != nil {
					t.Fatal(err)
				}
			}
			want := describeState(singly)
			cut := timedLayer(t, options)
			for rest := changes; len(rest) > 0; {
				n := min(len(rest), 1+m.rng.IntN(40))
				if _, err := cut.Apply(Batch{Layer: cut.Name(), Changes: rest[:n], Salt: testSalt}); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if diff := cmp.Diff(want, describeState(cut)); diff != "" {
				t.Fatalf("cut (-singly +cut):\n%s", diff)
			}
			checkInvariants(t, cut.Snapshot(), options)
		})
	}
}

// TestErasureAges: what stands for an erased id is let go like a tombstone.
func TestErasureAges(t *testing.T) {
	t.Parallel()
	l := timedLayer(t, Options{MaxTombstones: 1})
	for i, id := range []string{"a", "b"} {
		if _, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{erased(id, 5+i)}, Received: int64(1 + i), Salt: Salt{byte(i + 1)}}); err != nil {
			t.Fatal(err)
		}
	}
	state := l.State()
	if len(state.Tombstones) != 1 || state.Pruned != momentOf(5) || state.Salt != (Salt{1}) || state.Tombstones[0].ID != (Salt{1}).Hash("b") {
		t.Errorf("got %+v pruned %v salt %v, want b with the first salt", state.Tombstones, state.Pruned, state.Salt)
	}
	d, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{timed(Upsert, "a", 4, 0, 0)}})
	if err != nil || d.Outcomes[0] != TooLate {
		t.Errorf("got %v, %v, want too late", d.Outcomes, err)
	}
	other := timedLayer(t, Options{})
	load, err := other.Load()
	if err != nil {
		t.Fatal(err)
	}
	if err := load.Restore(state.Tombstones, column.Value{}, state.Salt); err != nil {
		t.Fatal(err)
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	if d, err := other.Apply(Batch{Layer: l.Name(), Changes: []Change{timed(Upsert, "b", 6, 0, 0)}}); err != nil || d.Outcomes[0] != Late {
		t.Errorf("after a restore: got %v, %v, want late", d.Outcomes, err)
	}
}

// TestHash: what is kept in checkpoints never changes.
func TestHash(t *testing.T) {
	t.Parallel()
	if got := testSalt.Hash("13800138000"); got != "6213f05aa12d5f17717ed57aa6d9203f" {
		t.Errorf("got %q", got)
	}
	if long := FeatureID(strings.Repeat("x", MaxID+1)); len(testSalt.Hash(long)) != 32 || testSalt.Hash(long) == testSalt.Hash(long[1:]) {
		t.Errorf("a long id: got %q", testSalt.Hash(long))
	}
}

func BenchmarkHash(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		testSalt.Hash("H-13800138000")
	}
}
