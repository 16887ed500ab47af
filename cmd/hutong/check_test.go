package main

import (
	"encoding/json"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config, golden string
		status         int
	}{
		{"testdata/city.yaml", "check-city.txt", exitFailed}, // form-2.geojson breaks off
		{"testdata/check.yaml", "check.txt", exitFailed},
		{"testdata/refused.yaml", "refused.txt", exitFailed}, // no licence among other things
	} {
		status, stdout, stderr := call(t, "check", "--config", c.config)
		if status != c.status || strings.Contains(stderr, "--help") || !strings.Contains(stderr, c.config+": ") {
			t.Errorf("%s: got status %d, stderr %q; want %d and a line that names the file", c.config, status, stderr, c.status)
		}
		testkit.Golden(t, c.golden, stdout)
	}
}

func TestCheckOfAConfigInOrder(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := call(t, "check", "-c", "testdata/order.yaml")
	if want := "testdata/order.yaml: no problems, 0 warnings: 1 layer, 1 source\n"; status != exitDone || stdout != want || stderr != "" {
		t.Errorf("got %d, stdout %q, stderr %q; want %d and %q", status, stdout, stderr, exitDone, want)
	}
}

// TestCheckWantsALicence takes the licence out of a config that is in order.
func TestCheckWantsALicence(t *testing.T) {
	t.Parallel()
	status, stdout, _ := call(t, "check", "-c", "testdata/refused.yaml", "--json")
	var got struct {
		Problems []struct {
			File, Path, Message string
			Line                int
		}
		Warnings []any
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	for _, p := range got.Problems {
		if status == exitFailed && p.File == "testdata/refused.yaml" && p.Line == 3 && p.Path == "layers.reports" && strings.Contains(p.Message, "licence") {
			return
		}
	}
	t.Errorf("got status %d and %s, want a problem about the licence of layers.reports", status, stdout)
}

func TestCheckIsUsedWrongly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{"check"}, exitUsage, "--config"},
		{[]string{"check", "-c", "testdata/none.yaml"}, exitFailed, "none.yaml"},
	} {
		status, stdout, stderr := call(t, c.args...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: got %d, stdout %q, stderr %q; want %d and %q", c.args, status, stdout, stderr, c.status, c.stderr)
		}
	}
}
