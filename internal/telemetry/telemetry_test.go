package telemetry

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func TestLoggerWritesJSONToWhatIsNoTerminal(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	log, err := NewLogger(&buf, LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	log.Debug("not written")
	log.Info("hello", slog.Int("n", 3))
	var line struct {
		Msg string `json:"msg"`
		N   int    `json:"n"`
	}
	if err := json.Unmarshal(buf.Bytes(), &line); err != nil {
		t.Fatalf("the log %q is not one JSON line: %v", buf.String(), err)
	}
	if line.Msg != "hello" || line.N != 3 {
		t.Errorf("got %+v, want hello and 3", line)
	}
}

func TestLoggerFormats(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	log, err := NewLogger(&buf, LogOptions{Format: LogText, Level: slog.LevelWarn})
	if err != nil {
		t.Fatal(err)
	}
	log.Info("quiet")
	log.Warn("loud")
	if got := buf.String(); !strings.Contains(got, "msg=loud") || strings.Contains(got, "quiet") {
		t.Errorf("got %q, want one text line with msg=loud", got)
	}
	if _, err := NewLogger(io.Discard, LogOptions{Format: "xml"}); err == nil {
		t.Error("format xml was accepted")
	}
}

func TestParseLevel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "Warn": slog.LevelWarn, "ERROR": slog.LevelError,
	} {
		if got, err := ParseLevel(name); err != nil || got != want {
			t.Errorf("ParseLevel(%q) = %v, %v, want %v", name, got, err, want)
		}
	}
	if _, err := ParseLevel("chatty"); err == nil || !strings.Contains(err.Error(), "debug, info, warn and error") {
		t.Errorf("got %v, want an error that lists the levels", err)
	}
}

func TestBuild(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123"},
		{Key: "vcs.modified", Value: "true"},
		{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
	}}
	info.Main.Version = "(devel)"
	got, want := buildOf(info).String(), "devel 0123456789ab+changes 2026-01-02T03:04:05Z go1.26.0"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if b := ReadBuild(); b.Version == "" || b.Go == "" {
		t.Errorf("ReadBuild() = %+v, want a version and a toolchain", b)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := NewMetrics()
	m.Counter("hutong_tests_total", "Tests.", "outcome").With("ok").Add(2)
	m.Gauge("hutong_test_depth_metres", "Depth.").With().Set(1.5)
	h := m.Histogram("hutong_test_seconds", "Time.", []float64{1, 2}, "layer").With("a")
	h.Observe(1.5)
	m.Sample("hutong_test_bytes", "Size.", []string{"layer"}, func(emit func(float64, ...string)) {
		emit(7, "a")
		emit(8, "b")
	})

	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body := w.Body.String()
	for _, want := range []string{
		`hutong_tests_total{outcome="ok"} 2`,
		`hutong_test_depth_metres 1.5`,
		`hutong_test_seconds_bucket{layer="a",le="2"} 1`,
		`hutong_test_bytes{layer="b"} 8`,
		`hutong_build_info{`,
		`go_goroutines`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "hutong_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestSampleWithWrongLabelsIsReported(t *testing.T) {
	t.Parallel()
	m := NewMetrics()
	m.Sample("hutong_test_bytes", "Size.", []string{"layer"}, func(emit func(float64, ...string)) { emit(1) })
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("got %d, want 500", w.Code)
	}
}
