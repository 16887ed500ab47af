package bars

import (
	"bytes"
	"flag"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	runBars = flag.Bool("bars", false, "run the bars at their full size; without it they run small and only what must be equal is judged")
	strict  = flag.Bool("bars.strict", false, "fail when a bar is missed")
	only    = flag.String("bars.only", "", "comma-separated names of the bars to run; all when empty")
	child   = flag.String("bars.child", "", "what this process measures for the test that started it; no use by hand")
)

// size is how much a run does.
type size struct {
	features int
	tiles    int // of the bar of tiles
	rounds   int // of an interleaved comparison
	changes  int // titles renewed, and moves made
	updates  int // single-field updates in a round, whole portions
	walk     int // steps of the walk over any place and zoom
}

var (
	fullSize  = size{Features, barTileCount, 5, 10_000_000, 200_000, 6_000}
	smallSize = size{5_000, 10, 2, 20_000, 20_000, 300}
)

func (s size) full() bool { return s == fullSize }

// sized returns what the flags ask for.
func sized() size {
	if *runBars {
		return fullSize
	}
	return smallSize
}

// batchSize is the number of changes of a batch in every bar.
const batchSize = 1_000

// procs is the GOMAXPROCS of every bar.
const procs = 2

// bar is one of the things that `make bars` shows.
type bar struct {
	name string
	run  func(t *testing.T, s size, r *Report)
}

func allBars() []bar {
	return []bar{
		{"tiles", barTilesAgainstOrb},
		{"shapes", barShapes},
		{"memory", barMemory},
		{"load", barLoad},
		{"updates", barUpdates},
		{"moves", barMoves},
		{"anytile", barAnyTile},
		{"filter", barFilter},
		{"overview", barOverview},
		{"hotspots", barHotSpots},
		{"served", barServed},
		{"cold", barCold},
		{"dc", barDC},
		{"page", barFirst},
		{"push", barPush},
		{"streams", barStreams},
	}
}

// TestMain runs a child's measurement in the place of the tests when it was started for one.
func TestMain(m *testing.M) {
	flag.Parse()
	if *child != "" {
		os.Exit(runChild(*child))
	}
	os.Exit(m.Run())
}

// TestBars runs every bar: with -bars at full size, printing the report; without, on a few thousand
// features, where the figures mean nothing and what must be equal is still compared.
func TestBars(t *testing.T) {
	var names []string
	for _, b := range allBars() {
		names = append(names, b.name)
	}
	chosen := names
	if *only != "" {
		chosen = strings.Split(*only, ",")
		for _, name := range chosen {
			if !slices.Contains(names, name) {
				t.Fatalf("no bar %q: there are %s", name, strings.Join(names, ", "))
			}
		}
	}
	if *runBars {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	}
	report := &Report{}
	for _, b := range allBars() {
		if !slices.Contains(chosen, b.name) {
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			start := time.Now()
			b.run(t, sized(), report)
			t.Logf("%s took %.1f s", b.name, time.Since(start).Seconds())
		})
		runtime.GC() // the next one starts clean
	}
	if !*runBars {
		return
	}
	var out bytes.Buffer
	if err := report.Print(&out); err != nil {
		t.Fatal(err)
	}
	if _, err := out.WriteTo(os.Stdout); err != nil {
		t.Fatal(err)
	}
	if missed := report.Missed(); *strict {
		for _, row := range missed {
			t.Errorf("missed: %s: %s, want %s", row.What, row.Measured, row.Bar)
		}
	}
}

// timed returns how long fn took.
func timed(fn func()) time.Duration {
	start := time.Now()
	fn()
	return time.Since(start)
}

// median returns the middle of values, which must not be none; it sorts them.
func median[T int | float64 | time.Duration](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}
