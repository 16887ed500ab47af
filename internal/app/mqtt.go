package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"hutong/ingest"
	"hutong/ingest/mqtt"
	"hutong/ingest/push"
	"hutong/ingest/topic"
	"hutong/internal/auth"
)

// MQTT says where sensors publish.
type MQTT struct {
	// Listen is the host:port to listen on.
	Listen string
	// TLS is the certificate to listen with; nil is none.
	TLS *TLSFiles
	// Clients and Packet are bounds of [mqtt.Options]; 0 is its defaults.
	Clients, Packet int
}

// senders are those who publish to the push sources.
type senders struct {
	feeds map[string]*push.Feed
	keys  *auth.Keys
}

// senders returns those of the app.
func (a *App) senders() senders {
	s := senders{map[string]*push.Feed{}, a.keys}
	for _, f := range a.feeds {
		s.feeds[f.Name()] = f
	}
	return s
}

// publishing takes what is published by MQTT into the push sources.
type publishing struct {
	senders

	router *topic.Router
}

var _ mqtt.Handler = (*publishing)(nil)

// newMQTT listens for sensors, or returns nil when the city has no port for them.
func (a *App) newMQTT(ctx context.Context) (*mqtt.Server, error) {
	if a.city.MQTT == nil {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	o := mqtt.Options{
		Listen: a.city.MQTT.Listen, MaxClients: a.city.MQTT.Clients, MaxPacket: a.city.MQTT.Packet,
		Log: a.opts.Log, Metrics: a.opts.Metrics,
	}
	var err error
	if o.TLS, err = listenWith(a.city.MQTT.TLS, a.opts.Log); err != nil {
		return nil, err
	}
	p := &publishing{senders: a.senders()}
	if p.router, err = topic.NewRouter(a.city.Topics, mqtt.ParseFilter); err != nil {
		return nil, err
	}
	server, err := mqtt.Listen(ctx, o, p)
	if err != nil {
		return nil, err
	}
	a.opts.Log.Info("sensors may publish", slog.String("mqtt", server.Addr().String()))
	return server, nil
}

// errNoSource says that a key may publish to no source.
var errNoSource = errors.New("app: the key may publish to no source")

// Authorise lets in who brings a key as the password; the user name is not looked at.
func (p *publishing) Authorise(_, password string) (mqtt.Session, error) {
	key, err := p.keys.Password(password)
	if err != nil {
		return nil, err
	}
	if p.home(key) == "" {
		return nil, errNoSource
	}
	return key, nil
}

// home returns the first source that a key may publish to, whose letters get what has no other place; "" if
// there is none.
func (s *senders) home(key *auth.Key) string {
	for _, name := range slices.Sorted(maps.Keys(s.feeds)) {
		if key.Allows(auth.Scope{Action: auth.Ingest, Name: name}) {
			return name
		}
	}
	return ""
}

// Publish takes messages into the sources of their topics.
func (p *publishing) Publish(ctx context.Context, s mqtt.Session, messages []mqtt.Message) error {
	key, ok := s.(*auth.Key)
	if !ok {
		return errNoSource
	}
	bySource := map[string][]push.Message{}
	var lost []ingest.Letter
	for i := range messages {
		m := &messages[i]
		taken := false
		for _, match := range p.router.Route(m.Topic) {
			if !key.Allows(auth.Scope{Action: auth.Ingest, Name: match.Source}) {
				continue
			}
			taken = true
			payload := m.Payload
			if !m.Cut() {
				payload = topic.Annotate(payload, m.Topic, match.Wild)
			}
			bySource[match.Source] = append(bySource[match.Source], push.Message{Payload: payload, Cut: m.Cut(), Received: m.Received})
		}
		if !taken {
			lost = append(lost, push.LetterOf(m.Payload, ingest.ReasonTopic, "a topic of a source that the key is for, not "+shortTopic(m.Topic), m.Received))
		}
	}
	for _, source := range slices.Sorted(maps.Keys(bySource)) {
		if err := p.feeds[source].Messages(ctx, bySource[source]); err != nil {
			return err
		}
	}
	if len(lost) > 0 {
		return p.feeds[p.home(key)].Refuse(ctx, lost)
	}
	return nil
}

// shortTopic is a topic for a letter.
func shortTopic(topic string) string { return fmt.Sprintf("%.80q", topic) }
