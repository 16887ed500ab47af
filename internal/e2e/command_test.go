package e2e

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stderr string // part of it
	}{
		{"no command", nil, 2, "name a command"},
		{"unknown command", []string{"dmeo"}, 2, `unknown command "dmeo"`},
		{"unknown flag", []string{"demo", "--colour"}, 2, "unknown flag: --colour"},
		{"flag without a number", []string{"demo", "--features", "many"}, 2, "--features"},
		{"too few features", []string{"demo", "--features", "-1"}, 2, "-1"},
		{"argument", []string{"demo", "now"}, 2, "now"},
		{"no speed", []string{"demo", "--speed", "0"}, 2, "--speed 0 is not 1 to 3600"},
		{"too fast", []string{"demo", "--speed", "3601"}, 2, "--speed 3601 is not 1 to 3600"},
		{"speed of a still city", []string{"demo", "--live=false", "--speed", "60"}, 2, "--live=false"},
		{"serve without a config", []string{"serve"}, 2, "--config"},
		{"log level", []string{"demo", "--features", "1", "--log-level", "chatty"}, 2, "debug, info, warn and error"},
		{"log format", []string{"demo", "--features", "1", "--log-format", "xml"}, 2, "auto, text and json"},
		{"no such config", []string{"serve", "--config", "no/such/file.yaml"}, 1, "no/such/file.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, nil, c.args...)
			if got := p.wait(); got != c.status {
				t.Errorf("got exit status %d, want %d", got, c.status)
			}
			if !strings.Contains(p.stderr.String(), c.stderr) || p.stdout.String() != "" {
				t.Errorf("got stdout %q and stderr %q, want only stderr, with %q", p.stdout, p.stderr, c.stderr)
			}
			if hint := "--help' for usage"; (c.status == 2) != strings.Contains(p.stderr.String(), hint) {
				t.Errorf("got stderr %q: the hint belongs to wrong usage only", p.stderr)
			}
		})
	}
}

func TestResultsGoToStdout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--help"}, "hutong [command]"},
		{[]string{"demo", "--help"}, "--features"},
		{[]string{"version"}, "hutong "},
		{[]string{"completion", "bash"}, "bash completion"},
		{[]string{"completion", "zsh"}, "#compdef hutong"},
	} {
		p := launch(t, nil, c.args...)
		if got := p.wait(); got != 0 || !strings.Contains(p.stdout.String(), c.want) || p.stderr.String() != "" {
			t.Errorf("%v: got %d, stderr %q and stdout %.200q, want %q", c.args, got, p.stderr, p.stdout, c.want)
		}
	}
	p := launch(t, nil, "version", "--json")
	var build struct{ Version, Go string }
	if got := p.wait(); got != 0 {
		t.Errorf("got exit status %d", got)
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &build); err != nil || build.Version != testVersion || !strings.HasPrefix(build.Go, "go1.") {
		t.Errorf("got %v in %s, want version %s", err, p.stdout, testVersion)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	other, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	// By a variable, which also shows that one stands for a flag that is not given.
	p := launch(t, []string{"HUTONG_LISTEN=" + other.Addr().String()}, "demo", "--features", "1")
	if got := p.wait(); got != 1 {
		t.Errorf("got exit status %d, want 1", got)
	}
	for _, want := range []string{other.Addr().String() + " is in use", "--listen"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("got stderr %q, want it to say %q", p.stderr, want)
		}
	}
	if p.stdout.String() != "" {
		t.Errorf("got stdout %q, want nothing", p.stdout)
	}
}
