package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"math"
	"slices"
	"time"

	"hutong/api"
	surface "hutong/api/push"
	"hutong/ingest"
	"hutong/ingest/nats"
	"hutong/ingest/push"
	"hutong/ingest/topic"
	"hutong/internal/auth"
	"hutong/layers"
)

// NATS says where NATS clients publish.
type NATS struct {
	// Listen is the host:port to listen on.
	Listen string
	// TLS is the certificate to listen with; nil is none.
	TLS *TLSFiles
	// Clients and Payload are bounds of [nats.Options]; 0 is its defaults.
	Clients, Payload int
}

// subjects takes what is published by NATS into the push sources.
type subjects struct {
	senders

	router *topic.Router
	holder map[string]*auth.Key // by name
	log    *slog.Logger
}

var _ nats.Handler = (*subjects)(nil)

// newNATS listens for NATS clients, or returns nil when the city has no port for them.
func (a *App) newNATS(ctx context.Context) (*nats.Server, error) {
	if a.city.NATS == nil {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	o := nats.Options{
		Listen: a.city.NATS.Listen, MaxClients: a.city.NATS.Clients, MaxPayload: a.city.NATS.Payload,
		Log: a.opts.Log, Metrics: a.opts.Metrics,
	}
	var err error
	if o.TLS, err = listenWith(a.city.NATS.TLS, a.opts.Log); err != nil {
		return nil, err
	}
	p := &subjects{senders: a.senders(), holder: map[string]*auth.Key{}, log: a.opts.Log}
	if p.router, err = topic.NewRouter(a.city.Subjects, nats.ParseFilter); err != nil {
		return nil, err
	}
	for i := range a.city.Keys {
		key := &a.city.Keys[i].Key
		account := nats.Account{Name: key.Name}
		for _, source := range slices.Sorted(maps.Keys(a.city.Subjects)) {
			if !key.Allows(auth.Scope{Action: auth.Ingest, Name: source}) {
				continue
			}
			for _, text := range a.city.Subjects[source] {
				if !slices.Contains(account.Subjects, text) {
					account.Subjects = append(account.Subjects, text)
				}
			}
		}
		if len(account.Subjects) > 0 {
			p.holder[key.Name] = key
			o.Accounts = append(o.Accounts, account)
		}
	}
	server, err := nats.Listen(ctx, o, p)
	if err != nil {
		return nil, err
	}
	a.opts.Log.Info("sensors may publish", slog.String("nats", server.Addr().String()))
	return server, nil
}

// Authorise lets in who brings a key.
func (p *subjects) Authorise(secret string) (string, error) {
	key, err := p.keys.Password(secret)
	if err != nil {
		return "", err
	}
	if p.holder[key.Name] == nil {
		return "", errNoSource
	}
	return key.Name, nil
}

// delivery is a message on its way, and what becomes of it.
type delivery struct {
	message *nats.Message
	results []*push.Result
	problem *surface.Problem // of any of its sources; the last counts
}

// Publish takes messages into the sources of their subjects.
func (p *subjects) Publish(ctx context.Context, account string, messages []nats.Message) {
	key := p.holder[account]
	deliveries := make([]delivery, len(messages))
	bySource := map[string][]push.Message{}
	of := map[string][]*delivery{} // the deliveries of bySource
	var lost []ingest.Letter
	var strays []*delivery // of lost
	for i := range messages {
		m := &messages[i]
		d := &deliveries[i]
		d.message = m
		if m.Stream != "" {
			d.problem = &surface.Problem{Code: api.CodeParameterInvalid, Detail: "The header " + shorten(m.Stream) +
				" asks for what only a stream of JetStream does. Nothing was accepted; send it without."}
			continue
		}
		taken := false
		for _, match := range p.router.Route(m.Subject) {
			if !key.Allows(auth.Scope{Action: auth.Ingest, Name: match.Source}) {
				continue
			}
			taken = true
			bySource[match.Source] = append(bySource[match.Source], push.Message{
				Payload: topic.Annotate(m.Payload, m.Subject, match.Wild), Received: m.Received, Asks: m.Request,
			})
			of[match.Source] = append(of[match.Source], d)
		}
		switch {
		case taken:
		case m.Request:
			d.problem = &surface.Problem{Code: api.CodeForbidden, Detail: "No source that the key is for takes the subject."}
		default:
			lost = append(lost, push.LetterOf(m.Payload, ingest.ReasonTopic, "a subject of a source that the key is for, not "+shortTopic(m.Subject), m.Received))
			strays = append(strays, d)
		}
	}
	for _, source := range slices.Sorted(maps.Keys(bySource)) {
		err := p.feeds[source].Messages(ctx, bySource[source])
		for i, d := range of[source] {
			d.told(&bySource[source][i], p.problem(source, err))
		}
	}
	if len(lost) > 0 {
		if err := p.feeds[p.home(key)].Refuse(ctx, lost); err != nil {
			for _, d := range strays {
				d.message.Failed = true
			}
		}
	}
	for i := range deliveries {
		if d := &deliveries[i]; d.message.Request {
			d.message.Answer = d.answer()
		}
	}
}

// problem is what an error of a source's feed is to its senders; nil for none.
func (p *subjects) problem(source string, err error) *surface.Problem {
	if err == nil {
		return nil
	}
	problem, known := surface.ProblemOf(err)
	if !known {
		p.log.Error("a source cannot take changes", slog.String("source", source), slog.Any("error", err))
		return &surface.Problem{Code: api.CodeInternal}
	}
	problem.Detail += " Send the message again; what was accepted of it counts once."
	return &problem
}

// told notes what became of a message in one of its sources; failed says that nothing of it was accepted.
func (d *delivery) told(m *push.Message, failed *surface.Problem) {
	switch {
	case failed != nil:
		d.problem, d.message.Failed = failed, true
	case m.Err != nil:
		if problem, known := surface.ProblemOf(m.Err); known {
			d.problem = &problem
		} else {
			d.problem = &surface.Problem{Code: api.CodeBodyMalformed}
		}
	case m.Result != nil:
		d.results = append(d.results, m.Result)
	}
}

// acknowledgement answers a request of which at least one record was accepted, or that has none. Stream and Seq
// stand where clients of JetStream look for them.
type acknowledgement struct {
	// Stream is the name of the first source, and Seq the newest entry of the log that has records.
	Stream  string         `json:"stream"`
	Seq     layers.Seq     `json:"seq"`
	Results []*push.Result `json:"results"`
}

// refusal is what a problem has beside its own members.
type refusal struct {
	// RetryAfter is when to send again, in seconds.
	RetryAfter int            `json:"retry_after,omitempty"`
	Results    []*push.Result `json:"results,omitempty"`
	// At is where a payload goes wrong: its line and byte.
	At any `json:"at,omitempty"`
	// Error stands where clients of JetStream look for it.
	Error streamError `json:"error"`
}

type streamError struct {
	Code        int    `json:"code"`
	Description string `json:"description"`
}

// answer returns the answer to a request.
func (d *delivery) answer() []byte {
	if d.problem == nil {
		records, accepted := 0, 0
		for _, r := range d.results {
			records, accepted = records+r.Records, accepted+r.Accepted()
		}
		if records == 0 || accepted > 0 {
			a := acknowledgement{Stream: d.results[0].Source}
			for _, r := range d.results {
				a.Seq = max(a.Seq, r.Seq)
			}
			return fit(d.results, func(list []*push.Result) []byte {
				a.Results = list
				return marshal(a)
			})
		}
		d.problem = &surface.Problem{Code: api.CodeRecordsRefused, Detail: "No record was accepted. They are among the dead letters of the source."}
	}
	return refuse(d.problem, d.results)
}

// refuse returns the answer that p is.
func refuse(p *surface.Problem, results []*push.Result) []byte {
	more := refusal{RetryAfter: int(math.Ceil(p.Wait.Seconds())), At: p.More, Error: streamError{p.Code.Status(), p.Detail}}
	return fit(results, func(list []*push.Result) []byte {
		more.Results = list
		return api.Problem(p.Code, p.Detail, more)
	})
}

// fit makes an answer that is short enough: it leaves answers of single records out, and then whole results.
func fit(results []*push.Result, write func([]*push.Result) []byte) []byte {
	for {
		body := write(results)
		if len(body) <= nats.MaxAnswer || len(results) == 0 {
			return body
		}
		cut := false
		for _, r := range results {
			left := len(r.Answers) / 2
			cut = cut || left < len(r.Answers)
			r.Omitted += len(r.Answers) - left
			r.Answers = r.Answers[:left]
		}
		if !cut {
			results = results[:len(results)/2]
		}
	}
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // texts, numbers and times always marshal
		panic(err)
	}
	return b
}

// Busy answers a request for which there is no room.
func (p *subjects) Busy() []byte { return busy }

var busy = refuse(&surface.Problem{
	Code: api.CodeBusy, Wait: time.Second, Detail: "Too many messages of this key wait. Nothing of the message was accepted; send it again.",
}, nil)

// shorten cuts what a client sent to a length that people read.
func shorten(s string) string { return s[:min(len(s), 80)] }
