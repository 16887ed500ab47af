// Package push serves what senders of records ask: they push bodies to a source, delete features by their
// ids, and look at and replay what was refused. All of it needs a key.
//
// # Routes
//
//	POST   /ingest/{source}            a body of records; ?atomic=true ?snapshot=true ?answers=all|refused|none
//	DELETE /ingest/{source}/{id}       one feature; ?observed= ?version=
//	GET    /ingest/{source}/refused    dead letters; ?after= ?limit=
//	POST   /ingest/{source}/replay     takes dead letters again; ?ids=
//
// The first two need the scope ingest of the source, the others that or refused. The key is looked at before
// the body is read. A feature whose id is "refused" or "replay" is deleted like any other.
//
// The documents are described in docs/formats/push.md.
package push

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"hutong/api"
	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/internal/auth"
)

// How long a body may take to come, and a request as a whole.
const (
	BodyTimeout    = 60 * time.Second
	RequestTimeout = 2 * time.Minute
)

// Surface answers for a set of feeds.
type Surface struct {
	feeds map[string]*push.Feed
	keys  *auth.Keys
	base  api.Base
	log   *slog.Logger
}

// New returns the surface of feeds, whose names differ.
func New(feeds []*push.Feed, keys *auth.Keys, base api.Base, log *slog.Logger) *Surface {
	s := &Surface{feeds: make(map[string]*push.Feed, len(feeds)), keys: keys, base: base, log: log}
	for _, f := range feeds {
		s.feeds[f.Name()] = f
	}
	return s
}

// Routes returns the surface's routes.
func (s *Surface) Routes() []api.Route {
	const post, get, remove = http.MethodPost, http.MethodGet, http.MethodDelete
	route := func(pattern, label string, body int64, by map[string]handler, methods ...string) api.Route {
		return api.Route{Pattern: pattern, Label: label, Methods: methods, Body: body, Keyed: true, Handler: s.dispatch(by)}
	}
	removal := func(id string) handler {
		return handler{[]auth.Action{auth.Ingest}, func(w http.ResponseWriter, r *http.Request, f *push.Feed) { s.remove(w, r, f, id) }}
	}
	discreet := func(r api.Route) api.Route { r.Discreet = true; return r } // an id may be somebody's
	either := []auth.Action{auth.Ingest, auth.Refused}
	return []api.Route{
		route("/ingest/{source}", "ingest", push.MaxBody, map[string]handler{post: {[]auth.Action{auth.Ingest}, s.take}}, post),
		discreet(route("/ingest/{source}/{id}", "ingest_delete", 0, map[string]handler{remove: removal("")}, remove)),
		route("/ingest/{source}/refused", "ingest_refused", 0, map[string]handler{get: {either, s.refused}, remove: removal("refused")}, get, remove),
		route("/ingest/{source}/replay", "ingest_replay", 0, map[string]handler{post: {either, s.replay}, remove: removal("replay")}, post, remove),
	}
}

// handler answers one method of a route for whoever may do one of actions.
type handler struct {
	actions []auth.Action
	serve   func(w http.ResponseWriter, r *http.Request, f *push.Feed)
}

// dispatch finds handler, key and feed.
func (s *Surface) dispatch(by map[string]handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		h, name := by[method], r.PathValue("source")
		var scopes []auth.Scope
		for _, a := range h.actions {
			scope, err := auth.ParseScope(string(a) + ":" + name)
			if err != nil { // no source has such a name, which an answer must not show
				scope = auth.Scope{Action: a, Name: auth.Any}
			}
			scopes = append(scopes, scope)
		}
		if !api.Authorize(w, r, s.base, s.keys, scopes...) {
			return
		}
		f := s.feeds[name]
		if f == nil { // only somebody with a key for all sources gets here
			api.Refuse(w, r, api.CodeSourceNotFound, "There is no source of this name to which records are pushed.")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), RequestTimeout)
		defer cancel()
		h.serve(w, r.WithContext(ctx), f)
	})
}

// take takes a body.
func (s *Surface) take(w http.ResponseWriter, r *http.Request, f *push.Feed) {
	request, err := asked(r)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	if limit := f.Limits().Body; r.ContentLength > int64(limit) {
		w.Header().Set("Connection", "close")
		api.Refuse(w, r, api.CodeBodyTooLarge, fmt.Sprintf("A body of this source may have %d bytes.", limit))
		return
	}
	// The server's own deadline is for requests without a body to speak of. A writer that has none is one
	// of a test.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(BodyTimeout))
	request.Body = r.Body
	result, err := f.Take(r.Context(), request)
	if err != nil {
		s.fail(w, r, f, err, result)
		return
	}
	api.Reply(w, r, http.StatusOK, result)
}

// asked reads the parameters and headers of a body.
func asked(r *http.Request) (push.Request, error) {
	request := push.Request{ContentType: r.Header.Get("Content-Type"), ContentEncoding: r.Header.Values("Content-Encoding")}
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return request, err
	}
	if err := api.Accept(query, "answers", "atomic", "snapshot"); err != nil {
		return request, err
	}
	for name, to := range map[string]*bool{"atomic": &request.Atomic, "snapshot": &request.Snapshot} {
		values, there := query[name]
		if !there {
			continue
		}
		value, err := api.Single(name, values)
		if err != nil {
			return request, err
		}
		if value != "true" && value != "false" {
			return request, fmt.Errorf("%s is true or false", name)
		}
		*to = value == "true"
	}
	if _, there := query["atomic"]; there && request.Snapshot && !request.Atomic {
		return request, errors.New("a snapshot takes all records or none: leave atomic=false out")
	}
	if values, there := query["answers"]; there {
		value, err := api.Single("answers", values)
		if err != nil {
			return request, err
		}
		which, known := answers[value]
		if !known {
			return request, errors.New("answers is all, refused or none")
		}
		request.Answers = which
	}
	return request, nil
}

var answers = map[string]push.Answers{"all": push.AnswerAll, "refused": push.AnswerRefused, "none": push.AnswerNone}

// remove deletes a feature; id is "" where the path has it.
func (s *Surface) remove(w http.ResponseWriter, r *http.Request, f *push.Feed, id string) {
	if id == "" {
		id = r.PathValue("id")
	}
	removal, err := removalOf(r, id)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	result, err := f.Delete(r.Context(), removal)
	if err != nil {
		s.fail(w, r, f, err, nil)
		return
	}
	api.Reply(w, r, http.StatusOK, result)
}

// Problem is what a sender is told of an error of a feed.
type Problem struct {
	Code   api.Code
	Detail string
	// Wait is when to send again; 0 when that would not help.
	Wait time.Duration
	// More are members of the problem beside those that all have; nil for none.
	More any
}

// ProblemOf returns the problem that an error of a feed is, if it is one that senders by any protocol are
// told of: a bound, a body that is none, or a server that accepts nothing now.
func ProblemOf(err error) (p Problem, ok bool) {
	rate, limited := errors.AsType[*push.RateError](err)
	large, tooLarge := errors.AsType[*push.TooLargeError](err)
	syntax, malformed := errors.AsType[*ingest.SyntaxError](err)
	switch {
	case limited:
		return Problem{api.CodeRate, "This source takes " + rate.Limit + ".", rate.Wait, nil}, true
	case tooLarge:
		return Problem{api.CodeBodyTooLarge, large.Error(), 0, nil}, true
	case malformed:
		return Problem{api.CodeBodyMalformed, "At " + syntax.Error() + ".", 0, place{syntax.Line, syntax.Byte}}, true
	case errors.Is(err, ingest.ErrTooLarge):
		return Problem{api.CodeBodyTooLarge, "The records are more than can be made durable together: send fewer in a request.", 0, nil}, true
	case errors.Is(err, ingest.ErrReadOnly):
		return Problem{api.CodeReadOnly, "The server is short of room and takes no changes.", 30 * time.Second, nil}, true
	case errors.Is(err, ingest.ErrUnavailable):
		return Problem{api.CodeUnavailable, "The server cannot make changes durable at the moment.", 5 * time.Second, nil}, true
	case errors.Is(err, ingest.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return Problem{api.CodeBusy, "The server has too much to do.", time.Second, nil}, true
	}
	return Problem{}, false
}

// fail answers with the problem that err is. result, unless it is nil, says what was done before.
func (s *Surface) fail(w http.ResponseWriter, r *http.Request, f *push.Feed, err error, result any) {
	h := w.Header()
	_, limited := errors.AsType[*push.RateError](err)
	media, strange := errors.AsType[*push.MediaError](err)
	_, tooLarge := errors.AsType[*push.TooLargeError](err)
	_, broken := errors.AsType[*push.BodyError](err)
	_, longer := errors.AsType[*http.MaxBytesError](err)
	if limited || strange || tooLarge || broken {
		h.Set("Connection", "close") // the rest of the body is not read
	}
	p, known := ProblemOf(err)
	switch {
	case longer:
		api.Refuse(w, r, api.CodeBodyTooLarge, fmt.Sprintf("A body of this source may have %d bytes.", f.Limits().Body))
	case known && p.Wait > 0 && !broken:
		if !limited {
			p.Detail += again(result)
		}
		api.RetryAfter(h, p.Wait)
		api.RefuseWith(w, r, p.Code, p.Detail, result)
	case known && !broken:
		api.RefuseWith(w, r, p.Code, p.Detail, p.More)
	case strange:
		if media.Coding {
			h.Set("Accept-Encoding", "gzip, zstd, identity") // RFC 9110 §15.5.16
		}
		api.Refuse(w, r, api.CodeMediaType, media.Error()+".")
	case errors.Is(err, push.ErrAtomic):
		api.RefuseWith(w, r, api.CodeRecordsRefused, "Nothing was published: the request takes all records or none, and some were refused.", result)
	case errors.Is(err, push.ErrRemoval):
		api.Refuse(w, r, api.CodeParameterInvalid, problemOf(err, push.ErrRemoval))
	case errors.Is(err, push.ErrSnapshot):
		api.Refuse(w, r, api.CodeParameterInvalid, "snapshot: "+problemOf(err, push.ErrSnapshot))
	case errors.Is(err, os.ErrDeadlineExceeded):
		api.Refuse(w, r, api.CodeBodySlow, fmt.Sprintf("A body has %s to come.", BodyTimeout))
	case r.Context().Err() != nil:
		api.Refuse(w, r, api.CodeCancelled, "")
	case broken:
		api.Refuse(w, r, api.CodeBodyMalformed, "The body ends before its end, or is not in the coding that Content-Encoding says.")
	default:
		s.log.Error("a source cannot take changes", slog.String("source", f.Name()), slog.Any("error", err))
		api.Refuse(w, r, api.CodeInternal, "")
	}
}

// place is where a body goes wrong.
type place struct {
	Line int `json:"line"`
	Byte int `json:"byte"`
}

// again says that a request may be sent again although part of it was accepted.
func again(result any) string {
	if r, ok := result.(*push.Result); ok && r != nil && r.Accepted() > 0 {
		return " What is counted here was accepted; sending all of it again is safe."
	}
	return " Nothing of the request counts as accepted; send it again."
}
