package journal

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hutong/ingest"
	"hutong/internal/testkit"
	"hutong/journal/record"
	"hutong/layers/column"
)

// A transaction of which a part is damaged is lost as a whole, and what stands around it is kept.
func TestDamagedPart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, options(folder))
	put(t, j, 1)
	large := numbered(2)
	large.Changes[0].Feature.Values[0] = column.StringOf(strings.Repeat("loud ", column.MaxText/5))
	for len(large.Changes)*column.MaxText < 2*maxMessage {
		large.Changes = append(large.Changes, large.Changes[0])
	}
	seq, _, err := j.Append(t.Context(), record.Batch{Source: large.Source, Batch: large.Batch})
	if err != nil {
		t.Fatal(err)
	}
	if put(t, j, 3); seq < 4 {
		t.Fatalf("got %d, want more parts", seq)
	}
	shut(t, j)
	rewrite(t, files(t, folder)[0], func(b []byte) []byte { b[maxMessage*3/2] ^= 1; return b }) // in the second part
	o := options(folder)
	o.AcceptLoss = true
	j = open(t, o)
	if g := mustRead(t, j, 0); !slices.Equal(g.numbers, []int64{1, 3}) {
		t.Errorf("got %v, want 1 and 3", g.numbers)
	}
	if lost := j.ledger.is.Lost; !slices.Equal(lost, []span{{3, 3}, {seq, seq}}) {
		t.Errorf("got %v said to be lost, want part 3 and the end %d", lost, seq)
	}
}

// damagedLetters returns a folder with ten letters, whose file damage changes.
func damagedLetters(t *testing.T, damage func(b []byte) []byte) (folder string) {
	t.Helper()
	folder = t.TempDir()
	j := open(t, options(folder))
	put(t, j, 1)
	putLetters(t, lettersOf(t, j, LetterLimits{}), "s", strings.Split("0123456789", "")...)
	shut(t, j)
	rewrite(t, filepath.Join(j.msgsFolder(j.lettersName()), "1.blk"), damage)
	return folder
}

// Damage to refused records keeps no server from starting, is said, and takes no others with it.
func TestDamagedLetters(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		damage func(b []byte) []byte
		lost   []span
	}{
		{"a flipped bit in the middle", func(b []byte) []byte { b[len(b)*45/100] ^= 4; return b }, []span{{5, 5}}},
		{"in the first", func(b []byte) []byte { b[60] ^= 4; return b }, []span{{1, 1}}},
		{"in the last", func(b []byte) []byte { b[len(b)-30] ^= 4; return b }, []span{{10, 10}}},
		{"in two", func(b []byte) []byte { b[60] ^= 4; b[len(b)/2+60] ^= 4; return b }, []span{{1, 1}, {6, 6}}},
		{"a torn tail", func(b []byte) []byte { return b[:len(b)*85/100] }, []span{{9, 10}}},
		{"a tail that was never acknowledged", func(b []byte) []byte { return append(b, b[:50]...) }, nil},
		{"nothing but zeros", func(b []byte) []byte { return make([]byte, len(b)) }, []span{{1, 10}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			folder := damagedLetters(t, tt.damage)
			o, log := logged(folder)
			j := open(t, o)
			if !slices.Equal(j.lostLetters, tt.lost) || strings.Contains(log.String(), "refused records are lost") != (len(tt.lost) > 0) {
				t.Errorf("got %v lost, want %v: %s", j.lostLetters, tt.lost, log)
			}
			want := 10
			for _, s := range tt.lost {
				want -= int(s.Last - s.First + 1)
			}
			l := lettersOf(t, j, LetterLimits{})
			if all := list(t, l, "s", 0, 99); len(all) != want {
				t.Errorf("%d letters are left, want %d", len(all), want)
			}
			if all := putLetters(t, l, "s", "new"); all[0].ID <= 10 {
				t.Errorf("the ID %d is used twice", all[0].ID)
			}
			if g := mustRead(t, j, 0); len(g.numbers) != 1 {
				t.Errorf("the log has %v", g.numbers)
			}
			if kept := asides(t, folder); len(kept) > 0 != (len(tt.lost) > 0) {
				t.Errorf("got %v aside, lost %v", kept, tt.lost)
			}
			shut(t, j)
			if j = open(t, options(folder)); len(j.lostLetters) > 0 {
				t.Errorf("the next start says again that %v are lost", j.lostLetters)
			}
			if all := list(t, lettersOf(t, j, LetterLimits{}), "s", 0, 99); len(all) != want+1 {
				t.Errorf("the next start has %d letters, want %d", len(all), want+1)
			}
		})
	}
}

// What notes that a letter was removed stands between others, and hides no damage before it.
func TestDamagedLetterBeforeARemoval(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, options(folder))
	l := lettersOf(t, j, LetterLimits{})
	all := putLetters(t, l, "s", "0", "1", "2")
	if err := l.Remove(t.Context(), "s", []uint64{all[0].ID}); err != nil {
		t.Fatal(err)
	}
	putLetters(t, l, "s", "3")
	shut(t, j)
	third := func(b []byte) []byte { b[len(b)/2+100] ^= 4; return b } // of four
	rewrite(t, filepath.Join(j.msgsFolder(j.lettersName()), "1.blk"), third)
	j = open(t, options(folder))
	if want := []span{{3, 3}}; !slices.Equal(j.lostLetters, want) {
		t.Errorf("got %v lost, want %v", j.lostLetters, want)
	}
	if len(asides(t, folder)) == 0 {
		t.Error("the damaged file was not kept")
	}
}

// A log that is set aside as a whole takes the refused records with it, which is said; their IDs go on.
func TestLettersOfALogThatIsGone(t *testing.T) {
	t.Parallel()
	folder := damagedLetters(t, bytes.Clone)
	if err := os.RemoveAll(filepath.Join(folder, "log")); err != nil {
		t.Fatal(err)
	}
	o := options(folder)
	o.AcceptLoss = true
	j := open(t, o)
	if !slices.Equal(j.lostLetters, []span{{1, 10}}) {
		t.Errorf("got %v lost, want all ten", j.lostLetters)
	}
	if all := putLetters(t, lettersOf(t, j, LetterLimits{}), "s", "new"); all[0].ID != 11 {
		t.Errorf("got ID %d, want 11", all[0].ID)
	}
}

// What was removed, made room or was written anew is not lost.
func TestLettersThatWentAreNotLost(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*testing.T, ingest.DeadLetters){
		"all removed": func(t *testing.T, l ingest.DeadLetters) {
			if err := l.Remove(t.Context(), "s", []uint64{1, 2, 3}); err != nil {
				t.Fatal(err)
			}
		},
		"the last removed": func(t *testing.T, l ingest.DeadLetters) {
			if err := l.Remove(t.Context(), "s", []uint64{3}); err != nil {
				t.Fatal(err)
			}
		},
		"made room": func(t *testing.T, l ingest.DeadLetters) { putLetters(t, l, "s", "d", "e", "f") },
		"renewed": func(t *testing.T, l ingest.DeadLetters) {
			if err := l.(*letters).Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"all removed and renewed": func(t *testing.T, l ingest.DeadLetters) {
			if err := l.Remove(t.Context(), "s", []uint64{1, 2, 3}); err != nil {
				t.Fatal(err)
			}
			if err := l.(*letters).Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, killed := t.TempDir(), t.TempDir()
			j := open(t, options(folder))
			l := lettersOf(t, j, LetterLimits{PerSource: 3})
			putLetters(t, l, "s", "a", "b", "c")
			leave(t, l)
			copyFolder(t, folder, killed)
			shut(t, j)
			for _, folder := range []string{folder, killed} {
				o, log := logged(folder)
				if j := open(t, o); len(j.lostLetters) > 0 || len(asides(t, folder)) > 0 {
					t.Errorf("got %v lost: %s", j.lostLetters, log)
				}
			}
		})
	}
}

// Letters that grew old while nobody served are not lost, at no later start either.
func TestLettersThatGrewOldAreNotLost(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]int{"some": 4, "all": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := damagedLetters(t, func(b []byte) []byte { return aged(b, "hutong-refused", "1.blk", old) })
			for range 3 {
				killed := t.TempDir()
				o, log := logged(folder)
				j := open(t, o)
				if left := len(list(t, lettersOf(t, j, LetterLimits{}), "s", 0, 99)); left != 10-old || len(j.lostLetters) > 0 || len(asides(t, folder)) > 0 {
					t.Errorf("got %d left, want %d, %v lost: %s", left, 10-old, j.lostLetters, log)
				}
				copyFolder(t, folder, killed)
				shut(t, j)
				if j := open(t, options(killed)); len(j.lostLetters) > 0 {
					t.Errorf("after a kill: got %v lost", j.lostLetters)
				}
			}
			if all := putLetters(t, lettersOf(t, open(t, options(folder)), LetterLimits{}), "s", "new"); all[0].ID != 11 {
				t.Errorf("got ID %d, want 11", all[0].ID)
			}
		})
	}
}

// aged makes the first n records of a file as old as 1970.
func aged(b []byte, stream, name string, n int) []byte {
	f := openBlock(b, stream, name)
	for at := 0; n > 0; n-- {
		end := f.next(at)
		copy(b[at+recordSequence+8:at+recordSubject], []byte{1, 0, 0, 0, 0, 0, 0, 0})
		subject := int(binary.LittleEndian.Uint16(b[at+recordSubject:]))
		f.sum.Reset()
		_, _ = f.sum.Write(b[at+recordSequence : at+recordSubject])
		_, _ = f.sum.Write(b[at+recordHeader : at+recordHeader+subject])
		_, _ = f.sum.Write(b[at+f.from(at) : end-recordSum])
		copy(b[end-recordSum:], f.sum.Sum(nil))
		at = end
	}
	return b
}

// logged are options of a log that says what it has to say.
func logged(folder string) (Options, *testkit.Buffer) {
	log := &testkit.Buffer{}
	o := options(folder)
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	return o, log
}

// A start that was killed while it removed what it had put back leaves folders without files, which keep no other from
// putting files aside.
func TestAsideThatWasBeingRemoved(t *testing.T) {
	t.Parallel()
	folder := damagedLetters(t, func(b []byte) []byte { b[60] ^= 4; return b })
	if err := os.MkdirAll(filepath.Join(folder, asideFolder, DefaultStream), 0o750); err != nil {
		t.Fatal(err)
	}
	j := open(t, options(folder))
	if want := []span{{1, 1}}; !slices.Equal(j.lostLetters, want) {
		t.Errorf("got %v lost, want %v", j.lostLetters, want)
	}
}
