package config

import "hutong/ingest/nats"

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
	s := &NATSListener{Clients: n.get("clients").integer(0), Payload: n.get("payload").integer(0)}
	s.Listen, s.TLS = b.listener(n)
	b.config.NATS = s
}

// subjects reads which subjects a source takes.
func (b *builder) subjects(s *Source, n *node) {
	s.Push.Subjects = b.filters(n, "nats", b.config.NATS != nil, func(text string) error {
		_, err := nats.ParseFilter(text)
		return err
	})
}
