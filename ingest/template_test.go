package ingest

import (
	"slices"
	"strings"
	"testing"
)

func TestParseTemplate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		s          string
		properties string // comma-separated
		err        string
	}{
		{s: "{SERVICEREQUESTID}", properties: "SERVICEREQUESTID"},
		{s: "vds-{OBJECTID}", properties: "OBJECTID"},
		{s: "{A}-{B}/{A}", properties: "A,B"},
		{s: "{a b.c}", properties: "a b.c"},
		{s: "{{{A}}}", properties: "A"},
		{s: "胡{同}", properties: "同"},
		{s: "", err: "names no property"},
		{s: "all-the-same", err: "names no property"},
		{s: "{{A}}", err: "names no property"},
		{s: "x{A", err: "at byte 2: the { is not closed"},
		{s: "{A{B}", err: "at byte 1: the { is not closed"},
		{s: "x{}", err: "at byte 2: there is no property name"},
		{s: "{A}}", err: "at byte 4: a } without its {"},
		{s: strings.Repeat("{A}-", 40), err: "more than 64 parts"},
	}
	for _, tt := range tests {
		got, err := ParseTemplate(tt.s)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) || !got.Empty() {
				t.Errorf("%q: got %v, %v, want an error with %q", tt.s, got, err, tt.err)
			}
		case err != nil:
			t.Errorf("%q: %v", tt.s, err)
		case got.String() != tt.s || strings.Join(got.Properties(), ",") != tt.properties:
			t.Errorf("%q: got %q of %q, want properties %q", tt.s, got, got.Properties(), tt.properties)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{A}", "vds-{OBJECTID}", "{A}-{B}", "{{x}}{A}", "{A", "}", "{}", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseTemplate(s)
		if err != nil {
			if !strings.Contains(err.Error(), "at byte") && !strings.Contains(err.Error(), "names no property") {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := ParseTemplate(got.String())
		if err != nil || !again.Equal(got) || got.String() != s {
			t.Fatalf("%q: got %q, then %q, %v", s, got, again, err)
		}
		if got.Empty() || len(got.Properties()) == 0 || slices.Contains(got.Properties(), "") {
			t.Fatalf("%q: properties %q", s, got.Properties())
		}
	})
}
