package styles

import "testing"

// TestTexts: a point's number and name are each written from the zoom on at which there is room for it
// and tiles have it, in the language of the style where tiles have that already.
func TestTexts(t *testing.T) {
	t.Parallel()
	feature := map[string]any{"n": 7.0, "name": "Dock", "name_zh": "桩", "unit": "dB"}
	tests := []struct {
		name   string
		fields []string
		count  int
		lang   Lang
		want   map[float64]string // by zoom; the lowest is that of the style layer
	}{
		{"number, then name", []string{"#n", "name"}, 1, EN, map[float64]string{12: "7", 13: "7\nDock"}},
		{"name, then number", []string{"#+n", "name"}, 1, EN, map[float64]string{13: "Dock", 14: "7\nDock"}},
		{"both at once", []string{"#+n", "+name"}, 1, EN, map[float64]string{14: "7\nDock"}},
		{"number alone", []string{"#n"}, 4000, EN, map[float64]string{14: "7"}},
		{"unit of the feature", []string{"#n", "unit"}, 1, EN, map[float64]string{12: "7\u00a0dB"}},
		{"unit too late", []string{"#n", "+unit"}, 1, EN, map[float64]string{12: "7", 14: "7"}},
		{"name alone", []string{"name"}, 4000, EN, map[float64]string{16: "Dock"}},
		{"other language first", []string{"name", "+name_zh"}, 1, ZH, map[float64]string{13: "Dock", 14: "桩"}},
		{"number between names", []string{"#n", "name", "+name_zh"}, 1, ZH, map[float64]string{12: "7", 13: "7\nDock", 14: "7\n桩"}},
		{"own language first", []string{"+name", "name_zh"}, 1, ZH, map[float64]string{13: "桩", 14: "桩"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := made(Layer{Name: "docks", Points: true, Count: tt.count, Extent: around, Drawing: Drawing{Number: "n"}}, tt.fields...)
			d := parse(t, Input{BaseURL: "http://h", Lang: tt.lang, Glyphs: true, Layers: []Layer{one}})
			for _, l := range d.Layers {
				if l.ID != "docks:label" {
					continue
				}
				least := l.MinZoom
				for zoom, want := range tt.want {
					least = min(least, zoom)
					if got := evaluate(t, l.Layout["text-field"], zoom, feature); got != want {
						t.Errorf("zoom %v: got %q, want %q", zoom, got, want)
					}
				}
				if _, ok := tt.want[l.MinZoom]; !ok || least < l.MinZoom {
					t.Errorf("got zoom %v, want the lowest of %v", l.MinZoom, tt.want)
				}
				return
			}
			t.Error("got no texts")
		})
	}
}

// TestNamesOfTheGround: a name that tiles have is written, whether or not they have that in the style's
// language yet.
func TestNamesOfTheGround(t *testing.T) {
	t.Parallel()
	for _, role := range Roles {
		if role == Parcel || role == Land || role == Building {
			continue // has no names
		}
		l := made(Layer{Name: "ground", Drawing: Drawing{Role: role}}, "name", "+name_zh")
		names := 0
		for _, part := range parse(t, Input{BaseURL: "http://h", Lang: ZH, Glyphs: true, Layers: []Layer{l}}).Layers {
			text, ok := part.Layout["text-field"]
			if !ok {
				continue
			}
			names++
			for zoom, want := range map[float64]string{13: "Lake", 14: "湖"} {
				got := evaluate(t, text, zoom, map[string]any{"name": "Lake", "name_zh": "湖"})
				if got != want {
					t.Errorf("%s, %s, zoom %v: got %v, want %v", role, part.ID, zoom, got, want)
				}
			}
			if part.MinZoom > 13 && role != Road && role != Rail { // these have no room for names before
				t.Errorf("%s: %s is there from zoom %v on only", role, part.ID, part.MinZoom)
			}
		}
		if names == 0 {
			t.Errorf("%s: got no names", role)
		}
	}
}
