package bars

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// ErrNoRSS says that this system does not tell a process's resident memory in /proc.
var ErrNoRSS = errors.New("bars: no resident memory in /proc/self/status")

// ResidentBytes returns the memory of this process that is in RAM (VmRSS), in bytes. It counts
// pages, whoever maps them: collect and return garbage to the system first
// (runtime/debug.FreeOSMemory). Where there is no /proc the error is [ErrNoRSS].
func ResidentBytes() (int, error) { return residentBytes("/proc/self/status") }

// residentBytes reads the file of a process's status.
func residentBytes(file string) (int, error) {
	status, err := os.ReadFile(file)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNoRSS, err)
	}
	for line := range bytes.Lines(status) {
		rest, ok := bytes.CutPrefix(line, []byte("VmRSS:"))
		if !ok {
			continue
		}
		kib, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))))
		if err != nil {
			return 0, fmt.Errorf("bars: VmRSS: %w", err)
		}
		return kib << 10, nil
	}
	return 0, ErrNoRSS
}
