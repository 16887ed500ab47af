package archive

import (
	"errors"
	"testing"
	"testing/synctest"
)

// TestLeavesOfRetiredVersions reads a leaf directory of a version that goes before the read ends.
func TestLeavesOfRetiredVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		end  func(a *Archive, v *version) error
	}{
		{"replaced", func(a *Archive, v *version) error { a.retire(v); return nil }},
		{"closed", func(a *Archive, _ *version) error { return a.Close() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &holding{inProcess: inProcess{data: small().bytes()}}
				a := behind(t, server, Options{})
				v, err := a.current(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				server.hold = make(chan struct{})
				result := make(chan error)
				go func() {
					_, _, err := a.Tile(t.Context(), address(20))
					result <- err
				}()
				synctest.Wait()
				if err := c.end(a, v); err != nil {
					t.Fatal(err)
				}
				close(server.hold)
				if err := <-result; err != nil && !errors.Is(err, ErrClosed) {
					t.Errorf("the read under way: %v", err)
				}
				// Whoever got the version before it went may still ask.
				if _, _, err := v.tile(t.Context(), a.cache, address(20)); err != nil {
					t.Errorf("a late read: %v", err)
				}
				if s := a.Stats(); s.CacheBytes != 0 {
					t.Errorf("%d bytes of a version that is gone are kept", s.CacheBytes)
				}
				if err := a.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
