//go:build !linux

package archive

import (
	"io/fs"
	"time"
)

// changeOf returns the time of the last change that a file has everywhere.
func changeOf(info fs.FileInfo) time.Time { return info.ModTime() }
