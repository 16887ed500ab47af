package bars

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
)

// Resident memory is measured in a process of its own: this test binary, started again with
// -bars.child. It prints its figures as one line of JSON.

// figures are what a child measured, by name.
type figures map[string]float64

// runChild does what a parent asked for and returns the exit status.
func runChild(name string) int {
	if *runBars {
		runtime.GOMAXPROCS(procs)
	}
	run, ok := map[string]func(size, figures) error{
		"idle":         func(size, figures) error { return nil },
		"memory":       childMemory,
		"moves":        childMoves,
		"survivors":    childSurvivors,
		"serve":        childServe,
		"cold-whole":   childCold(true),
		"cold-shipped": childCold(false),
	}[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "no child %q\n", name)
		return 2
	}
	out := figures{}
	err := run(sized(), out)
	if err == nil && name == "idle" {
		out["rss"], err = settledRSS()
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// startChild runs a child to its end and returns its figures.
func startChild(t *testing.T, name string) figures {
	t.Helper()
	args := []string{"-bars.child=" + name, "-bars=" + strconv.FormatBool(*runBars)}
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("child %s: %v", name, err)
	}
	got := figures{}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("child %s printed %q: %v", name, out, err)
	}
	return got
}

// settledRSS returns the resident bytes once garbage has been collected and returned to the system.
func settledRSS() (float64, error) {
	runtime.GC() // what a finaliser or a pool kept goes with the second
	debug.FreeOSMemory()
	rss, err := ResidentBytes()
	return float64(rss), err
}
