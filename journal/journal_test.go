package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"hutong/journal/record"
	"hutong/layers"
	"hutong/layers/column"
)

func differ(want, g got) string { return cmp.Diff(want, g, cmp.AllowUnexported(got{})) }

func TestAppendAndFollow(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, options(folder))
	if j.First() != 1 || j.Last() != 0 {
		t.Errorf("a new log is from %d to %d", j.First(), j.Last())
	}
	if g := mustRead(t, j, 0); len(g.numbers) != 0 {
		t.Errorf("a new log has %v", g)
	}
	var want got
	for n := range int64(10) {
		want.numbers, want.seqs = append(want.numbers, n), append(want.seqs, put(t, j, n))
	}
	if diff := differ(want, mustRead(t, j, 0)); diff != "" {
		t.Error(diff)
	}
	epoch := j.Epoch()
	shut(t, j)
	j = open(t, options(folder))
	if epoch == "" || j.Epoch() != epoch {
		t.Errorf("epoch %q became %q", epoch, j.Epoch())
	}
	want.numbers, want.seqs = append(want.numbers, 10), append(want.seqs, put(t, j, 10))
	if diff := differ(want, mustRead(t, j, 0)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.numbers[5:], mustRead(t, j, want.seqs[4]).numbers); diff != "" {
		t.Error(diff)
	}
	if state, reason := j.Health(); state != StateOK || j.Bytes() == 0 {
		t.Errorf("%s, %s, %d bytes", state, reason, j.Bytes())
	}
}

// What is appended while somebody follows comes to them.
func TestFollowLive(t *testing.T) {
	t.Parallel()
	j := open(t, options(t.TempDir()))
	ctx, cancel := context.WithCancel(t.Context())
	entries, caughtUp := make(chan Entry), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- j.Follow(ctx, 0, func(e Entry) error { entries <- e; return nil }, func() { close(caughtUp) })
	}()
	<-caughtUp
	for n := range int64(5) {
		seq := put(t, j, n)
		if e := <-entries; e.Seq != seq || e.Batches[0].Received != n {
			t.Errorf("got %v, want %d at %d", e, n, seq)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	broken := errors.New("broken")
	if err := j.Follow(t.Context(), 0, func(Entry) error { return broken }, nil); !errors.Is(err, broken) {
		t.Errorf("got %v, want what apply said", err)
	}
	go func() {
		ended <- j.Follow(context.Background(), 5, func(Entry) error { return nil }, func() { go j.Close() })
	}()
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want %v", err, ErrClosed)
	}
	if _, _, err := j.Append(t.Context(), numbered(1)); !errors.Is(err, ErrClosed) && !errors.Is(err, ErrFailing) {
		t.Errorf("got %v, want %v", err, ErrClosed)
	}
}

// Callers that wait share messages, each is answered with its own, and the order of all is one.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	j := open(t, options(t.TempDir()))
	const callers, each = 64, 20
	var mu sync.Mutex
	at := map[int64]layers.Seq{}
	var wait sync.WaitGroup
	for c := range int64(callers) {
		wait.Go(func() {
			last := layers.Seq(0)
			for i := range int64(each) {
				seq, _, err := j.Append(t.Context(), numbered(c*each+i))
				if err != nil || seq <= last {
					t.Errorf("got %d after %d, %v", seq, last, err)
				}
				last = seq
				mu.Lock()
				at[c*each+i] = seq
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	g := mustRead(t, j, 0)
	if len(g.numbers) != callers*each || !slices.IsSorted(g.seqs) {
		t.Errorf("%d numbers", len(g.numbers))
	}
	for i, n := range g.numbers {
		if at[n] != g.seqs[i] {
			t.Errorf("%d is at %d and was said to be at %d", n, g.seqs[i], at[n])
		}
		delete(at, n)
	}
	if len(at) > 0 {
		t.Errorf("%v are not there", at)
	}
	if j.Last() >= callers*each {
		t.Errorf("%d messages for %d calls", j.Last(), callers*each)
	}
}

// large is a batch of so many messages.
func large(n int64, messages int) record.Batch {
	b := numbered(n)
	text := column.StringOf(strings.Repeat("x", maxMessage/2))
	for range 2 * messages {
		b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{ID: "large", Values: []column.Value{text}}})
	}
	return b
}

func TestLargeBatches(t *testing.T) {
	t.Parallel()
	j := open(t, options(t.TempDir()))
	var want got
	for i, b := range []record.Batch{numbered(0), large(1, 3), numbered(2), large(3, 1)} {
		seq, _, err := j.Append(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		want.numbers, want.seqs = append(want.numbers, int64(i)), append(want.seqs, seq)
	}
	if j.Last() < 8 {
		t.Errorf("%d messages", j.Last())
	}
	if diff := differ(want, mustRead(t, j, 0)); diff != "" {
		t.Error(diff)
	}
	// A follower that starts between the parts reads those before.
	if diff := cmp.Diff([]int64{1, 2, 3}, mustRead(t, j, want.seqs[1]-2).numbers); diff != "" {
		t.Error(diff)
	}
	if err := j.Truncate(t.Context(), want.seqs[1]-1); err != nil || j.First() != want.seqs[0]+1 {
		t.Fatalf("first is %d, %v: the parts of a transaction went, but not its end", j.First(), err)
	}
	if err := j.stream.Purge(t.Context(), jetstream.WithPurgeSequence(uint64(want.seqs[1]))); err != nil {
		t.Fatal(err)
	}
	var loss *LossError
	if g, err := read(t, j, want.seqs[1]-1); !errors.As(err, &loss) || loss.First != want.seqs[1] {
		t.Errorf("got %v, %v of a transaction whose parts are gone", g, err)
	}
	b, text := numbered(9), column.StringOf(strings.Repeat("x", column.MaxText))
	for range record.MaxBody/column.MaxText + 1 {
		b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{ID: "1", Values: []column.Value{text}}})
	}
	if _, _, err := j.Append(t.Context(), b); !errors.Is(err, record.ErrTooLarge) {
		t.Errorf("got %v, want %v", err, record.ErrTooLarge)
	}
}

// A process that ends between the parts of a batch leaves nothing of it.
func TestCrashBetweenParts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	o := options(folder)
	crash := errors.New("crash")
	o.betweenTx = func() error { return crash }
	j := open(t, o)
	first := put(t, j, 0)
	if _, _, err := j.Append(t.Context(), large(1, 3)); !errors.Is(err, crash) {
		t.Fatal(err)
	}
	want := got{[]int64{0}, []layers.Seq{first}}
	if diff := differ(want, mustRead(t, j, 0)); diff != "" {
		t.Error(diff)
	}
	shut(t, j)
	j = open(t, options(folder))
	if diff := differ(want, mustRead(t, j, 0)); diff != "" {
		t.Error(diff)
	}
	for _, b := range []record.Batch{numbered(2), large(3, 3)} {
		seq, _, err := j.Append(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		want.numbers, want.seqs = append(want.numbers, b.Received), append(want.seqs, seq)
	}
	if diff := differ(want, mustRead(t, j, 0)); diff != "" {
		t.Error(diff)
	}
}

// What is truncated while a batch is written in parts leaves those parts.
func TestTruncateBetweenParts(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	var j *Journal
	o.betweenTx = func() error { return j.Truncate(context.Background(), j.Last()) }
	j = open(t, o)
	put(t, j, 0)
	put(t, j, 1)
	if _, _, err := j.Append(t.Context(), large(2, 3)); err != nil {
		t.Fatal(err)
	}
	if j.First() != 3 {
		t.Errorf("first is %d, want 3, the first part", j.First())
	}
	if g := mustRead(t, j, 2); !slices.Equal(g.numbers, []int64{2}) {
		t.Errorf("got %v", g.numbers)
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	folder, killed := t.TempDir(), t.TempDir()
	j := open(t, options(folder))
	for n := range int64(20) {
		put(t, j, n+1)
	}
	if err := j.Truncate(t.Context(), 12); err != nil || j.First() != 13 {
		t.Fatalf("first is %d, %v", j.First(), err)
	}
	var loss *LossError
	if _, err := read(t, j, 7); !errors.As(err, &loss) || loss.First != 8 || loss.Last != 12 || !strings.Contains(err.Error(), "checkpoint") {
		t.Errorf("got %v, want 8 to 12", err)
	}
	copyFolder(t, folder, killed)
	for name, folder := range map[string]string{"closed": folder, "killed": killed} {
		if name == "closed" {
			shut(t, j)
		}
		j := open(t, options(folder))
		if g := mustRead(t, j, 12); len(g.numbers) != 8 || j.First() != 13 {
			t.Errorf("%s: %v, first is %d", name, g.numbers, j.First())
		}
		// The last message stays, so that its number is not used again.
		if err := j.Truncate(t.Context(), 1000); err != nil || j.First() != 20 {
			t.Errorf("%s: first is %d, %v", name, j.First(), err)
		}
		shut(t, j)
		j = open(t, options(folder))
		if seq := put(t, j, 21); seq != 21 {
			t.Errorf("%s: got %d, want 21", name, seq)
		}
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, options(folder))
	_, err := Open(t.Context(), options(folder))
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("got %v", err)
	}
	shut(t, j)
	open(t, options(folder))
}

func TestLowDisk(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	free := int64(1 << 30)
	o.free = func(string) (int64, error) { return free, nil }
	o.LowDisk = 1000
	j := open(t, o)
	for _, step := range []struct {
		free int64
		want State
	}{{1000, StateOK}, {999, StateReadOnly}, {1100, StateReadOnly}, {1125, StateOK}} {
		free = step.free
		j.checkDisk()
		state, reason := j.Health()
		_, _, err := j.Append(t.Context(), numbered(1))
		if state != step.want || (state == StateOK) != (err == nil) || err != nil && (!errors.Is(err, ErrReadOnly) || !strings.Contains(reason, "make room")) {
			t.Errorf("with %d bytes: %s, %s, %v", step.free, state, reason, err)
		}
	}
	free = 10
	if _, _, err := j.Append(t.Context(), large(1, 2)); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a large append looked at no disk: %v", err)
	}
}

// A write that fails makes the journal fail until the next start, and what was acknowledged is there.
func TestFailing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	o := options(folder)
	j := open(t, o)
	seq := put(t, j, 1)
	if err := j.server.DisableJetStream(); err != nil { // as the server itself does when the disk is full
		t.Fatal(err)
	}
	for range 2 {
		if _, _, err := j.Append(t.Context(), numbered(2)); !errors.Is(err, ErrFailing) {
			t.Errorf("got %v, want %v", err, ErrFailing)
		}
	}
	if state, reason := j.Health(); state != StateFailing || reason == "" {
		t.Errorf("%s, %q", state, reason)
	}
	shut(t, j)
	j = open(t, o)
	if diff := differ(got{[]int64{1}, []layers.Seq{seq}}, mustRead(t, j, 0)); diff != "" {
		t.Error(diff)
	}
}

// A caller that leaves knows whether its batch is in the log, or that nobody does.
func TestCallersThatLeave(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	o := options(t.TempDir())
	o.betweenTx = func() error { close(entered); <-leave; return nil }
	j := open(t, o)
	results := make(chan error, 2)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { _, _, err := j.Append(ctx, large(1, 2)); results <- err }()
	<-entered // the committer has it
	waiting, withdraw := context.WithCancel(t.Context())
	go func() { _, _, err := j.Append(waiting, numbered(2)); results <- err }()
	for len(j.queue.calls) == 0 {
		time.Sleep(time.Millisecond)
	}
	withdraw()
	if err := <-results; !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnknown) {
		t.Errorf("the one that waited: %v", err)
	}
	cancel()
	if err := <-results; !errors.Is(err, context.Canceled) || !errors.Is(err, ErrUnknown) {
		t.Errorf("the one under way: %v", err)
	}
	close(leave)
	put(t, j, 3)
	if g := mustRead(t, j, 0); !slices.Equal(g.numbers, []int64{1, 3}) {
		t.Errorf("got %v", g.numbers)
	}
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	q := queue{calls: make(chan *call, 2)}
	some := func(n int) *call { return &call{section: make([]byte, n)} }
	for i, want := range []error{nil, nil, ErrFull} {
		if err := q.put(some(1)); !errors.Is(err, want) {
			t.Errorf("call %d: got %v, want %v", i, err, want)
		}
	}
	q = queue{calls: make(chan *call, 9)}
	for i, want := range []error{nil, nil, ErrFull} {
		if err := q.put(some(maxWaitingBytes / 2)); !errors.Is(err, want) {
			t.Errorf("bytes %d: got %v, want %v", i, err, want)
		}
	}
	q.gone(<-q.calls)
	if err := q.put(some(1)); err != nil {
		t.Error(err)
	}
	q.shut()
	if err := q.put(some(1)); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// The same on a server that is not ours.
func TestRemote(t *testing.T) {
	t.Parallel()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server did not start")
	}
	o := options(t.TempDir())
	o.Remote = &Remote{URLs: []string{s.ClientURL()}, Stream: "city"}
	j := open(t, o)
	other := o
	other.Folder = t.TempDir()
	k := open(t, other) // a second node
	var want got
	for n := range int64(6) {
		node, b := []*Journal{j, k}[n%2], numbered(n)
		if n == 4 {
			b = large(n, 3)
		}
		seq, _, err := node.Append(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		want.numbers, want.seqs = append(want.numbers, n), append(want.seqs, seq)
	}
	for _, node := range []*Journal{j, k} {
		if diff := differ(want, mustRead(t, node, 0)); diff != "" {
			t.Error(diff)
		}
	}
	if j.Epoch() != k.Epoch() {
		t.Errorf("epochs %q and %q", j.Epoch(), k.Epoch())
	}
	// A transaction lies around another node's message, at which the log is truncated.
	tx := parts(t, 1, 6, 1)
	tx[1].First = publishRaw(t, j, tx[0].Append(nil))
	between := put(t, k, 7)
	publishRaw(t, j, tx[1].Append(nil))
	if err := j.Truncate(t.Context(), between); err != nil || j.First() != tx[1].First {
		t.Errorf("first is %d, %v, want %d", j.First(), err, tx[1].First)
	}
	if g := mustRead(t, j, between); !slices.Equal(g.numbers, []int64{6}) {
		t.Errorf("got %v", g.numbers)
	}
	shut(t, k)
	k = open(t, other) // which did not truncate it
	if g := mustRead(t, k, k.First()-1); !slices.Equal(g.numbers, []int64{7, 6}) {
		t.Errorf("got %v", g.numbers)
	}
	shut(t, k)
	if err := j.js.DeleteStream(t.Context(), "city"); err != nil {
		t.Fatal(err)
	}
	var loss *LossError
	if _, err := Open(t.Context(), other); !errors.As(err, &loss) {
		t.Errorf("got %v of a stream that was deleted", err)
	}
	third := o
	third.Folder = t.TempDir()
	open(t, third)
	if _, err := Open(t.Context(), other); !errors.Is(err, ErrOtherLog) {
		t.Errorf("got %v of another stream", err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	o := Options{Sync: -1, LowDisk: -1, Remote: &Remote{Replicas: 9, Stream: "a b"}}
	_, err := Open(t.Context(), o)
	for _, want := range []string{"no data folder", "sync interval", "low disk", "no URL", "9 replicas", `stream name "a b"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), options(file)); err == nil {
		t.Error("a file is no folder")
	}
}
