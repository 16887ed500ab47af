package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestParseQuery(t *testing.T) {
	t.Parallel()
	got, err := ParseQuery("a=1&b=x%2Cy&a=&c")
	if err != nil || len(got) != 3 || got["a"][0] != "1" || got["a"][1] != "" || got.Get("b") != "x,y" || !got.Has("c") {
		t.Errorf("got %v, %v, want a, b and c", got, err)
	}
	for _, raw := range []string{"a=%zz", "%zz", "a=1;b=2", "a=1&b=%"} {
		if got, err := ParseQuery(raw); err == nil {
			t.Errorf("%s: got %v, want an error", raw, got)
		}
	}
}

func TestSingle(t *testing.T) {
	t.Parallel()
	if got, err := Single("k", []string{""}); err != nil || got != "" {
		t.Errorf("got %q, %v, want the value", got, err)
	}
	for _, values := range [][]string{nil, {"1", "1"}} {
		if got, err := Single("k", values); err == nil || !strings.HasPrefix(err.Error(), "k stands") {
			t.Errorf("%v: got %q, %v, want an error", values, got, err)
		}
	}
}

func TestAccept(t *testing.T) {
	t.Parallel()
	query := url.Values{"b": {"1"}, "a": {"1"}}
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{[]string{"a", "b", "c"}, ""},
		{[]string{"a", "c"}, `there is no parameter "b"; accepted are a, c`},
		{[]string{"b"}, `there is no parameter "a"; accepted is b`},
		{[]string{"c"}, `there is no parameter "a"; accepted is c`},
	} {
		got := ""
		if err := Accept(query, tt.names...); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.names, got, tt.want)
		}
	}
}

func TestRefuseChoice(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"": "", "?x=1&as=of&filters": "", "?%zz=1": "", "?x=filter&y=asof": "",
		"?filter=a=1": "filter", "?x=1&asof": "asof", "?filter-lang=": "filter-lang", "?datetime=2026": "datetime", "?%61sof=1": "asof", "?filter-crs=x&datum=y": "filter-crs", "?datum=gcj02": "datum",
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/x"+query, nil)
		got := RefuseChoice(w, r, "here is all; /there accepts asof")
		detail := `"detail":"there is no parameter \"` + want + `\" here: here is all; /there accepts asof."`
		if got != (want != "") || got && (w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"code":"parameter_invalid"`) || !strings.Contains(w.Body.String(), detail)) {
			t.Errorf("%s: got %t, %d %s; want %q refused", query, got, w.Code, w.Body, want)
		}
	}
}
