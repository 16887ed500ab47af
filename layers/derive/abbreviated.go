package derive

import "strconv"

// abbreviated returns a count as MapLibre's own clusters have it in point_count_abbreviated (supercluster): whole up to
// 999, then thousands with one decimal up to 9.9k, then whole thousands.
func abbreviated(n int) string {
	switch {
	case n >= 10_000:
		return strconv.Itoa((n+500)/1000) + "k"
	case n >= 1000:
		tenths := (n + 50) / 100
		text := strconv.Itoa(tenths / 10)
		if tenths%10 > 0 {
			text += "." + strconv.Itoa(tenths%10)
		}
		return text + "k"
	default:
		return strconv.Itoa(n)
	}
}
