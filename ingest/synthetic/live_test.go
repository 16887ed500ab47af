package synthetic

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/ingest"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

// sized returns the sample with another number of complaints. Laying out a city takes a while, and what
// it stands on is the same for all numbers.
func sized(complaints int) *City {
	c := *sample()
	c.year, c.features = newCalendar(complaints), countsOf(complaints)
	return &c
}

var cutRuns, agendaRuns atomic.Uint64

// TestEventsAreAFunctionOfTime cuts a span of time into pieces in many ways: the events are the same, also
// those of a stream that starts in the middle.
func TestEventsAreAFunctionOfTime(t *testing.T) {
	t.Parallel()
	seed := testkit.Seeds(t, &cutRuns, 1)[0]
	random := rand.New(rand.NewPCG(seed, 1))
	for _, complaints := range []int{1, 700, 40_000} {
		city := sized(complaints)
		for name, open := range city.streams() {
			t.Run(fmt.Sprintf("%s of %d", name, complaints), func(t *testing.T) {
				start := historyEnd + instant(random.Int64N(40*day))
				end := start + 2*day
				if complaints < leastAnHour && name == "complaints" {
					end = start + 60*day // one or two come in this time
				}
				want := open(start).until(nil, end)
				if len(want) == 0 {
					t.Fatal("nothing happens")
				}
				if !slices.IsSortedFunc(want, event.compare) {
					t.Error("the events are not in their order")
				}
				if want[0].instant <= start || want[len(want)-1].instant > end {
					t.Errorf("got events from %d to %d, want those of (%d, %d]", want[0].instant, want[len(want)-1].instant, start, end)
				}
				for range 4 {
					var got []event
					stream, now := open(start), start
					for now < end {
						now = min(end, now+instant(random.Int64N(5*hour)))
						got = stream.until(got, now)
						if random.IntN(4) == 0 {
							stream = open(now) // another process goes on
						}
					}
					if diff := cmp.Diff(want, got, cmp.AllowUnexported(event{})); diff != "" {
						t.Fatalf("seed %d: cut into pieces (-whole +pieces):\n%.2000s", seed, diff)
					}
				}
			})
		}
	}
}

// world is a layer as a client has it that applies all changes.
type world map[layers.FeatureID]layers.Feature

// apply applies the events of a stream up to a moment to w and calls each for every change.
func (w world) apply(t *testing.T, schema *layers.Schema, s liveStream, to instant, each func(e event, was, is *layers.Feature)) {
	t.Helper()
	var r random
	for i, e := range s.until(nil, to) {
		change := layers.Change{Op: layers.Upsert, Feature: layers.Feature{Values: make([]column.Value, len(schema.Fields))}}
		if e.gone {
			change = layers.Change{Op: layers.Delete}
		}
		s.feature(&r, e, &change.Feature)
		if err := schema.Check(i, &change); err != nil {
			t.Fatal(err)
		}
		f := change.Feature
		was, known := w[f.ID]
		var before *layers.Feature
		if known {
			before = &was
		}
		if each != nil {
			each(e, before, &f)
		}
		if e.gone {
			delete(w, f.ID)
			continue
		}
		w[f.ID] = f
	}
}

// history returns a layer of a city as it is at the end of the history, and its schema.
func history(t *testing.T, c *City, name layers.Name) (world, *layers.Schema) {
	t.Helper()
	w := world{}
	var found *layers.Schema
	each(t, c, func(schema *layers.Schema, change *layers.Change) {
		found = schema
		f := change.Feature
		f.Values = slices.Clone(f.Values)
		w[f.ID] = f
	}, name)
	return w, found
}

// TestComplaintsTakeTheirCourse follows complaints for some months: they come at the end of the history as
// they were in it, take legal steps in order, and leave a few days after they have ended. A city, also a
// small one, stays at its size: there is never more than a tenth more.
func TestComplaintsTakeTheirCourse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ complaints, days int }{{500, 100}, {2_000, 100}, {15_000, 30}} {
		t.Run(strconv.Itoa(c.complaints), func(t *testing.T) {
			t.Parallel()
			takeTheirCourse(t, c.complaints, c.days)
		})
	}
}

func takeTheirCourse(t *testing.T, complaints, days int) {
	city := sized(complaints)
	w, schema := history(t, city, "complaints")
	legal := map[string][]string{
		"":            {"open"},
		"open":        {"assigned", "rejected", "duplicate"},
		"assigned":    {"in progress"},
		"in progress": {"closed"},
	}
	stream := newComplaintStream(city, historyEnd)
	come, left := 0, 0
	for d := range days {
		to := historyEnd + instant(d+1)*day
		w.apply(t, schema, stream, to, func(e event, was, is *layers.Feature) {
			if e.gone {
				left++
				if stayed := e.micros() - was.Values[complaintChanged].Micros(); stayed < keptLimit*1_000_000 {
					t.Errorf("%s leaves %d µs after its end", is.ID, stayed)
				}
				switch status := was.Values[complaintStatus].Text(); status {
				case "closed", "rejected", "duplicate":
				default:
					t.Errorf("%s leaves %s", is.ID, status)
				}
				return
			}
			before := ""
			if was != nil {
				before = was.Values[complaintStatus].Text()
				was.Values[complaintStatus], was.Values[complaintChanged] = is.Values[complaintStatus], is.Values[complaintChanged]
				if was.Values[complaintVotes].Int() > is.Values[complaintVotes].Int() {
					t.Errorf("%s loses votes", is.ID)
				}
				was.Values[complaintVotes] = is.Values[complaintVotes]
				if diff := cmp.Diff(was, is, cmp.AllowUnexported(column.Value{})); diff != "" {
					t.Errorf("%s changes more than its status and votes:\n%s", is.ID, diff)
				}
			} else {
				come++
				if is.Values[complaintVotes].Int() > 0 {
					t.Errorf("%s has votes when it comes", is.ID)
				}
				if !strings.HasPrefix(string(is.ID), "BJ-2026-") {
					t.Errorf("%s comes after the history", is.ID)
				}
			}
			if now := is.Values[complaintStatus].Text(); !slices.Contains(legal[before], now) {
				t.Errorf("%s goes from %q to %q", is.ID, before, now)
			}
			if got, want := is.Values[complaintChanged].Micros(), e.micros(); got != want {
				t.Errorf("%s: changed at %d, want %d", is.ID, got, want)
			}
		})
		if len(w) > complaints*11/10 || len(w) < complaints {
			t.Fatalf("after %d days there are %d complaints, want %d to a tenth more", d+1, len(w), complaints)
		}
	}
	if want := int(city.year.later) * days / 365; come < want*7/10 || come > want || left < come*8/10 {
		t.Errorf("%d came and %d left, want somewhat fewer than %d, and nearly as many to leave", come, left, want)
	}
}

// TestRates compares how many complaints come in four weeks with how many the calendar has for them, and the
// nights of these weeks with their mornings.
func TestRates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ complaints, yearly int }{
		{1, 12}, {2_000, 24_000}, {100_000, leastAnHour * yearHours}, {200_000, 200_000}, {400_000, 400_000},
	} {
		city := sized(c.complaints)
		if got := city.year.later; got != int64(c.yearly) {
			t.Errorf("%d complaints: a later year has %d, want %d", c.complaints, got, c.yearly)
		}
		come, quiet, busy := 0, 0, 0
		for _, e := range newComplaintStream(city, historyEnd).until(nil, historyEnd+28*day) {
			if e.order != orderComes {
				continue
			}
			come++
			switch e.ofDay() / hour {
			case 2, 3:
				quiet++
			case 9, 10:
				busy++
			}
		}
		// January and February are quiet months.
		if want := c.yearly * 28 / 365; come < want*7/10-3 || come > want+1 {
			t.Errorf("%d complaints: %d come in four weeks, want somewhat fewer than %d", c.complaints, come, want)
		}
		if c.yearly < 20_000 {
			continue
		}
		least := min(c.yearly/yearHours/3, quietAnHour) * 2 * 28
		if quiet < least*9/10 || busy < 5*quiet/2 {
			t.Errorf("%d complaints: %d from 2 to 4 and %d from 9 to 11, want quiet nights of at least %d", c.complaints, quiet, busy, least)
		}
	}
}

// TestYearsGoOn looks at complaints far beyond the history.
func TestYearsGoOn(t *testing.T) {
	t.Parallel()
	c := newCalendar(1_000_000)
	var r random
	last := instant(0)
	for i := 0; i < 40_000_000; i += 9_973 {
		r.begin(0, streamComplaint, i)
		m := c.nth(&r, i)
		date := m.date()
		if m.instant < last {
			t.Fatalf("complaint %d comes at %v, before an earlier one", i, date)
		}
		last = m.instant
		if i >= 1_000_000 {
			date = (m.instant - 1).date()
		}
		if int(date.Month())-1 != m.month || date.Hour() != m.hour || (m.instant < historyEnd) != (i < 1_000_000) {
			t.Fatalf("complaint %d comes at %v, which is said to be month %d, hour %d", i, date, m.month+1, m.hour)
		}
		if got, want := weekday(m.day()), m.date().Weekday(); got != want {
			t.Fatalf("%v is said to be a %v", date, got)
		}
	}
	if y := last.date().Year(); y < 2063 || y > 2065 {
		t.Errorf("after 40 million complaints it is %d, want some 39 years", y)
	}
}

// TestShopsKeepTheirHours reads the hours of each vendor and market, and looks once a quarter of an hour for
// a week whether those are open that say so.
func TestShopsKeepTheirHours(t *testing.T) {
	t.Parallel()
	city := sized(15_000)
	for _, c := range []struct {
		layer       layers.Name
		open, hours int
	}{{"vendors", vendorOpen, vendorHours}, {"markets", marketOpen, marketHours}} {
		w, schema := history(t, city, c.layer)
		stream := city.streams()[c.layer](historyEnd)
		changes, opened := 0, 0
		for now := historyEnd; now < historyEnd+8*day; now += 15 * 60 {
			w.apply(t, schema, stream, now, func(_ event, was, is *layers.Feature) {
				changes++
				if was.Values[c.open] == is.Values[c.open] {
					t.Errorf("%s changes without opening or closing", is.ID)
				}
			})
			for id, f := range w {
				want := saysOpen(t, f.Values[c.hours].Text(), now.date().Add(time.Minute))
				if got := f.Values[c.open].Text() == "open"; got != want {
					t.Fatalf("%s is %s at %v, and its hours are %q", id, f.Values[c.open].Text(), now.date(), f.Values[c.hours].Text())
				}
				if want {
					opened++
				}
			}
		}
		if changes < 8*len(w) || opened < 8*24*len(w) {
			t.Errorf("%s: %d changes, %d open quarters, want some of each", c.layer, changes, opened)
		}
	}
}

// saysOpen reads opening hours in a way of its own.
func saysOpen(t *testing.T, hours string, now time.Time) bool {
	t.Helper()
	if hours == "" {
		return false
	}
	week := []string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}
	from, to := 0, 6
	if days, rest, ok := strings.Cut(hours, " "); ok {
		a, b, _ := strings.Cut(days, "-")
		from, to, hours = slices.Index(week, a), slices.Index(week, b), rest
	}
	var h1, m1, h2, m2 int
	if _, err := fmt.Sscanf(hours, "%02d:%02d-%02d:%02d", &h1, &m1, &h2, &m2); err != nil || from < 0 || to < from {
		t.Fatalf("cannot read %q: %v", hours, err)
	}
	length := time.Duration((h2*60+m2-h1*60-m1+24*60)%(24*60)) * time.Minute
	for back := range 2 {
		opens := time.Date(now.Year(), now.Month(), now.Day()-back, h1, m1, 0, 0, time.UTC)
		weekday := (int(opens.Weekday()) + 6) % 7
		if weekday >= from && weekday <= to && !now.Before(opens) && now.Before(opens.Add(length)) {
			return true
		}
	}
	return false
}

// TestAgenda pushes and pops at random.
func TestAgenda(t *testing.T) {
	t.Parallel()
	seed := testkit.Seeds(t, &agendaRuns, 1)[0]
	random := rand.New(rand.NewPCG(seed, 2))
	var a agenda
	var want []event
	for range 5_000 {
		if len(want) == 0 || random.IntN(5) < 3 {
			e := event{instant: instant(random.Int64N(50)), index: random.IntN(50)}
			a.push(e)
			want = append(want, e)
			continue
		}
		sortEvents(want)
		if got := a.pop(); got != want[0] {
			t.Fatalf("seed %d: got %v, want %v", seed, got, want[0])
		}
		want = want[1:]
	}
}

// TestLive runs the sources of a city under a clock that stands still while they work.
func TestLive(t *testing.T) {
	t.Parallel()
	city := sized(20_000)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		sources := city.Live(LiveOptions{Speed: 600})
		changes := make([]int, len(sources))
		ended := make(chan error, len(sources))
		for i, source := range sources {
			if want := "live-" + string(source.Layer()); source.Name() != want {
				t.Errorf("got source %q, want %q", source.Name(), want)
			}
			go func() {
				var report ingest.Report
				err := source.Run(ctx, publisher(func(b layers.Batch) error {
					if b.Layer != source.Layer() || len(b.Changes) == 0 || len(b.Changes) > ingest.MaxBatch {
						t.Errorf("%s: a batch of %d changes for %q", source.Name(), len(b.Changes), b.Layer)
					}
					changes[i] += len(b.Changes)
					return nil
				}), &report)
				if got := report.Summary().Accepted; got != int64(changes[i]) {
					t.Errorf("%s: the report has %d accepted of %d", source.Name(), got, changes[i])
				}
				ended <- err
			}()
		}
		time.Sleep(2 * time.Minute) // twenty hours
		synctest.Wait()
		for i, source := range sources {
			want := len(city.streams()[source.Layer()](historyEnd).until(nil, historyEnd+20*hour))
			if changes[i] != want {
				t.Errorf("%s: %d changes in twenty hours, want %d", source.Name(), changes[i], want)
			}
		}
		cancel()
		for range sources {
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want that the run was cancelled", err)
			}
		}
	})
}

// liveSource returns the live source of a layer out of those of a city.
func liveSource(sources []ingest.Source, name layers.Name) ingest.Source {
	return sources[slices.IndexFunc(sources, func(s ingest.Source) bool { return s.Layer() == name })]
}

// TestLiveSharesItsClock starts one source ten seconds after another: both are at the same time of the city.
func TestLiveSharesItsClock(t *testing.T) {
	t.Parallel()
	city := sized(2_000)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		sources := city.Live(LiveOptions{Speed: 600})
		changes := [2]int{}
		names := [2]layers.Name{"vendors", "sensors"}
		var running sync.WaitGroup
		for i, name := range names {
			running.Go(func() {
				var report ingest.Report
				_ = liveSource(sources, name).Run(ctx, publisher(func(b layers.Batch) error {
					changes[i] += len(b.Changes)
					return nil
				}), &report) // ends with ctx
			})
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		cancel()
		running.Wait()
		for i, name := range names {
			if want := len(city.streams()[name](historyEnd).until(nil, historyEnd+20*600)); changes[i] != want {
				t.Errorf("%s: %d changes in twenty seconds, want %d", name, changes[i], want)
			}
		}
	})
}

// TestLiveIsBounded holds a source up for an hour, which is 150 days of the city: it goes through what it missed in
// spans of liveSpan.
func TestLiveIsBounded(t *testing.T) {
	t.Parallel()
	city := sized(2_000)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		batches := 0
		to := publisher(func(b layers.Batch) error {
			if batches++; batches == 1 {
				time.Sleep(time.Hour)
			}
			first, last := int64(math.MaxInt64), int64(0)
			for i := range b.Changes {
				f := &b.Changes[i].Feature
				if f.Values[sensorStatus].Text() == sensorStates[online] {
					read := f.Values[sensorRead].Micros()
					first, last = min(first, read), max(last, read)
				}
			}
			if last-first > liveSpan*1_000_000 {
				t.Errorf("batch %d spans %d s, want at most %d", batches, (last-first)/1_000_000, liveSpan)
			}
			if batches == 5_000 {
				cancel()
			}
			return nil
		})
		var report ingest.Report
		if err := liveSource(city.Live(LiveOptions{Speed: MaxSpeed}), "sensors").Run(ctx, to, &report); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestLiveGoesOn lets a source fail now and then: what it publishes in all its runs is what one run would.
func TestLiveGoesOn(t *testing.T) {
	t.Parallel()
	city := sized(50_000)
	synctest.Test(t, func(t *testing.T) {
		source := liveSource(city.Live(LiveOptions{Speed: MaxSpeed}), "complaints")
		full := errors.New("full")
		var got []layers.FeatureID
		batches := 0
		to := publisher(func(b layers.Batch) error {
			if batches++; batches%3 == 2 {
				return full
			}
			for i := range b.Changes {
				got = append(got, b.Changes[i].Feature.ID)
			}
			return nil
		})
		const runs = 20
		for range runs {
			var report ingest.Report
			if err := source.Run(t.Context(), to, &report); !errors.Is(err, full) {
				t.Fatalf("got %v, want the publisher's error", err)
			}
			time.Sleep(7 * time.Second) // a quarter of a day
		}
		stream := newComplaintStream(city, historyEnd)
		var want []layers.FeatureID
		var r random
		for _, e := range stream.until(nil, historyEnd+runs*day) { // more than the runs had time for
			f := layers.Feature{Values: make([]column.Value, complaintChannel+1)}
			stream.feature(&r, e, &f)
			want = append(want, f.ID)
		}
		if len(got) < 100 || !slices.Equal(got, want[:len(got)]) {
			t.Errorf("got %d changes that are not the first of the stream's", len(got))
		}
	})
}

func TestLiveOptions(t *testing.T) {
	t.Parallel()
	for speed, valid := range map[int]bool{-1: false, 0: true, 1: true, 60: true, MaxSpeed: true, MaxSpeed + 1: false} {
		if err := (LiveOptions{Speed: speed}).Validate(); (err == nil) != valid {
			t.Errorf("speed %d: got %v", speed, err)
		}
	}
}

// BenchmarkLive makes an hour of the default city.
func BenchmarkLive(b *testing.B) {
	city := sized(DefaultComplaints)
	for _, source := range []layers.Name{"complaints", "vendors", "sensors"} {
		b.Run(string(source), func(b *testing.B) {
			b.ReportAllocs()
			stream := city.streams()[source](historyEnd)
			now, events := historyEnd, []event(nil)
			var r random
			f := layers.Feature{Values: make([]column.Value, 16)}
			for b.Loop() {
				now += hour
				events = stream.until(events[:0], now)
				for _, e := range events {
					stream.feature(&r, e, &f)
				}
			}
		})
	}
}
