package live

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"hutong/api"
	"hutong/layers"
)

const (
	// heartbeat is how long a stream is silent at most, give or take a quarter.
	heartbeat = 15 * time.Second
	// retryAfter is when clients are asked to come back, give or take a quarter.
	retryAfter = 2 * time.Second
	// busyAfter is the same when there is no room for them.
	busyAfter = 20 * time.Second
	// writeTimeout is how long one write may wait for a client of HTTP/2; the connections of HTTP/1.1 have
	// bounds of their own.
	writeTimeout = 30 * time.Second
	// maxListed is the most layers that a request may list; all of them need no list.
	maxListed = 256
)

// contentType is the type of a stream.
const contentType = "text/event-stream"

// Routes returns the routes of the hub.
func (h *Hub) Routes() []api.Route {
	return []api.Route{{Pattern: "/live", Label: "live", Stream: true, Handler: http.HandlerFunc(h.serve)}}
}

// request is what a client asks for.
type request struct {
	list   string // the names, joined by commas
	listed bool   // there is a list
	since  string // the id from which to go on; "" from now
}

func (h *Hub) serve(w http.ResponseWriter, r *http.Request) {
	if !takesEvents(r.Header["Accept"]) {
		api.Refuse(w, r, api.CodeUnacceptable, "This is a stream of events: ask with Accept: "+contentType+".")
		return
	}
	asked, err := parse(r)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	seen, ok := h.find(w, r, asked)
	if !ok {
		return
	}
	if !h.isRunning() {
		w.Header().Set("Retry-After", "1")
		api.Refuse(w, r, api.CodeLoading, "The streams are not there yet, or not any more.")
		return
	}
	header := w.Header()
	if r.Method == http.MethodHead {
		streamHeaders(header)
		return
	}
	g, next, problem := h.join(namesOf(seen.Layers))
	if problem != "" {
		h.metrics.refused.With(problem).Add(1)
		header.Set("Retry-After", strconv.Itoa(int(jitter(busyAfter)/time.Second)))
		api.Refuse(w, r, api.CodeBusy, "There are too many streams of "+problem+".")
		return
	}
	streamHeaders(header)
	s := stream{hub: h, group: g, next: next, w: w, control: http.NewResponseController(w), timed: r.ProtoMajor > 1}
	defer func() { h.leave(g, s.next) }()
	ended, stop := endOf(seen.Until)
	defer stop()
	s.run(r, asked.since, h.reachable(r, asked.since), ended)
}

// find returns the layers that a request follows. When there is one that it may not, it answers the request.
func (h *Hub) find(w http.ResponseWriter, r *http.Request, asked request) (api.Seen, bool) {
	if asked.listed {
		return h.doors.FindList(w, r, asked.list)
	}
	return h.doors.Visible(w, r)
}

// reachable returns the layers of which a client that has an id may have heard: those that it may see.
func (h *Hub) reachable(r *http.Request, since string) (list []*layer) {
	if since == "" {
		return nil
	}
	for _, l := range h.doors.Reachable(r) {
		if known := h.layers[l.Name()]; known != nil {
			list = append(list, known)
		}
	}
	return list
}

// namesOf returns the names of layers, sorted.
func namesOf(list []*api.Layer) []layers.Name {
	names := make([]layers.Name, len(list))
	for i, l := range list {
		names[i] = l.Name()
	}
	slices.Sort(names)
	return names
}

// endOf returns a channel that tells when a moment has come, never for the zero time. stop gives up waiting.
func endOf(until time.Time) (ended <-chan time.Time, stop func()) {
	if until.IsZero() {
		return nil, func() {}
	}
	timer := time.NewTimer(time.Until(until))
	return timer.C, func() { timer.Stop() }
}

func streamHeaders(header http.Header) {
	header["Content-Type"] = []string{contentType}
	header["Cache-Control"] = []string{"no-store"} // of what is not public, too, see [api.Layers]
	header["X-Accel-Buffering"] = []string{"no"}   // nginx would keep events until they fill a buffer
}

// isRunning reports whether clients are told of changes.
func (h *Hub) isRunning() bool {
	select {
	case <-h.ended:
		return false
	default:
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.running
}

// takesEvents reports whether a client with these Accept headers takes a stream of events.
func takesEvents(accept []string) bool {
	if len(accept) == 0 {
		return true
	}
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		name, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case contentType, "text/*", "*/*":
			return true
		}
	}
	return false
}

// parse reads a request. The error is a sentence for the client.
func parse(r *http.Request) (asked request, err error) {
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err == nil {
		err = api.Accept(query, "layers", "since")
	}
	if err != nil {
		return asked, err
	}
	if query.Has("since") {
		if asked.since, err = api.Single("since", query["since"]); err != nil {
			return asked, err
		}
		if _, ok := parseID(asked.since); !ok {
			return asked, errors.New("since is the id of an event, EPOCH.SET-SEQ")
		}
	}
	// A client that was connected once knows better than the address it first asked.
	if last := r.Header.Get("Last-Event-Id"); last != "" {
		asked.since = last
	}
	if asked.listed = query.Has("layers"); !asked.listed {
		return asked, nil
	}
	if asked.list, err = api.Single("layers", query["layers"]); err != nil {
		return asked, err
	}
	if strings.Count(asked.list, ",") >= maxListed {
		return asked, fmt.Errorf("a stream may list %d layers; without a list it is of all of them", maxListed)
	}
	return asked, nil
}

// stream is one client. It belongs to its request's goroutine.
type stream struct {
	hub     *Hub
	group   *group
	next    uint64 // the event that it takes next
	w       http.ResponseWriter
	control *http.ResponseController
	timed   bool // writes need a deadline
}

// run writes events until the client goes, the hub ends or the right to hear them has. reachable are the layers of which
// it may have heard before.
func (s *stream) run(r *http.Request, since string, reachable []*layer, ended <-chan time.Time) {
	if s.write(s.start(since, reachable)...) != nil {
		return // the client went away
	}
	timer := time.NewTimer(jitter(heartbeat))
	defer timer.Stop()
	var buffer [][]byte
	silent := false // for as long as a stream may be
	for {
		select {
		case <-ended:
			s.end()
			return
		default:
		}
		t := s.group.take(s.next, buffer)
		buffer = t.frames
		if t.lost {
			s.hub.metrics.resets.With(resetOverflow).Add(1)
			t.frames = [][]byte{s.hub.reset(s.group, t.seq, resetOverflow)}
		}
		if len(t.frames) > 0 {
			err := s.write(t.frames...)
			s.hub.behind.Add(-int64(t.next - s.next)) //nolint:gosec // events in a queue
			s.next = t.next
			clear(buffer)
			if err != nil {
				return
			}
			silent = false
			timer.Reset(jitter(heartbeat))
			continue
		}
		if silent {
			if s.write(s.hub.beat(nil, s.group, t.seq, time.Now())) != nil {
				return
			}
			silent = false
			timer.Reset(jitter(heartbeat))
		}
		select {
		case <-t.wake:
		case <-timer.C:
			silent = true // the sequence has moved on, so look again
		case <-ended:
			s.end()
			return
		case <-r.Context().Done():
			return
		case <-s.hub.ended:
			return
		}
	}
}

// end tells the client that it may not come back as it is.
func (s *stream) end() {
	s.hub.metrics.ended.Add(1)
	_ = s.write([]byte(endExpired)) // a client that has gone does not come back either
}

// start returns the first events: how things stand, and what a client missed that was here before.
func (s *stream) start(since string, reachable []*layer) [][]byte {
	h, list := s.hub, s.group.layers
	h.mu.Lock()
	seq := newestOf(list)
	// What is told from now on is in the queue from here on.
	h.behind.Add(-int64(s.group.head - s.next)) //nolint:gosec // events in a queue
	s.next = s.group.head
	reason := ""
	var windows []window
	if since != "" {
		from, ok := parseID(since)
		known := list
		if from.set != s.group.set {
			known = reachable
		}
		switch {
		case !ok, from.epoch != h.opts.Epoch, from.seq > newestOf(known):
			reason = resetEpoch
		default:
			if windows, ok = h.since(from.seq, known, list); !ok {
				reason = resetOld
			}
		}
	}
	h.mu.Unlock()
	h.metrics.hello.Add(1)
	frames := [][]byte{h.hello(s.group, seq, time.Now())}
	if reason != "" {
		h.metrics.resets.With(reason).Add(1)
		return append(frames, h.reset(s.group, seq, reason))
	}
	missed := merged(windows, list)
	parts := make(map[layers.Name][]byte, len(missed.dirty))
	for l, d := range missed.dirty {
		parts[l.name] = d.append(nil, l)
	}
	if frame := h.change(s.group, seq, parts); frame != nil {
		h.metrics.change.Add(1)
		frames = append(frames, frame)
	}
	return frames
}

// write writes events and has them sent.
func (s *stream) write(frames ...[]byte) error {
	if s.timed {
		if err := s.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return err
		}
	}
	for _, frame := range frames {
		if _, err := s.w.Write(frame); err != nil {
			return err
		}
	}
	if err := s.control.Flush(); err != nil {
		return err
	}
	if s.timed {
		return s.control.SetWriteDeadline(time.Time{}) // a stream of HTTP/2 would end at it even if nothing waits
	}
	return nil
}
