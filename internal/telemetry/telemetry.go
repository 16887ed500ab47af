// Package telemetry is how a running Hutong is watched: its logger, its metrics and what it was
// built from.
//
// It is the only package that imports the Prometheus client. Everyone else takes a [*Metrics] and
// asks it for counters, gauges and histograms. Names start with "hutong_" and end in a base unit or,
// for counters, in "_total". Label values come from closed sets (layer, zoom, route, outcome,
// source, reason), never from what a client typed: a series lives as long as the process.
//
// A Metrics and all that it hands out may be used from any goroutine.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// LogFormat says how log lines are written.
type LogFormat string

// The log formats.
const (
	// LogAuto is text when the output is a terminal and JSON otherwise.
	LogAuto LogFormat = "auto"
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// LogOptions says how to log. The zero value is LogAuto from level info up.
type LogOptions struct {
	Format LogFormat  // "" means LogAuto
	Level  slog.Level // the lowest level written
}

// Validate says what is wrong with o, or nil.
func (o LogOptions) Validate() error {
	switch o.Format {
	case "", LogAuto, LogText, LogJSON:
		return nil
	}
	return fmt.Errorf("telemetry: no log format %q: the formats are auto, text and json", o.Format)
}

// ParseLevel returns the level called name: debug, info, warn or error, in any case.
func ParseLevel(name string) (slog.Level, error) {
	switch strings.ToLower(name) {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("telemetry: no log level %q: the levels are debug, info, warn and error", name)
}

// NewLogger returns a logger that writes to w, one line a record.
func NewLogger(w io.Writer, o LogOptions) (*slog.Logger, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	handlerOptions := &slog.HandlerOptions{Level: o.Level}
	if o.Format == LogText || o.Format != LogJSON && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, handlerOptions)), nil
	}
	return slog.New(slog.NewJSONHandler(w, handlerOptions)), nil
}

// isTerminal reports whether w is a character device. /dev/null is one as well, where it does not
// matter.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
