package testkit

import (
	"os"
	"strconv"
	"sync/atomic"
	"testing"
)

// Seeds returns n seeds from HUTONG_SEED on, or from 0, and the next n each time that the test runs
// again in this process (-count=20), which runs counts. A failure has to print its seed: to run that
// one again, set HUTONG_SEED to it.
func Seeds(t testing.TB, runs *atomic.Uint64, n int) []uint64 {
	t.Helper()
	first := uint64(0)
	if env := os.Getenv("HUTONG_SEED"); env != "" {
		var err error
		if first, err = strconv.ParseUint(env, 10, 64); err != nil {
			t.Fatalf("HUTONG_SEED: %v", err)
		}
	}
	first += uint64(n) * (runs.Add(1) - 1)
	out := make([]uint64, n)
	for i := range out {
		out[i] = first + uint64(i)
	}
	return out
}
