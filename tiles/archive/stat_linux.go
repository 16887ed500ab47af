package archive

import (
	"io/fs"
	"syscall"
	"time"
)

// changeOf returns when a file was last changed: its content, its name or its rights. No program can set
// that time, as it can the time of modification.
func changeOf(info fs.FileInfo) time.Time {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(s.Ctim.Unix())
	}
	return info.ModTime()
}
