package synthetic

import (
	"testing"

	"hutong/layers"
	"hutong/layers/column"
)

// TestVotes counts the votes of complaints: about half have none, and each number has fewer than the one before
// it. They come over two days, or until the complaint ends.
func TestVotes(t *testing.T) {
	t.Parallel()
	city := sized(200_000)
	var r random
	f := layers.Feature{Values: make([]column.Value, complaintChannel+1)}
	votes := func(i int, at instant) int64 {
		city.complaintAt(&r, i, at, &f)
		return f.Values[complaintVotes].Int()
	}
	counts := [maxVotes + 1]int{}
	for i := range 100_000 { // half a year ago and more
		counts[votes(i, historyEnd)]++
	}
	if counts[0] < 30_000 || counts[0] > 65_000 {
		t.Errorf("%d of 100,000 have no votes, want about half", counts[0])
	}
	for v := 1; v < 20; v++ {
		if counts[v] >= counts[v-1] || counts[v] < counts[v-1]/3 {
			t.Errorf("%d have %d votes and %d have %d, want it to fall evenly", counts[v-1], v-1, counts[v], v)
		}
	}
	for i := range 1_000 {
		when, course := city.course(&r, i)
		start, last := votes(i, when.instant), int64(0)
		for at := when.instant; at < when.instant+4*day; at += 5 * hour {
			now := votes(i, at)
			if start != 0 || now < last || now > last && (at-5*hour >= when.instant+votesTake || at-5*hour >= course.end()) {
				t.Fatalf("complaint %d has %d votes after %d", i, now, last)
			}
			last = now
		}
	}
}

// TestComplaintIDs checks that ids stay apart at the numbers where they become longer.
func TestComplaintIDs(t *testing.T) {
	t.Parallel()
	var r random
	ids := map[layers.FeatureID]int{}
	for _, c := range []struct {
		i    int
		when instant
		want layers.FeatureID
	}{
		{0, historyStart, "BJ-2025-0000001"},
		{999_999, 40 * day, "BJ-2025-1000000"},
		{1_000_000, yearHours*hour - 1, "BJ-2025-1000001"},
		{9_999_998, yearHours * hour, "BJ-2026-9999999"},
		{9_999_999, historyEnd, "BJ-2026-10000000"},
		{10_000_000, historyEnd + 360*day, "BJ-2027-10000001"},
	} {
		got := complaintID(&r, c.i, moment{instant: c.when})
		if got != c.want {
			t.Errorf("complaint %d: got %s, want %s", c.i, got, c.want)
		}
		if other, ok := ids[got]; ok {
			t.Errorf("complaints %d and %d are both %s", other, c.i, got)
		}
		ids[got] = c.i
	}
}
