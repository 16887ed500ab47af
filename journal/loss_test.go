package journal

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"hutong/journal/record"
	"hutong/layers"
	"hutong/layers/column"
)

// publishRaw puts bytes into the log as they are.
func publishRaw(t testing.TB, j *Journal, b []byte) layers.Seq {
	t.Helper()
	ack, err := j.js.Publish(t.Context(), j.subject(), b)
	if err != nil {
		t.Fatal(err)
	}
	return layers.Seq(ack.Sequence)
}

// Messages that are not there, or are not what was written.
func TestFollowSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	good, err := record.AppendSection(nil, schemas, []record.Batch{numbered(3)})
	if err != nil {
		t.Fatal(err)
	}
	flipped := (&record.Message{}).Append(nil, good)
	flipped[20] ^= 1
	tests := []struct {
		name   string
		damage func(*testing.T, *Journal)
		reason string
	}{
		{"deleted", func(t *testing.T, j *Journal) {
			if err := j.stream.DeleteMsg(t.Context(), uint64(put(t, j, 3))); err != nil {
				t.Fatal(err)
			}
		}, "not there"},
		{"flipped", func(t *testing.T, j *Journal) { publishRaw(t, j, flipped) }, "checksum"},
		{"somebody else's", func(t *testing.T, j *Journal) { publishRaw(t, j, []byte("hello, world")) }, "not Hutong's"},
		{"a broken body", func(t *testing.T, j *Journal) {
			publishRaw(t, j, (&record.Message{Body: good[:len(good)-3]}).Append(nil))
		}, "a section of"},
		{"a commit without parts", func(t *testing.T, j *Journal) {
			publishRaw(t, j, (&record.Message{Kind: record.Commit, First: 1, Index: 2, Body: good}).Append(nil))
		}, "of the 3 parts"},
		{"a commit before itself", func(t *testing.T, j *Journal) {
			publishRaw(t, j, (&record.Message{Kind: record.Commit, First: 99, Index: 2, Body: good}).Append(nil))
		}, "start at 99"},
		{"parts that are not a whole", func(t *testing.T, j *Journal) {
			publishRaw(t, j, (&record.Message{Kind: record.Commit, First: 1, BodySum: 1, Body: good}).Append(nil))
		}, "the checksum of the 1 parts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			j := open(t, options(folder))
			put(t, j, 1)
			put(t, j, 2)
			tt.damage(t, j)
			put(t, j, 4)
			_, err := read(t, j, 0)
			var loss *LossError
			if !errors.As(err, &loss) || loss.First != 3 || loss.Last != 3 || !strings.Contains(err.Error(), tt.reason) {
				t.Fatalf("got %v, want message 3 and %q", err, tt.reason)
			}
			shut(t, j)
			o := options(folder)
			o.AcceptLoss = true
			j = open(t, o)
			if g := mustRead(t, j, 0); !slices.Equal(g.numbers, []int64{1, 2, 4}) {
				t.Errorf("accepted: got %v", g.numbers)
			}
			shut(t, j)
			j = open(t, options(folder))
			if g := mustRead(t, j, 0); !slices.Equal(g.numbers, []int64{1, 2, 4}) {
				t.Errorf("once accepted: got %v", g.numbers)
			}
		})
	}
}

// A message of a newer Hutong is no loss, whatever is accepted: nobody may go on without it.
func TestFollowNewer(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.AcceptLoss = true
	j := open(t, o)
	put(t, j, 1)
	newer := (&record.Message{Kind: record.Lost}).Append(nil)
	newer[3]++
	binary.LittleEndian.PutUint32(newer[4:], record.Sum(slices.Concat(newer[:4], newer[8:])))
	publishRaw(t, j, newer)
	if g, err := read(t, j, 0); !errors.Is(err, record.ErrNewer) || !slices.Equal(g.numbers, []int64{1}) || len(j.ledger.is.Lost) > 0 {
		t.Errorf("got %v, %v, lost %v", g.numbers, err, j.ledger.is.Lost)
	}
}

// A log that is behind the checkpoint that a follower starts from.
func TestFollowerAheadOfTheLog(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, options(folder))
	put(t, j, 1)
	var loss *LossError
	if _, err := read(t, j, 5); !errors.As(err, &loss) || loss.First != 2 || loss.Last != 5 {
		t.Errorf("got %v, want messages 2 to 5", err)
	}
	shut(t, j)
	o := options(folder)
	o.AcceptLoss = true
	j = open(t, o)
	mustRead(t, j, 5)
	if seq := put(t, j, 2); seq != 6 {
		t.Errorf("got %d, want 6: a state has 5 already", seq)
	}
}

// With a sync interval the end of the log may go with the power, as the operator chose.
func TestSyncInterval(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	o := options(folder)
	o.Sync = 1 << 40
	j := open(t, o)
	for n := range int64(3) {
		put(t, j, n)
	}
	shut(t, j)
	block := files(t, folder)[0]
	info, err := os.Stat(block)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(block, info.Size()-5); err != nil {
		t.Fatal(err)
	}
	j = open(t, o)
	if seq := put(t, j, 3); seq != 4 {
		t.Errorf("got %d, want 4", seq)
	}
	if g := mustRead(t, j, 0); !slices.Equal(g.numbers, []int64{0, 1, 3}) {
		t.Errorf("got %v", g.numbers)
	}
}

// The schema may have changed; when a value does not fit, the follower ends and says what to do.
func TestFollowWithAnotherSchema(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, options(folder))
	put(t, j, 7)
	shut(t, j)
	o := options(folder)
	o.Schemas = map[layers.Name]*layers.Schema{"reports": {Name: "reports", Fields: []layers.Field{{Name: "new", Kind: column.Bool}, {Name: "n", Kind: column.String}}}}
	j = open(t, o)
	err := j.Follow(t.Context(), 0, func(e Entry) error {
		if got := e.Batches[0].Changes[0].Feature.Values; len(got) != 2 || !got[0].IsNull() || got[1] != column.StringOf("7") {
			t.Errorf("got %v", got)
		}
		return errors.New("seen")
	}, nil)
	if err == nil || err.Error() != "seen" {
		t.Error(err)
	}
	shut(t, j)
	o.Schemas["reports"].Fields[1].Kind = column.Time
	j = open(t, o)
	var schema *record.SchemaError
	if _, err := read(t, j, 0); !errors.As(err, &schema) || schema.Field != "n" {
		t.Errorf("got %v", err)
	}
}

func TestLedgerSpans(t *testing.T) {
	t.Parallel()
	l, err := openLedger(filepath.Join(t.TempDir(), "log.json"))
	if err != nil {
		t.Fatal(err)
	}
	err = l.change(func(s *ledgerState) { s.Epoch, s.Truncated = "e", 10 })
	for _, s := range []span{{30, 39}, {20, 24}, {23, 26}} {
		err = errors.Join(err, l.lose(s.First, s.Last))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		first, last layers.Seq
		want        span
		found       bool
	}{
		{1, 10, span{}, false},
		{5, 12, span{11, 12}, true},
		{20, 26, span{}, false},
		{22, 28, span{27, 28}, true},
		{11, 50, span{11, 19}, true},
		{30, 40, span{40, 40}, true},
		{25, 35, span{27, 29}, true},
	} {
		if got, found := l.unknown(tt.first, tt.last); got != tt.want || found != tt.found {
			t.Errorf("%d to %d: got %v, %t, want %v", tt.first, tt.last, got, found, tt.want)
		}
	}
	again, err := openLedger(l.path)
	if err != nil || len(again.is.Lost) != 3 || again.epoch() != "e" || again.truncated() != 10 {
		t.Errorf("got %+v, %v", again, err)
	}
}

// What is missing at the start or inside is said when the log is opened, before anybody follows it.
func TestOpenSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		damage      func(*testing.T, *Journal) error
		first, last layers.Seq
	}{
		{"inside", func(t *testing.T, j *Journal) error {
			return errors.Join(j.stream.DeleteMsg(t.Context(), 4), j.stream.DeleteMsg(t.Context(), 5), j.stream.DeleteMsg(t.Context(), 7))
		}, 4, 5},
		{"at the start", func(t *testing.T, j *Journal) error {
			return j.stream.Purge(t.Context(), jetstream.WithPurgeSequence(6))
		}, 3, 5},
		{"all", func(t *testing.T, j *Journal) error { return j.stream.Purge(t.Context()) }, 3, 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			j := open(t, options(folder))
			for n := range int64(9) {
				put(t, j, n)
			}
			if err := errors.Join(j.Truncate(t.Context(), 2), tt.damage(t, j)); err != nil {
				t.Fatal(err)
			}
			shut(t, j)
			_, err := Open(t.Context(), options(folder))
			var loss *LossError
			if !errors.As(err, &loss) || loss.First != tt.first || loss.Last != tt.last {
				t.Errorf("got %v, want messages %d to %d", err, tt.first, tt.last)
			}
		})
	}
}

// A flipped bit in log.json must not truncate the log.
func TestLedgerIsChecked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log.json")
	l, err := openLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.change(func(s *ledgerState) { s.Epoch, s.Truncated, s.Lost = "epoch", 123, []span{{45, 67}} }); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(good) * 8 {
		b := slices.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		// White space and the case of a key may change; what is said may not.
		if got, err := openLedger(path); err == nil && (got.is.Epoch != "epoch" || got.is.Truncated != 123 || !slices.Equal(got.is.Lost, l.is.Lost)) {
			t.Errorf("bit %d of %q: got %+v", bit, b, got.is)
		}
	}
}

// Once it was accepted that all of a log is lost, a follower goes on with what comes next: it takes nothing for lost
// that was not written yet.
func TestFollowBehindALogThatIsGone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, options(folder))
	put(t, j, 1)
	put(t, j, 2)
	shut(t, j)
	if err := os.RemoveAll(filepath.Join(folder, "log")); err != nil {
		t.Fatal(err)
	}
	o := options(folder)
	o.AcceptLoss = true
	o.probe = 20 * time.Millisecond
	j = open(t, o)
	ready, stop := make(chan struct{}), errors.New("seen")
	done := make(chan error, 1)
	go func() {
		done <- j.Follow(t.Context(), 0, func(e Entry) error {
			if e.Seq != 3 {
				t.Errorf("got an entry %d, want 3", e.Seq)
			}
			return stop
		}, func() { close(ready) })
	}()
	<-ready
	seq := put(t, j, 3)
	select {
	case err := <-done:
		if !errors.Is(err, stop) {
			t.Errorf("got %v, want the end that apply asked for", err)
		}
		if lost := j.ledger.is.Lost; len(lost) != 1 || lost[0] != (span{1, 2}) {
			t.Errorf("%v are lost, want 1 to 2", lost)
		}
	case <-time.After(20 * time.Second):
		t.Errorf("message %d was acknowledged and never seen; %v are lost", seq, j.ledger.is.Lost)
	}
}
