package app

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"hutong/internal/config"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
)

// keptConfig is a city that keeps what is pushed and shows its counts.
const keptConfig = `city: A city
time_zone: Asia/Shanghai
journal: {folder: "%[1]s/data", low_disk: 1048576}
layers:
  reports: {title: Reports, licence: CC0-1.0, public: false, time: at, fields: {state: {type: string}, at: {type: time}}}
views:
  counts: {layer: reports, audience: public, title: Counts, place: counts, k: %[2]d, resolutions: [6, 8], weeks: 2}
`

func keptCity(t *testing.T, dir string, k int) *City {
	t.Helper()
	c, err := config.Parse("kept.yaml", fmt.Appendf(nil, keptConfig, dir, k), nil)
	if err != nil {
		t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	return city
}

// manyReports are n of yesterday in one place.
func manyReports(prefix string, n int) (list []layers.Change) {
	at := time.Now().AddDate(0, 0, -1)
	for i := range n {
		c := point(layers.FeatureID(fmt.Sprint(prefix, i)), 116.35, 39.95)
		c.Feature.Values = append(c.Feature.Values[:1], column.TimeOf(at))
		list = append(list, c)
	}
	return list
}

// cellsOfCounts returns what /h3 says of the newest table.
func cellsOfCounts(t *testing.T, a *App) string {
	t.Helper()
	p := &private{App: a}
	status, body, _ := p.ask("/h3/counts/8?f=csv")
	if status != http.StatusOK {
		t.Fatalf("got %d %s", status, body)
	}
	return body
}

// TestPrivacyOutlivesTheServer starts a server again on a folder whose layer has changed since its counts were published:
// they are the same, as long as the view is; another view begins behind them; and a damaged file ends the start.
func TestPrivacyOutlivesTheServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, _, stop := served(t, keptCity(t, dir, 5))
	if err := publish(t.Context(), a.store, layers.Batch{Layer: "reports", Changes: manyReports("a", 7)}); err != nil {
		t.Fatal(err)
	}
	stop()
	file := filepath.Join(dir, "data", countsFolder, "counts.json")
	if err := os.Remove(file); err != nil { // as if it had not been counted before there were reports
		t.Fatal(err)
	}
	a, _, stop = served(t, keptCity(t, dir, 5))
	first := cellsOfCounts(t, a)
	if !strings.Contains(first, ",7,all,") {
		t.Fatalf("got %s", first)
	}
	if err := publish(t.Context(), a.store, layers.Batch{Layer: "reports", Changes: manyReports("b", 1)}); err != nil {
		t.Fatal(err)
	}
	stop()
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}
	a, _, stop = served(t, keptCity(t, dir, 5))
	if diff := gocmp.Diff(first, cellsOfCounts(t, a)); diff != "" {
		t.Errorf("after another start (-want +got):\n%s", diff)
	}
	epoch := a.epoch()
	stop()

	a, _, stop = served(t, keptCity(t, dir, 6)) // another view, which goes on behind what was published
	l := a.store.counts.list[0]
	if s := l.state.Load(); len(s.Periods) > 0 || !strings.Contains(s.Reason, "The view began anew") || l.layer.Snapshot().Count() > 0 {
		t.Errorf("another view shows %d cells of %v, %q", l.layer.Snapshot().Count(), s.Periods, s.Reason)
	}
	if a.epoch() == epoch {
		t.Error("the view shows something else, and the history has the same name")
	}
	if due := l.spec.Spec.Due(nil, time.Now().AddDate(0, 0, 2)); len(due) == 0 || strings.Contains(fmt.Sprint(due), view.Day(time.Now(), l.spec.Spec.Zone).String()) {
		t.Errorf("in two days are due: %v", due)
	}
	stop()
	a, _, stop = served(t, keptCity(t, dir, 5)) // and as it was
	if diff := gocmp.Diff(first, cellsOfCounts(t, a)); diff != "" {
		t.Errorf("as it was before (-want +got):\n%s", diff)
	}
	stop()

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damaged := strings.Replace(string(text), `"n":7`, `"n":9`, 1)
	if damaged == string(text) {
		t.Fatalf("there is no count of 7 in %s", text)
	}
	if err := os.WriteFile(file, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	b, _ := newTestApp(t, keptCity(t, dir, 5), nil)
	if err := b.Run(t.Context(), func(string) {}); err == nil || !strings.Contains(err.Error(), "not as it was written") {
		t.Errorf("with a damaged file: got %v", err)
	}
}

// TestCountsThatAreTooMany counts more cells than a view may have: nothing is published, the reason is told, and it is not
// tried over and over.
func TestCountsThatAreTooMany(t *testing.T) {
	t.Parallel()
	city := keptCity(t, t.TempDir(), 2)
	city.Data = nil
	city.Counts[0].Spec.Resolutions = []hexgrid.Resolution{6, 10, 11}
	a, _ := newTestApp(t, city, nil)
	if err := a.loadLayers(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	at := time.Now().AddDate(0, 0, -1)
	var list []layers.Change
	for i := range 110_000 {
		c := point(layers.FeatureID(strconv.Itoa(i)), 110+float64(i%400)*0.01, 30+float64(i/400)*0.01)
		c.Feature.Values = append(c.Feature.Values[:1], column.TimeOf(at))
		list = append(list, c)
	}
	if err := publish(t.Context(), a.store, layers.Batch{Layer: "reports", Changes: list}); err != nil {
		t.Fatal(err)
	}
	if err := a.store.counts.first(t.Context(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	l := a.store.counts.list[0]
	if s := l.state.Load(); len(s.Periods) > 0 || !strings.Contains(s.Reason, "more than 200000 cells") {
		t.Errorf("got %v, %q", s.Periods, s.Reason)
	}
	tried := func() float64 {
		text := testkit.Ask(a.opts.Metrics.Handler(), http.MethodGet, "http://city.example/metrics").Body.String()
		var n float64
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, `hutong_view_counts_total{layer="counts",outcome="too_many"}`) {
				_, _ = fmt.Sscan(line[strings.LastIndexByte(line, ' '):], &n)
			}
		}
		return n
	}
	a.store.counts.count(t.Context(), l, slog.New(slog.DiscardHandler))
	if n := tried(); n != 1 {
		t.Errorf("it was tried %v times", n)
	}
}
