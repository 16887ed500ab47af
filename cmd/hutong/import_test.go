package main

import (
	"encoding/json"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

func TestImportDryRun(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := call(t, "import", "--dry-run", "--config", "testdata/city.yaml")
	if status != exitFailed {
		t.Errorf("got status %d, want %d: the file form-2.geojson breaks off", status, exitFailed)
	}
	testkit.Golden(t, "import.txt", stdout)
	if !strings.HasPrefix(stderr, "hutong: source form: ") || !strings.Contains(stderr, "form-2.geojson:3:") {
		t.Errorf("got stderr %q, want the source and the place where it breaks off", stderr)
	}
	if all := stdout + stderr; strings.Contains(all, "555-0199") {
		t.Errorf("a private value is shown: %s", all)
	}
}

func TestImportDryRunOfOneSource(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := call(t, "import", "--dry-run", "--config", "testdata/city.yaml", "--source", "desk", "--json")
	if status != exitDone || stderr != "" {
		t.Fatalf("got status %d, stderr %q", status, stderr)
	}
	var got struct {
		Sources []struct {
			Source, Layer           string
			Features                *int
			Unlocated               int64
			Read, Accepted, Refused int64
			Reasons                 []struct{ Reason string }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Sources) != 1 {
		t.Fatalf("got %d sources, want 1: %s", len(got.Sources), stdout)
	}
	// Two rows have the id 1, so four accepted rows are three features.
	if s := got.Sources[0]; s.Source != "desk" || s.Layer != "reports" || s.Read != 8 || s.Accepted != 4 || s.Refused != 4 ||
		s.Features == nil || *s.Features != 3 || s.Unlocated != 1 || len(s.Reasons) != 4 {
		t.Errorf("got %s", stdout)
	}
}

func TestImportIsUsedWrongly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		stderr string
	}{
		{[]string{"import", "--config", "testdata/city.yaml"}, "the config has no journal"},
		{[]string{"import", "--config", "testdata/city.yaml", "a.csv"}, "takes files with --server"},
		{[]string{"import", "--server", "http://127.0.0.1:1", "--source", "desk"}, "needs files to send"},
		{[]string{"import", "--server", "http://127.0.0.1:1", "a.csv"}, "needs one --source NAME"},
		{[]string{"import", "--server", "http://127.0.0.1:1", "--source", "desk", "a.csv"}, "a key is needed"},
		{[]string{"import", "--server", "http://127.0.0.1:1", "--source", "desk", "--dry-run", "a.csv"}, "not both"},
		{[]string{"import", "--server", "http://127.0.0.1:1", "--source", "desk", "--format", "xml", "a"}, "--format \"xml\" is none of"},
		{[]string{"import", "--server", "http://127.0.0.1:1", "--source", "desk", "--delimiter", "ab", "a"}, "--delimiter \"ab\""},
		{[]string{"import", "--config", "testdata/city.yaml", "--format", "csv"}, "are for import --server"},
		{[]string{"import", "--config", "testdata/city.yaml", "--refused", "5"}, "are for import --server"},
		{[]string{"import", "--dry-run"}, "--config"},
		{[]string{"import", "--dry-run", "--config", "testdata/city.yaml", "--source", "dsek"}, `no source "dsek"; the sources are desk, form`},
	} {
		status, stdout, stderr := call(t, c.args...)
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: got %d, stdout %q, stderr %q; want %d and %q", c.args, status, stdout, stderr, exitUsage, c.stderr)
		}
	}
}
