package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

const importable = `
city: A city
layers:
  reports: {title: Reports, licence: CC0-1.0, fields: {state: {type: string}}}
sources:
  desk:
    layer: reports
    files: ["${HUTONG_DATA}/desk.csv"]
    id: "{no}"
    csv: {lon: lon, lat: lat}
    fields: {state: state}
`

func TestImportDryRun(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"city.yaml": importable,
		"desk.csv":  "no,lon,lat,state\n1,-77,38.9,open\n,-77,38.9,open\n2,0,0,open\n",
	})
	p := launch(t, []string{"HUTONG_DATA=" + dir}, "import", "--dry-run", "--config", filepath.Join(dir, "city.yaml"), "--json")
	if got := p.wait(); got != 0 {
		t.Errorf("got exit status %d, want 0: refused records are no failure", got)
	}
	var got struct {
		Sources []struct {
			Read, Accepted, Refused int
			Reasons                 []struct {
				Reason   string
				Examples []struct{ Line int }
			}
		}
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil {
		t.Fatalf("%v in %s", err, p.stdout)
	}
	if len(got.Sources) != 1 || got.Sources[0].Read != 3 || got.Sources[0].Accepted != 1 || len(got.Sources[0].Reasons) != 2 ||
		got.Sources[0].Reasons[0].Examples[0].Line != 3 {
		t.Errorf("got %s", p.stdout)
	}
	if p.stderr.String() != "" {
		t.Errorf("got stderr %q, want nothing of so short a run", p.stderr)
	}
}

// TestImportDryRunOfWashington counts what its README counts.
func TestImportDryRunOfWashington(t *testing.T) {
	t.Parallel()
	testkit.Data(t)
	p := launch(t, nil, "import", "--dry-run", "--config", "examples/dc.yaml", "--source", "complaints-dc")
	if got := p.wait(); got != 0 {
		t.Errorf("got exit status %d, want 0; stderr:\n%s", got, p.stderr)
	}
	for _, want := range []string{
		"complaints-dc → complaints: 22583 read, 22582 accepted, 1 refused\n", "dc-311-2016-08.ndjson.gz:20762: SERVICEREQUESTID: null", "\n  22576 features\n",
	} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("stdout lacks %q:\n%s", want, p.stdout)
		}
	}
}
