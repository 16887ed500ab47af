package view

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"hutong/layers/hexgrid"
)

// benchSets returns all and a number of sets.
func benchSets(n int) []CountSet {
	sets := []CountSet{{Name: AllSet}}
	for i := range n {
		sets = append(sets, CountSet{Name: "s" + strconv.Itoa(i+1)})
	}
	return sets
}

// largeTable has about a number of cells with features: a city with a dense middle and much that is sparse around it, where
// most cells of the finest resolution have fewer than ten.
func largeTable(tb testing.TB, r *rand.Rand, s *CountSpec, p Period, cells int) *Table {
	tb.Helper()
	counts := map[CountPart]int{}
	known := map[CountCell]bool{}
	finest := s.Resolutions[len(s.Resolutions)-1]
	kept := func() int {
		if len(s.Sets) > 2 {
			return len(known) + len(counts)
		}
		return len(known)
	}
	for kept() < cells {
		spread := []float64{0.05, 0.2, 0.6}[r.IntN(3)]
		cell, err := hexgrid.At(116.4+r.NormFloat64()*spread, 39.9+r.NormFloat64()*spread, finest)
		if err != nil {
			tb.Fatal(err)
		}
		for range 1 + r.IntN(1+r.IntN(24)) {
			draw := r.Uint64()
			part := CountPart{}
			for set := 1; set < len(s.Sets); set++ {
				if draw>>(2*set)&3 == 0 {
					part.In |= 1 << (set - 1)
				}
			}
			for _, resolution := range s.Resolutions {
				part.Cell = cell.Parent(resolution)
				counts[part]++
				for set := range s.Sets {
					if part.in(set) {
						known[CountCell{Cell: part.Cell, Set: set}] = true
					}
				}
			}
		}
	}
	t := &Table{Period: p}
	t.take(counts, len(s.Sets))
	return t
}

// BenchmarkPublish decides what is published of tables of 200,000 cells, the most that a view may have: of one table, and of
// a week with its seven days.
func BenchmarkPublish(b *testing.B) {
	monday := Week(time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC), time.UTC)
	for _, c := range []struct {
		sets        int
		resolutions []hexgrid.Resolution
	}{{0, []hexgrid.Resolution{8}}, {2, []hexgrid.Resolution{6, 7, 9}}, {8, []hexgrid.Resolution{6, 7, 8, 9}}} {
		s := &CountSpec{K: 5, Resolutions: c.resolutions, By: ByWeek, Zone: time.UTC, Weeks: 1, Sets: benchSets(c.sets)}
		if len(c.resolutions) == 1 {
			s.Resolutions = []hexgrid.Resolution{10}
		}
		r := rand.New(rand.NewPCG(1, uint64(c.sets)))
		name := fmt.Sprintf("sets=%d/resolutions=%d", c.sets, len(c.resolutions))
		b.Run(name+"/one", func(b *testing.B) {
			t := largeTable(b, r, s, monday, MaxCountCells)
			b.ReportAllocs()
			for b.Loop() {
				s.Publish(t, nil)
			}
			reportPublished(b, s, t)
		})
		b.Run(name+"/week", func(b *testing.B) {
			var days []*Table
			cells := 0
			for day := range 7 {
				d := largeTable(b, r, s, Period{monday.first + day, 1}, MaxCountCells/10)
				s.Publish(d, nil)
				days, cells = append(days, d), cells+len(d.Cells)
			}
			week := Sum(monday, days, time.Time{})
			b.ReportAllocs()
			for b.Loop() {
				s.Publish(week, days)
			}
			reportPublished(b, s, week)
			b.ReportMetric(float64(cells+len(week.Cells)), "cells")
		})
	}
}

// reportPublished reports how much of what has K and more is published.
func reportPublished(b *testing.B, s *CountSpec, t *Table) {
	could, published := 0, 0
	for _, c := range t.Cells {
		if c.Count >= s.K {
			could++
		}
		if c.Published {
			published++
		}
	}
	b.ReportMetric(float64(len(t.Cells)), "cells")
	b.ReportMetric(100*float64(published)/float64(could), "%published")
}
