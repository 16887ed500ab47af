package spatialstat_test

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers/spatialstat"
)

// rCase is what R and we are both asked.
type rCase struct {
	about  string // for the head of the golden
	values []float64
	lists  [][]int32 // neighbours, from 0 on
	series [][]float64
}

// syntheticCases need no data.
func syntheticCases(t testing.TB) map[string]rCase {
	six, y := sixPoints(t)
	r := rand.New(rand.NewPCG(6, 1992))
	series := func(ties bool) []float64 {
		out := make([]float64, 8+r.IntN(20))
		for i := range out {
			out[i] = r.NormFloat64() + 0.1*float64(i)
			if ties {
				out[i] = math.Round(out[i])
			}
		}
		return out
	}
	rates := rCase{
		about:  "rates on a random directed graph in which some cells have no neighbours",
		series: [][]float64{series(false), series(false), series(true), series(true), {1, 1, 1, 1, 1, 1, 1, 2}, {3, 1, 2, 3, 2, 1, 3}},
	}
	for i := range 60 {
		rates.values = append(rates.values, math.Exp(r.NormFloat64())+1000*float64(i%2))
		var list []int32
		for j := range int32(60) {
			if int(j) != i && i%13 != 5 && r.IntN(8) == 0 {
				list = append(list, j)
			}
		}
		rates.lists = append(rates.lists, list)
	}
	signed := rCase{about: "differences of counts, some below 0, on a grid", lists: gridLists(9, 7)}
	for range 63 {
		signed.values = append(signed.values, float64(r.IntN(12)-5))
	}
	return map[string]rCase{
		"six-points": {about: "six points, a distance band of 15", values: y, lists: listsOf(six)},
		"rates":      rates,
		"signed":     signed,
	}
}

// text writes a case, and with results, which R wrote, what came out.
func (c rCase) text(results string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s.\n", c.about)
	b.WriteString(`# By testdata/oracle.R with R and spdep; go test -update writes it.
# value      of each cell
# neighbours of each cell, from 1 on
# cell       Gi* z, Gi z, local I, expectation, variance, z, two-sided p, quadrant (1 LL, 2 HL, 3 LH, 4 HH)
# g          global G, expectation, variance, z, two-sided p
# moran      Moran's I, as g
# series     its steps
# trend      S, variance, tau-b, z, two-sided p, of each series
`)
	for _, v := range c.values {
		fmt.Fprintf(&b, "value %s\n", strconv.FormatFloat(v, 'g', -1, 64))
	}
	for _, l := range c.lists {
		b.WriteString(strings.TrimSpace("neighbours "+ones(l)) + "\n")
	}
	for _, s := range c.series {
		fmt.Fprintf(&b, "series %s\n", numbers(s))
	}
	return b.String() + results
}

func ones(list []int32) string {
	words := make([]string, len(list))
	for i, j := range list {
		words[i] = strconv.Itoa(int(j) + 1)
	}
	return strings.Join(words, " ")
}

func numbers(list []float64) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strings.Join(words, " ")
}

// rscript is R with spdep.
func rscript(t testing.TB) string {
	t.Helper()
	r := testkit.Tool(t, "Rscript", "r-cran-spdep")
	if out, err := exec.Command(r, "-e", "library(spdep)").CombinedOutput(); err != nil {
		testkit.Missing(t, "R has no spdep: on Debian, apt-get install r-cran-spdep: %v\n%s", err, out)
	}
	return r
}

// askR returns R's results of all cases, by their names. R is started once: that takes most of the time.
func askR(t testing.TB, rscript string, cases map[string]rCase) map[string]string {
	t.Helper()
	root := t.TempDir()
	names := slices.Sorted(maps.Keys(cases))
	args := []string{"--vanilla", filepath.Join("testdata", "oracle.R")}
	for k, name := range names {
		var values, neighbours, series strings.Builder
		c := cases[name]
		for i, v := range c.values {
			fmt.Fprintln(&values, strconv.FormatFloat(v, 'g', -1, 64))
			fmt.Fprintln(&neighbours, ones(c.lists[i]))
		}
		for _, s := range c.series {
			fmt.Fprintln(&series, numbers(s))
		}
		dir := filepath.Join(root, strconv.Itoa(k))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		args = append(args, dir)
		for file, text := range map[string]string{
			"values.txt": values.String(), "neighbours.txt": neighbours.String(), "series.txt": series.String(),
		} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.Command(rscript, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("oracle.R: %v\n%s", err, stderr.Bytes())
	}
	out := map[string]string{}
	for k, name := range names {
		text, err := os.ReadFile(filepath.Join(root, strconv.Itoa(k), "results.txt"))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = strings.ReplaceAll(string(text), " \n", "\n")
	}
	return out
}

// parseCase reads what text writes. NaN is R's answer where a statistic is undefined.
func parseCase(t testing.TB, text string) (c rCase, results map[string][][]float64) {
	t.Helper()
	results = map[string][][]float64{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		row := make([]float64, len(words)-1)
		for i, w := range words[1:] {
			v, err := strconv.ParseFloat(w, 64)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			row[i] = v
		}
		switch words[0] {
		case "value":
			c.values = append(c.values, row[0])
		case "neighbours":
			list := make([]int32, len(row))
			for i, v := range row {
				list[i] = int32(v) - 1
			}
			c.lists = append(c.lists, list)
		case "series":
			c.series = append(c.series, row)
		default:
			results[words[0]] = append(results[words[0]], row)
		}
	}
	return c, results
}

// rQuadrants are spdep's numbers.
var rQuadrants = map[spatialstat.Quadrant]int{
	spatialstat.LowLow: 1, spatialstat.HighLow: 2, spatialstat.LowHigh: 3, spatialstat.HighHigh: 4,
}

// compare asks us the same, and returns how many numbers it compared.
func (c rCase) compare(t *testing.T, results map[string][][]float64) (compared int) {
	t.Helper()
	check := func(what string, got, want float64) {
		t.Helper()
		compared++
		if math.IsNaN(want) {
			want = 0 // undefined: z is 0
		}
		if !near(got, want) {
			t.Errorf("%s is %.12g, R says %.12g", what, got, want)
		}
	}
	n := neighboursOf(t, c.lists)
	star, gi := make([]float64, len(c.values)), make([]float64, len(c.values))
	moran := make([]spatialstat.Moran, len(c.values))
	for _, err := range []error{
		spatialstat.LocalG(n, spatialstat.GiStar, c.values, star),
		spatialstat.LocalG(n, spatialstat.Gi, c.values, gi),
		spatialstat.LocalMoran(n, c.values, moran),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(results["cell"]) != len(c.values) || len(results["trend"]) != len(c.series) || len(results["moran"]) != 1 {
		t.Fatalf("R answered %d cells and %d trends", len(results["cell"]), len(results["trend"]))
	}
	for i, want := range results["cell"] {
		m := moran[i]
		check(fmt.Sprintf("Gi* of cell %d", i), star[i], want[0])
		check(fmt.Sprintf("Gi of cell %d", i), gi[i], want[1])
		check(fmt.Sprintf("I of cell %d", i), m.I, want[2])
		check(fmt.Sprintf("expected I of cell %d", i), m.Expected, want[3])
		check(fmt.Sprintf("variance of I of cell %d", i), m.Variance, want[4])
		check(fmt.Sprintf("z of I of cell %d", i), m.Z, want[5])
		if math.IsNaN(want[6]) {
			want[6] = 1
		}
		check(fmt.Sprintf("p of I of cell %d", i), m.P, want[6])
		if m.Quadrant != spatialstat.NoQuadrant { // R counts what is neither high nor low as low
			check(fmt.Sprintf("quadrant of cell %d", i), float64(rQuadrants[m.Quadrant]), want[7])
		}
	}
	global := func(name string, got spatialstat.Global, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range []float64{got.Value, got.Expected, got.Variance, got.Z, got.P} {
			check(fmt.Sprintf("%s[%d]", name, k), v, results[name][0][k])
		}
	}
	if results["g"] != nil {
		g, err := spatialstat.GlobalG(n, c.values)
		global("g", g, err)
	}
	m, err := spatialstat.GlobalMoran(n, c.values)
	global("moran", m, err)
	for k, want := range results["trend"] {
		tr, err := spatialstat.MannKendall(c.series[k], nil)
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range []float64{float64(tr.S), tr.Variance, tr.Tau, tr.Z, tr.P} {
			check(fmt.Sprintf("trend %d[%d]", k, j), v, want[j])
		}
	}
	return compared
}

// TestAgainstGolden compares with what R said when the goldens were written.
func TestAgainstGolden(t *testing.T) {
	t.Parallel()
	synthetic := syntheticCases(t)
	if testkit.Update() {
		cases := maps.Clone(synthetic)
		if c, ok := complaints(t, 0.01); ok {
			cases["dc"] = c
		}
		for name, results := range askR(t, rscript(t), cases) {
			testkit.Golden(t, name+".txt", cases[name].text(results))
		}
	}
	for _, name := range append(slices.Collect(maps.Keys(synthetic)), "dc") {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
			if err != nil {
				t.Fatalf("%v; make it with -update", err)
			}
			c, results := parseCase(t, string(text))
			if got := c.compare(t, results); got < 7*len(c.values) {
				t.Errorf("compared only %d numbers", got)
			}
			// What R was asked is what the test would ask it now.
			if now, ok := synthetic[name]; ok && !strings.HasPrefix(string(text), now.text("")) {
				t.Error("the golden is of another case; rewrite it with -update")
			}
		})
	}
}

// TestAgainstR asks R now: the cases of the goldens, other random ones, and the complaints of Washington
// on a finer grid.
func TestAgainstR(t *testing.T) {
	t.Parallel()
	r := rscript(t)
	cases := syntheticCases(t)
	for _, seed := range testkit.Seeds(t, &rRuns, 1) {
		cases[fmt.Sprintf("seed %d", seed)] = randomCase(seed)
	}
	if c, ok := complaints(t, 0.005); ok {
		cases["complaints"] = c
	}
	answers := askR(t, r, cases)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, results := parseCase(t, answers[name])
			t.Logf("%d cells, %d numbers compared", len(c.values), c.compare(t, results))
		})
	}
	if _, ok := cases["complaints"]; !ok {
		testkit.Data(t, "complaints-dc") // says that they are missing
	}
}
