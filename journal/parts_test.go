package journal

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A message is lost when the server says that it is not there, not when it cannot say.
func TestIsGone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"not there", fmt.Errorf("read: %w", jetstream.ErrMsgNotFound), true},
		{"a cluster without a leader", fmt.Errorf("read: %w", &jetstream.APIError{Code: 503, ErrorCode: 10008, Description: "JetStream system temporarily unavailable"}), false},
		{"no such stream", &jetstream.APIError{Code: 404, ErrorCode: jetstream.JSErrCodeStreamNotFound}, false},
		{"no connection", nats.ErrConnectionClosed, false},
		{"nobody there", nats.ErrNoResponders, false},
	} {
		if got := isGone(tt.err); got != tt.want {
			t.Errorf("%s: got %t", tt.name, got)
		}
	}
}
