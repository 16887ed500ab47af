package styles

import (
	"slices"
	"testing"
	"time"
)

// TestAgeLook: classes of age stand from the youngest to the oldest and have names in both languages.
func TestAgeLook(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	look := AgeLook([]Span{{"90s", 90 * time.Second}, {"10m", 10 * time.Minute}, {"1h", time.Hour}, {"1d", day}, {"30d", 30 * day}}, "older")
	l := Layer{Drawing: Drawing{Category: "age", Fields: map[string]FieldLook{"age": look}}, Known: map[string]Known{"age": {Values: []string{"older", "1d"}}}}
	values, all := l.swatched("age")
	if want := []string{"90s", "10m", "1h", "1d", "30d", "older"}; !slices.Equal(values, want) || !all {
		t.Errorf("the legend has %v, want %v", values, want)
	}
	for lang, want := range map[Lang][]string{
		EN: {"Last 90 seconds", "Last 10 minutes", "Last hour", "Last day", "Last 30 days", "Older"},
		ZH: {"90秒内", "10分钟内", "一小时内", "一天内", "30天内", "更早"},
	} {
		for i, value := range values {
			if got := l.named("age", value, lang); got != want[i] {
				t.Errorf("%s in %s: got %q, want %q", value, lang, got, want[i])
			}
		}
	}
}
