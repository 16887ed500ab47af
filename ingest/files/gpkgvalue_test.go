package files

import "testing"

func TestLongNumbersAreShort(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{1.5: "1.5", 1e18: "1000000000000000000", -1e300: "-1e+300"} {
		var c chunk
		if c.value(v, cellText); string(c.data) != want || c.cells[0].kind != cellNumber {
			t.Errorf("got %s, want %s", c.data, want)
		}
	}
}
