package app

import "testing"

// TestCheckpointBytes: what is configured counts, and by default a large city does not write checkpoints most of its time.
func TestCheckpointBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ configured, size, want int64 }{
		{0, 0, DefaultCheckpointBytes},
		{0, DefaultCheckpointBytes / 2, DefaultCheckpointBytes},
		{0, DefaultCheckpointBytes, 2 * DefaultCheckpointBytes},
		{1 << 20, DefaultCheckpointBytes, 1 << 20},
	} {
		if got := (&Data{CheckpointBytes: c.configured}).checkpointBytes(c.size); got != c.want {
			t.Errorf("%d configured, a checkpoint of %d: got %d, want %d", c.configured, c.size, got, c.want)
		}
	}
}
