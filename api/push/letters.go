package push

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hutong/api"
	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/layers"
)

// Bounds of one answer with letters.
const (
	defaultLetters = 100
	maxLetters     = 1000
	maxRaw         = 4 << 20 // bytes of records; at least one letter is shown
)

// letter is a dead letter as it is shown.
type letter struct {
	ID       uint64         `json:"id"`
	Received time.Time      `json:"received"`
	Refusal  ingest.Refusal `json:"refusal"`
	Type     string         `json:"type"`
	// Raw is text, or Base64 is not "" when it is no UTF-8.
	Raw    string `json:"raw"`
	Base64 string `json:"raw_base64,omitempty"`
	Cut    bool   `json:"cut,omitempty"`
}

// page is an answer with letters.
type page struct {
	Source  string      `json:"source"`
	Layer   layers.Name `json:"layer"`
	Letters []letter    `json:"letters"`
	// Next is what after is for the next page; 0 when this is the last one.
	Next uint64 `json:"next,omitempty"`
}

// refused shows dead letters.
func (s *Surface) refused(w http.ResponseWriter, r *http.Request, f *push.Feed) {
	after, limit, err := window(r)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	list, err := f.Letters(r.Context(), after, limit+1)
	if err != nil {
		s.fail(w, r, f, fmt.Errorf("%w: %w", ingest.ErrUnavailable, err), nil)
		return
	}
	p := page{Source: f.Name(), Layer: f.Layer(), Letters: []letter{}}
	raw := 0
	for i := range list {
		l := &list[i]
		if raw += len(l.Raw); i > 0 && (i == limit || raw > maxRaw) {
			p.Next = list[i-1].ID
			break
		}
		shown := letter{ID: l.ID, Received: l.Received, Refusal: l.Refusal, Type: l.Type, Cut: l.Cut}
		if utf8.Valid(l.Raw) {
			shown.Raw = string(l.Raw)
		} else {
			shown.Base64 = base64.StdEncoding.EncodeToString(l.Raw)
		}
		p.Letters = append(p.Letters, shown)
	}
	api.Reply(w, r, http.StatusOK, p)
}

// window reads which letters are asked for.
func window(r *http.Request) (after uint64, limit int, err error) {
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return 0, 0, err
	}
	if err := api.Accept(query, "after", "limit"); err != nil {
		return 0, 0, err
	}
	if values, there := query["after"]; there {
		value, err := api.Single("after", values)
		if err != nil {
			return 0, 0, err
		}
		if after, err = strconv.ParseUint(value, 10, 64); err != nil {
			return 0, 0, errors.New("after is the number of a letter, from 0")
		}
	}
	limit = defaultLetters
	if values, there := query["limit"]; there {
		value, err := api.Single("limit", values)
		if err != nil {
			return 0, 0, err
		}
		if limit, err = strconv.Atoi(value); err != nil || limit < 1 || limit > maxLetters {
			return 0, 0, fmt.Errorf("limit is a whole number from 1 to %d", maxLetters)
		}
	}
	return after, limit, nil
}

// replay takes dead letters again.
func (s *Surface) replay(w http.ResponseWriter, r *http.Request, f *push.Feed) {
	ids, err := lettersOf(r)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	result, err := f.Replay(r.Context(), ids)
	if err != nil {
		s.fail(w, r, f, err, result)
		return
	}
	api.Reply(w, r, http.StatusOK, result)
}

// lettersOf reads which letters are replayed; none means all.
func lettersOf(r *http.Request) ([]uint64, error) {
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	if err := api.Accept(query, "ids"); err != nil {
		return nil, err
	}
	values, there := query["ids"]
	if !there {
		return nil, nil
	}
	value, err := api.Single("ids", values)
	if err != nil {
		return nil, err
	}
	var ids []uint64
	for text := range strings.SplitSeq(value, ",") {
		id, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, errors.New("ids are numbers of letters with commas between them")
		}
		if ids = append(ids, id); len(ids) > push.MaxReplayIDs {
			return nil, fmt.Errorf("ids are at most %d numbers", push.MaxReplayIDs)
		}
	}
	return ids, nil
}

// removalOf reads which feature is deleted, and when that happened.
func removalOf(r *http.Request, id string) (push.Removal, error) {
	removal := push.Removal{ID: layers.FeatureID(id)}
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return removal, err
	}
	if err := api.Accept(query, "observed", "version"); err != nil {
		return removal, err
	}
	for name, to := range map[string]*string{"observed": &removal.Observed, "version": &removal.Version} {
		values, there := query[name]
		if !there {
			continue
		}
		if *to, err = api.Single(name, values); err != nil {
			return removal, err
		}
		if *to == "" {
			return removal, fmt.Errorf("%s is empty; leave it out", name)
		}
	}
	return removal, nil
}

// problemOf is what an error that wraps a kind of one says to whoever asked.
func problemOf(err, kind error) string {
	_, problem, _ := strings.Cut(err.Error(), kind.Error()+": ")
	return problem + "."
}
