package sprite

import (
	"bytes"
	"strings"
	"testing"

	"hutong/styles/sdf"
)

// icon is an SVG of one path.
func icon(d string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><svg version="1.1" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 15 15"><path d="` + d + `"/></svg>`
}

// drawn is what an SVG looks like.
func drawn(t *testing.T, svg string) []byte {
	t.Helper()
	o, err := parseSVG(svg)
	if err != nil {
		t.Fatalf("%s: %v", svg, err)
	}
	return o.Field(frame(1))
}

// TestPathData: commands that say the same draw the same.
func TestPathData(t *testing.T) {
	t.Parallel()
	const box = "M2 3L12 3L12 11L2 11Z"
	tests := map[string][2]string{
		"relative":                 {box, "m2,3l10,0l0,8l-10,0z"},
		"horizontal and vertical":  {box, "M2 3H12V11H2Z"},
		"relative ones":            {box, "M2 3h10v8h-10z"},
		"implied linetos":          {box, "M2 3 12 3 12 11 2 11"},
		"implied relative linetos": {box, "m2 3 10 0 0 8-10 0"},
		"repeated arguments":       {box, "M2 3H5 9 12V7 11H2"},
		"numbers side by side":     {"M0.5 0.25L10 0.5L-1 9Z", "M.5.25L1e1.5-1 9E0z"},
		"spaces and commas":        {box, " M 2 , 3 \n L12\t3,12 11 L\r2,11 Z "},
		"after a close":            {"M2 3L12 3L12 11ZM2 3L2 14L9 14Z", "M2 3l10 0l0 8zl0 11l7 0z"},
		"moves in between":         {"M1 1L4 1L4 4ZM8 8L12 8L12 12Z", "m1 1h3v3zm7 7h4v4"},
		"relative cubic":           {"M2 3C4 0 8 0 12 3L12 11L2 11Z", "m2 3c2-3 6-3 10 0v8h-10"},
		"smooth cubic":             {"M1 7C1 2 6 2 7 7C8 12 13 12 14 7Z", "M1 7C1 2 6 2 7 7S13 12 14 7z"},
		"relative smooth cubic":    {"M1 7C1 2 6 2 7 7C8 12 13 12 14 7Z", "M1 7C1 2 6 2 7 7s6 5 7 0z"},
		"smooth cubic by itself":   {"M1 7C1 7 6 2 7 7Z", "M1 7S6 2 7 7z"},
		"quadratic as cubic":       {"M1 12C5 4 9 4 13 12Z", "M1 12Q7 0 13 12z"},
		"relative quadratic":       {"M1 12Q7 0 13 12Z", "m1 12q6-12 12 0z"},
		"smooth quadratic":         {"M1 7Q4 1 7 7Q10 13 13 7Z", "M1 7Q4 1 7 7T13 7z"},
		"relative smooth":          {"M1 7Q4 1 7 7Q10 13 13 7Z", "M1 7q3-6 6 0t6 0z"},
		"arc":                      {"M3 7A4 4 0 0 1 11 7Z", "m3 7a4 4 0 0 1 8 0z"},
		"arc's flags side by side": {"M3 7A4 4 0 0 1 11 7Z", "M3 7a4 4 0 018 0z"},
		"two arcs":                 {"M3 7A4 4 0 0 1 11 7A4 4 0 0 1 3 7Z", "M3 7a4,4,0,0,1,8,0,4,4,0,1,1-8,0"},
	}
	for name, tt := range tests {
		if want, got := drawn(t, icon(tt[0])), drawn(t, icon(tt[1])); !bytes.Equal(got, want) {
			t.Errorf("%s: %q is not drawn like %q", name, tt[1], tt[0])
		}
	}
}

// TestFit: what there is to see fills the square in one direction and is in its middle in the other.
func TestFit(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"larger":     `<svg viewBox="0 0 150 150"><path d="M20 30H120V110H20z"/></svg>`,
		"moved":      `<svg viewBox="-10,20 30 30"><path d="M-6 26H14V42H-6z"/></svg>`,
		"high":       `<svg viewBox="0 0 10 15"><path d="M-.5 3H9.5V11H-.5z"/></svg>`,
		"wide":       `<svg viewBox="0 0 15 10"><path d="M2 .5H12V8.5H2z"/></svg>`,
		"two paths":  `<svg viewBox="0 0 15 15"><path d="M2 3H8V11H2z"/><path d="M6 3H12V11H6z"/></svg>`,
		"faint":      `<svg viewBox="0 0 15 15"><path d="M2 3H12V11H2z"/><path d="M0 0H5V5H0z" fill-opacity="0.3"/></svg>`,
		"not faint":  `<svg viewBox="0 0 15 15"><path opacity=".9" fill-opacity="0.7" id="a" d="M2 3H12V11H2z"/></svg>`,
		"fill rules": `<svg viewBox="0 0 15 15"><path fill-rule="nonzero" d="M2 3H12V11H2zM4 5H6V7H4z"/><path fill-rule="evenodd" d="M2 3H12V11H2zM4 5H6V7H4z"/></svg>`,
	}
	want := drawn(t, icon("M2 3H12V11H2z"))
	for name, svg := range tests {
		if !bytes.Equal(drawn(t, svg), want) {
			t.Errorf("%s: it does not look like the box", name)
		}
	}
	hole := `<svg viewBox="0 0 15 15"><path fill-rule="evenodd" d="M2 3H12V11H2zM5 5V8H8V5z"/></svg>`
	if bytes.Equal(drawn(t, hole), want) {
		t.Error("a hole by the even-odd rule is not drawn")
	}
}

func TestRefusedSVG(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, svg, want string }{
		{"nothing", "", "it draws nothing"},
		{"no XML", "<svg", "XML syntax error"},
		{"no viewBox", `<svg width="15"><path d="M1 1"/></svg>`, "viewBox is missing"},
		{"bad viewBox", `<svg viewBox="0 0 15"/>`, "is none"},
		{"long viewBox", `<svg viewBox="0 0 15 15 15"/>`, "is none"},
		{"empty viewBox", `<svg viewBox="0 0 0 15"/>`, "is none"},
		{"no svg", `<path d="M1 1"/>`, "<path> is not read here"},
		{"svg in svg", `<svg viewBox="0 0 1 1"><svg/></svg>`, "<svg> is not read here"},
		{"circle", `<svg viewBox="0 0 1 1"><circle r="1"/></svg>`, "<circle> is not read here"},
		{"group", `<svg viewBox="0 0 1 1"><g transform="scale(2)"><path d="M1 1L2 2"/></g></svg>`, "<g> is not read here"},
		{"transform", `<svg viewBox="0 0 1 1"><path transform="scale(2)" d="M1 1"/></svg>`, "attribute transform"},
		{"rule", `<svg viewBox="0 0 1 1"><path fill-rule="odd" d="M1 1"/></svg>`, `fill-rule is "odd"`},
		{"opacity", `<svg viewBox="0 0 1 1"><path opacity="half" d="M1 1"/></svg>`, `opacity is "half"`},
		{"only a point", icon("M1 1"), "it draws nothing"},
		{"too long", strings.Repeat(" ", maxSVGBytes+1), "more than 65536"},
		{"no moveto", icon("L1 1"), "begins with M"},
		{"no command", icon("1 1"), "byte 0: the path data is malformed: a command is missing"},
		{"numbers after a close", icon("M1 1L2 2z3 3"), "a command is missing"},
		{"unknown command", icon("M1 1B2 2"), `there is no command "B"`},
		{"missing number", icon("M1 1L2"), "byte 6: the path data is malformed: a number is missing"},
		{"double comma", icon("M1 1L2,,2"), "a number is missing"},
		{"only a sign", icon("M1 1L2 -"), "a number is missing"},
		{"only a dot", icon("M1 1L2 ."), "a number is missing"},
		{"huge", icon("M1 1L2 1e6"), "a number is too large"},
		{"infinite", icon("M1 1L2 1e999"), "a number is too large"},
		{"flag", icon("M1 1A2 2 0 2 0 3 3"), "a flag is missing"},
	}
	for _, tt := range tests {
		if _, err := parseSVG(tt.svg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", tt.name, err, tt.want)
		}
	}
}

// FuzzParseSVG: whatever comes in, what is drawn of it has a picture.
func FuzzParseSVG(f *testing.F) {
	f.Add(icon("M2 3h10v8h-10z"))
	f.Add(icon("M3 7a4 4 0 018 0S6 2 7 7t6 0q3-6 6 0C1 1 2 2 3 3"))
	f.Add(`<svg viewBox="0 0 50 1e-9"><path fill-rule="evenodd" d="M0 0L1e5 1e5 0 1z"/></svg>`)
	f.Fuzz(func(t *testing.T, svg string) {
		o, err := parseSVG(svg)
		if err != nil {
			if o != nil {
				t.Error("got an outline with an error")
			}
			return
		}
		if len(svg) < 512 { // pictures of more take long
			o.Field(sdf.Frame{Width: 8, Height: 8, Scale: 0.5, Radius: 8, Cutoff: 0.25})
		}
	})
}
