package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// benchResult is what bench tiles --json says.
type benchResult struct {
	Requests, Errors int
	Stopped          bool
	Statuses         map[string]int
	P50              float64  `json:"p50_ms"`
	CPU              *float64 `json:"server_cpu_ms_per_request"`
}

func (p *process) bench() benchResult {
	p.t.Helper()
	if got := p.wait(); got != 0 {
		p.t.Fatalf("got exit status %d, want 0; stderr:\n%s", got, p.stderr)
	}
	var r benchResult
	if err := json.Unmarshal([]byte(p.stdout.String()), &r); err != nil {
		p.t.Fatalf("%v in %s", err, p.stdout)
	}
	return r
}

func TestBenchTiles(t *testing.T) {
	t.Parallel()
	s := run(t, "demo", "--live=false", "--features", "2000")
	r := launch(t, nil, "bench", "tiles", s.url+"/tiles/complaints.json", "--walk", "50", "--count", "200", "--conditional", "--json").bench()
	if r.Requests != 200 || r.Errors != 0 || r.Statuses["304"] == 0 || r.P50 <= 0 || r.CPU == nil {
		t.Errorf("got %+v, want 200 answers, some of them 304, and the server's processor time", r)
	}
}

// TestBenchOfAConfig starts a server of its own, and ends with it.
func TestBenchOfAConfig(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"city.yaml": importable, "desk.csv": "no,lon,lat,state\n1,-77,38.9,open\n"})
	r := launch(t, []string{"HUTONG_DATA=" + dir}, "bench", "tiles", "--config", filepath.Join(dir, "city.yaml"), "--count", "20", "--json").bench()
	if r.Requests != 20 || r.Errors != 0 || r.CPU == nil {
		t.Errorf("got %+v, want 20 answers", r)
	}
	p := launch(t, []string{"HUTONG_DATA=" + filepath.Join(dir, "none")}, "bench", "tiles", "--config", filepath.Join(dir, "city.yaml"), "--count", "20")
	if got := p.wait(); got != 1 || p.stdout.String() != "" {
		t.Errorf("got exit status %d and stdout %q for a server that does not start", got, p.stdout)
	}
}

// answeredTile finds in metrics that a tile was answered.
var answeredTile = regexp.MustCompile(`hutong_http_requests_total\{route="tile",status="2xx"\} [1-9]`)

// TestBenchStopsWithWhatItHas interrupts a run that would take an hour.
func TestBenchStopsWithWhatItHas(t *testing.T) {
	t.Parallel()
	s := run(t, "demo", "--live=false", "--features", "100")
	p := launch(t, nil, "bench", "tiles", s.url+"/tiles/complaints.json", "--seconds", "3600", "--json")
	// It is under way once the server has counted an answered tile.
	for deadline := time.Now().Add(patience); !answeredTile.Match(s.get(t, "/metrics").body); {
		if time.Now().After(deadline) {
			t.Fatalf("no tile was asked for; stderr:\n%s", p.stderr)
		}
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if r := p.bench(); !r.Stopped || r.Requests == 0 || r.CPU == nil {
		t.Errorf("got %+v, want what there was", r)
	}
}
