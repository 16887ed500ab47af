package main

import (
	"bytes"
	"strings"
	"testing"
)

// nothing is an environment without variables.
func nothing(string) (string, bool) { return "", false }

// call runs a command line without environment and returns what it wrote.
func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, nothing, &out, &errs)
	return status, out.String(), errs.String()
}

func TestRunStatuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args           []string
		status         int
		stdout, stderr string // parts
	}{
		{[]string{"version"}, exitDone, "hutong ", ""},
		{[]string{"help"}, exitDone, "Available Commands", ""},
		{nil, exitUsage, "", "name a command"},
		{[]string{"nonsense"}, exitUsage, "", "unknown command"},
		{[]string{"version", "--nonsense"}, exitUsage, "", "unknown flag"},
		{[]string{"version", "now"}, exitUsage, "", "Run 'hutong version --help' for usage."},
		{[]string{"serve"}, exitUsage, "", "--config"},
		{[]string{"serve", "--config", "testdata/none.yaml"}, exitFailed, "", "none.yaml"},
		{[]string{"demo", "--features", "0"}, exitUsage, "", "--features 0"},
	} {
		var stdout, stderr bytes.Buffer
		got := run(t.Context(), c.args, nothing, &stdout, &stderr)
		if got != c.status || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) ||
			c.stdout == "" && stdout.Len() > 0 {
			t.Errorf("%q: got %d, stdout %q, stderr %q; want %d, %q, %q", c.args, got, &stdout, &stderr, c.status, c.stdout, c.stderr)
		}
	}
}

func TestFlagsGoBeforeTheEnvironment(t *testing.T) {
	t.Parallel()
	env := func(name string) (string, bool) {
		value, ok := map[string]string{"HUTONG_LISTEN": "127.0.0.1:1", "HUTONG_LOG_LEVEL": "debug", "HUTONG_LOG_FORMAT": ""}[name]
		return value, ok
	}
	cmd := newDemo()
	if err := cmd.ParseFlags([]string{"--listen", "127.0.0.1:2"}); err != nil {
		t.Fatal(err)
	}
	if err := fromEnvironment(cmd, env); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{"listen": "127.0.0.1:2", "log-level": "debug", "log-format": "auto"} {
		if got := cmd.Flag(flag).Value.String(); got != want {
			t.Errorf("--%s: got %q, want %q", flag, got, want)
		}
	}
}
