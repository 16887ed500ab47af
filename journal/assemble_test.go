package journal

import (
	"slices"
	"sync"
	"testing"
	"time"

	"hutong/journal/record"
	"hutong/layers"
)

// parts returns a section of one number as so many parts and their commit, whose First is not set.
func parts(t *testing.T, tx byte, n int64, count int) []record.Message {
	t.Helper()
	section, err := record.AppendSection(nil, schemas, []record.Batch{numbered(n)})
	if err != nil {
		t.Fatal(err)
	}
	var all []record.Message
	size := len(section)/(count+1) + 1
	for i, b := range slices.Collect(slices.Chunk(section, size)) {
		all = append(all, record.Message{Kind: record.Part, Tx: record.Tx{tx}, Index: uint32(i), Body: b})
	}
	last := &all[len(all)-1]
	last.Kind, last.BodySum = record.Commit, record.Sum(section)
	return all
}

// Transactions of several writers lie between each other; more are open than a follower holds.
func TestTransactionsOfManyWriters(t *testing.T) {
	t.Parallel()
	j := open(t, options(t.TempDir()))
	const writers = maxOpenTx + 5
	var all [writers][]record.Message
	for w := range writers {
		all[w] = parts(t, byte(w), int64(w), 2)
	}
	for i := range 3 {
		for w := range writers {
			if w == 3 && i == 2 {
				continue // its writer died
			}
			m := &all[w][i]
			if m.Kind == record.Commit {
				m.First = layers.Seq(w + 1)
			}
			publishRaw(t, j, m.Append(nil))
		}
	}
	want := make([]int64, 0, writers)
	for w := range int64(writers) {
		if w != 3 {
			want = append(want, w)
		}
	}
	if g := mustRead(t, j, 0); !slices.Equal(g.numbers, want) {
		t.Errorf("got %v, want %v", g.numbers, want)
	}
	if g := mustRead(t, j, writers+7); !slices.Equal(g.numbers, want) {
		t.Errorf("from between the parts: got %v, want %v", g.numbers, want)
	}
}

func TestOpenTransactionsAreBounded(t *testing.T) {
	t.Parallel()
	j := open(t, options(t.TempDir()))
	start := time.Unix(1_790_000_000, 0)
	part := func(tx byte, index uint32, size int) *record.Message {
		return &record.Message{Kind: record.Part, Tx: record.Tx{tx}, Index: index, Body: make([]byte, size)}
	}
	tests := []struct {
		name string
		add  func(a *assembler)
		want int // transactions that are still open
	}{
		{"number", func(a *assembler) {
			for tx := range byte(maxOpenTx + 3) {
				a.add(start, part(tx, 0, 1))
			}
		}, maxOpenTx},
		{"bytes", func(a *assembler) {
			for tx := range byte(3) {
				a.add(start, part(tx, 0, maxOpenBytes/2))
			}
		}, 2},
		{"age", func(a *assembler) {
			a.add(start, part(0, 0, 1))
			a.add(start.Add(maxOpenAge), part(1, 0, 1))
			a.add(start.Add(maxOpenAge+1), part(2, 0, 1))
		}, 2},
		{"a part is missing", func(a *assembler) {
			a.add(start, part(0, 0, 1))
			a.add(start, part(0, 2, 1))
		}, 0},
		{"the first is missing", func(a *assembler) { a.add(start, part(0, 1, 1)) }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &assembler{j: j}
			tt.add(a)
			bytes := 0
			for _, o := range a.open {
				bytes += o.bytes
			}
			if len(a.open) != tt.want || a.bytes != bytes {
				t.Errorf("%d are open, want %d; %d bytes, want %d", len(a.open), tt.want, a.bytes, bytes)
			}
		})
	}
}

// Calls that do not fit into one message together come in several.
func TestGroupsFitIntoMessages(t *testing.T) {
	t.Parallel()
	j := open(t, options(t.TempDir()))
	b := large(0, 1)
	b.Changes = b.Changes[:2] // half a message
	var wait sync.WaitGroup
	for range 12 {
		wait.Go(func() {
			if _, _, err := j.Append(t.Context(), b); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if g := mustRead(t, j, 0); len(g.numbers) != 12 {
		t.Errorf("%d calls are in the log", len(g.numbers))
	}
}
