package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

func TestCheckLooksIntoFiles(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"city.yaml": importable,
		"desk.csv":  "no,lon,latitude,state\n1,-77,38.9,open\n",
	})
	p := launch(t, []string{"HUTONG_DATA=" + dir, "HUTONG_CONFIG=" + filepath.Join(dir, "city.yaml")}, "check")
	if got := p.wait(); got != 1 {
		t.Errorf("got exit status %d, want 1", got)
	}
	for _, want := range []string{"city.yaml:10:21: sources.desk.csv.lat: ", `no column "lat"; did you mean "latitude"?`} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("stdout lacks %q:\n%s", want, p.stdout)
		}
	}
	if want := "city.yaml: 1 problem\n"; !strings.HasSuffix(p.stderr.String(), want) {
		t.Errorf("got stderr %q, want %q at its end", p.stderr, want)
	}
}

// TestCheckOfWashington has nothing to say about the city that is served.
func TestCheckOfWashington(t *testing.T) {
	t.Parallel()
	testkit.Data(t)
	p := launch(t, nil, "check", "--config", "examples/dc.yaml")
	if got := p.wait(); got != 0 || !strings.HasPrefix(p.stdout.String(), "examples/dc.yaml: no problems, 0 warnings: ") {
		t.Errorf("got exit status %d and stdout %q", got, p.stdout)
	}
}

// TestCheckOfTheHotline has nothing to say about the example of a source that is pushed to.
func TestCheckOfTheHotline(t *testing.T) {
	t.Parallel()
	p := launch(t, nil, "check", "--config", "examples/hotline.yaml")
	if got := p.wait(); got != 0 || !strings.HasPrefix(p.stdout.String(), "examples/hotline.yaml: no problems, 0 warnings: ") {
		t.Errorf("got exit status %d and stdout %q", got, p.stdout)
	}
}
