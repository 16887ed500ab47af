package journal

import (
	"errors"
	"slices"
	"testing"
	"time"

	"hutong/layers"
)

// TestRead: what lies between two sequences is read as it was written, also where the end is inside of a transaction,
// and not a message more.
func TestRead(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.AcceptLoss = true
	j := open(t, o)
	for n := range int64(5) {
		put(t, j, n+1)
	}
	last, _, err := j.Append(t.Context(), large(6, 3)) // its parts are 6 and those behind
	if err != nil || last < 8 {
		t.Fatalf("got %d, %v, want some parts", last, err)
	}
	end := put(t, j, 7)
	between := func(after, upTo layers.Seq) (seqs []layers.Seq, err error) {
		err = j.Read(t.Context(), after, upTo, func(e Entry) error {
			seqs = append(seqs, e.Seq)
			return nil
		})
		return seqs, err
	}
	for _, c := range []struct {
		name        string
		after, upTo layers.Seq
		want        []layers.Seq
	}{
		{"nothing", 3, 3, nil},
		{"backwards", 4, 3, nil},
		{"some", 1, 3, []layers.Seq{2, 3}},
		{"up to inside of a transaction", 4, last - 1, []layers.Seq{5}},
		{"from inside of a transaction", 6, last, []layers.Seq{last}},
		{"all", 0, end, []layers.Seq{1, 2, 3, 4, 5, last, end}},
	} {
		if got, err := between(c.after, c.upTo); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	if _, err := between(0, end+1); err == nil {
		t.Error("more than there is was read")
	}
	stop := errors.New("stop")
	if err := j.Read(t.Context(), 0, end, func(Entry) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want what apply returned", err)
	}
	if err := j.Truncate(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if got, err := between(2, end); !errors.Is(err, ErrGone) || len(got) > 0 {
		t.Errorf("got %v, %v, want ErrGone", got, err)
	}
	if got, err := between(3, 5); err != nil || len(got) != 2 {
		t.Errorf("got %v, %v, want 4 and 5", got, err)
	}
	err = j.Read(t.Context(), 3, end, func(e Entry) error {
		if e.Seq == 4 { // what is on its way comes all the same, or not at all
			return j.Truncate(t.Context(), end)
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrGone) {
		t.Errorf("truncated meanwhile: got %v, want nothing or ErrGone", err)
	}
	shut(t, j)
	if err := j.Read(t.Context(), end-1, end, func(Entry) error { return nil }); err == nil {
		t.Error("a closed log was read")
	}
}

// TestAt: the state at a time is that of the last message that was there, to the nanosecond.
func TestAt(t *testing.T) {
	t.Parallel()
	j := open(t, options(t.TempDir()))
	if seq, err := j.At(t.Context(), time.Now()); err != nil || seq != 0 {
		t.Errorf("an empty log: got %d, %v", seq, err)
	}
	var times []time.Time
	for n := range int64(20) {
		put(t, j, n+1)
		m, err := j.message(t.Context(), layers.Seq(n+1))
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, m.Time)
	}
	if err := j.Truncate(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	if err := j.stream.DeleteMsg(t.Context(), 9); err != nil { // a gap
		t.Fatal(err)
	}
	for seq, at := range map[layers.Seq]time.Time{4: {}, 5: times[4], 9: {}, 20: times[19], 21: {}} {
		if got, err := j.Written(t.Context(), seq); err != nil || !got.Equal(at) {
			t.Errorf("message %d was written %s, %v, want %s", seq, got, err, at)
		}
	}
	want := func(at time.Time, want layers.Seq) {
		t.Helper()
		if seq, err := j.At(t.Context(), at); err != nil || seq != want {
			t.Errorf("at %s: got %d, %v, want %d", at, seq, err, want)
		}
	}
	for i, at := range times {
		seq := layers.Seq(i + 1)
		switch {
		case seq < 5:
			want(at, 4) // all that is kept is newer
		case seq == 9:
			want(at.Add(-1), 8)
		default:
			want(at, seq)
			if seq == 10 {
				want(at.Add(-1), 8)
			} else {
				want(at.Add(-1), seq-1)
			}
		}
	}
	want(time.Now().Add(time.Hour), 20)
}
