package config

import (
	"strings"

	"hutong/ingest/nats"
)

// NATSListener says where NATS clients publish. It has nothing to do with [NATS], where the log may be.
type NATSListener struct {
	// Listen is the host:port to listen on; port 0 takes a free one.
	Listen string
	// TLS is the certificate to listen with; nil is none.
	TLS *TLS
	// Clients is the most connections, Payload the most bytes of a message; 0 when the file does not say.
	Clients, Payload int
}

// nats reads where NATS clients publish.
func (b *builder) nats(n *node) {
	if n == nil {
		return
	}
	s := &NATSListener{Listen: n.get("listen").str(), Clients: n.get("clients").integer(0), Payload: n.get("payload").integer(0)}
	if at := n.get("listen"); at != nil {
		if err := checkListen(at.text); err != nil {
			b.f.on(at, "%v", err)
		}
	}
	if t := n.get("tls"); t != nil {
		s.TLS = &TLS{Cert: t.get("cert").str(), Key: t.get("key").str()}
	}
	b.config.NATS = s
}

// subjects reads which subjects a source takes.
func (b *builder) subjects(s *Source, n *node) {
	if n == nil {
		return
	}
	if b.config.NATS == nil {
		b.f.at(n.keyLine, n.keyColumn, n.path, "nothing is published: nats: {listen: …} is missing at the top of the config")
	}
	for _, item := range n.items {
		if _, err := nats.ParseFilter(item.text); err != nil {
			b.f.on(item, "%s", strings.TrimPrefix(err.Error(), "nats: "))
			continue
		}
		s.Push.Subjects = append(s.Push.Subjects, item.text)
	}
}
