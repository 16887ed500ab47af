package ingest

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
)

func TestReport(t *testing.T) {
	t.Parallel()
	var r Report
	r.Accept(5)
	for i := range 7 {
		r.Refuse(Refusal{Reason: ReasonType, File: "a.csv", Line: i + 2, Field: "votes", Value: "x", Want: "a whole number"})
	}
	var tally Tally
	tally.add(&Refusal{Reason: ReasonID, File: "a.geojson", Line: 3, Feature: 9, Field: "id", Value: "null", Want: "a text"})
	tally.add(&Refusal{Reason: ReasonJSON, Want: "JSON: at byte 3, a value"})
	r.RefuseAll(&tally)
	r.Stop(errors.New("a.csv: unexpected EOF"))

	want := `14 read, 5 accepted, 9 refused
  json     1
    want JSON: at byte 3, a value
  id       1
    a.geojson:3 feature 9: id: null: want a text
  type     7
    a.csv:2: votes: x: want a whole number
    a.csv:3: votes: x: want a whole number
    a.csv:4: votes: x: want a whole number
    a.csv:5: votes: x: want a whole number
    a.csv:6: votes: x: want a whole number
  stopped: a.csv: unexpected EOF
`
	if got := r.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	raw, err := json.Marshal(r.Summary().Reasons[1:2])
	if err != nil {
		t.Fatal(err)
	}
	const wantJSON = `[{"reason":"id","count":1,"examples":[{"reason":"id","file":"a.geojson","line":3,"feature":9,"field":"id","value":"null","want":"a text"}]}]`
	if string(raw) != wantJSON {
		t.Errorf("got  %s\nwant %s", raw, wantJSON)
	}
}

// TestRefusalIsPrintable: a terminal shows a value and does not obey it.
func TestRefusalIsPrintable(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"Caf\u00e9": "Caf\u00e9", `"x"`: `"x"`, "Caf\xe9": `"Caf\xe9"`, "\x1b[2J": `"\x1b[2J"`, "a\nb": `"a\nb"`,
	} {
		r := Refusal{File: "a.csv", Line: 2, Field: "name", Value: value, Want: "UTF-8"}
		if got, want := r.String(), "a.csv:2: name: "+want+": want UTF-8"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A summary taken while the source runs always adds up.
func TestReportWhileRunning(t *testing.T) {
	t.Parallel()
	var r Report
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				r.Accept(2)
				r.Refuse(Refusal{Reason: ReasonZero})
				if s := r.Summary(); s.Read != s.Accepted+s.Refused {
					t.Errorf("%d is not %d + %d", s.Read, s.Accepted, s.Refused)
				}
			}
		})
	}
	wg.Wait()
	if s := r.Summary(); s.Read != 6000 || s.Refused != 2000 {
		t.Errorf("got %v", s)
	}
}

func TestReasonsAreClosed(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("an unknown reason is counted")
		}
	}()
	var r Report
	r.Refuse(Refusal{Reason: "whim"})
}
