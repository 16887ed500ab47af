package bars

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"text/tabwriter"
)

// Report collects what the bars measured. The zero Report is empty; any goroutine may add to it.
type Report struct {
	mu   sync.Mutex
	rows []Row // by mu
}

// Row is one line of the report.
type Row struct {
	// What names the thing measured, such as "tile: ns a point".
	What string
	// Bar is what was asked for, such as "≤ 60"; "" for a figure that no bar is set for.
	Bar string
	// Measured is what came out, with its unit.
	Measured string
	// Met says whether Measured meets Bar; without a Bar it means nothing.
	Met bool
}

// Add appends a figure without a bar: context for the rows around it.
func (r *Report) Add(what, format string, args ...any) {
	r.add(Row{What: what, Measured: fmt.Sprintf(format, args...)})
}

// AtMost appends a bar that is met by got ≤ limit. The format takes both of them, one at a time.
func (r *Report) AtMost(what string, got, limit float64, format string) {
	r.add(Row{what, "≤ " + fmt.Sprintf(format, limit), fmt.Sprintf(format, got), got <= limit})
}

// AtLeast appends a bar that is met by got ≥ limit. The format takes both of them, one at a time.
func (r *Report) AtLeast(what string, got, limit float64, format string) {
	r.add(Row{what, "≥ " + fmt.Sprintf(format, limit), fmt.Sprintf(format, got), got >= limit})
}

// Equal appends a bar that is met when both sides agree.
func (r *Report) Equal(what, got, want string) {
	r.add(Row{what, want, got, got == want})
}

func (r *Report) add(row Row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, row)
}

// Missed returns the rows whose bar was not met.
func (r *Report) Missed() []Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	var missed []Row
	for _, row := range r.rows {
		if row.Bar != "" && !row.Met {
			missed = append(missed, row)
		}
	}
	return missed
}

// Print writes one row a bar, then the machine.
func (r *Report) Print(w io.Writer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "what\tbar\t\tmeasured")
	fmt.Fprintln(tw, "----\t---\t\t--------")
	for _, row := range r.rows {
		verdict := ""
		switch {
		case row.Bar == "":
		case row.Met:
			verdict = "met"
		default:
			verdict = "MISSED"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", row.What, row.Bar, verdict, row.Measured)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s\n", Machine())
	return err
}

// Machine describes where the figures come from: processor, GOMAXPROCS, Go, system.
func Machine() string {
	return fmt.Sprintf("%s, GOMAXPROCS=%d of %d, %s %s/%s",
		processor(), runtime.GOMAXPROCS(0), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// processor returns the first model name of /proc/cpuinfo with its clock, where there is one.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	defer f.Close()
	model, clock := "unknown processor", ""
	for sc := bufio.NewScanner(f); sc.Scan(); {
		key, value, _ := strings.Cut(sc.Text(), ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "model name":
			model = value
		case "cpu MHz":
			clock = " " + value + " MHz"
		case "": // the next processor
			return model + clock
		}
	}
	return model + clock
}
