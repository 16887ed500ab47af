package telemetry

import (
	"fmt"
	"runtime/debug"
)

// What scripts/static has the linker set, because a release is built without asking version control.
// All are "" in any other build.
var (
	releaseVersion  string
	releaseRevision string
	releaseTime     string // RFC 3339
	releaseModified string // "true" if the working tree had changes
)

// Build says what this binary was built from: as its release says, else as the Go toolchain recorded it.
type Build struct {
	// Version is the release's or the module's, or "devel" for a build from a working tree.
	Version string `json:"version"`
	// Revision is the commit, "" when the build did not know it.
	Revision string `json:"revision,omitempty"`
	// Modified tells that the working tree had changes beyond Revision.
	Modified bool `json:"modified,omitempty"`
	// Time is the time of the commit, RFC 3339; "" when the build did not know it.
	Time string `json:"time,omitempty"`
	// Go is the toolchain's version.
	Go string `json:"go"`
}

// ReadBuild returns what the running binary was built from.
func ReadBuild() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Build{Version: "devel", Go: "unknown"}
	}
	b := buildOf(info)
	if releaseVersion != "" {
		b.Version, b.Revision, b.Time, b.Modified = releaseVersion, releaseRevision, releaseTime, releaseModified == "true"
	}
	return b
}

func buildOf(info *debug.BuildInfo) Build {
	b := Build{Version: info.Main.Version, Go: info.GoVersion}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "devel"
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "vcs.time":
			b.Time = s.Value
		}
	}
	return b
}

// String formats b on one line: "devel 1a2b3c4d5e6f+changes 2026-01-02T03:04:05Z go1.26.0".
func (b Build) String() string {
	s := b.Version
	if b.Revision != "" {
		s += " " + b.Revision[:min(12, len(b.Revision))]
		if b.Modified {
			s += "+changes"
		}
	}
	if b.Time != "" {
		s += " " + b.Time
	}
	return fmt.Sprintf("%s %s", s, b.Go)
}
