package layers

import (
	"strings"
	"testing"
)

// TestNumber holds the numbers of ids to what tiles already have. Hashes are the first 16 digits of
// `printf %s ID | sha256sum` as a number, shifted right by 11.
func TestNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id      FeatureID
		number  uint64
		decimal bool
	}{
		{"0", 0, true},
		{"42", 42, true},
		{"9007199254740991", 1<<53 - 1, true},
		{"9007199254740992", 0xc681da39d7273a6a >> 11, false},
		{"007", 0x629f4cf9337b0d0c >> 11, false},
		{"-1", 0x1bad6b8cf97131fc >> 11, false},
		{"1e3", 0x0b11ca015456e85e >> 11, false},
		{"abc", 0xba7816bf8f01cfea >> 11, false},
		{"", 0xe3b0c44298fc1c14 >> 11, false},
	} {
		number, decimal := c.id.Number()
		if decimal != c.decimal || number != c.number {
			t.Errorf("%q: %d (decimal: %v), want %d (%v)", c.id, number, decimal, c.number, c.decimal)
		}
	}
}

// TestNumberIsNotFNV has pairs of ids that share all 64 bits of FNV-1a, from which any number of
// such ids can be put together.
func TestNumberIsNotFNV(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]FeatureID{
		{"_QLiD9MbJXv95r", "_jy6UTCgM00tkh"},
		{"tW-KUnF-8e28Hs", "a6lI_jDWvw5Q1q"},
		{"o0-58uW3m6F3v3", "pk58J1z6gkGHe6"},
	} {
		a, _ := pair[0].Number()
		b, _ := pair[1].Number()
		if a == b {
			t.Errorf("%q and %q share number %d", pair[0], pair[1], a)
		}
	}
}

func TestNumberDoesNotAllocate(t *testing.T) {
	id := FeatureID(strings.Repeat("x", MaxID))
	var sum uint64
	if n := testing.AllocsPerRun(100, func() { number, _ := id.Number(); sum += number }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkNumber(b *testing.B) {
	id := FeatureID("BJ-2016-0123456")
	b.ReportAllocs()
	for b.Loop() {
		id.Number()
	}
}
