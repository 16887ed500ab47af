package archive

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// panicking panics in the middle of a request, once fail is closed, while fail is not nil.
type panicking struct {
	inProcess
	fail chan struct{}
}

func (s *panicking) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.fail != nil {
		<-s.fail
		panic("on purpose")
	}
	return s.inProcess.RoundTrip(r)
}

// TestPanicsLetOthersGoOn panics while an archive is opened, and while a leaf directory is read, that others
// wait for.
func TestPanicsLetOthersGoOn(t *testing.T) {
	t.Parallel()
	read := func(ctx context.Context, a *Archive) error {
		_, _, err := a.Tile(ctx, address(20))
		return err
	}
	for _, c := range []struct {
		name   string
		opened bool
	}{{"opening", false}, {"a leaf", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &panicking{inProcess: inProcess{data: small().bytes()}}
				a := behind(t, server, Options{})
				if c.opened {
					if err := a.Load(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				server.fail = make(chan struct{})
				causes, results := make(chan any, 1), make(chan error, 2)
				go func() {
					defer func() { causes <- recover() }()
					results <- read(t.Context(), a)
				}()
				synctest.Wait()
				for range 2 {
					go func() { results <- read(t.Context(), a) }()
				}
				synctest.Wait()
				close(server.fail)
				if cause := <-causes; cause != "on purpose" {
					t.Errorf("the first: got %v, want its panic", cause)
				}
				for range 2 {
					select {
					case err := <-results:
						if !errors.Is(err, ErrUnavailable) {
							t.Errorf("another: got %v, want ErrUnavailable", err)
						}
					case <-time.After(time.Hour):
						t.Fatal("another waits for ever")
					}
				}
				server.fail = nil
				time.Sleep(2 * minBackoff)
				if err := read(t.Context(), a); err != nil {
					t.Errorf("afterwards: %v", err)
				}
				if err := a.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
